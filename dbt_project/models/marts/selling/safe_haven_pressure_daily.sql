with havens as (
    select
        'bonds' as haven,
        'bond' as asset_class,
        'treasury_long' as benchmark_id
    union all
    select
        'gold' as haven,
        'gold' as asset_class,
        'gold' as benchmark_id
),

returns as (
    select
        benchmarks.benchmark_id,
        bars.trade_date,
        bars.total_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where benchmarks.benchmark_id = 'us_equity' or benchmarks.benchmark_id in (select havens.benchmark_id from havens)
),

-- a sum of decimals: exact in any order
pressed as (
    select
        trade_date,
        asset_class,
        cast(sum(cast(forced_sale_usd as decimal(28, 6))) as double) as forced_sale_usd,
        max(adv_usd) as adv_usd,
        string_agg(channel, ' ' order by channel) as channels
    from {{ ref('forced_selling_daily') }}
    group by trade_date, asset_class
)

select
    pressed.trade_date,
    havens.haven,
    pressed.forced_sale_usd,
    pressed.adv_usd,
    pressed.forced_sale_usd / nullif(pressed.adv_usd, 0) as share_of_adv,
    pressed.channels,
    own.total_return as haven_return,
    equity.total_return as equity_return,
    equity_sales.forced_sale_usd as equity_forced_sale_usd,
    equity.total_return < 0 as equities_fell,
    pressed.forced_sale_usd < 0 and equity.total_return < 0 as is_sold_in_a_fall
from pressed
inner join havens on pressed.asset_class = havens.asset_class
left join pressed as equity_sales on pressed.trade_date = equity_sales.trade_date and equity_sales.asset_class = 'equity'
left join returns as own on havens.benchmark_id = own.benchmark_id and pressed.trade_date = own.trade_date
left join returns as equity on equity.benchmark_id = 'us_equity' and pressed.trade_date = equity.trade_date
