-- one CTE a channel, each reading the channel's own table; what a channel must leave to another is left out here or there, by a rule with a test of
-- its own: leveraged funds are no redemption (int_fund_redemptions), margin sales leave out what customers hold through funds
-- sums of decimals: exact in any order
with redemption as (
    select
        trade_date,
        asset_class,
        'redemption' as channel,
        cast(sum(cast(forced_sale_usd as decimal(28, 6))) as double) as forced_sale_usd,
        cast(sum(cast(observed_sale_usd as decimal(28, 6))) as double) as observed_sale_usd,
        case when bool_or(has_assumed) then 'estimated' else 'observed' end as basis
    from {{ ref('int_fund_sales_settled') }}
    group by trade_date, asset_class
),

margin_call as (
    select
        trade_date,
        'equity' as asset_class,
        'margin_call' as channel,
        estimated_forced_sale_1d_central_usd * (1 - {{ parameter('margin_share_held_through_funds') }}) as forced_sale_usd,
        0 as observed_sale_usd,
        'estimated' as basis
    from {{ ref('margin_pressure_daily') }}
    where estimated_forced_sale_1d_central_usd is not null
),

leveraged_etf as (
    select
        trade_date,
        'equity' as asset_class,
        'leveraged_etf' as channel,
        cast(sum(cast(estimated_rebalance_usd as decimal(28, 6))) as double) as forced_sale_usd,
        0 as observed_sale_usd,
        'estimated' as basis
    from {{ ref('leveraged_etf_rebalance_daily') }}
    where estimated_rebalance_usd is not null
    group by trade_date
),

risk_parity as (
    select
        trade_date,
        asset_class,
        'risk_parity' as channel,
        estimated_trade_usd as forced_sale_usd,
        0 as observed_sale_usd,
        'estimated' as basis
    from {{ ref('risk_parity_pressure_daily') }}
    where estimated_trade_usd is not null
),

dealer_gamma as (
    select
        trade_date,
        'equity' as asset_class,
        'dealer_gamma' as channel,
        cast(sum(cast(estimated_hedge_flow_usd as decimal(28, 6))) as double) as forced_sale_usd,
        0 as observed_sale_usd,
        'estimated' as basis
    from {{ ref('dealer_gamma_daily') }}
    where estimated_hedge_flow_usd is not null
    group by trade_date
),

channels as (
    {% for channel in ['redemption', 'margin_call', 'leveraged_etf', 'risk_parity', 'dealer_gamma'] %}
        select * from {{ channel }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    channels.trade_date,
    channels.asset_class,
    channels.channel,
    channels.forced_sale_usd,
    channels.observed_sale_usd,
    volumes.adv_usd,
    channels.forced_sale_usd / nullif(volumes.adv_usd, 0) as share_of_adv,
    channels.basis
from channels
left join {{ ref('int_class_volumes_averaged') }} as volumes
    on channels.asset_class = volumes.asset_class and channels.trade_date = volumes.trade_date
