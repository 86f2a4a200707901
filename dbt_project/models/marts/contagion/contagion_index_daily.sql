with horizon as (
    select {{ whole_parameter('index_week_horizon') }} as week_sessions
),

-- a table without rows comes out of Python without types
computed as (
    select
        cast(trade_date as date) as trade_date,
        cast(index_value as double) as index_value,
        {% for part in ['outflow', 'leverage', 'spread', 'comovement', 'mechanics', 'network', 'cross'] %}
            cast(contribution_{{ part }} as double) as contribution_{{ part }},
        {% endfor %}
        {% for pillar in ['outflow', 'leverage', 'spread', 'comovement', 'mechanics', 'network'] %}
            cast(percentile_{{ pillar }} as double) as percentile_{{ pillar }},
        {% endfor %}
        cast(index_percentile as double) as index_percentile,
        nullif(cast(regime as varchar), '') as regime,
        cast(is_pressure_significant as boolean) as is_pressure_significant,
        cast(pillars_known as integer) as pillars_known,
        cast(pillars_counted as integer) as pillars_counted,
        cast(inputs_known as varchar) as inputs_known,
        cast(oldest_input_days as integer) as oldest_input_days
    from {{ ref('int_contagion_index_computed') }}
),

-- a session without an index interrupts no regime
followed as (
    select
        *,
        row_number() over (order by trade_date) as place,
        index_value - lag(index_value) over (order by trade_date) as change_1d,
        last_value(regime ignore nulls) over (order by trade_date rows between unbounded preceding and 1 preceding) as regime_before
    from computed
),

changes as (
    select
        *,
        case when regime <> coalesce(regime_before, '') then trade_date end as regime_from
    from followed
),

since as (
    {{ last_as_extreme('changes', [], 'trade_date', '-index_value') }}
)

select
    changes.trade_date,
    changes.index_value,
    {% for part in ['outflow', 'leverage', 'spread', 'comovement', 'mechanics', 'network', 'cross'] %}
        changes.contribution_{{ part }},
    {% endfor %}
    {% for pillar in ['outflow', 'leverage', 'spread', 'comovement', 'mechanics', 'network'] %}
        changes.percentile_{{ pillar }},
    {% endfor %}
    changes.index_percentile,
    changes.change_1d,
    changes.index_value - earlier.index_value as change_5d,
    changes.regime,
    case
        when changes.regime is not null
            then max(changes.regime_from) over (order by changes.trade_date)
    end as regime_since,
    changes.is_pressure_significant,
    case when changes.change_1d > 0 then since.since end as highest_since,
    min(case when changes.index_value is not null then changes.trade_date end) over (order by changes.trade_date) as history_from,
    changes.pillars_known,
    changes.pillars_counted,
    changes.inputs_known,
    changes.oldest_input_days,
    case
        when changes.pillars_known < {{ whole_parameter('pillar_minimum') }}
            then changes.pillars_known || ' pillars known, ' || {{ whole_parameter('pillar_minimum') }} || ' needed'
        when changes.index_value is null then 'the pillars were known together on too few sessions'
        when changes.regime is null then 'no regime yet: too few sessions with an index'
    end as reason
from changes
cross join horizon
left join changes as earlier on changes.place - horizon.week_sessions = earlier.place
left join since on changes.trade_date = since.trade_date
