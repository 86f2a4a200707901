select
    trade_date,
    cutoff_on,
    session_number,
    is_month_end
from {{ ref('int_sessions_numbered') }}
