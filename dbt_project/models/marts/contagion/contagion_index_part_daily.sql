with horizon as (
    select {{ whole_parameter('index_week_horizon') }} as week_sessions
),

days as (
    select
        *,
        row_number() over (order by trade_date) as place
    from {{ ref('contagion_index_daily') }}
),

parts as (
    {% for part in ['outflow', 'leverage', 'spread', 'comovement', 'mechanics', 'network', 'cross'] %}
        select
            trade_date,
            place,
            '{{ part }}' as part,
            index_value,
            contribution_{{ part }} as contribution,
            {{ 'cast(null as double)' if part == 'cross' else 'percentile_' ~ part }} as percentile
        from days
        where index_value is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

-- a pillar that enters comes from nothing and one that leaves goes to nothing, so that changes of parts add up to that of the index
select
    parts.trade_date,
    parts.part,
    parts.contribution,
    parts.contribution / nullif(parts.index_value, 0) as share_of_index,
    parts.percentile,
    case when yesterday.place is not null then coalesce(parts.contribution, 0) - coalesce(yesterday.contribution, 0) end as change_1d,
    case when week_before.place is not null then coalesce(parts.contribution, 0) - coalesce(week_before.contribution, 0) end as change_5d
from parts
cross join horizon
left join parts as yesterday on parts.part = yesterday.part and parts.place - 1 = yesterday.place
left join parts as week_before on parts.part = week_before.part and parts.place - horizon.week_sessions = week_before.place
