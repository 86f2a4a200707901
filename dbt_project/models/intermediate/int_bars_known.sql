with vintages as (
    select
        bars.symbol,
        sessions.trade_date,
        sessions.session_number,
        sessions.cutoff_on,
        bars.open_usd,
        bars.high_usd,
        bars.low_usd,
        bars.close_usd,
        bars.adjusted_close_usd,
        bars.volume_shares,
        bars.known_on,
        bars.fetched_at,
        bars.payload_sha256
    from {{ ref('stg_prices__daily_bars') }} as bars
    inner join {{ ref('int_sessions_numbered') }} as sessions on bars.observed_on = sessions.trade_date
    where bars.close_usd > 0
),

in_time as (
    select *
    from vintages
    where {{ known_by('cutoff_on') }}
    qualify row_number() over (partition by symbol, session_number order by {{ latest_known() }}) = 1
),

-- the bar before is that of the last session that had one in time, so that the return of a day that came late lands on the next
followed as (
    select
        *,
        lag(session_number) over by_symbol as previous_session_number,
        lag(close_usd) over by_symbol as previous_close_usd,
        lag(adjusted_close_usd) over by_symbol as previous_adjusted_close_usd
    from in_time
    window by_symbol as (partition by symbol order by session_number)
),

-- a split or a distribution restates the session before: what its own evening said is no base for today
restated as (
    select
        followed.symbol,
        followed.session_number,
        later.close_usd as previous_close_usd,
        later.adjusted_close_usd as previous_adjusted_close_usd
    from followed
    inner join vintages as later
        on
            followed.symbol = later.symbol
            and followed.previous_session_number = later.session_number
            and later.known_on > later.cutoff_on
            and {{ known_by('followed.cutoff_on', 'later') }}
    qualify row_number() over (partition by followed.symbol, followed.session_number order by {{ latest_known('later') }}) = 1
),

based as (
    select
        followed.* replace (
            coalesce(restated.previous_close_usd, followed.previous_close_usd) as previous_close_usd,
            coalesce(restated.previous_adjusted_close_usd, followed.previous_adjusted_close_usd) as previous_adjusted_close_usd
        )
    from followed
    left join restated on followed.symbol = restated.symbol and followed.session_number = restated.session_number
)

select
    symbol,
    trade_date,
    session_number,
    session_number - previous_session_number as sessions_covered,
    open_usd,
    high_usd,
    low_usd,
    close_usd,
    adjusted_close_usd,
    volume_shares,
    previous_close_usd,
    previous_adjusted_close_usd,
    close_usd / previous_close_usd - 1 as price_return,
    adjusted_close_usd / nullif(previous_adjusted_close_usd, 0) - 1 as total_return,
    known_on
from based
