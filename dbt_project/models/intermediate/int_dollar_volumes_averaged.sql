with window_length as (
    select {{ whole_parameter('average_daily_volume_window') }} as sessions
),

-- spelled once a symbol, not once a bar
symbols as (
    select
        symbol,
        'US:' || {{ plain_ticker('symbol') }} as security_id
    from (select distinct bars.symbol from {{ ref('int_bars_known') }} as bars)
),

-- the bars before, not the session's own: a day's forced selling is part of its volume
averaged as (
    select
        bars.symbol,
        bars.trade_date,
        bars.session_number,
        bars.volume_shares,
        median(bars.close_usd * bars.volume_shares) over before as adv_usd,
        count(bars.volume_shares) over before as bars_before,
        window_length.sessions
    from {{ ref('int_bars_known') }} as bars
    cross join window_length
    where bars.volume_shares > 0
    window before as (
        partition by bars.symbol order by bars.session_number
        rows between {{ preceding('window_length.sessions') }} and 1 preceding
    )
)

select
    averaged.symbol,
    symbols.security_id,
    averaged.trade_date,
    averaged.session_number,
    averaged.volume_shares,
    case when averaged.bars_before >= averaged.sessions then averaged.adv_usd end as adv_usd
from averaged
inner join symbols on averaged.symbol = symbols.symbol
