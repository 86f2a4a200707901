-- what the pillars of the index are made of, signed so that more is worse: one block an indicator, by the session that first knew the value
with usual_volumes as (
    select
        trade_date,
        adv_usd
    from {{ ref('int_class_volumes_averaged') }}
    where asset_class = 'equity' and adv_usd > 0
),

outflows as (
    select * from {{ ref('outflow_daily') }}
    where segment = 'tech_heavy'
),

outflow_2d as (
    select
        trade_date,
        trade_date as observed_on,
        0 - net_flow_2d_pct_aum as indicator_value
    from outflows
),

outflow_5d as (
    select
        trade_date,
        trade_date as observed_on,
        0 - net_flow_5d_pct_aum as indicator_value
    from outflows
),

-- months that were the newest when they were published
margin_debt_growth as (
    select
        min(sessions.trade_date) as trade_date,
        months.month as observed_on,
        any_value(months.debit_yoy) as indicator_value
    from (
        select * from {{ ref('margin_leverage_monthly') }}
        qualify month = max(month) over (order by known_on)
    ) as months
    inner join {{ ref('int_sessions_numbered') }} as sessions on months.known_on <= sessions.cutoff_on
    group by months.month
),

margin_sales as (
    select
        trade_date,
        trade_date as observed_on,
        0 - estimated_forced_sale_1d_share_of_adv as indicator_value
    from {{ ref('margin_pressure_daily') }}
),

spread_narrowing as (
    select
        trade_date,
        trade_date as observed_on,
        narrowing_20d as indicator_value
    from {{ ref('ai_value_spread_daily') }}
),

spread_narrowing_zscore as (
    select
        trade_date,
        trade_date as observed_on,
        narrowing_20d_zscore as indicator_value
    from {{ ref('ai_value_spread_daily') }}
),

turbulence as (
    select
        trade_date,
        trade_date as observed_on,
        turbulence as indicator_value
    from {{ ref('comovement_daily') }}
),

-- sums of decimals: exact in any order
correlation_rise as (
    select
        trade_date,
        trade_date as observed_on,
        cast(sum(cast(z_raw as decimal(28, 12))) as double) / count(z_raw) as indicator_value
    from {{ ref('cross_asset_contagion_daily') }}
    where source = 'ai_index' and z_raw is not null
    group by trade_date
),

leveraged_etf_sales as (
    select
        trade_date,
        trade_date as observed_on,
        0 - share_of_adv as indicator_value
    from {{ ref('forced_selling_daily') }}
    where channel = 'leveraged_etf' and asset_class = 'equity'
),

risk_parity_sales as (
    select
        trade_date,
        trade_date as observed_on,
        cast(sum(cast(0 - forced_sale_usd as decimal(28, 6))) as double)
        / nullif(cast(sum(cast(adv_usd as decimal(28, 4))) as double), 0) as indicator_value
    from {{ ref('forced_selling_daily') }}
    where channel = 'risk_parity' and adv_usd is not null
    group by trade_date
),

dealer_gamma as (
    select
        trade_date,
        cast(sum(cast(estimated_net_gamma_usd_per_pct as decimal(28, 6))) as double) as net_gamma_usd_per_pct
    from {{ ref('dealer_gamma_daily') }}
    group by trade_date
),

dealer_short_gamma as (
    select
        dealer_gamma.trade_date,
        dealer_gamma.trade_date as observed_on,
        0 - dealer_gamma.net_gamma_usd_per_pct / usual_volumes.adv_usd as indicator_value
    from dealer_gamma
    inner join usual_volumes on dealer_gamma.trade_date = usual_volumes.trade_date
),

fire_sale_vulnerability as (
    select
        trade_date,
        trade_date as observed_on,
        aggregate_vulnerability as indicator_value
    from {{ ref('fire_sale_daily') }}
    where scenario = 'ai_basket'
),

price_pressure as (
    select
        trade_date,
        trade_date as observed_on,
        slope_t as indicator_value
    from {{ ref('price_pressure_daily') }}
)

{% for indicator in [
    'outflow_2d', 'outflow_5d', 'margin_debt_growth', 'margin_sales', 'spread_narrowing', 'spread_narrowing_zscore', 'turbulence',
    'correlation_rise', 'leveraged_etf_sales', 'risk_parity_sales', 'dealer_short_gamma', 'fire_sale_vulnerability', 'price_pressure',
] %}
    select
        '{{ indicator }}' as indicator,
        trade_date,
        observed_on,
        indicator_value
    from {{ indicator }}
    where indicator_value is not null
    {{ 'union all' if not loop.last }}
{% endfor %}
