-- what the yml beside each published model says of its columns, from dbt's graph: nothing is typed twice
with said (table_name, column_position, column_name, data_type, unit, description) as (
    values
    {{ catalog_column_rows() }}
)

select
    cast(table_name as varchar) as table_name,
    cast(column_position as integer) as column_position,
    cast(column_name as varchar) as column_name,
    cast(data_type as varchar) as data_type,
    cast(unit as varchar) as unit,
    cast(description as varchar) as description
from said
