with source as (
    select * from {{ control_table('run_context') }}
),

renamed as (
    select
        run_id,
        as_of,
        cutoff_on,
        profile,
        is_simulated
    from source
)

select * from renamed
