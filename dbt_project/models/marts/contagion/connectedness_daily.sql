with identified as (
    {% for identification in ['generalized', 'cholesky'] %}
        select
            session_number,
            '{{ identification }}' as identification,
            {{ identification }}_total_pct as total_pct,
            len(series) as series,
            observations,
            lags_by_criterion,
            reason
        from {{ ref('int_connectedness_computed') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

dated as (
    select
        sessions.trade_date,
        identified.*
    from identified
    inner join {{ ref('int_sessions_numbered') }} as sessions on identified.session_number = sessions.session_number
),

since as (
    {{ last_as_extreme('dated', ['identification'], 'trade_date', '-total_pct') }}
)

select
    dated.trade_date,
    dated.identification,
    dated.total_pct,
    {{ whole_parameter('connectedness_lags') }} as lag_order,
    dated.lags_by_criterion,
    {{ whole_parameter('connectedness_horizon') }} as horizon_sessions,
    {{ whole_parameter('connectedness_window') }} as window_sessions,
    cast(dated.series as integer) as series,
    dated.observations,
    since.since as highest_since,
    min(case when dated.total_pct is not null then dated.trade_date end) over (
        partition by dated.identification order by dated.trade_date
    ) as history_from,
    dated.reason
from dated
left join since on dated.identification = since.identification and dated.trade_date = since.trade_date
