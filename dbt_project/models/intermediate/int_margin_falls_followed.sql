with us_equity as (
    select bars.*
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where benchmarks.benchmark_id = 'us_equity'
),

-- a book without a price stands still; before its first it has no level
levels as (
    select
        sessions.trade_date,
        sessions.cutoff_on,
        sessions.session_number,
        case
            when count(us_equity.session_number) over so_far > 0 then coalesce(sum({{ log_growth('us_equity.total_return') }}) over so_far, 0)
        end as us_equity,
        last_value(cast(ln(ai.ai_index) as decimal(18, 15)) ignore nulls) over so_far as ai
    from {{ ref('int_sessions_numbered') }} as sessions
    left join us_equity on sessions.session_number = us_equity.session_number
    left join {{ ref('ai_sentiment_daily') }} as ai on sessions.trade_date = ai.trade_date
    window so_far as (order by sessions.session_number rows between unbounded preceding and current row)
),

newest_known as (
    select
        levels.session_number,
        max(margin.month) as month
    from levels
    inner join {{ ref('margin_leverage_monthly') }} as margin on {{ known_by('levels.cutoff_on', 'margin') }}
    group by levels.session_number
),

months as (
    select
        month,
        min(session_number) as first_known_session,
        max(session_number) as last_known_session
    from newest_known
    group by month
),

month_ends as (
    select
        last_day(trade_date) as month,
        max(session_number) as session_number
    from levels
    group by last_day(trade_date)
),

books as (
    select
        trade_date,
        session_number,
        'us_equity' as book,
        us_equity as level
    from levels
    union all
    select
        trade_date,
        session_number,
        'ai' as book,
        ai as level
    from levels
),

-- from the session after the month end, long before the month is known: what fell meanwhile has fallen
followed as (
    select
        months.month,
        books.trade_date,
        books.session_number,
        books.book,
        books.session_number >= months.first_known_session as is_known,
        -- rounded: what lies beyond is the noise of logarithms
        round({{ growth('books.level - base.level') }}, 10) as price_ratio
    from months
    inner join month_ends on months.month = month_ends.month
    inner join books as base on month_ends.session_number = base.session_number and base.level is not null
    inner join books
        on
            base.book = books.book
            and month_ends.session_number < books.session_number
            and months.last_known_session >= books.session_number
),

peaks as (
    select
        *,
        greatest(max(price_ratio) over so_far, 1) as peak_ratio
    from followed
    window so_far as (partition by month, book order by session_number)
)

select
    month,
    trade_date,
    session_number,
    book,
    is_known,
    price_ratio,
    least(min(price_ratio) over so_far, 1) as lowest_ratio,
    min(price_ratio / peak_ratio) over so_far as lowest_ratio_to_peak
from peaks
window so_far as (partition by month, book order by session_number)
