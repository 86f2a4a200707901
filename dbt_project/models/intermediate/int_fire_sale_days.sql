-- the text of the formulas is part of what a day was computed from
{% set code = local_md5(fire_sale_securities('', '', sold_parts()) ~ fire_sale_funds('', '', '', sold_parts())) %}

with securities as (
    select distinct
        security_number,
        security_id
    from {{ ref('int_security_keys') }}
),

depths as (
    select
        depths.trade_date,
        sum(hash(securities.security_id, depths.depth_usd, depths.adv_usd)) as depths_hash
    from {{ ref('int_fire_sale_depths') }} as depths
    inner join securities on depths.security_number = securities.security_number
    group by depths.trade_date
),

funds as (
    select
        trade_date,
        count(*) as funds,
        bool_or(is_new_vintage) as has_new_holdings,
        sum(hash(
            fund_id, holdings_hash, tna_usd
            {%- for part in sold_parts() %}, {{ part }}{% endfor %}
        )) as funds_hash
    from {{ ref('int_fire_sale_fund_days') }}
    group by trade_date
)

select
    funds.trade_date,
    funds.funds,
    funds.has_new_holdings,
    hash(funds.trade_date, funds.funds_hash, depths.depths_hash, '{{ code }}') as fingerprint
from funds
left join depths on funds.trade_date = depths.trade_date
