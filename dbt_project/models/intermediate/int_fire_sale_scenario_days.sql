select
    days.trade_date,
    scenarios.scenario,
    scenarios.shocked,
    scenarios.shock,
    scenarios.depth_rule,
    scenarios.liquidation_rule
from {{ ref('int_fire_sale_days') }} as days
inner join {{ ref('fire_sale_scenarios') }} as scenarios on days.trade_date >= scenarios.valid_from
qualify row_number() over (partition by days.trade_date, scenarios.scenario order by scenarios.valid_from desc) = 1
