-- what the yml beside each published model says, from dbt's graph: nothing is typed twice
with said (table_name, theme, kind, grain, grain_columns, cadence, figures_age, clock, description, why_it_matters, example_query) as (
    values
    {{ catalog_rows() }}
)

select
    cast(table_name as varchar) as table_name,
    cast(theme as varchar) as theme,
    cast(kind as varchar) as kind,
    cast(grain as varchar) as grain,
    cast(grain_columns as varchar) as grain_columns,
    cast(cadence as varchar) as cadence,
    cast(figures_age as varchar) as figures_age,
    cast(clock as varchar) as clock,
    cast(description as varchar) as description,
    cast(why_it_matters as varchar) as why_it_matters,
    cast(example_query as varchar) as example_query
from said
