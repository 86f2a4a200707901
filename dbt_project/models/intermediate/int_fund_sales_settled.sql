-- whoever redeems is paid when a trade of the same day settles, so the fund sells evenly from the day of the flow to that day. A session's rows are of
-- flows known by it; what a flow still has to sell after the last session is not here yet
with flows as (
    select
        redemptions.*,
        cycles.sessions
    from {{ ref('int_fund_redemptions') }} as redemptions
    asof inner join {{ ref('settlement_cycles') }} as cycles on redemptions.trade_date >= cycles.valid_from
),

parts as (
    select
        fund_id,
        asset_class,
        is_assumed,
        unnest(range(session_number, session_number + sessions + 1)) as session_number,
        cast(forced_sale_usd / (sessions + 1) as decimal(28, 6)) as part_usd,
        cast(sold_share / (sessions + 1) as decimal(28, 18)) as part_share
    from flows
),

-- sums of decimals: exact in any order
sales as (
    select
        parts.fund_id,
        sessions.trade_date,
        sessions.session_number,
        parts.asset_class,
        cast(sum(parts.part_usd) as double) as forced_sale_usd,
        cast(coalesce(sum(parts.part_usd) filter (where not parts.is_assumed), 0) as double) as observed_sale_usd,
        cast(sum(parts.part_share) as double) as sold_share,
        bool_or(parts.is_assumed) as has_assumed
    from parts
    inner join {{ ref('int_sessions_numbered') }} as sessions on parts.session_number = sessions.session_number
    group by parts.fund_id, sessions.trade_date, sessions.session_number, parts.asset_class
),

vintages as (
    select
        fund_id,
        vintage_number,
        known_from
    from {{ ref('int_holding_vintages_selected') }}
    where vintage_number in (select holdings.vintage_number from {{ ref('int_holdings_keyed') }} as holdings)
)

-- what is sold is pro rata of the newest file known before the session
select
    sales.*,
    vintages.vintage_number
from sales
asof left join vintages on sales.fund_id = vintages.fund_id and sales.trade_date >= vintages.known_from
