with watched as (
    select
        bars.trade_date,
        levels.watch_id,
        levels.benchmark_id,
        levels.direction,
        levels.level,
        bars.close_usd as close_level,
        -- above zero on the side where nothing has happened yet
        if(levels.direction = 'below', 1, -1) * (bars.close_usd / levels.level - 1) as room
    from {{ ref('watch_levels') }} as levels
    inner join {{ ref('benchmarks') }} as benchmarks on levels.benchmark_id = benchmarks.benchmark_id and benchmarks.source = 'daily_bars'
    inner join {{ ref('int_bars_known') }} as bars
        on
            benchmarks.symbol = bars.symbol
            and levels.watched_from <= bars.trade_date
            and coalesce(levels.watched_to, date '9999-12-31') > bars.trade_date
),

runs as (
    select
        *,
        max(case when room >= 0 then trade_date end) over so_far as last_held_on
    from watched
    window so_far as (partition by watch_id order by trade_date rows between unbounded preceding and current row)
)

select
    trade_date,
    watch_id,
    benchmark_id,
    direction,
    level,
    close_level,
    100 * (close_level / level - 1) as distance_pct,
    case
        when room < 0 then 'breached'
        when room <= {{ parameter('level_watch_near') }} then 'near'
        when direction = 'below' then 'above'
        else 'below'
    end as status,
    case when room < 0 then min(case when room < 0 then trade_date end) over (partition by watch_id, last_held_on order by trade_date) end as breached_on,
    min(trade_date) over (partition by watch_id order by trade_date) as history_from
from runs
