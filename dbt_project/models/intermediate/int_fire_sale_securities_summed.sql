with securities as (
    select distinct
        security_number,
        security_id
    from {{ ref('int_security_keys') }}
),

days as (
    select
        trade_date,
        fingerprint
    from {{ ref('int_fire_sale_days') }}
    {% if is_incremental() %}
        where fingerprint not in (select done.fingerprint from {{ this }} as done)
    {% endif %}
),

funds as (
    select fund_days.*
    from {{ ref('int_fire_sale_fund_days') }} as fund_days
    inner join days on fund_days.trade_date = days.trade_date
),

summed as (
    {{ fire_sale_securities('funds', ref('int_fire_sale_positions'), sold_parts()) }}
)

select
    summed.trade_date,
    days.fingerprint,
    securities.security_id,
    {% for part in sold_parts() -%}
        summed.{{ part }}_usd,
    {% endfor -%}
    summed.held_usd,
    depths.adv_usd,
    depths.depth_usd
from summed
inner join days on summed.trade_date = days.trade_date
inner join securities on summed.security_number = securities.security_number
left join {{ ref('int_fire_sale_depths') }} as depths on summed.trade_date = depths.trade_date and summed.security_number = depths.security_number
