-- a fund whose shares nobody publishes that day moves as the funds of its segment do: large ones (VOO, VTI, QQQ) would otherwise stand still for a month
with observed as (
    select
        flows.fund_id,
        flows.trade_date,
        flows.segment,
        flows.net_flow_usd / nullif(flows.previous_aum_usd, 0) / flows.sessions_covered as daily_share
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('fund') }} as funds on flows.fund_id = funds.fund_id
    where
        funds.leverage = 1
        and flows.net_flow_usd is not null
        and flows.sessions_covered <= {{ whole_parameter('flow_max_sessions_covered') }}
),

-- funds weigh the same: by assets, one fund's slip or one customer's trade would be the flow of all. A sum of decimals is exact in any order
rates as (
    select
        segment,
        trade_date,
        cast(sum(cast(daily_share as decimal(28, 15))) as double) / count(daily_share) as daily_share,
        count(daily_share) as peers
    from observed
    group by segment, trade_date
    having count(daily_share) > 0
),

silent as (
    select
        classified.fund_id,
        classified.trade_date,
        classified.session_number,
        classified.segment,
        funds.asset_class
    from {{ ref('int_fund_days_classified') }} as classified
    inner join {{ ref('fund') }} as funds on classified.fund_id = funds.fund_id
    left join observed on classified.fund_id = observed.fund_id and classified.trade_date = observed.trade_date
    where funds.leverage = 1 and classified.is_listed and observed.fund_id is null
),

-- assets are those of the newest file known before the day
sized as (
    select
        silent.*,
        weights.observed_on,
        weights.market_value_usd
    from silent
    asof inner join {{ ref('int_fund_weights') }} as weights on silent.fund_id = weights.fund_id and silent.trade_date >= weights.known_from
)

select
    sized.fund_id,
    sized.trade_date,
    sized.session_number,
    sized.asset_class,
    rates.daily_share as flow_share,
    sized.market_value_usd as previous_aum_usd,
    rates.daily_share * sized.market_value_usd as net_flow_usd,
    cast(rates.peers as integer) as peers
from sized
inner join rates on sized.segment = rates.segment and sized.trade_date = rates.trade_date
where
    sized.market_value_usd > 0
    and sized.trade_date - sized.observed_on <= {{ whole_parameter('assumed_flow_oldest_file') }}
