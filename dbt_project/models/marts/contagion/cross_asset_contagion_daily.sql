with lengths as (
    select
        {{ whole_parameter('crisis_window') }} as crisis_length,
        {{ whole_parameter('full_window_before_crisis') }} as before_length,
        {{ whole_parameter('crisis_minimum') }} as crisis_minimum,
        {{ whole_parameter('full_minimum') }} as full_minimum,
        {{ whole_parameter('quiet_minimum') }} as quiet_minimum,
        {{ parameter('residual_share_minimum') }} as least_share,
        {{ parameter('contagion_significance_z') }} as critical_z,
        {{ parameter('comovement_return_cap') }} as return_cap
),

bars as (
    select
        benchmarks.benchmark_id,
        benchmarks.region,
        bars.session_number,
        bars.total_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    cross join lengths
    where bars.sessions_covered = 1 and abs(bars.total_return) <= lengths.return_cap
),

-- what closes with New York is compared by the day; regions close hours before, and by means of two days
targets as (
    select
        benchmark_id as target,
        false as is_two_day_mean,
        session_number,
        cast(total_return as decimal(9, 8)) as target_return
    from bars
    where
        benchmark_id in (
            'value', 'industrials', 'small_caps', 'treasury_long', 'treasury_intermediate', 'gold', 'credit_investment_grade', 'credit_high_yield',
            'emerging_markets', 'developed_ex_us'
        )
    union all
    select
        region as target,
        true as is_two_day_mean,
        session_number,
        cast(avg(total_return order by benchmark_id) as decimal(9, 8)) as target_return
    from bars
    where region in ('asia', 'europe')
    group by region, session_number
),

averaged as (
    select
        target,
        is_two_day_mean,
        session_number,
        case
            when not is_two_day_mean then target_return
            when session_number = lag(session_number) over by_target + 1 then (target_return + lag(target_return) over by_target) / 2
        end as target_return
    from targets
    window by_target as (partition by target order by session_number)
),

-- decimals, so that sums over a window are exact: in any order, and beside whatever else is in the table
paired as (
    select
        sources.source,
        averaged.target,
        averaged.is_two_day_mean,
        sources.session_number,
        sources.quiet_sessions,
        case when averaged.is_two_day_mean then sources.quiet_two_day_variance else sources.quiet_variance end as quiet_variance,
        cast(case when averaged.is_two_day_mean then sources.two_day_return else sources.session_return end as decimal(9, 8)) as x,
        cast(averaged.target_return as decimal(9, 8)) as y
    from {{ ref('int_contagion_sources') }} as sources
    inner join averaged on sources.session_number = averaged.session_number
    where
        averaged.target_return is not null
        and (sources.two_day_return is not null or not averaged.is_two_day_mean)
),

summed as (
    select
        paired.source,
        paired.target,
        paired.is_two_day_mean,
        paired.session_number,
        paired.quiet_sessions,
        paired.quiet_variance,
        {% for span in ['crisis', 'whole'] %}
            count(*) over {{ span }} as {{ span }}_n,
            sum(paired.x) over {{ span }} as {{ span }}_x,
            sum(paired.y) over {{ span }} as {{ span }}_y,
            sum(paired.x * paired.x) over {{ span }} as {{ span }}_xx,
            sum(paired.y * paired.y) over {{ span }} as {{ span }}_yy,
            sum(paired.x * paired.y) over {{ span }} as {{ span }}_xy,
        {% endfor %}
        lengths.crisis_minimum,
        lengths.full_minimum,
        lengths.quiet_minimum,
        lengths.least_share,
        lengths.critical_z
    from paired
    cross join lengths
    window
        crisis as (
            partition by paired.source, paired.target order by paired.session_number
            range between {{ preceding('lengths.crisis_length - 1') }} and current row
        ),
        whole as (
            partition by paired.source, paired.target order by paired.session_number
            range between {{ preceding('lengths.crisis_length + lengths.before_length - 1') }} and current row
        )
),

moments as (
    select
        *,
        {% for span in ['crisis', 'whole'] %}
            {{ centred(span ~ '_xx', span ~ '_x', span ~ '_x', span ~ '_n') }} as {{ span }}_x_variation,
            {{ centred(span ~ '_yy', span ~ '_y', span ~ '_y', span ~ '_n') }} as {{ span }}_y_variation,
            {{ centred(span ~ '_xy', span ~ '_x', span ~ '_y', span ~ '_n') }} as {{ span }}_covariation,
        {% endfor %}
        crisis_n >= crisis_minimum and whole_n >= full_minimum as is_enough
    from summed
),

-- what is explained but for a millionth is the same series, and its correlation one: beyond lie the last bits of a square root
correlated as (
    select
        *,
        {% for span in ['crisis', 'whole'] %}
            case
                when not is_enough or {{ span }}_x_variation = 0 or {{ span }}_y_variation = 0 then null
                when {{ span }}_covariation * {{ span }}_covariation >= (1 - least_share) * {{ span }}_x_variation * {{ span }}_y_variation
                    then sign({{ span }}_covariation)
                else {{ span }}_covariation / sqrt({{ span }}_x_variation * {{ span }}_y_variation)
            end as {{ span }}_correlation,
        {% endfor %}
        case
            when is_enough and quiet_sessions >= quiet_minimum then crisis_x_variation / (crisis_n - 1) / nullif(quiet_variance, 0) - 1
        end as delta
    from moments
),

adjusted as (
    select
        *,
        {{ forbes_rigobon_adjusted('crisis_correlation', 'delta') }} as adjusted_correlation
    from correlated
),

tested as (
    select
        *,
        {{ fisher_z('crisis_correlation', 'crisis_n', 'whole_correlation', 'whole_n') }} as z_raw,
        {{ fisher_z('adjusted_correlation', 'crisis_n', 'whole_correlation', 'whole_n') }} as z_adjusted
    from adjusted
)

select
    sessions.trade_date,
    tested.source,
    tested.target,
    tested.is_two_day_mean,
    tested.crisis_correlation as correlation_crisis,
    tested.whole_correlation as correlation_full,
    tested.delta as variance_increase,
    tested.adjusted_correlation as correlation_adjusted,
    tested.z_raw,
    tested.z_adjusted,
    tested.z_raw > tested.critical_z as is_contagion_raw,
    tested.z_adjusted > tested.critical_z as is_contagion_adjusted,
    cast(tested.crisis_n as integer) as sessions_crisis,
    cast(tested.whole_n as integer) as sessions_full,
    cast(tested.quiet_sessions as integer) as sessions_quiet,
    case
        when not tested.is_enough then 'too_few_sessions'
        when tested.crisis_correlation is null or tested.whole_correlation is null then 'a_series_does_not_move'
        when tested.z_raw is null then 'series_are_identical'
        when tested.quiet_sessions < tested.quiet_minimum then 'too_few_quiet_sessions'
        when tested.delta is null then 'source_never_moved_when_quiet'
    end as reason
from tested
inner join {{ ref('int_sessions_numbered') }} as sessions on tested.session_number = sessions.session_number
