-- each dollar once: from the flows themselves, not from the model between; a fund counts in one asset class, whatever else it holds
with flows as (
    select
        flows.trade_date,
        funds.asset_class,
        sum(flows.net_flow_usd) as net_flow_usd,
        sum(abs(flows.net_flow_usd)) as size_usd
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('fund') }} as funds on flows.fund_id = funds.fund_id
    where
        funds.leverage = 1
        and flows.net_flow_usd is not null
        and flows.sessions_covered <= {{ whole_parameter('flow_max_sessions_covered') }}
    group by flows.trade_date, funds.asset_class
),

cash as (
    select
        trade_date,
        asset_class,
        sum(cash_used_usd) as cash_used_usd
    from {{ ref('int_fund_redemptions') }}
    group by trade_date, asset_class
)

select *
from flows
full join (select * from {{ ref('forced_selling_daily') }} where channel = 'redemption') as ledger
    on flows.trade_date = ledger.trade_date and flows.asset_class = ledger.asset_class
left join cash on flows.trade_date = cash.trade_date and flows.asset_class = cash.asset_class
where not coalesce(abs(flows.net_flow_usd + cash.cash_used_usd - ledger.forced_sale_usd) <= 1e-9 * flows.size_usd + 0.01, false)
