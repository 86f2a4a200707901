-- no dollar is lost or counted twice between funds and lines; a fund whose file holds nothing that can be sold reaches no security
{{ config(meta={'dagster': {'ref': {'name': 'forced_selling_security_daily'}}}) }}
with sellable as (
    select distinct holdings.vintage_number
    from {{ ref('int_holdings_keyed') }} as holdings
    inner join {{ ref('int_security_identities') }} as identities on holdings.identity = identities.identity
    where holdings.weight > 0 and identities.asset_class not in ('cash', 'money_market', 'derivative')
),

funds as (
    select
        sales.trade_date,
        sum(sales.forced_sale_usd) as forced_sale_usd,
        sum(abs(sales.forced_sale_usd)) as size_usd
    from {{ ref('int_fund_sales_settled') }} as sales
    inner join sellable on sales.vintage_number = sellable.vintage_number
    group by sales.trade_date
),

securities as (
    select
        trade_date,
        sum(forced_sale_usd) as forced_sale_usd
    from {{ ref('forced_selling_security_daily') }}
    where channel = 'redemption'
    group by trade_date
)

select *
from funds
full join securities on funds.trade_date = securities.trade_date
where not coalesce(abs(funds.forced_sale_usd - securities.forced_sale_usd) <= 1e-9 * funds.size_usd + 0.01, false)
