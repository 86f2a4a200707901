with source as (
    select * from {{ control_table('sessions') }}
),

renamed as (
    select
        trade_date,
        cutoff_on
    from source
)

select * from renamed
