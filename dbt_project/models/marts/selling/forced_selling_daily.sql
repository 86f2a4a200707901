-- one CTE a channel, each reading the channel's own table; what a channel must leave to another is left out there, by a rule with a test of its own
with redemption as (
    select
        trade_date,
        asset_class,
        'redemption' as channel,
        cast(sum(cast(forced_sale_usd as decimal(28, 6))) as double) as forced_sale_usd,
        'observed' as basis
    from {{ ref('int_fund_redemptions') }}
    group by trade_date, asset_class
),

channels as (
    select * from redemption
)

select
    channels.trade_date,
    channels.asset_class,
    channels.channel,
    channels.forced_sale_usd,
    volumes.adv_usd,
    channels.forced_sale_usd / nullif(volumes.adv_usd, 0) as share_of_adv,
    channels.basis
from channels
left join {{ ref('int_class_volumes_averaged') }} as volumes
    on channels.asset_class = volumes.asset_class and channels.trade_date = volumes.trade_date
