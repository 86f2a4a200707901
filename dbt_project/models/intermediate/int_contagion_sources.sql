with lengths as (
    select
        {{ whole_parameter('crisis_window') }} as crisis_length,
        {{ whole_parameter('full_window_before_crisis') }} as before_length,
        {{ parameter('quiet_volatility_percentile') }} as quiet_share,
        {{ whole_parameter('quiet_volatility_window') }} as volatility_window,
        {{ parameter('quiet_volatility_decay') }} as decay,
        {{ parameter('comovement_return_cap') }} as return_cap
),

followed as (
    select
        sentiment.ai_index,
        sessions.session_number,
        lag(sentiment.ai_index) over (order by sessions.session_number) as previous_index,
        lag(sessions.session_number) over (order by sessions.session_number) as previous_session
    from {{ ref('ai_sentiment_daily') }} as sentiment
    inner join {{ ref('int_sessions_numbered') }} as sessions on sentiment.trade_date = sessions.trade_date
),

candidates as (
    select
        'ai_index' as source,
        session_number,
        ai_index / previous_index - 1 as session_return
    from followed
    where session_number = previous_session + 1
    union all
    select
        'technology' as source,
        bars.session_number,
        bars.total_return as session_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where benchmarks.benchmark_id = 'technology' and bars.sessions_covered = 1
),

returns as (
    select
        candidates.source,
        candidates.session_number,
        cast(candidates.session_return as decimal(9, 8)) as session_return
    from candidates
    cross join lengths
    where abs(candidates.session_return) <= lengths.return_cap
),

steps as (
    select
        decay,
        unnest(range(cast(volatility_window as bigint))) as sessions_back
    from lengths
),

weights as (
    select list(pow(decay, sessions_back) order by sessions_back desc) as weights
    from steps
),

-- lists are added up from first to last: a past day's bits do not depend on what else is in the table
squared as (
    select
        returns.source,
        returns.session_number,
        returns.session_return,
        case
            when returns.session_number = lag(returns.session_number) over by_source + 1
                then (returns.session_return + lag(returns.session_return) over by_source) / 2
        end as two_day_return,
        list(cast(returns.session_return as double) * cast(returns.session_return as double)) over (
            partition by returns.source order by returns.session_number
            rows between {{ preceding('lengths.volatility_window - 1') }} and current row
        ) as squares
    from returns
    cross join lengths
    window by_source as (partition by returns.source order by returns.session_number)
),

volatile as (
    select
        squared.source,
        squared.session_number,
        squared.session_return,
        squared.two_day_return,
        case
            when list_count(squared.squares) = list_count(weights.weights)
                then list_inner_product(squared.squares, weights.weights) / list_sum(weights.weights)
        end as ewma_variance
    from squared
    cross join weights
),

-- the sessions before the crisis window, with what their volatility was on their own evening
gathered as (
    select
        volatile.source,
        volatile.session_number,
        lengths.quiet_share,
        list(volatile.ewma_variance) filter (where volatile.ewma_variance is not null) over before as variances,
        list(volatile.session_return) filter (where volatile.ewma_variance is not null) over before as returns_before,
        list(volatile.two_day_return) filter (where volatile.ewma_variance is not null) over before as two_day_returns_before
    from volatile
    cross join lengths
    window before as (
        partition by volatile.source order by volatile.session_number
        range between {{ preceding('lengths.crisis_length + lengths.before_length - 1') }} and {{ preceding('lengths.crisis_length') }}
    )
),

-- the value below which the stated share of sessions lies
bounded as (
    select
        *,
        list_sort(variances)[cast(floor(quiet_share * list_count(variances)) as bigint) + 1] as loud_from
    from gathered
),

unfolded as (
    select
        source,
        session_number,
        loud_from,
        unnest(variances) as ewma_variance,
        cast(unnest(returns_before) as decimal(9, 8)) as one_day,
        cast(unnest(two_day_returns_before) as decimal(9, 8)) as two_day
    from bounded
),

quiet as (
    select
        source,
        session_number,
        count(*) as quiet_sessions,
        count(two_day) as quiet_pairs,
        {{ centred('sum(one_day * one_day)', 'sum(one_day)', 'sum(one_day)', 'count(*)') }} as variation,
        {{ centred('sum(two_day * two_day)', 'sum(two_day)', 'sum(two_day)', 'count(two_day)') }} as two_day_variation
    from unfolded
    where ewma_variance < loud_from
    group by source, session_number
)

select
    volatile.source,
    volatile.session_number,
    volatile.session_return,
    volatile.two_day_return,
    coalesce(quiet.quiet_sessions, 0) as quiet_sessions,
    case when quiet.quiet_sessions > 1 then quiet.variation / (quiet.quiet_sessions - 1) end as quiet_variance,
    case when quiet.quiet_pairs > 1 then quiet.two_day_variation / (quiet.quiet_pairs - 1) end as quiet_two_day_variance
from volatile
left join quiet on volatile.source = quiet.source and volatile.session_number = quiet.session_number
