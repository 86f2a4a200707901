with source as (
    select * from {{ source('sec', 'raw_sec__nport_flows') }}
),

renamed as (
    select
        ---------- ids
        series_id,
        month,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- flows
        sales_usd,
        reinvestment_usd,
        redemption_usd,
        net_flow_usd,
        is_redemption_negative_in_filing
    from source
)

select * from renamed
