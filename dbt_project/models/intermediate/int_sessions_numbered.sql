select
    trade_date,
    cutoff_on,
    cast(row_number() over (order by trade_date) as integer) as session_number,
    -- from the next session, not from the last one known: the running month's last session so far is no month end
    date_trunc('month', cutoff_on) > date_trunc('month', trade_date) as is_month_end
from {{ ref('stg_control__sessions') }}
