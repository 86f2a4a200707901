-- the largest sales of a group are those of each of its scenarios: one round is linear. First the smallest that is listed: what lies below need not be sorted
with bounds as (
    select
        {% for part in sold_parts() -%}
            list_min(max({{ part }}_usd, {{ whole_parameter('fire_sale_securities_listed') }})) as {{ part }},
        {% endfor -%}
        trade_date
    from {{ ref('int_fire_sale_securities_summed') }}
    group by trade_date
),

largest as (
    {% for group in shocked_groups() -%}
        select
            summed.trade_date,
            summed.security_id,
            '{{ group }}' as shocked,
            summed.sold_of_{{ group }}_usd as sold_usd,
            summed.held_usd,
            summed.adv_usd,
            summed.depth_usd,
            cast(row_number() over (partition by summed.trade_date order by summed.sold_of_{{ group }}_usd desc, summed.security_id) as integer) as sale_rank
        from {{ ref('int_fire_sale_securities_summed') }} as summed
        inner join bounds on summed.trade_date = bounds.trade_date and summed.sold_of_{{ group }}_usd >= bounds.sold_of_{{ group }}
        where summed.sold_of_{{ group }}_usd > 0
        qualify sale_rank <= {{ whole_parameter('fire_sale_securities_listed') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    scenarios.trade_date,
    largest.security_id,
    scenarios.scenario,
    scenarios.shocked,
    scenarios.shock,
    scenarios.depth_rule,
    scenarios.liquidation_rule,
    largest.sale_rank,
    largest.held_usd,
    scenarios.shock * largest.sold_usd as forced_sale_usd,
    largest.adv_usd,
    scenarios.shock * largest.sold_usd / largest.adv_usd as share_of_adv,
    largest.depth_usd,
    scenarios.shock * largest.sold_usd / largest.depth_usd as price_impact
from {{ ref('int_fire_sale_scenario_days') }} as scenarios
inner join largest on scenarios.trade_date = largest.trade_date and scenarios.shocked = largest.shocked
