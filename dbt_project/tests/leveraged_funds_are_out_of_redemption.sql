-- what a leveraged fund trades for its factor is the channel leveraged_etf; its flows would count the same dollars again
{{ config(meta={'dagster': {'ref': {'name': 'int_fund_redemptions'}}}) }}
select redemptions.*
from {{ ref('int_fund_redemptions') }} as redemptions
left join {{ ref('fund') }} as funds on redemptions.fund_id = funds.fund_id
where funds.leverage is distinct from 1
