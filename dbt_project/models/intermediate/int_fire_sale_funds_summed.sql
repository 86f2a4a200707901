with keys as (
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

securities as (
    select
        summed.trade_date,
        keys.security_number,
        {% for part in sold_parts() -%}
            summed.{{ part }}_usd,
        {% endfor -%}
        summed.held_usd,
        summed.depth_usd
    from {{ ref('int_fire_sale_securities_summed') }} as summed
    inner join days on summed.trade_date = days.trade_date
    inner join keys on summed.security_id = keys.security_id
    where summed.depth_usd > 0
),

summed as (
    {{ fire_sale_funds('funds', ref('int_fire_sale_positions'), 'securities', sold_parts()) }}
)

-- a fund none of whose securities has a known depth is there, with losses of 0: a day must have all its funds
select
    funds.trade_date,
    days.fingerprint,
    funds.fund_id,
    {% for part in sold_parts() -%}
        coalesce(summed.{{ part }}_loss, 0) as {{ part }}_loss,
    {% endfor -%}
    coalesce(summed.loss_per_dollar, 0) as loss_per_dollar,
    coalesce(summed.depth_known_share, 0) as depth_known_share
from funds
inner join days on funds.trade_date = days.trade_date
left join summed on funds.trade_date = summed.trade_date and funds.fund_id = summed.fund_id
