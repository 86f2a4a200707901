with lengths as (
    select
        {{ whole_parameter('spillover_window') }} as window_length,
        {{ whole_parameter('spillover_minimum') }} as minimum_history
),

regions as (
    select
        region,
        cast(chain_order as integer) as chain_order,
        symbol
    from {{ ref('benchmarks') }}
    where region is not null
),

region_returns as (
    select
        regions.region,
        regions.chain_order,
        bars.session_number,
        avg(bars.total_return order by regions.symbol) as region_return,
        count(bars.total_return) as indices
    from regions
    inner join {{ ref('int_bars_known') }} as bars on regions.symbol = bars.symbol
    group by regions.region, regions.chain_order, bars.session_number
),

links as (
    select distinct
        region,
        chain_order,
        max(chain_order) over () as last_order
    from regions
),

traded as (
    select distinct session_number
    from region_returns
    where region_return is not null
),

-- every region on each session on which one of them traded, in the order in which their markets close
chain as (
    select
        sessions.trade_date,
        sessions.session_number,
        links.region,
        links.chain_order,
        links.last_order,
        region_returns.region_return,
        coalesce(region_returns.indices, 0) as indices
    from traded
    inner join {{ ref('int_sessions_numbered') }} as sessions on traded.session_number = sessions.session_number
    cross join links
    left join region_returns on links.region = region_returns.region and sessions.session_number = region_returns.session_number
),

-- one clock for all links of all days: the first region of a session follows the last one of the session before
clocked as (
    select
        *,
        last_order * session_number + chain_order as tick
    from chain
),

followed as (
    select
        *,
        case when tick = lag(tick) over by_tick + 1 then lag(region) over by_tick end as previous_region,
        case when tick = lag(tick) over by_tick + 1 then lag(region_return) over by_tick end as previous_return
    from clocked
    window by_tick as (order by tick)
),

-- pairs of the sessions before, the day itself left out; as lists, added up from first to last (see outflow_daily)
histories as (
    select
        followed.*,
        lengths.minimum_history,
        list(followed.previous_return) filter (where followed.previous_return is not null and followed.region_return is not null) over before as causes,
        list(followed.region_return) filter (where followed.previous_return is not null and followed.region_return is not null) over before as effects
    from followed
    cross join lengths
    window before as (
        partition by followed.region order by followed.session_number
        range between {{ preceding('lengths.window_length') }} and 1 preceding
    )
),

estimated as (
    select
        *,
        case
            when list_count(causes) >= minimum_history
                then
                    (list_count(causes) * list_inner_product(causes, effects) - list_sum(causes) * list_sum(effects))
                    / nullif(list_count(causes) * list_inner_product(causes, causes) - list_sum(causes) * list_sum(causes), 0)
        end as beta
    from histories
),

split as (
    select
        *,
        beta * previous_return as explained_return,
        region_return - beta * previous_return as own_return
    from estimated
),

added as (
    select
        *,
        case when count(region_return) over so_far > 0 then list_product(list(1 + coalesce(region_return, 0)) over so_far) - 1 end as cumulative_return,
        case
            when count(own_return) over so_far > 0 and count(own_return) over so_far = count(region_return) over so_far
                then list_sum(list(coalesce(own_return, 0)) over so_far)
        end as cumulative_own_return
    from split
    window so_far as (partition by session_number order by chain_order rows between unbounded preceding and current row)
),

whole_days as (
    select
        trade_date,
        region,
        cumulative_return
    from added
    where chain_order = last_order
),

since as (
    {{ last_as_extreme('whole_days', ['region'], 'trade_date', 'cumulative_return') }}
)

select
    added.trade_date,
    added.region,
    added.chain_order,
    added.region_return,
    cast(added.indices as integer) as indices,
    added.previous_region,
    added.previous_return,
    added.beta,
    added.explained_return,
    added.own_return,
    added.cumulative_return,
    added.cumulative_own_return,
    case when added.cumulative_return < 0 then since.since end as worst_since,
    min(case when added.chain_order = added.last_order and added.cumulative_return is not null then added.trade_date end)
        over (order by added.session_number) as history_from
from added
left join since on added.trade_date = since.trade_date and added.region = since.region
