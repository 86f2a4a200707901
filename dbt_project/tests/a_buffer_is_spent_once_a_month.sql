-- cash that has paid one outflow pays no other until the next month, however many files show a balance
select
    fund_id,
    date_trunc('month', trade_date) as month,
    sum(cash_used_share) as cash_used_share,
    max(cash_buffer_share) as cash_buffer_share
from {{ ref('int_fund_redemptions') }}
group by fund_id, date_trunc('month', trade_date)
having sum(cash_used_share) > max(cash_buffer_share) + 1e-12
