with source as (
    select * from {{ source('ofr', 'raw_ofr__fsi') }}
),

renamed as (
    select
        ---------- ids
        component,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- levels
        value as component_value
    from source
)

select * from renamed
