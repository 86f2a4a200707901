with vintages as (
    select
        last_day(observed_on) as month,
        12 * year(observed_on) + month(observed_on) as month_number,
        debit_balances_usd_mn as debit,
        free_credit_cash_usd_mn,
        free_credit_margin_usd_mn,
        known_on,
        fetched_at,
        payload_sha256
    from {{ ref('stg_finra__margin_debt') }}
    where {{ known_by(cutoff()) }}
),

releases as (
    select
        month,
        month_number,
        min(known_on) as known_on
    from vintages
    group by month, month_number
),

-- the history as it stood when a month was first published: a restatement shows in the months released after it, never before
as_known as (
    select
        releases.month as release_month,
        releases.known_on as released_on,
        releases.month_number - vintages.month_number as months_ago,
        vintages.*
    from releases
    inner join vintages on releases.month_number >= vintages.month_number and {{ known_by('releases.known_on', 'vintages') }}
    qualify row_number() over (partition by releases.month, vintages.month order by {{ latest_known('vintages') }}) = 1
),

released as (
    select * from as_known
    where months_ago = 0
),

lengths as (
    select
        {{ whole_parameter('margin_zscore_window') }} as zscore_months,
        {{ whole_parameter('margin_high_window') }} as high_months
),

measured as (
    select
        history.release_month,
        any_value(history.debit) filter (where history.months_ago = 1) as debit_a_month_ago,
        any_value(history.debit) filter (where history.months_ago = 12) as debit_a_year_ago,
        count(history.debit) filter (where history.months_ago between 1 and lengths.zscore_months) = any_value(lengths.zscore_months) as has_zscore,
        avg(history.debit order by history.month) filter (where history.months_ago between 1 and lengths.zscore_months) as mean_before,
        stddev_samp(history.debit order by history.month) filter (where history.months_ago between 1 and lengths.zscore_months) as deviation_before,
        count(history.debit) filter (where history.months_ago < lengths.high_months) = any_value(lengths.high_months) as has_five_years,
        max(history.debit) filter (where history.months_ago < lengths.high_months) as five_year_peak,
        max(history.debit) as peak,
        max(history.month) filter (where history.months_ago > 0 and history.debit >= released.debit) as as_high_in,
        min(history.month) as history_from
    from as_known as history
    inner join released on history.release_month = released.month
    cross join lengths
    group by history.release_month
)

select
    released.month,
    released.debit as debit_balances_usd_mn,
    released.free_credit_cash_usd_mn,
    released.free_credit_margin_usd_mn,
    released.free_credit_cash_usd_mn + coalesce(released.free_credit_margin_usd_mn, 0) - released.debit as net_credit_usd_mn,
    released.debit / nullif(measured.debit_a_month_ago, 0) - 1 as debit_mom,
    released.debit / nullif(measured.debit_a_year_ago, 0) - 1 as debit_yoy,
    case when measured.has_zscore then (released.debit - measured.mean_before) / nullif(measured.deviation_before, 0) end as debit_zscore_60m_prior,
    coalesce(measured.has_five_years and released.debit >= measured.five_year_peak, false) as is_five_year_high,
    case when released.debit > measured.debit_a_month_ago then measured.as_high_in end as highest_since,
    measured.history_from,
    released.debit / nullif(measured.peak, 0) - 1 as drawdown_from_peak,
    case when measured.has_five_years then released.debit / nullif(measured.five_year_peak, 0) - 1 end as drawdown_from_60m_peak,
    released.released_on as known_on
from released
inner join measured on released.month = measured.release_month
