with source as (
    select * from {{ source('prices', 'raw_prices__daily_bars') }}
),

renamed as (
    select
        ---------- ids
        symbol,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- levels
        open as open_usd,
        high as high_usd,
        low as low_usd,
        close as close_usd,
        adjusted_close as adjusted_close_usd,
        volume as volume_shares
    from source
)

select * from renamed
