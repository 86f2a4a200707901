with source as (
    select * from {{ control_table('calendar_days') }}
),

renamed as (
    select
        calendar_day,
        is_session,
        session_on_or_after
    from source
)

select * from renamed
