with source as (
    select * from {{ source('proshares', 'raw_proshares__fund_history') }}
),

renamed as (
    select
        ---------- ids
        fund_id,
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- levels
        nav_usd,
        shares_outstanding,
        distribution_usd,
        aum_usd
    from source
)

select * from renamed
