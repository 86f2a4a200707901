-- every session on which a company traded, from the first that had a flow to look back on
with starts as (
    select min(session_number) as first_session
    from {{ ref('int_price_pressure_slopes') }}
),

days as (
    select distinct
        residuals.trade_date,
        residuals.session_number
    from {{ ref('int_residual_returns') }} as residuals
    inner join starts on residuals.session_number >= starts.first_session
),

slopes as (
    select
        days.trade_date,
        days.session_number,
        slopes.securities,
        slopes.slope,
        slopes.slope_se,
        slopes.flow_dispersion_pct,
        slopes.residual_dispersion,
        slopes.score,
        slopes.precision,
        case when slopes.session_number is null then 'no_flow_known' else slopes.reason end as reason
    from days
    left join {{ ref('int_price_pressure_slopes') }} as slopes on days.session_number = slopes.session_number
),

-- two tests by the same lines: over the last sessions, and over all so far
spans as (
    select
        'recent' as span,
        {{ whole_parameter('slope_window') }} as sessions
    union all
    select
        'history' as span,
        max(session_number) as sessions
    from slopes
),

-- sums of decimals: exact, so that the last bits of a past day do not move when a day is added
summed as (
    select
        slopes.session_number,
        spans.span,
        count(slopes.score) over recently as slopes_known,
        cast(sum(cast(slopes.score as decimal(38, 14))) over recently as double) as score,
        cast(sum(cast(slopes.precision as decimal(38, 14))) over recently as double) as precision
    from slopes
    cross join spans
    window recently as (partition by spans.span order by slopes.session_number range between {{ preceding('spans.sessions - 1') }} and current row)
),

-- inverse-variance-weighted Fama-MacBeth: with precision Σx² a day, the mean slope is Σxy over Σx² of all days
means as (
    select
        *,
        score / nullif(precision, 0) as mean_slope,
        {{ newey_west_lags('slopes_known') }} as lags,
        slopes_known >= {{ whole_parameter('slope_minimum') }} as is_enough
    from summed
),

lags as (
    select unnest(range(cast(coalesce(max(lags), 0) + 1 as bigint))) as lag_sessions
    from means
),

-- products of a day's score and precision with those of the session so many before; a session without slope counts as nothing (Parzen 1963)
lagged as (
    select
        slopes.session_number,
        spans.span,
        lags.lag_sessions,
        greatest(spans.sessions - 1 - lags.lag_sessions, 0) as sessions_before,
        cast(coalesce(slopes.score * earlier.score, 0) as decimal(38, 14)) as score_score,
        cast(coalesce(slopes.score * earlier.precision + slopes.precision * earlier.score, 0) as decimal(38, 14)) as score_precision,
        cast(coalesce(slopes.precision * earlier.precision, 0) as decimal(38, 14)) as precision_precision
    from slopes
    cross join spans
    cross join lags
    left join slopes as earlier on slopes.session_number - lags.lag_sessions = earlier.session_number
),

autocovariances as (
    select
        session_number,
        span,
        lag_sessions,
        cast(sum(score_score) over recently as double) as score_score,
        cast(sum(score_precision) over recently as double) as score_precision,
        cast(sum(precision_precision) over recently as double) as precision_precision
    from lagged
    window recently as (partition by span, lag_sessions order by session_number range between {{ preceding('sessions_before') }} and current row)
),

-- variance of Σ(score − mean·precision), Bartlett's weights: errors may be correlated across companies and over days (Driscoll & Kraay 1998)
variances as (
    select
        means.session_number,
        means.span,
        sum(
            (
                autocovariances.score_score - means.mean_slope * autocovariances.score_precision
                + means.mean_slope * means.mean_slope * autocovariances.precision_precision
            )
            * case when autocovariances.lag_sessions = 0 then 1 else 2 end
            * (1 - autocovariances.lag_sessions / (means.lags + 1))
            order by autocovariances.lag_sessions
        ) as variance,
        max(autocovariances.score_score) filter (where autocovariances.lag_sessions = 0) as squares
    from means
    inner join autocovariances
        on means.session_number = autocovariances.session_number and means.span = autocovariances.span and means.lags >= autocovariances.lag_sessions
    group by means.session_number, means.span
),

-- what is left of equal slopes is the noise of subtraction
tested as (
    select
        means.session_number,
        means.span,
        cast(means.slopes_known as integer) as slopes_known,
        means.lags,
        means.is_enough,
        case when means.is_enough then means.mean_slope end as mean_slope,
        case
            when means.is_enough and variances.variance > variances.squares * {{ parameter('residual_share_minimum') }}
                then means.score / sqrt(variances.variance * means.slopes_known / (means.slopes_known - 1))
        end as t_value
    from means
    left join variances on means.session_number = variances.session_number and means.span = variances.span
)

select
    slopes.trade_date,
    slopes.slope,
    slopes.slope_se,
    slopes.slope / nullif(slopes.slope_se, 0) as slope_t,
    coalesce(slopes.securities, 0) as securities,
    slopes.flow_dispersion_pct,
    slopes.residual_dispersion,
    recent.mean_slope as mean_slope_250,
    recent.t_value as t_250,
    recent.slopes_known as sessions_250,
    -- one window in twenty is wrong where nothing is passed on, and windows overlap: the longer test has to agree
    recent.t_value > {{ parameter('slope_significance_t') }} and history.t_value > {{ parameter('slope_significance_t') }} as is_significant,
    history.mean_slope as mean_slope_history,
    history.t_value as t_history,
    history.slopes_known as sessions_history,
    history.lags as lags_history,
    case
        when slopes.reason is not null then slopes.reason
        when not recent.is_enough then 'too_few_sessions'
        when recent.t_value is null then 'slopes_do_not_vary'
    end as reason
from slopes
inner join tested as recent on slopes.session_number = recent.session_number and recent.span = 'recent'
inner join tested as history on slopes.session_number = history.session_number and history.span = 'history'
