with source as (
    select * from {{ source('cboe', 'raw_cboe__option_chain') }}
),

renamed as (
    select
        ---------- ids
        underlying,
        option_root,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- contract
        expiry_on,
        strike,
        option_type,
        ---------- levels
        spot,
        open_interest,
        implied_volatility,
        volume,
        bid as bid_usd,
        ask as ask_usd
    from source
)

select * from renamed
