-- from the flows themselves, not from the model between: of a fund that comes back, what was assumed meanwhile and what is left are what it reports
{{ config(meta={'dagster': {'ref': {'name': 'int_fund_redemptions'}}}) }}
with published as (
    select
        flows.fund_id,
        flows.trade_date,
        sessions.session_number,
        flows.sessions_covered,
        flows.net_flow_usd
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('fund') }} as funds on flows.fund_id = funds.fund_id
    inner join {{ ref('int_sessions_numbered') }} as sessions on flows.trade_date = sessions.trade_date
    where
        funds.leverage = 1
        and flows.net_flow_usd is not null
        and flows.sessions_covered <= {{ whole_parameter('flow_max_sessions_covered') }}
),

entered as (
    select
        published.fund_id,
        published.trade_date,
        any_value(published.net_flow_usd) as net_flow_usd,
        sum(redemptions.net_flow_usd) as entered_usd,
        count(*) filter (where not redemptions.is_assumed) as own_rows,
        sum(abs(redemptions.net_flow_usd)) as size_usd
    from published
    left join {{ ref('int_fund_redemptions') }} as redemptions
        on
            published.fund_id = redemptions.fund_id
            and redemptions.session_number > published.session_number - published.sessions_covered
            and redemptions.session_number <= published.session_number
    group by published.fund_id, published.trade_date
)

select * from entered
where own_rows != 1 or not coalesce(abs(entered_usd - net_flow_usd) <= 1e-9 * size_usd + 0.01, false)
