with source as (
    select * from {{ source('french', 'raw_french__factors') }}
),

renamed as (
    select
        ---------- ids
        factor,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- returns
        daily_return
    from source
)

select * from renamed
