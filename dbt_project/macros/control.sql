{# A control table: the pipeline writes them before dbt starts. Not a source(): a source would show up as a stray asset. #}
{% macro control_table(name) -%}
    control.{{ name }}
{%- endmacro %}


{# The last session the run is built for. #}
{% macro as_of() -%}
    (select run_context.as_of from {{ ref('stg_control__run_context') }} as run_context)
{%- endmacro %}


{# The New York date at whose 06:00 the run's knowledge ends: the session after `as_of`. #}
{% macro cutoff() -%}
    (select run_context.cutoff_on from {{ ref('stg_control__run_context') }} as run_context)
{%- endmacro %}


{# The one place that says what "known" means: public at 06:00 New York of the cut-off day or earlier. #}
{% macro known_by(cutoff_on, vintage=none) -%}
    {{ vintage ~ '.' if vintage else '' }}known_on <= {{ cutoff_on }}
{%- endmacro %}


{# The vintage to believe where several are known: the one known last, then fetched last. The hash settles ties the same way everywhere. #}
{% macro latest_known(vintage=none) -%}
    {%- set prefix = vintage ~ '.' if vintage else '' -%}
    {{ prefix }}known_on desc, {{ prefix }}fetched_at desc, {{ prefix }}payload_sha256 desc
{%- endmacro %}
