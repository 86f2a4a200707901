with claims as (
    select
        * replace (coalesce(metric_filter, '') as metric_filter),
        trade_date > {{ as_of() }} as is_ahead
    from {{ ref('claims') }}
),

known as (
    select
        metric_table,
        metric_column,
        metric_filter,
        min(unit) as unit
    from {{ ref('int_claim_metrics') }}
    group by metric_table, metric_column, metric_filter
),

-- every value of the metric that was known on the claim's day
histories as (
    select
        claims.claim_id,
        claims.comparison,
        claims.trade_date as claim_date,
        metrics.trade_date,
        metrics.observed_on,
        metrics.metric_value,
        metrics.is_daily
    from claims
    inner join {{ ref('int_claim_metrics') }} as metrics
        on
            claims.metric_table = metrics.metric_table
            and claims.metric_column = metrics.metric_column
            and claims.metric_filter = metrics.metric_filter
            and claims.trade_date >= metrics.trade_date
    where not claims.is_ahead
),

-- a daily metric has to have a value on the day itself, a monthly one has its newest
found as (
    select * from histories
    where not is_daily or trade_date = claim_date
    qualify row_number() over (partition by claim_id order by observed_on desc) = 1
),

pasts as (
    select
        found.claim_id,
        found.observed_on,
        found.metric_value as found,
        min(histories.observed_on) as history_from,
        max(histories.observed_on) filter (
            where histories.observed_on < found.observed_on and case histories.comparison
                when 'at_most' then histories.metric_value <= found.metric_value
                else histories.metric_value >= found.metric_value
            end
        ) as since_date
    from found
    inner join histories on found.claim_id = histories.claim_id
    group by found.claim_id, found.observed_on, found.metric_value
),

judged as (
    select
        claims.*,
        known.unit as metric_unit,
        pasts.observed_on,
        pasts.found,
        pasts.since_date,
        pasts.history_from,
        case
            when claims.threshold is null then true
            when claims.comparison = 'at_most' then pasts.found <= claims.threshold
            else pasts.found >= claims.threshold
        end as is_far_enough,
        pasts.since_date > claims.asserted_since as is_broken_record,
        pasts.history_from > claims.asserted_since as is_history_too_short
    from claims
    left join pasts on claims.claim_id = pasts.claim_id
    left join known
        on claims.metric_table = known.metric_table and claims.metric_column = known.metric_column and claims.metric_filter = known.metric_filter
),

worded as (
    select
        *,
        if(comparison = 'at_most', 'at or below ', 'at or above ') || {{ plain_number('threshold') }} || ' ' || unit as threshold_words,
        'no earlier value as ' || if(comparison = 'at_most', 'low', 'high') || ' since ' || asserted_since as since_words,
        {{ plain_number('found') }} || ' ' || unit as found_words
    from judged
)

select
    claim_id,
    trade_date,
    sentence,
    metric_table,
    metric_column,
    metric_filter,
    comparison,
    threshold,
    unit,
    asserted_since,
    concat_ws('; ', threshold_words, since_words) as asserted,
    found,
    observed_on,
    since_date,
    history_from,
    case
        when found is null or metric_unit <> unit then 'not_testable'
        when not is_far_enough or is_broken_record then 'contradicted'
        when is_history_too_short then 'not_testable'
        else 'supported'
    end as verdict,
    case
        when is_ahead then 'the day lies after the session of this run'
        when metric_unit is null then 'the metric has no value in these tables'
        when metric_unit <> unit then 'the metric is in ' || metric_unit || ', the claim in ' || unit
        when found is null then 'the metric had no value on that day'
        when not is_far_enough then 'found ' || found_words || ', asserted ' || threshold_words
        when is_broken_record then 'found ' || found_words || ', as extreme on ' || since_date || ', after the asserted ' || asserted_since
        when is_history_too_short then 'found ' || found_words || ', but the history begins on ' || history_from || ', after the asserted ' || asserted_since
        else
            'found ' || found_words
            || case
                when asserted_since is null then ''
                when since_date is null then ', the most extreme since the history begins on ' || history_from
                else ', last as extreme on ' || since_date
            end
    end as reason,
    basis,
    checked_on
from worded
