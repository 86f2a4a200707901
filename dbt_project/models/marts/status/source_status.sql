with grace as (
    select
        replace(parameter, 'late_after_days_', '') as cadence,
        cast(value as integer) as days
    from {{ ref('parameters') }}
    where starts_with(parameter, 'late_after_days_')
),

judged as (
    select
        outcomes.*,
        contents.last_observed_on,
        contents.last_known_on,
        contents.last_fetched_at as last_rows_fetched_at,
        contents.known_rows,
        contents.subjects,
        contents.stalest_subject,
        contents.stalest_observed_on,
        run.as_of,
        case
            when outcomes.outcome in ('quarantined', 'unavailable', 'never_fetched') then outcomes.outcome
            when contents.table_name is null then 'never_fetched'
            when outcomes.next_release_on + coalesce(grace.days, 0) <= run.cutoff_on then 'late'
            else 'fresh'
        end as verdict
    from {{ ref('stg_control__source_outcomes') }} as outcomes
    cross join {{ ref('stg_control__run_context') }} as run
    left join {{ ref('int_raw_tables_summed') }} as contents on outcomes.table_name = contents.table_name
    left join grace on outcomes.cadence = grace.cadence
)

select
    source,
    table_name,
    publisher,
    cadence,
    verdict,
    coalesce(
        nullif(reason, ''),
        case verdict
            when 'late' then 'expected a newer observation by ' || next_release_on || ', found nothing after ' || last_observed_on
            when 'never_fetched' then 'no row is known yet'
        end
    ) as reason,
    outcome,
    last_observed_on,
    last_known_on,
    coalesce(last_fetched_at, last_rows_fetched_at) as last_fetched_at,
    next_release_on,
    cast(as_of - last_observed_on as integer) as age_days,
    coalesce(known_rows, 0) as known_rows,
    coalesce(subjects, 0) as subjects,
    stalest_subject,
    stalest_observed_on,
    cast(as_of - stalest_observed_on as integer) as stalest_age_days,
    quarantined_payloads
from judged
