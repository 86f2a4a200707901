with classes as (
    select
        classes.asset_class,
        classes.is_core,
        benchmarks.symbol
    from {{ ref('risk_parity_classes') }} as classes
    inner join {{ ref('benchmarks') }} as benchmarks on classes.benchmark_id = benchmarks.benchmark_id
),

bars as (
    select
        classes.asset_class,
        bars.session_number,
        bars.total_return,
        bars.sessions_covered
    from classes
    inner join {{ ref('int_bars_known') }} as bars on classes.symbol = bars.symbol
),

sessions as (
    select session_number
    from {{ ref('int_sessions_numbered') }}
    where session_number >= (select min(bars.session_number) from bars)
)

select
    sessions.session_number,
    classes.asset_class,
    classes.is_core,
    bars.total_return,
    bars.sessions_covered
from sessions
cross join classes
left join bars on classes.asset_class = bars.asset_class and sessions.session_number = bars.session_number
