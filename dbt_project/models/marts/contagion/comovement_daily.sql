with dated as (
    select
        sessions.trade_date,
        computed.*
    from {{ ref('int_comovement_computed') }} as computed
    inner join {{ ref('int_sessions_numbered') }} as sessions on computed.session_number = sessions.session_number
),

percentiles as (
    {{ recursive_percentile('dated', [], 'trade_date', 'turbulence', whole_parameter('percentile_minimum_daily')) }}
)

select
    dated.trade_date,
    dated.absorption_ratio,
    dated.absorption_shift,
    dated.assets,
    dated.sessions,
    dated.absorption_reason,
    dated.turbulence,
    percentiles.percentile as turbulence_percentile,
    dated.correlation_surprise,
    dated.turbulence_assets,
    dated.turbulence_sessions,
    dated.turbulence_reason
from dated
left join percentiles on dated.trade_date = percentiles.trade_date
