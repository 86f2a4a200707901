-- what is said to have moved the index is the whole of what moved it
{{ config(meta={'dagster': {'ref': {'name': 'contagion_index_part_daily'}}}) }}
with parts as (
    select
        trade_date,
        sum(contribution) as contribution,
        sum(change_1d) as change_1d,
        sum(change_5d) as change_5d
    from {{ ref('contagion_index_part_daily') }}
    group by trade_date
)

select *
from (select * from {{ ref('contagion_index_daily') }} where index_value is not null) as days
full join parts on days.trade_date = parts.trade_date
where
    not coalesce(abs(days.index_value - parts.contribution) <= 1e-9, false)
    or (days.change_1d is null) <> (parts.change_1d is null)
    or (days.change_5d is null) <> (parts.change_5d is null)
    or abs(days.change_1d - parts.change_1d) > 1e-9
    or abs(days.change_5d - parts.change_5d) > 1e-9
