with history as (
    select
        fund_id,
        trade_date,
        session_number,
        nav_usd,
        shares_outstanding,
        known_on,
        lag(nav_usd) over by_fund as previous_nav_usd,
        lag(shares_outstanding) over by_fund as previous_shares,
        session_number - lag(session_number) over by_fund as sessions_covered
    from {{ ref('int_fund_history_known') }}
    window by_fund as (partition by fund_id order by trade_date)
),

split_factors as (
    select value as factor from {{ ref('parameters') }}
    where starts_with(parameter, 'split_factor_')
    union all
    select 1 / value as factor from {{ ref('parameters') }}
    where starts_with(parameter, 'split_factor_')
),

-- a split moves shares and net asset value against each other; a jump in shares alone is a real flow
splits as (
    select
        history.fund_id,
        history.trade_date,
        split_factors.factor
    from history
    inner join split_factors
        on
            abs(history.nav_usd * split_factors.factor / nullif(history.previous_nav_usd, 0) - 1) <= {{ parameter('split_nav_tolerance') }}
            and abs(history.shares_outstanding / nullif(history.previous_shares * split_factors.factor, 0) - 1) <= {{ parameter('split_shares_tolerance') }}
    qualify row_number() over (
        partition by history.fund_id, history.trade_date
        order by
            abs(ln(history.nav_usd * split_factors.factor / history.previous_nav_usd))
            + abs(ln(history.shares_outstanding / (history.previous_shares * split_factors.factor)))
    ) = 1
),

flows as (
    select
        history.fund_id,
        history.trade_date,
        history.sessions_covered,
        history.nav_usd,
        history.shares_outstanding,
        history.known_on,
        'shares_outstanding' as flow_basis,
        splits.factor as split_factor,
        history.shares_outstanding * history.nav_usd as aum_usd,
        history.previous_shares * history.previous_nav_usd as previous_aum_usd,
        (history.shares_outstanding - history.previous_shares * coalesce(splits.factor, 1)) * history.nav_usd as net_flow_usd
    from history
    left join splits on history.fund_id = splits.fund_id and history.trade_date = splits.trade_date
    union all
    select
        fund_id,
        trade_date,
        sessions_covered,
        null as nav_usd,
        null as shares_outstanding,
        known_on,
        'holdings_implied' as flow_basis,
        null as split_factor,
        aum_usd,
        lag(aum_usd) over by_fund as previous_aum_usd,
        shares_growth * lag(aum_usd) over by_fund as net_flow_usd
    from {{ ref('int_fund_flows_implied') }}
    window by_fund as (partition by fund_id order by trade_date)
)

select
    flows.trade_date,
    flows.fund_id,
    flows.net_flow_usd,
    100 * flows.net_flow_usd / nullif(flows.previous_aum_usd, 0) as net_flow_pct_aum,
    flows.aum_usd,
    flows.previous_aum_usd,
    flows.nav_usd,
    flows.shares_outstanding,
    flows.flow_basis,
    flows.split_factor is not null as is_split,
    flows.split_factor,
    cast(flows.sessions_covered as integer) as sessions_covered,
    classified.segment,
    classified.tech_weight,
    classified.ai_weight,
    classified.holdings_observed_on,
    flows.known_on
from flows
left join {{ ref('int_fund_days_classified') }} as classified
    on flows.fund_id = classified.fund_id and flows.trade_date = classified.trade_date
