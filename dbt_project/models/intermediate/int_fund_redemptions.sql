-- sums are of decimals throughout: exact in any order, so that the last bits of a past day do not move when a day is added
with observed as (
    select
        flows.fund_id,
        flows.trade_date,
        sessions.session_number,
        funds.asset_class,
        flows.flow_basis,
        flows.net_flow_usd,
        flows.previous_aum_usd,
        flows.sessions_covered
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('fund') }} as funds on flows.fund_id = funds.fund_id
    inner join {{ ref('int_sessions_numbered') }} as sessions on flows.trade_date = sessions.trade_date
    where
        flows.net_flow_usd is not null
        and flows.sessions_covered <= {{ whole_parameter('flow_max_sessions_covered') }}
        -- a leveraged fund trades for its factor, and that is the channel leveraged_etf: each dollar once
        and funds.leverage = 1
),

-- each dollar once: a fund that comes back after some silent days reports the flow of all of them, and part of it has been assumed meanwhile
assumed_before as (
    select
        observed.fund_id,
        observed.session_number,
        cast(sum(cast(assumed.net_flow_usd as decimal(28, 6))) as double) as net_flow_usd
    from observed
    inner join {{ ref('int_fund_flows_assumed') }} as assumed
        on
            observed.fund_id = assumed.fund_id
            and observed.session_number - observed.sessions_covered < assumed.session_number
            and observed.session_number > assumed.session_number
    group by observed.fund_id, observed.session_number
),

flows as (
    select
        observed.fund_id,
        observed.trade_date,
        observed.session_number,
        observed.asset_class,
        observed.flow_basis,
        false as is_assumed,
        observed.net_flow_usd - coalesce(assumed_before.net_flow_usd, 0) as net_flow_usd,
        observed.previous_aum_usd,
        (observed.net_flow_usd - coalesce(assumed_before.net_flow_usd, 0)) / nullif(observed.previous_aum_usd, 0) as flow_share
    from observed
    left join assumed_before on observed.fund_id = assumed_before.fund_id and observed.session_number = assumed_before.session_number
    union all
    select
        fund_id,
        trade_date,
        session_number,
        asset_class,
        'segment_rate' as flow_basis,
        true as is_assumed,
        net_flow_usd,
        previous_aum_usd,
        flow_share
    from {{ ref('int_fund_flows_assumed') }}
),

liquid as (
    select
        vintages.fund_id,
        vintages.vintage_number,
        vintages.known_from,
        greatest(coalesce(
            sum(cast(holdings.weight as decimal(28, 15))) filter (where identities.asset_class in ('cash', 'money_market')), 0
        ), 0) as cash_share
    from {{ ref('int_holding_vintages_selected') }} as vintages
    inner join {{ ref('int_holdings_keyed') }} as holdings on vintages.vintage_number = holdings.vintage_number
    inner join {{ ref('int_security_identities') }} as identities on holdings.identity = identities.identity
    group by vintages.fund_id, vintages.vintage_number, vintages.known_from
),

-- holdings used with the flows of a day are those known before it: public at 06:00 of the day itself, not of the morning after
matched as (
    select
        flows.*,
        liquid.vintage_number,
        cast(coalesce(liquid.cash_share, 0) * {{ parameter('redemption_cash_use') }} as decimal(28, 15)) as buffer_share,
        cast(greatest(-coalesce(flows.flow_share, 0), 0) as decimal(28, 15)) as outflow_share
    from flows
    asof left join liquid on flows.fund_id = liquid.fund_id and flows.trade_date >= liquid.known_from
),

-- a buffer is spent once a month, whatever newer files show: they come daily or monthly, and a balance that is the same every evening paid nothing
spent as (
    select
        *,
        least(buffer_share, sum(outflow_share) over (
            partition by fund_id, date_trunc('month', trade_date) order by session_number rows between unbounded preceding and current row
        )) - least(buffer_share, coalesce(sum(outflow_share) over (
            partition by fund_id, date_trunc('month', trade_date) order by session_number rows between unbounded preceding and 1 preceding
        ), 0)) as cash_used_share
    from matched
),

-- as a part of the flow, so that exactly nothing is left to sell where cash pays all
paid as (
    select
        *,
        abs(net_flow_usd) * coalesce(cast(cash_used_share as double) / nullif(cast(outflow_share as double), 0), 0) as cash_used_usd
    from spent
)

select
    fund_id,
    trade_date,
    session_number,
    asset_class,
    flow_basis,
    is_assumed,
    vintage_number,
    net_flow_usd,
    flow_share,
    cast(buffer_share as double) as cash_buffer_share,
    cast(cash_used_share as double) as cash_used_share,
    cash_used_usd,
    net_flow_usd + cash_used_usd as forced_sale_usd,
    (net_flow_usd + cash_used_usd) / nullif(previous_aum_usd, 0) as sold_share
from paid
