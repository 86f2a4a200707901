with fund_days as (
    select
        funds.fund_id,
        funds.reference_segment,
        funds.inception_on,
        funds.asset_class = 'equity' and funds.leverage = 1 as may_change_segment,
        sessions.trade_date,
        sessions.session_number,
        sessions.is_month_end
    from {{ ref('fund') }} as funds
    cross join {{ ref('int_sessions_numbered') }} as sessions
),

-- weights used with the flows of a day are those known before it: public at 06:00 of the day itself, not of the morning after
weighted as (
    select
        fund_days.*,
        weights.tech_weight,
        weights.ai_weight,
        weights.observed_on as holdings_observed_on
    from fund_days
    asof left join {{ ref('int_fund_weights') }} as weights
        on fund_days.fund_id = weights.fund_id and fund_days.trade_date >= weights.known_from
),

signalled as (
    select
        *,
        case
            when not is_month_end then null
            when tech_weight >= {{ parameter('tech_heavy_entry_weight') }} then true
            when tech_weight < {{ parameter('tech_heavy_exit_weight') }} then false
        end as month_end_signal
    from weighted
),

decided as (
    select
        *,
        last_value(month_end_signal ignore nulls) over (
            partition by fund_id order by trade_date rows between unbounded preceding and 1 preceding
        ) as is_tech_heavy
    from signalled
)

select
    fund_id,
    trade_date,
    session_number,
    trade_date >= inception_on as is_listed,
    tech_weight,
    ai_weight,
    holdings_observed_on,
    case
        when may_change_segment and is_tech_heavy then 'tech_heavy'
        when may_change_segment and not is_tech_heavy and reference_segment = 'tech_heavy' then 'broad_equity'
        else reference_segment
    end as segment
from decided
