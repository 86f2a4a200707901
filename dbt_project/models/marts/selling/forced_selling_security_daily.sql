-- integer keys throughout: funds by lines by sessions are tens of millions of pairs once ten years are known
with securities as (
    select distinct
        security_number,
        security_id
    from {{ ref('int_security_keys') }}
),

-- what a fund can sell: neither cash nor contracts, nothing it owes
lines as (
    select
        holdings.vintage_number,
        holdings.security_number,
        holdings.shares,
        holdings.weight,
        sum(cast(holdings.weight as decimal(28, 15))) over (partition by holdings.vintage_number) as invested_weight
    from {{ ref('int_holdings_keyed') }} as holdings
    inner join {{ ref('int_security_identities') }} as identities on holdings.identity = identities.identity
    where holdings.weight > 0 and identities.asset_class not in ('cash', 'money_market', 'derivative')
),

-- sums are of decimals: exact in any order, so that the last bits of a past day do not move when a day is added
sold as (
    select
        lines.security_number,
        sales.session_number,
        sales.trade_date,
        sum(cast(sales.forced_sale_usd * lines.weight / cast(lines.invested_weight as double) as decimal(38, 12))) as forced_sale_usd,
        sum(cast(sales.sold_share * lines.shares / cast(lines.invested_weight as double) as decimal(38, 12))) as shares,
        bool_or(sales.has_assumed) as has_assumed,
        count(*) as funds
    from {{ ref('int_fund_sales_settled') }} as sales
    inner join lines on sales.vintage_number = lines.vintage_number
    group by lines.security_number, sales.session_number, sales.trade_date
),

-- Wardlaw's measure is of the day of the flow, whenever the fund trades, and of published flows alone
outflows as (
    select
        lines.security_number,
        redemptions.session_number,
        sum(cast(redemptions.flow_share * lines.shares as decimal(38, 12))) as shares
    from {{ ref('int_fund_redemptions') }} as redemptions
    inner join lines on redemptions.vintage_number = lines.vintage_number
    where not redemptions.is_assumed and redemptions.flow_share <= -{{ parameter('redemption_minimum_outflow_daily') }}
    group by lines.security_number, redemptions.session_number
)

select
    sold.trade_date,
    securities.security_id,
    'redemption' as channel,
    cast(sold.forced_sale_usd as double) as forced_sale_usd,
    cast(sold.shares as double) as shares,
    cast(coalesce(outflows.shares, 0) as double) / volumes.volume_shares as flow_to_volume,
    volumes.adv_usd,
    cast(sold.forced_sale_usd as double) / volumes.adv_usd as share_of_adv,
    case when sold.has_assumed then 'estimated' else 'observed' end as basis,
    cast(sold.funds as integer) as funds
from sold
inner join securities on sold.security_number = securities.security_number
left join outflows on sold.security_number = outflows.security_number and sold.session_number = outflows.session_number
left join {{ ref('int_dollar_volumes_averaged') }} as volumes
    on securities.security_id = volumes.security_id and sold.session_number = volumes.session_number
