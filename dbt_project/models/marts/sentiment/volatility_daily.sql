with vintages as (
    select
        observed_on,
        'cboe' as source,
        1 as precedence,
        close_level as vix_close,
        known_on,
        fetched_at,
        payload_sha256
    from {{ ref('stg_cboe__index_history') }}
    where index_id = 'VIX'
    union all
    select
        observations.observed_on,
        'fred' as source,
        2 as precedence,
        observations.series_value as vix_close,
        observations.known_on,
        observations.fetched_at,
        observations.payload_sha256
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('benchmarks') }} as benchmarks on observations.series_id = benchmarks.symbol
    where benchmarks.benchmark_id = 'vix'
),

closes as (
    select
        sessions.trade_date,
        vintages.source,
        vintages.vix_close,
        vintages.known_on
    from vintages
    inner join {{ ref('int_sessions_numbered') }} as sessions on vintages.observed_on = sessions.trade_date
    where vintages.vix_close is not null and {{ known_by('sessions.cutoff_on', 'vintages') }}
    qualify row_number() over (partition by sessions.trade_date order by vintages.precedence, {{ latest_known('vintages') }}) = 1
),

changes as (
    select
        *,
        vix_close - lag(vix_close) over (order by trade_date) as vix_change
    from closes
),

since as (
    {{ last_as_extreme('changes', [], 'trade_date', '-vix_close') }}
),

percentiles as (
    {{ recursive_percentile('changes', [], 'trade_date', 'vix_close', whole_parameter('percentile_minimum_daily')) }}
)

select
    changes.trade_date,
    changes.vix_close,
    changes.vix_change,
    percentiles.percentile as vix_percentile,
    case when changes.vix_change > 0 then since.since end as highest_since,
    min(changes.trade_date) over (order by changes.trade_date) as history_from,
    changes.source,
    changes.known_on
from changes
left join since on changes.trade_date = since.trade_date
left join percentiles on changes.trade_date = percentiles.trade_date
