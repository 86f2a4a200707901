with lines as (
    select
        vintages.vintage_number,
        keys.security_number,
        lines.identity,
        lines.line,
        lines.shares,
        lines.market_value_usd,
        lines.notional_usd,
        lines.weight_pct
    from {{ ref('int_holding_lines_united') }} as lines
    inner join {{ ref('int_holding_vintages_selected') }} as vintages
        on
            lines.fund_id = vintages.fund_id
            and lines.source = vintages.source
            and lines.observed_on = vintages.observed_on
            and lines.known_on = vintages.known_from
            and lines.fetched_at = vintages.fetched_at
            and lines.payload_sha256 = vintages.payload_sha256
    inner join {{ ref('int_security_keys') }} as keys
        on
            lines.identity = keys.identity
            and lines.known_on >= keys.valid_from
            and lines.known_on < keys.valid_until
),

-- sums are taken in the order of the file: the last bits of a past vintage must not move when another arrives
-- the weight of a line without one is its share of the file's market value
totals as (
    select
        vintage_number,
        sum(market_value_usd order by line) as market_value_usd
    from lines
    group by vintage_number
    having bool_or(weight_pct is null)
)

select
    lines.vintage_number,
    lines.security_number,
    arg_min(lines.identity, lines.line) as identity,
    sum(lines.shares order by lines.line) as shares,
    sum(lines.market_value_usd order by lines.line) as market_value_usd,
    sum(lines.notional_usd order by lines.line) as notional_usd,
    sum(lines.weight_pct order by lines.line) as weight_pct,
    sum(coalesce(lines.weight_pct / 100, lines.market_value_usd / nullif(totals.market_value_usd, 0)) order by lines.line) as weight,
    cast(count(*) as integer) as file_lines
from lines
left join totals on lines.vintage_number = totals.vintage_number
group by lines.vintage_number, lines.security_number
