-- what a claim may be about: a fixed list, so that no text of a seed is ever run as SQL. The filter is a name here; its condition stands beside it.
{% set daily = [
    ('outflow_daily', 'net_flow_2d_usd', 'segment = tech_heavy', "segment = 'tech_heavy'", 'USD'),
    ('ai_value_spread_daily', 'narrowing_20d', '', 'true', 'natural logarithm'),
    ('ai_sentiment_daily', 'ai_change_3d_pct', '', 'true', 'per cent'),
    ('ai_sentiment_daily', 'relative_change_3d_pct', '', 'true', 'per cent'),
    ('volatility_daily', 'vix_close', '', 'true', 'index points'),
    ('margin_pressure_daily', 'estimated_forced_sale_1d_share_of_adv', '', 'true', 'ratio'),
    ('risk_parity_pressure_daily', 'estimated_trade_usd', 'asset_class = bond', "asset_class = 'bond'", 'USD'),
    ('risk_parity_pressure_daily', 'estimated_trade_usd', 'asset_class = gold', "asset_class = 'gold'", 'USD'),
    ('safe_haven_pressure_daily', 'haven_return', 'haven = bonds', "haven = 'bonds'", 'fraction'),
    ('safe_haven_pressure_daily', 'haven_return', 'haven = gold', "haven = 'gold'", 'fraction'),
    ('session_spillover_daily', 'region_return', 'region = asia', "region = 'asia'", 'fraction'),
    ('session_spillover_daily', 'region_return', 'region = europe', "region = 'europe'", 'fraction'),
    ('level_watch_daily', 'distance_pct', 'watch_id = sp500_it_3450', "watch_id = 'sp500_it_3450'", 'per cent'),
    ('comovement_daily', 'absorption_shift', '', 'true', 'standard deviations'),
    ('comovement_daily', 'correlation_surprise', '', 'true', 'ratio'),
    ('price_pressure_daily', 't_250', '', 'true', 't value'),
    ('contagion_index_daily', 'index_percentile', '', 'true', 'fraction'),
] %}
{% set summed = [
    ('dealer_gamma_daily', 'estimated_net_gamma_usd_per_pct', 'kind = fund, added up', "kind = 'fund'", 'USD per 1 % move'),
    ('dealer_gamma_daily', 'estimated_hedge_flow_usd', 'kind = fund, added up', "kind = 'fund'", 'USD'),
] %}
with dailies as (
    {% for table, column, filter, condition, unit in daily %}
        select
            '{{ table }}' as metric_table,
            '{{ column }}' as metric_column,
            '{{ filter }}' as metric_filter,
            '{{ unit }}' as unit,
            trade_date,
            trade_date as observed_on,
            {{ column }} as metric_value,
            true as is_daily
        from {{ ref(table) }}
        where {{ condition }} and {{ column }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- sums of decimals: exact in any order
sums as (
    {% for table, column, filter, condition, unit in summed %}
        select
            '{{ table }}' as metric_table,
            '{{ column }}' as metric_column,
            '{{ filter }}' as metric_filter,
            '{{ unit }}' as unit,
            trade_date,
            trade_date as observed_on,
            cast(sum(cast({{ column }} as decimal(28, 6))) as double) as metric_value,
            true as is_daily
        from {{ ref(table) }}
        where {{ condition }} and {{ column }} is not null
        group by trade_date
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- months that were the newest when they were published, from the first session that knew them
months as (
    select
        'margin_leverage_monthly' as metric_table,
        'debit_balances_usd_mn' as metric_column,
        '' as metric_filter,
        'USD million' as unit,
        min(sessions.trade_date) as trade_date,
        margin.month as observed_on,
        any_value(margin.debit_balances_usd_mn) as metric_value,
        false as is_daily
    from (
        select * from {{ ref('margin_leverage_monthly') }}
        qualify month = max(month) over (order by known_on)
    ) as margin
    inner join {{ ref('int_sessions_numbered') }} as sessions on margin.known_on <= sessions.cutoff_on
    group by margin.month
)

select * from dailies
union all
select * from sums
union all
select * from months
