with horizon as (
    select {{ whole_parameter('ai_sentiment_horizon') }} as sessions
),

---------- the AI index: weights of a rebalancing, drifting with prices until the next
periods as (
    select
        weights.rebalanced_on,
        sessions.session_number as first_session,
        lead(sessions.session_number) over (order by sessions.session_number) as last_session,
        min(sessions.session_number) over (order by sessions.session_number) as index_start,
        count(*) as members
    from {{ ref('ai_index_weight') }} as weights
    inner join {{ ref('int_sessions_numbered') }} as sessions on weights.rebalanced_on = sessions.trade_date
    group by weights.rebalanced_on, sessions.session_number
),

-- the first session opens the index; every other rebalancing session still belongs to the period before it
period_sessions as (
    select
        periods.rebalanced_on,
        periods.first_session,
        periods.index_start,
        periods.members,
        sessions.trade_date,
        sessions.session_number
    from periods
    inner join {{ ref('int_sessions_numbered') }} as sessions
        on
            sessions.session_number >= periods.first_session + if(periods.first_session = periods.index_start, 0, 1)
            and sessions.session_number <= coalesce(periods.last_session, sessions.session_number)
),

-- a member without a bar stands still; its next return reaches back to its last
drifted as (
    select
        period_sessions.rebalanced_on,
        period_sessions.session_number,
        weights.ticker,
        weights.weight,
        bars.symbol is not null as is_priced,
        coalesce(
            sum({{ log_growth('bars.total_return') }}) filter (where period_sessions.session_number > period_sessions.first_session) over (
                partition by period_sessions.rebalanced_on, weights.ticker
                order by period_sessions.session_number
                rows between unbounded preceding and current row
            ), 0
        ) as log_sum
    from period_sessions
    inner join {{ ref('ai_index_weight') }} as weights on period_sessions.rebalanced_on = weights.rebalanced_on
    left join {{ ref('int_bars_known') }} as bars
        on weights.ticker = bars.symbol and period_sessions.session_number = bars.session_number
),

basket as (
    select
        rebalanced_on,
        session_number,
        cast(ln(sum(weight * {{ growth('log_sum') }} order by ticker)) as decimal(18, 15)) as log_since_rebalancing,
        count(*) filter (where is_priced) as members_priced
    from drifted
    group by rebalanced_on, session_number
),

basket_returns as (
    select
        *,
        log_since_rebalancing - coalesce(lag(log_since_rebalancing) over (partition by rebalanced_on order by session_number), 0) as log_return
    from basket
),

---------- the industrial benchmark beside it
industrials as (
    select
        bars.session_number,
        bars.total_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where benchmarks.benchmark_id = 'industrials'
),

beside as (
    select
        period_sessions.trade_date,
        period_sessions.session_number,
        period_sessions.rebalanced_on,
        period_sessions.members,
        basket_returns.members_priced,
        basket_returns.log_return,
        industrials.session_number is not null as has_industrials,
        case when period_sessions.session_number > period_sessions.index_start then {{ log_growth('industrials.total_return') }} end as industrial_log_return
    from period_sessions
    inner join basket_returns
        on period_sessions.rebalanced_on = basket_returns.rebalanced_on and period_sessions.session_number = basket_returns.session_number
    left join industrials on period_sessions.session_number = industrials.session_number
),

linked as (
    select
        trade_date,
        session_number,
        rebalanced_on,
        members,
        members_priced,
        -- rounded: what lies beyond is the noise of logarithms
        round(100 * {{ growth('sum(log_return) over so_far') }}, 10) as ai_index,
        -- before its first bar the benchmark has no level, and stands at 100 on it
        case
            when bool_or(has_industrials) over so_far
                then
                    round(100 * {{ growth('coalesce(sum(industrial_log_return) over so_far, 0)') }}, 10)
        end as industrial_index
    from beside
    window so_far as (order by session_number rows between unbounded preceding and current row)
),

-- changes reach back to the last level at least as many sessions ago, so that a day without prices leaves no hole
changes as (
    select
        linked.*,
        100 * linked.ai_index / linked.industrial_index as relative_index,
        last_value(linked.ai_index) over a_day_before as ai_index_1d,
        last_value(linked.ai_index) over before as ai_index_3d,
        last_value(linked.industrial_index) over a_day_before as industrial_index_1d,
        last_value(linked.industrial_index) over before as industrial_index_3d
    from linked
    cross join horizon
    where linked.members_priced > 0
    window
        a_day_before as (order by linked.session_number range between unbounded preceding and 1 preceding),
        before as (order by linked.session_number range between unbounded preceding and {{ preceding('horizon.sessions') }})
),

sentiment as (
    select
        trade_date,
        ai_index,
        industrial_index,
        relative_index,
        100 * (ai_index / ai_index_1d - 1) as ai_change_1d_pct,
        100 * (ai_index / ai_index_3d - 1) as ai_change_3d_pct,
        100 * (industrial_index / industrial_index_1d - 1) as industrial_change_1d_pct,
        100 * (industrial_index / industrial_index_3d - 1) as industrial_change_3d_pct,
        100 * (ai_index / ai_index_3d * industrial_index_3d / industrial_index - 1) as relative_change_3d_pct,
        members,
        members_priced,
        rebalanced_on
    from changes
),

ai_since as (
    {{ last_as_extreme('sentiment', [], 'trade_date', 'ai_change_3d_pct') }}
),

relative_since as (
    {{ last_as_extreme('sentiment', [], 'trade_date', 'relative_change_3d_pct') }}
)

select
    sentiment.trade_date,
    sentiment.ai_index,
    sentiment.industrial_index,
    sentiment.relative_index,
    sentiment.ai_change_1d_pct,
    sentiment.ai_change_3d_pct,
    sentiment.industrial_change_1d_pct,
    sentiment.industrial_change_3d_pct,
    sentiment.relative_change_3d_pct,
    case when sentiment.ai_change_3d_pct < 0 then ai_since.since end as ai_sharpest_fall_since,
    case when sentiment.relative_change_3d_pct < 0 then relative_since.since end as relative_sharpest_fall_since,
    min(case when sentiment.ai_change_3d_pct is not null then sentiment.trade_date end) over (order by sentiment.trade_date) as history_from,
    cast(sentiment.members as integer) as members,
    cast(sentiment.members_priced as integer) as members_priced,
    sentiment.rebalanced_on
from sentiment
left join ai_since on sentiment.trade_date = ai_since.trade_date
left join relative_since on sentiment.trade_date = relative_since.trade_date
