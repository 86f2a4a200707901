with source as (
    select * from {{ source('finra', 'raw_finra__margin_debt') }}
),

renamed as (
    select
        ---------- ids
        payload_sha256,
        ---------- clocks
        observed_on,
        known_on,
        fetched_at,
        vintage_kind,
        ---------- balances
        debit_balances_usd_mn,
        free_credit_cash_usd_mn,
        free_credit_margin_usd_mn
    from source
)

select * from renamed
