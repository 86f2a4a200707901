-- a percentile of the index can be followed to the indicators it is made of, and none is left out
{{ config(meta={'dagster': {'ref': {'name': 'contagion_index_indicator_daily'}}}) }}
with indicators as (
    select
        trade_date,
        pillar,
        avg(percentile) as percentile
    from {{ ref('contagion_index_indicator_daily') }}
    where percentile is not null
    group by trade_date, pillar
),

pillars as (
    {% for pillar in ['outflow', 'leverage', 'spread', 'comovement', 'mechanics', 'network'] %}
        select
            trade_date,
            '{{ pillar }}' as pillar,
            percentile_{{ pillar }} as percentile
        from {{ ref('contagion_index_daily') }}
        where percentile_{{ pillar }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from indicators
full join pillars on indicators.trade_date = pillars.trade_date and indicators.pillar = pillars.pillar
where not coalesce(abs(indicators.percentile - pillars.percentile) <= 1e-12, false)
