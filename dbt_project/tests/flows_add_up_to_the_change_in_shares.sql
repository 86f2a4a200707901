-- late days included: between splits, the shares created on each row add up to the difference between the last and the first count
with spells as (
    select
        fund_id,
        trade_date,
        shares_outstanding,
        net_flow_usd / nullif(nav_usd, 0) as shares_created,
        count(*) filter (where is_split) over (partition by fund_id order by trade_date) as spell
    from {{ ref('fund_flow_daily') }}
    where flow_basis = 'shares_outstanding' and nav_usd > 0
),

sums as (
    select
        fund_id,
        spell,
        arg_max(shares_outstanding, trade_date) - arg_min(shares_outstanding, trade_date) as change_in_shares,
        sum(shares_created) - coalesce(first(shares_created order by trade_date), 0) as shares_created,
        max(shares_outstanding) as most_shares
    from spells
    group by fund_id, spell
)

select * from sums
where abs(change_in_shares - shares_created) > 1e-6 * most_shares
