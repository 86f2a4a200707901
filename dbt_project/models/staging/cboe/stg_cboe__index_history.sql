with source as (
    select * from {{ source('cboe', 'raw_cboe__index_history') }}
),

renamed as (
    select
        ---------- ids
        symbol as index_id,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- levels
        open as open_level,
        high as high_level,
        low as low_level,
        close as close_level
    from source
)

select * from renamed
