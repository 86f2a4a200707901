with source as (
    select * from {{ control_table('source_outcomes') }}
),

renamed as (
    select
        source,
        publisher,
        cadence,
        table_name,
        outcome,
        reason,
        last_fetched_at,
        cast(quarantined_payloads as integer) as quarantined_payloads,
        next_release_on
    from source
)

select * from renamed
