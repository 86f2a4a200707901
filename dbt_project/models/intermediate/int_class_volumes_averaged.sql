-- what stands for an asset class: single companies for shares, the exchange-traded funds of the class for what trades over the counter
with standing as (
    select
        'equity' as asset_class,
        'US:' || {{ plain_ticker('ticker') }} as security_id
    from {{ ref('watched_securities') }}
    union
    select
        asset_class,
        'US:' || fund_id as security_id
    from {{ ref('fund') }}
    where asset_class <> 'equity' and leverage = 1
)

-- a sum of decimals: exact in any order
select
    standing.asset_class,
    volumes.trade_date,
    volumes.session_number,
    cast(sum(cast(volumes.adv_usd as decimal(28, 4))) as double) as adv_usd,
    cast(count(volumes.adv_usd) as integer) as symbols
from standing
inner join {{ ref('int_dollar_volumes_averaged') }} as volumes on standing.security_id = volumes.security_id
group by standing.asset_class, volumes.trade_date, volumes.session_number
