with source as (
    select * from {{ source('ici', 'raw_ici__fund_flows') }}
),

renamed as (
    select
        ---------- ids
        frequency,
        category,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- flows
        flow_usd_mn
    from source
)

select * from renamed
