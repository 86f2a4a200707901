-- from the sources of benchmark_daily rather than from it, because that table shows what is computed here
with stress_vintages as (
    select
        vintages.observed_on,
        vintages.component_value,
        min(vintages.known_on) as known_on
    from {{ ref('stg_ofr__fsi') }} as vintages
    where vintages.component = 'OFR FSI' and vintages.component_value is not null
    group by vintages.observed_on, vintages.component_value
    qualify row_number() over (partition by vintages.observed_on order by min(vintages.known_on), min(vintages.fetched_at), vintages.component_value) = 1
),

-- days that were the newest when they were published
stress as (
    select * from stress_vintages
    qualify observed_on = max(observed_on) over (order by known_on)
),

benchmarks as (
    select
        sessions.trade_date,
        'ofr_fsi' as benchmark,
        stress.component_value as benchmark_value
    from {{ ref('int_sessions_numbered') }} as sessions
    asof inner join stress on sessions.cutoff_on >= stress.known_on
    union all
    select
        trade_date,
        'vix' as benchmark,
        vix_close as benchmark_value
    from {{ ref('volatility_daily') }}
)

select
    benchmarks.trade_date,
    benchmarks.benchmark,
    index_days.index_value,
    benchmarks.benchmark_value
from benchmarks
inner join {{ ref('contagion_index_daily') }} as index_days on benchmarks.trade_date = index_days.trade_date
where index_days.index_value is not null and benchmarks.benchmark_value is not null
