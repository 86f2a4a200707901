with payloads as (
    select
        fund_id,
        source,
        source = 'sec_nport' as is_filing,
        observed_on,
        known_on,
        fetched_at,
        payload_sha256
    from {{ ref('int_holding_lines_united') }}
    group by all
),

-- of what became known on one day, the newest day it speaks of; an issuer's file before a filing
one_a_day as (
    select *
    from payloads
    qualify row_number() over (partition by fund_id, known_on order by observed_on desc, is_filing asc, fetched_at desc, payload_sha256 desc) = 1
),

compared as (
    select
        *,
        max(observed_on) over (partition by fund_id order by known_on rows between unbounded preceding and 1 preceding) as newest_before
    from one_a_day
),

-- a file about an older day than the one already known changes nobody's picture; a filing never replaces an issuer's file of the same day
current_once as (
    select *
    from compared
    where newest_before is null or observed_on > newest_before or (observed_on = newest_before and not is_filing)
)

select
    cast(row_number() over (order by fund_id, known_on) as integer) as vintage_number,
    fund_id,
    source,
    is_filing,
    observed_on,
    known_on as known_from,
    lead(known_on) over (partition by fund_id order by known_on) as known_until,
    fetched_at,
    payload_sha256
from current_once
