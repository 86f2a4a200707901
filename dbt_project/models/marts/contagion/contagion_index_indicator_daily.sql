select
    cast(ranked.trade_date as date) as trade_date,
    indicators.pillar,
    cast(ranked.indicator as varchar) as indicator,
    cast(ranked.indicator_value as double) as indicator_value,
    indicators.unit,
    cast(ranked.percentile as double) as percentile,
    cast(ranked.observed_on as date) as observed_on,
    cast(ranked.age_days as integer) as age_days
from {{ ref('int_index_indicators_ranked') }} as ranked
inner join {{ ref('index_indicators') }} as indicators on ranked.indicator = indicators.indicator
