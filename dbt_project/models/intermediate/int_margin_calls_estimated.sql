with estimates as (
    select distinct estimate
    from {{ ref('int_margin_accounts') }}
),

-- the high estimate takes it that gains since the month end were borrowed against at once, so that a fall counts from the peak
depths as (
    select
        falls.month,
        falls.session_number,
        falls.book,
        estimates.estimate,
        if(estimates.estimate = 'high', falls.lowest_ratio_to_peak, falls.lowest_ratio) as depth
    from {{ ref('int_margin_falls_followed') }} as falls
    cross join estimates
),

distinct_depths as (
    select distinct
        estimate,
        depth
    from depths
),

-- a dollar was lent against 1 / loan-to-value dollars of securities
by_depth as (
    select
        distinct_depths.estimate,
        distinct_depths.depth,
        coalesce(sum(accounts.debit_share order by accounts.account_number), 0) as called_share,
        coalesce(
            sum(
                accounts.debit_share
                * {{ margin_forced_sale('distinct_depths.depth / accounts.loan_to_value', '1', 'accounts.house_margin') }}
                order by accounts.account_number
            ), 0
        ) as sold_share
    from distinct_depths
    left join {{ ref('int_margin_accounts') }} as accounts
        on distinct_depths.estimate = accounts.estimate and distinct_depths.depth < accounts.call_ratio
    group by distinct_depths.estimate, distinct_depths.depth
),

by_book as (
    select
        depths.month,
        depths.session_number,
        depths.estimate,
        any_value(by_depth.called_share) filter (where depths.book = 'us_equity') as called_share,
        any_value(by_depth.called_share) filter (where depths.book = 'ai') as ai_called_share,
        any_value(by_depth.sold_share) filter (where depths.book = 'us_equity') as sold_share,
        any_value(by_depth.sold_share) filter (where depths.book = 'ai') as ai_sold_share
    from depths
    inner join by_depth on depths.estimate = by_depth.estimate and depths.depth = by_depth.depth
    group by depths.month, depths.session_number, depths.estimate
),

-- until the AI index begins, all is lent against US equity; an account under water has less and less to sell, but what it sold is sold
cumulated as (
    select
        month,
        session_number,
        estimate,
        called_share + {{ parameter('margin_ai_book_share') }} * coalesce(ai_called_share - called_share, 0) as called_share,
        max(sold_share + {{ parameter('margin_ai_book_share') }} * coalesce(ai_sold_share - sold_share, 0)) over so_far as sold_share
    from by_book
    where sold_share is not null
    window so_far as (partition by month, estimate order by session_number)
)

select
    month,
    session_number,
    estimate,
    called_share,
    sold_share,
    sold_share - coalesce(lag(sold_share) over (partition by month, estimate order by session_number), 0) as sold_share_1d
from cumulated
