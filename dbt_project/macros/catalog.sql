{#
  What the project says of its published tables, as rows of the tables `catalog` and `catalog_column`.
  The texts stand once, in the yml beside each model; here they are read from dbt's graph. What must not come in: a text about a table.
#}

{# How a row of a table is dated, by the key `clock` of its meta: one wording for all tables of a kind. #}
{% macro clock_in_words(clock) -%}
    {{ return({
        'session': 'trade_date: what was public at 06:00 New York of the next session (trading_session.cutoff_on); no later session changes a row',
        'known_on': 'known_on: the New York date at whose 06:00 the row was public; no later revision changes it',
        'known_from': 'known_from and known_until: the newest knowledge from the first date until before the second',
        'first_and_latest': 'first_known_on and latest_known_on: the first_ columns never change, the latest_ ones are as of the run',
        'rebalanced_on': 'rebalanced_on: what was public at 06:00 New York of the next session; no later session changes a row',
        'run': 'as of the run: every run writes the table anew',
        'list': 'none: a list kept by hand, each row with its date and basis'
    }[clock]) }}
{%- endmacro %}


{#
  The unit of a number: the column's own `unit` (config.meta), else what its name ends in, else what its description says between a comma and the next
  mark (", fraction;"). None of a column that is no number, and of a number without a unit: a test finds those.
#}
{% macro unit_of(column) -%}
    {%- if column.data_type not in ['double', 'integer', 'bigint'] %}{{ return(none) }}{% endif -%}
    {%- if column.config.meta.unit %}{{ return(column.config.meta.unit) }}{% endif -%}
    {%- for ending, unit in [
        ('_usd_mn', 'USD million'), ('_usd_per_pct', 'USD per 1 % move'), ('_per_pct_usd', 'USD per 1 % move'), ('_usd', 'USD'), ('zscore', 'standard deviations'),
        ('age_days', 'calendar days'), ('correlation', 'ratio')
    ] -%}
        {%- if column.name.endswith(ending) %}{{ return(unit) }}{% endif -%}
    {%- endfor -%}
    {%- set said = modules.re.search(
        ', (fraction|per cent|percentage points|count|ratio|standard deviations|natural logarithm|contracts|sessions|calendar days)(?=[,;:. ]|$)',
        column.description
    ) -%}
    {{ return(said.group(1) if said else none) }}
{%- endmacro %}


{# The first sentence of a description, or its part before a colon: what one row is. Points within numbers and names are no ends. #}
{% macro first_sentence(text) -%}
    {{ return((text | replace('\n', ' ')).split(': ')[0].split('. ')[0].rstrip('.').strip()) }}
{%- endmacro %}


{# A literal, or null. #}
{% macro literal(value) -%}
    {%- if value is none %}null{% elif value is number %}{{ value }}{% else %}'{{ value | replace("'", "''") }}'{% endif -%}
{%- endmacro %}


{# Rows of literals, or one row of nulls where there is no graph yet (parsing, the linter). #}
{% macro rows_of(rows, width) -%}
    {%- for row in rows or [[none] * width] %}
    ({% for value in row %}{{ literal(value) }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Published models, by name. #}
{% macro published_models() -%}
    {%- set found = [] -%}
    {%- if execute and graph -%}
        {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') -%}
            {%- if node.path.startswith('marts/') %}{% do found.append(node) %}{% endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}


{# Columns that make a row of a model: those of its test `grain`, or of the key `grain` of its meta where it has no such test (a view is not scanned). #}
{% macro grain_of(model) -%}
    {%- for test in graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') -%}
        {%- if test.attached_node == model.unique_id and test.test_metadata.name == 'grain' %}{{ return(test.test_metadata.kwargs.columns) }}{% endif -%}
    {%- endfor -%}
    {{ return(model.config.meta.grain) }}
{%- endmacro %}


{# What `meta` has to say of each published table; a missing key ends the build with the model's name. #}
{% macro said_of(model, key) -%}
    {%- if not model.config.meta[key] -%}
        {{ exceptions.raise_compiler_error("expected config.meta." ~ key ~ " in the yml of " ~ model.name ~ ", found none: the catalog of the published file shows it") }}
    {%- endif -%}
    {{ return(model.config.meta[key]) }}
{%- endmacro %}


{# Rows of `catalog`. #}
{% macro catalog_rows() -%}
    {%- set rows = [] -%}
    {%- for model in published_models() -%}
        {%- do rows.append([
            model.name, model.path.split('/')[1], 'view' if model.config.materialized == 'view' else 'table', first_sentence(model.description),
            (grain_of(model) or []) | join(', '), said_of(model, 'cadence'), said_of(model, 'age'), clock_in_words(said_of(model, 'clock')),
            model.description, said_of(model, 'why_it_matters'), said_of(model, 'example')
        ]) -%}
    {%- endfor -%}
    {{ rows_of(rows, 11) }}
{%- endmacro %}


{# Rows of `catalog_column`. #}
{% macro catalog_column_rows() -%}
    {%- set rows = [] -%}
    {%- for model in published_models() -%}
        {%- for column in model.columns.values() -%}
            {%- do rows.append([model.name, loop.index, column.name, column.data_type, unit_of(column), column.description]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ rows_of(rows, 6) }}
{%- endmacro %}
