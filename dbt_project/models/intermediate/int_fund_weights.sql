-- sums are taken in a stated order: the last bits of a past day must not move when a day is added
select
    fund_id,
    known_from,
    any_value(observed_on) as observed_on,
    sum(market_value_usd order by security_id) as market_value_usd,
    case
        when
            sum(weight order by security_id) filter (where is_tech is not null) / nullif(sum(weight order by security_id), 0)
            >= {{ parameter('sector_coverage_minimum') }}
            then coalesce(sum(weight order by security_id) filter (where is_tech), 0) / nullif(sum(weight order by security_id), 0)
    end as tech_weight,
    coalesce(sum(weight order by security_id) filter (where is_ai), 0) / nullif(sum(weight order by security_id), 0) as ai_weight
from {{ ref('holding_vintage') }}
group by fund_id, known_from
