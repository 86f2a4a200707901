with labels as (
    select
        identities.identity,
        technology.label is not null as is_tech
    from {{ ref('int_security_identities') }} as identities
    left join {{ ref('technology_sectors') }} as technology on lower(trim(identities.sector_label)) = technology.label
    where identities.sector_label is not null and identities.asset_class in ('equity', 'unknown')
),

labelled as (
    select
        holdings.security_number,
        vintages.known_from,
        bool_or(labels.is_tech) as is_tech
    from {{ ref('int_holdings_keyed') }} as holdings
    inner join {{ ref('int_holding_vintages_selected') }} as vintages on holdings.vintage_number = vintages.vintage_number
    inner join labels on holdings.identity = labels.identity
    group by holdings.security_number, vintages.known_from
),

changes as (
    select *
    from labelled
    qualify is_tech is distinct from lag(is_tech) over (partition by security_number order by known_from)
)

select
    security_number,
    is_tech,
    known_from,
    coalesce(lead(known_from) over (partition by security_number order by known_from), date '9999-12-31') as known_until
from changes
