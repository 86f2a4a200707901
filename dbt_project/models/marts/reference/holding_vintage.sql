with securities as (
    select distinct
        security_number,
        security_id
    from {{ ref('int_security_keys') }}
),

identities as (
    select
        identities.identity,
        identities.served_ticker,
        identities.security_name,
        identities.asset_class,
        identities.sector_label,
        case
            when identities.asset_class not in ('equity', 'unknown') then false
            when identities.sector_label is not null then technology.label is not null
        end as is_tech
    from {{ ref('int_security_identities') }} as identities
    left join {{ ref('technology_sectors') }} as technology on lower(trim(identities.sector_label)) = technology.label
)

select
    vintages.fund_id,
    securities.security_id,
    vintages.known_from,
    vintages.known_until,
    vintages.observed_on,
    vintages.source,
    identities.served_ticker as ticker,
    identities.security_name,
    identities.asset_class,
    identities.sector_label as sector,
    coalesce(identities.is_tech, elsewhere.is_tech) as is_tech,
    members.ticker is not null as is_ai,
    holdings.shares,
    holdings.market_value_usd,
    holdings.weight,
    holdings.weight_pct,
    holdings.notional_usd,
    holdings.file_lines
from {{ ref('int_holdings_keyed') }} as holdings
inner join {{ ref('int_holding_vintages_selected') }} as vintages on holdings.vintage_number = vintages.vintage_number
inner join securities on holdings.security_number = securities.security_number
inner join identities on holdings.identity = identities.identity
left join {{ ref('int_security_technology') }} as elsewhere
    on
        holdings.security_number = elsewhere.security_number
        and vintages.known_from >= elsewhere.known_from
        and vintages.known_from < elsewhere.known_until
left join {{ ref('ai_infrastructure_members') }} as members
    on
        securities.security_id = 'US:' || members.ticker
        and vintages.known_from >= members.member_from
        and (members.member_to is null or vintages.known_from < members.member_to)
-- rows of a file stay together: readers skip what they do not ask for, and sums over a file are taken in one order
order by holdings.vintage_number, securities.security_id
