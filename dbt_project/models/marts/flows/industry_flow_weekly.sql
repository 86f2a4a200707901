with vintages as (
    select
        observed_on as period_end,
        frequency,
        category,
        flow_usd_mn,
        known_on,
        row_number() over (partition by observed_on, frequency, category order by known_on, fetched_at, payload_sha256) as vintage_number,
        row_number() over (partition by observed_on, frequency, category order by {{ latest_known() }}) as vintages_ago
    from {{ ref('stg_ici__fund_flows') }}
    where {{ known_by(cutoff()) }}
),

periods as (
    select
        period_end,
        frequency,
        category,
        max(flow_usd_mn) filter (where vintage_number = 1) as first_flow_usd_mn,
        max(known_on) filter (where vintage_number = 1) as first_known_on,
        max(flow_usd_mn) filter (where vintages_ago = 1) as latest_flow_usd_mn,
        max(known_on) filter (where vintages_ago = 1) as latest_known_on,
        cast(count(*) - 1 as integer) as revisions
    from vintages
    group by period_end, frequency, category
),

windows as (
    select
        'weekly' as frequency,
        {{ whole_parameter('industry_flow_zscore_window_weekly') }} as window_length,
        {{ whole_parameter('industry_flow_zscore_minimum_weekly') }} as minimum_history
    union all
    select
        'monthly' as frequency,
        {{ whole_parameter('industry_flow_zscore_window_monthly') }} as window_length,
        {{ whole_parameter('industry_flow_zscore_minimum_monthly') }} as minimum_history
),

scaled as (
    select
        periods.*,
        windows.minimum_history,
        count(periods.first_flow_usd_mn) over before as history,
        median(periods.first_flow_usd_mn) over before as centre,
        mad(periods.first_flow_usd_mn) over before * {{ parameter('mad_to_sigma') }} as scale
    from periods
    inner join windows on periods.frequency = windows.frequency
    window before as (
        partition by periods.frequency, periods.category
        order by periods.period_end
        rows between {{ preceding('windows.window_length') }} and 1 preceding
    )
),

scored as (
    select
        *,
        case when history >= minimum_history then (first_flow_usd_mn - centre) / nullif(scale, 0) end as flow_zscore
    from scaled
)

select
    period_end,
    frequency,
    category,
    first_flow_usd_mn,
    first_known_on,
    latest_flow_usd_mn,
    latest_known_on,
    revisions,
    flow_zscore,
    abs(flow_zscore) > {{ parameter('industry_flow_outlier_zscore') }} as is_outlier
from scored
