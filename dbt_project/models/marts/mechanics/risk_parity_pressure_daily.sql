with volume_window as (
    select {{ whole_parameter('average_daily_volume_window') }} as sessions
),

-- after each bar of a class's proxy, the bars that its volume is the median of
volumes as (
    select
        classes.asset_class,
        benchmarks.symbol,
        bars.session_number,
        volume_window.sessions,
        list(bars.close_usd * bars.volume_shares) filter (where bars.volume_shares > 0) over (
            partition by classes.asset_class
            order by bars.session_number
            rows between {{ preceding('volume_window.sessions - 1') }} and current row
        ) as dollar_volumes
    from {{ ref('risk_parity_classes') }} as classes
    cross join volume_window
    inner join {{ ref('benchmarks') }} as benchmarks on classes.benchmark_id = benchmarks.benchmark_id
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
),

dated as (
    select
        sessions.trade_date,
        computed.*,
        volumes.symbol as proxy_symbol,
        case when list_count(volumes.dollar_volumes) = volumes.sessions then list_median(volumes.dollar_volumes) end as average_daily_volume_usd
    from {{ ref('int_risk_parity_computed') }} as computed
    inner join {{ ref('int_sessions_numbered') }} as sessions on computed.session_number = sessions.session_number
    asof left join volumes on computed.asset_class = volumes.asset_class and computed.session_number > volumes.session_number
),

in_dollars as (
    select
        dated.*,
        assets.valid_from,
        1e9 * assets.low_usd_bn as low_usd,
        1e9 * assets.central_usd_bn as central_usd,
        1e9 * assets.high_usd_bn as high_usd
    from dated
    asof left join {{ ref('risk_parity_assets') }} as assets on dated.trade_date >= assets.valid_from
)

select
    trade_date,
    -- a table without rows comes out of Python without types
    cast(asset_class as varchar) as asset_class,
    proxy_symbol,
    volatility,
    weight,
    mix_volatility,
    leverage,
    exposure,
    exposure * central_usd as estimated_exposure_usd,
    volatility_part * central_usd + correlation_part * central_usd as estimated_trade_usd,
    (volatility_part + correlation_part) * low_usd as estimated_trade_low_usd,
    (volatility_part + correlation_part) * high_usd as estimated_trade_high_usd,
    volatility_part * central_usd as estimated_volatility_part_usd,
    correlation_part * central_usd as estimated_correlation_part_usd,
    average_daily_volume_usd,
    (volatility_part * central_usd + correlation_part * central_usd) / average_daily_volume_usd as estimated_share_of_adv,
    valid_from as assets_valid_from,
    cast(classes_in_mix as integer) as classes_in_mix,
    cast(sessions_of_history as integer) as sessions_of_history,
    cast(sessions_since_return as integer) as sessions_since_return
from in_dollars
