with identifiers as (
    select
        identity,
        own_security_id,
        first_known_on,
        is_keyed_by_ticker,
        asset_class in ('equity', 'unknown') as may_be_linked,
        unnest(['CUSIP:' || cusip8, 'ISIN:' || isin, 'SEDOL:' || sedol]) as identifier,
        unnest([1, 2, 3]) as precedence
    from {{ ref('int_security_identities') }}
),

links as (
    select
        identifier,
        own_security_id as security_id,
        min(first_known_on) as known_on
    from identifiers
    where is_keyed_by_ticker and identifier is not null
    group by identifier, security_id
),

claims as (
    select
        identity,
        own_security_id as security_id,
        date '1900-01-01' as valid_from,
        4 as precedence
    from {{ ref('int_security_identities') }}
    union all
    select
        identifiers.identity,
        links.security_id,
        links.known_on as valid_from,
        identifiers.precedence
    from identifiers
    inner join links on identifiers.identifier = links.identifier
    where not identifiers.is_keyed_by_ticker and identifiers.may_be_linked
),

believed as (
    select *
    from claims
    qualify row_number() over (partition by identity, valid_from order by precedence, security_id) = 1
)

select
    identity,
    security_id,
    -- stands for the security within this build, where millions of rows are joined
    cast(dense_rank() over (order by security_id) as integer) as security_number,
    valid_from,
    coalesce(lead(valid_from) over (partition by identity order by valid_from), date '9999-12-31') as valid_until
from believed
