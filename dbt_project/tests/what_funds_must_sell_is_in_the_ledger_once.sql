-- each dollar once: what flows and cash leave to sell is in the ledger, but for what falls due after the last session; a fund counts in one asset class
{{ config(meta={'dagster': {'ref': {'name': 'forced_selling_daily'}}}) }}
with last_session as (
    select max(session_number) as session_number from {{ ref('int_sessions_numbered') }}
),

due as (
    select
        redemptions.asset_class,
        sum(
            redemptions.forced_sale_usd
            * least(1, (last_session.session_number - redemptions.session_number + 1) / (cycles.sessions + 1))
        ) as forced_sale_usd,
        sum(abs(redemptions.forced_sale_usd)) as size_usd
    from {{ ref('int_fund_redemptions') }} as redemptions
    asof inner join {{ ref('settlement_cycles') }} as cycles on redemptions.trade_date >= cycles.valid_from
    cross join last_session
    group by redemptions.asset_class
),

ledger as (
    select
        asset_class,
        sum(forced_sale_usd) as forced_sale_usd
    from {{ ref('forced_selling_daily') }}
    where channel = 'redemption'
    group by asset_class
)

select *
from due
full join ledger on due.asset_class = ledger.asset_class
where not coalesce(abs(due.forced_sale_usd - ledger.forced_sale_usd) <= 1e-9 * due.size_usd + 1, false)
