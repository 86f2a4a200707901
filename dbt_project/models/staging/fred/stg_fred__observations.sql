with source as (
    select * from {{ source('fred', 'raw_fred__observations') }}
),

renamed as (
    select
        ---------- ids
        series_id,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- levels
        value as series_value
    from source
)

select * from renamed
