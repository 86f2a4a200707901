{# A constant from seeds/parameters.csv, where its unit, basis and date stand. A scalar subquery, so that lineage and unit tests see it. #}
{% macro parameter(name) -%}
    (select parameters.value from {{ ref('parameters') }} as parameters where parameters.parameter = '{{ name }}')
{%- endmacro %}


{# The same as a whole number: window frames and calendar arithmetic want one. #}
{% macro whole_parameter(name) -%}
    (select cast(parameters.value as integer) from {{ ref('parameters') }} as parameters where parameters.parameter = '{{ name }}')
{%- endmacro %}


{# A frame's bound that is an expression. A macro, because the linter has to be shown another (.sqlfluff). #}
{% macro preceding(bound) -%}
    {{ bound }} preceding
{%- endmacro %}
