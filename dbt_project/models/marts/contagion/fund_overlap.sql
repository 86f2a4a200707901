select
    trade_date,
    cast(fund_id as varchar) as fund_id,
    cast(unnest(range(1, len(neighbours) + 1)) as integer) as neighbour_rank,
    cast(unnest(neighbours) as varchar) as neighbour_id,
    cast(unnest(minimum_weight) as double) as minimum_weight,
    cast(unnest(cosine) as double) as cosine,
    cast(unnest(liquidity_weighted_usd) as double) as liquidity_weighted_usd
from {{ ref('int_fire_sales_computed') }}
