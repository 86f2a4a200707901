with securities as (
    select distinct
        security_number,
        security_id
    from {{ ref('int_security_keys') }}
),

-- what a fund can sell: neither cash nor contracts, nothing it owes
lines as (
    select
        vintages.known_from,
        holdings.vintage_number,
        holdings.security_number,
        securities.security_id,
        holdings.weight,
        identities.asset_class = 'equity' as is_equity,
        coalesce(
            case when identities.asset_class in ('equity', 'unknown') and identities.sector_label is not null then technology.label is not null end,
            elsewhere.is_tech,
            false
        ) as is_technology,
        members.ticker is not null as is_ai
    from {{ ref('int_holdings_keyed') }} as holdings
    inner join {{ ref('int_holding_vintages_selected') }} as vintages on holdings.vintage_number = vintages.vintage_number
    inner join {{ ref('int_security_identities') }} as identities on holdings.identity = identities.identity
    inner join securities on holdings.security_number = securities.security_number
    left join {{ ref('technology_sectors') }} as technology on lower(trim(identities.sector_label)) = technology.label
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
    where holdings.weight > 0 and identities.asset_class not in ('cash', 'money_market', 'derivative')
)

select
    vintage_number,
    security_number,
    weight,
    is_ai,
    is_technology,
    is_equity,
    -- what the line says, by its name: numbers of securities are of this build
    hash(security_id, weight, is_ai, is_technology, is_equity) as line_hash
from lines
-- files of one time stay together: a day's sums then stand in one corner of memory, which halves their cost
order by known_from, vintage_number, security_number
