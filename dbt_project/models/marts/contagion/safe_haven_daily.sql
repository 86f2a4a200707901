with windows as (
    select {{ whole_parameter('safe_haven_window') }} as sessions
)

-- a table without rows comes out of Python without types
select
    sessions.trade_date,
    cast(computed.haven as varchar) as haven,
    returns.haven_return,
    returns.equity_return,
    cast(computed.threshold_lowest_10 as double) as threshold_lowest_10,
    cast(computed.threshold_lowest_5 as double) as threshold_lowest_5,
    cast(computed.threshold_lowest_1 as double) as threshold_lowest_1,
    returns.equity_return < cast(computed.threshold_lowest_10 as double) as equities_fell_hard,
    cast(computed.slope_usual as double) as slope_usual,
    cast(computed.slope_lowest_10 as double) as slope_lowest_10,
    cast(computed.slope_lowest_5 as double) as slope_lowest_5,
    cast(computed.slope_lowest_1 as double) as slope_lowest_1,
    cast(computed.worst as double) as slope_on_worst_days,
    cast(computed.error as double) as slope_on_worst_days_se,
    cast(computed.p_value as double) as p_value,
    cast(computed.worst as double) > 0 as fails,
    cast(computed.sessions as integer) as sessions,
    cast(computed.falls_lowest_1 as integer) as sessions_lowest_1,
    case
        when cast(computed.sessions as integer) < windows.sessions then 'too_few_sessions'
        when computed.worst is null then 'too_few_falls_or_no_variation'
        when computed.error is null then 'exact_fit'
    end as reason
from {{ ref('int_safe_haven_computed') }} as computed
cross join windows
inner join {{ ref('int_sessions_numbered') }} as sessions on computed.session_number = sessions.session_number
inner join {{ ref('int_safe_haven_returns') }} as returns
    on computed.haven = returns.haven and computed.session_number = returns.session_number
