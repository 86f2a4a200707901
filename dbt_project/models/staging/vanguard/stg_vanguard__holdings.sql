with source as (
    select * from {{ source('vanguard', 'raw_vanguard__holdings') }}
),

renamed as (
    select
        ---------- ids
        fund_id,
        line,
        ticker,
        name as security_name,
        cusip,
        isin,
        sedol,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- classification
        asset_class as asset_class_label,
        sector as sector_label,
        currency,
        ---------- position
        shares,
        market_value_usd,
        weight_pct,
        notional_usd
    from source
)

select * from renamed
