with horizons as (
    select
        {{ whole_parameter('spread_short_horizon') }} as short_sessions,
        {{ whole_parameter('spread_week_horizon') }} as week_sessions,
        {{ whole_parameter('spread_narrowing_horizon') }} as narrowing_sessions,
        {{ whole_parameter('spread_zscore_window') }} as window_length,
        {{ whole_parameter('spread_zscore_minimum') }} as minimum_history
),

-- each leg has a series and one that stands in for it on sessions up to its first
candidates as (
    select
        'growth' as leg,
        'ai_index' as basis,
        false as is_stand_in,
        sessions.session_number,
        sentiment.ai_index / lag(sentiment.ai_index) over (order by sessions.session_number) - 1 as simple_return
    from {{ ref('ai_sentiment_daily') }} as sentiment
    inner join {{ ref('int_sessions_numbered') }} as sessions on sentiment.trade_date = sessions.trade_date
    union all
    select
        case
            when benchmarks.benchmark_id = 'sp500_information_technology' then 'growth'
            when benchmarks.benchmark_id in ('value', 'russell_1000_value') then 'value'
            else 'industrials'
        end as leg,
        benchmarks.benchmark_id as basis,
        benchmarks.benchmark_id not in ('value', 'industrials') as is_stand_in,
        bars.session_number,
        bars.total_return as simple_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where benchmarks.benchmark_id in ('sp500_information_technology', 'value', 'russell_1000_value', 'industrials', 'sp500_industrials')
),

own_starts as (
    select
        *,
        min(session_number) filter (where not is_stand_in) over (partition by leg) as own_start
    from candidates
),

legs as (
    select
        leg,
        basis,
        session_number,
        simple_return
    from own_starts
    where not is_stand_in or session_number <= coalesce(own_start, session_number)
    -- on its own first session a series has no return yet
    qualify row_number() over (partition by leg, session_number order by is_stand_in desc) = 1
),

starts as (
    select max(first_session) as first_session
    from (
        select
            leg,
            min(session_number) as first_session
        from legs
        group by leg
    ) as leg_starts
    having count(*) = 3
),

-- every session, so that no leg's return is lost on a day on which another has none
days as (
    select
        sessions.trade_date,
        sessions.session_number,
        growth.basis as growth_basis,
        growth.session_number is not null and (value.session_number is not null or industrials.session_number is not null) as is_priced,
        case
            when sessions.session_number = starts.first_session then 0
            else
                {{ log_growth('coalesce(growth.simple_return, 0)') }}
                - {{ log_growth('(coalesce(value.simple_return, 0) + coalesce(industrials.simple_return, 0)) / 2') }}
        end as log_change
    from {{ ref('int_sessions_numbered') }} as sessions
    inner join starts on sessions.session_number >= starts.first_session
    {% for leg in ['growth', 'value', 'industrials'] %}
        left join legs as {{ leg }} on sessions.session_number = {{ leg }}.session_number and {{ leg }}.leg = '{{ leg }}'
    {% endfor %}
),

spreads as (
    select
        *,
        cast(sum(log_change) over (order by session_number rows between unbounded preceding and current row) as double) as log_spread
    from days
),

-- changes reach back to the last spread at least as many sessions ago, so that a day without prices leaves no hole
changes as (
    select
        spreads.trade_date,
        spreads.session_number,
        spreads.growth_basis,
        spreads.log_spread,
        spreads.log_spread - last_value(spreads.log_spread) over by_1 as change_1d,
        spreads.log_spread - last_value(spreads.log_spread) over by_3 as change_3d,
        spreads.log_spread - last_value(spreads.log_spread) over by_5 as change_5d,
        spreads.log_spread - last_value(spreads.log_spread) over by_20 as change_20d
    from spreads
    cross join horizons
    where spreads.is_priced
    window
        by_1 as (order by spreads.session_number range between unbounded preceding and 1 preceding),
        by_3 as (order by spreads.session_number range between unbounded preceding and {{ preceding('horizons.short_sessions') }}),
        by_5 as (order by spreads.session_number range between unbounded preceding and {{ preceding('horizons.week_sessions') }}),
        by_20 as (order by spreads.session_number range between unbounded preceding and {{ preceding('horizons.narrowing_sessions') }})
),

-- daily changes up to the narrowing's own horizon; as lists, added up from first to last (see outflow_daily)
histories as (
    select
        changes.*,
        horizons.narrowing_sessions,
        horizons.minimum_history,
        list(changes.change_1d) filter (where changes.change_1d is not null) over (
            order by changes.session_number
            range between {{ preceding('horizons.narrowing_sessions + horizons.window_length - 1') }}
            and {{ preceding('horizons.narrowing_sessions') }}
        ) as daily_changes
    from changes
    cross join horizons
),

scored as (
    select
        trade_date,
        growth_basis,
        log_spread,
        change_1d,
        change_3d,
        change_5d,
        change_20d,
        0 - change_20d as narrowing_20d,
        case
            when list_count(daily_changes) >= minimum_history
                then
                    (narrowing_sessions * list_avg(daily_changes) - change_20d)
                    / nullif(sqrt(narrowing_sessions) * list_stddev_samp(daily_changes), 0)
        end as narrowing_20d_zscore
    from histories
),

since as (
    {{ last_as_extreme('scored', [], 'trade_date', 'change_20d') }}
),

percentiles as (
    {{ recursive_percentile('scored', [], 'trade_date', 'narrowing_20d', whole_parameter('percentile_minimum_daily')) }}
)

select
    scored.trade_date,
    scored.growth_basis,
    scored.log_spread,
    scored.change_1d,
    scored.change_3d,
    scored.change_5d,
    scored.change_20d,
    scored.narrowing_20d,
    scored.narrowing_20d_zscore,
    percentiles.percentile as narrowing_20d_percentile,
    case when scored.narrowing_20d > 0 then since.since end as sharpest_narrowing_since,
    min(case when scored.narrowing_20d is not null then scored.trade_date end) over (order by scored.trade_date) as history_from
from scored
left join since on scored.trade_date = since.trade_date
left join percentiles on scored.trade_date = percentiles.trade_date
