with per_group as (
    {% for group in shocked_groups() -%}
        select
            funds.trade_date,
            funds.fund_id,
            '{{ group }}' as shocked,
            funds.{{ group }}_weight as shocked_weight,
            funds.sold_of_{{ group }} as sold_share,
            summed.sold_of_{{ group }}_loss as indirect_loss_share
        from {{ ref('int_fire_sale_fund_days') }} as funds
        inner join {{ ref('int_fire_sale_funds_summed') }} as summed on funds.trade_date = summed.trade_date and funds.fund_id = summed.fund_id
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

totals as (
    select
        trade_date,
        cast(sum(cast(tna_usd as decimal(38, 4))) as double) as total_assets_usd
    from {{ ref('int_fire_sale_fund_days') }}
    group by trade_date
),

-- one round is linear: a scenario is its group's numbers times its shock
shocked as (
    select
        scenarios.*,
        per_group.fund_id,
        per_group.shocked_weight,
        -scenarios.shock * per_group.shocked_weight as direct_vulnerability,
        -scenarios.shock * per_group.sold_share as sold_share,
        -scenarios.shock * per_group.indirect_loss_share as indirect_vulnerability
    from {{ ref('int_fire_sale_scenario_days') }} as scenarios
    inner join per_group on scenarios.trade_date = per_group.trade_date and scenarios.shocked = per_group.shocked
),

cascades as (
    select
        trade_date,
        cast(fund_id as varchar) as fund_id,
        cast(endogenous_risk_index as double) as endogenous_risk_index,
        cast(unnest(scenarios) as varchar) as scenario,
        cast(unnest(cascade_loss_usd) as double) as cascade_loss_usd
    from {{ ref('int_fire_sales_computed') }}
)

select
    shocked.trade_date,
    shocked.fund_id,
    shocked.scenario,
    shocked.shocked,
    shocked.shock,
    funds.segment,
    funds.tna_usd,
    shocked.shocked_weight,
    funds.flow_sensitivity,
    shocked.depth_rule,
    shocked.liquidation_rule,
    shocked.direct_vulnerability,
    shocked.direct_vulnerability * funds.tna_usd as direct_loss_usd,
    0 - shocked.sold_share * funds.tna_usd as forced_sale_usd,
    -- without a depth the cost of a sale is not known, which is not 0
    case when summed.depth_known_share > 0 then shocked.sold_share * funds.tna_usd * summed.loss_per_dollar / totals.total_assets_usd end as systemicness,
    case when summed.depth_known_share > 0 then shocked.sold_share * funds.tna_usd * summed.loss_per_dollar end as systemicness_usd,
    case when summed.depth_known_share > 0 then shocked.indirect_vulnerability end as indirect_vulnerability,
    case when summed.depth_known_share > 0 then shocked.indirect_vulnerability * funds.tna_usd end as indirect_loss_usd,
    case when summed.depth_known_share > 0 then cascades.cascade_loss_usd end as cascade_loss_usd,
    cascades.endogenous_risk_index,
    summed.depth_known_share,
    funds.holdings_observed_on,
    funds.assets_on
from shocked
inner join {{ ref('int_fire_sale_fund_days') }} as funds on shocked.trade_date = funds.trade_date and shocked.fund_id = funds.fund_id
inner join {{ ref('int_fire_sale_funds_summed') }} as summed on shocked.trade_date = summed.trade_date and shocked.fund_id = summed.fund_id
inner join totals on shocked.trade_date = totals.trade_date
left join cascades on shocked.trade_date = cascades.trade_date and shocked.fund_id = cascades.fund_id and shocked.scenario = cascades.scenario
