-- sums are of decimals: exact in any order, so that the last bits of a past day do not move when a day is added
with summed as (
    select
        trade_date,
        scenario,
        any_value(shocked) as shocked,
        any_value(shock) as shock,
        any_value(depth_rule) as depth_rule,
        any_value(liquidation_rule) as liquidation_rule,
        count(*) as funds,
        cast(sum(cast(tna_usd as decimal(38, 4))) as double) as total_assets_usd,
        cast(sum(cast(direct_loss_usd as decimal(38, 4))) as double) as direct_loss_usd,
        cast(sum(cast(forced_sale_usd as decimal(38, 4))) as double) as forced_sale_usd,
        cast(sum(cast(indirect_loss_usd as decimal(38, 4))) as double) as indirect_loss_usd,
        cast(sum(cast(cascade_loss_usd as decimal(38, 4))) as double) as cascade_loss_usd,
        cast(sum(cast(depth_known_share * tna_usd as decimal(38, 4))) as double) as depth_known_usd,
        arg_min(fund_id, (-systemicness_usd, fund_id)) filter (where systemicness_usd > 0) as largest_transmitter,
        nullif(max(systemicness_usd), 0) as largest_transmitter_loss_usd,
        arg_min(fund_id, (-systemicness_usd / tna_usd, fund_id)) filter (where systemicness_usd > 0) as largest_transmitter_per_dollar
    from {{ ref('fund_fire_sale_daily') }}
    group by trade_date, scenario
),

cascades as (
    select
        trade_date,
        scenario,
        any_value(cascade_rounds) as cascade_rounds,
        any_value(endogenous_risk_usd) as endogenous_risk_usd
    from (
        select
            trade_date,
            cast(endogenous_risk_usd as double) as endogenous_risk_usd,
            cast(unnest(scenarios) as varchar) as scenario,
            cast(unnest(cascade_rounds) as integer) as cascade_rounds
        from {{ ref('int_fire_sales_computed') }}
    )
    group by trade_date, scenario
),

unlevered as (
    select
        classified.trade_date,
        count(*) as listed
    from {{ ref('int_fund_days_classified') }} as classified
    inner join {{ ref('fund') }} as funds on classified.fund_id = funds.fund_id
    where funds.leverage = 1 and classified.is_listed
    group by classified.trade_date
),

vulnerable as (
    select
        *,
        indirect_loss_usd / total_assets_usd as aggregate_vulnerability
    from summed
),

since as (
    {{ last_as_extreme('vulnerable', ['scenario'], 'trade_date', '-aggregate_vulnerability') }}
)

select
    vulnerable.trade_date,
    vulnerable.scenario,
    vulnerable.shocked,
    vulnerable.shock,
    vulnerable.depth_rule,
    vulnerable.liquidation_rule,
    vulnerable.aggregate_vulnerability,
    since.since as highest_since,
    min(vulnerable.trade_date) over (partition by vulnerable.scenario order by vulnerable.trade_date) as history_from,
    vulnerable.total_assets_usd,
    vulnerable.direct_loss_usd,
    vulnerable.forced_sale_usd,
    vulnerable.indirect_loss_usd,
    case when vulnerable.cascade_loss_usd is not null then cascades.cascade_rounds end as cascade_rounds,
    vulnerable.cascade_loss_usd,
    nullif(cascades.endogenous_risk_usd, 0) as endogenous_risk_usd,
    vulnerable.largest_transmitter,
    vulnerable.largest_transmitter_loss_usd,
    vulnerable.largest_transmitter_per_dollar,
    cast(vulnerable.funds as integer) as funds,
    cast(greatest(unlevered.listed - vulnerable.funds, 0) as integer) as funds_left_out,
    vulnerable.depth_known_usd / vulnerable.total_assets_usd as depth_known_share
from vulnerable
left join since on vulnerable.scenario = since.scenario and vulnerable.trade_date = since.trade_date
left join unlevered on vulnerable.trade_date = unlevered.trade_date
left join cascades on vulnerable.trade_date = cascades.trade_date and vulnerable.scenario = cascades.scenario
