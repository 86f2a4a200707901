with havens as (
    select
        'bonds' as haven,
        'treasury_long' as benchmark_id
    union all
    select
        'gold' as haven,
        'gold' as benchmark_id
),

returns as (
    select
        benchmarks.benchmark_id,
        bars.session_number,
        bars.total_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where bars.sessions_covered = 1 and abs(bars.total_return) <= {{ parameter('comovement_return_cap') }}
)

select
    havens.haven,
    equity.session_number,
    equity.total_return as equity_return,
    own.total_return as haven_return
from returns as equity
cross join havens
left join returns as own on havens.benchmark_id = own.benchmark_id and equity.session_number = own.session_number
where equity.benchmark_id = 'us_equity'
