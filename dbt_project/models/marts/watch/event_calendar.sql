-- announced during a day, known the morning after: a session's cut-off knows what was announced before it
select
    sessions.trade_date,
    events.event_id,
    events.event_on,
    cast(events.event_on - sessions.trade_date as integer) as days_ahead,
    days.is_session,
    days.session_on_or_after as reaction_session,
    events.kind,
    events.subject,
    events.description,
    events.announced_on
from {{ ref('events') }} as events
inner join {{ ref('stg_control__calendar_days') }} as days on events.event_on = days.calendar_day
inner join {{ ref('int_sessions_numbered') }} as sessions
    on
        events.announced_on < sessions.cutoff_on
        and sessions.trade_date <= events.event_on
        -- not as far as the calendar reaches: what a past session saw must not depend on the run's day
        and events.event_on - sessions.trade_date <= {{ whole_parameter('event_horizon_days') }}
