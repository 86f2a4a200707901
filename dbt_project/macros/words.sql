{#
  Numbers and dates as sentences have them (headline_daily). Text only: what is worth a sentence is decided in the model.
  Minus signs are typographic, as in every page of the project.
#}

{# Dollars without sign: `$14.0 billion`, `$312 million`. #}
{% macro dollars(usd) -%}
    case
        when abs({{ usd }}) >= 1e9 then format('${:,.1f} billion', abs({{ usd }}) / 1e9)
        else format('${:,.0f} million', abs({{ usd }}) / 1e6)
    end
{%- endmacro %}


{# A change with its sign: `+1.2`, `−10.4`. #}
{% macro signed(number, decimals) -%}
    replace(format('{:+.{{ decimals }}f}', {{ number }}), '-', '−')
{%- endmacro %}


{# A number of any size in six digits, never with an exponent where it is large: `−14,011,280,000`, `0.232148`. #}
{% macro plain_number(number) -%}
    replace(case when abs({{ number }}) >= 1e5 then format('{:,.0f}', {{ number }}) else format('{:.6g}', {{ number }}) end, '-', '−')
{%- endmacro %}


{# `, the most since 2020-03-12`, or `, the most on record (from 2016-01-05)`; nothing where the sentence makes no such claim. #}
{% macro since_clause(superlative, since, history_from) -%}
    case
        when {{ since }} is not null then ', ' || {{ superlative }} || ' since ' || {{ since }}
        when {{ history_from }} is not null then ', ' || {{ superlative }} || ' on record (from ' || {{ history_from }} || ')'
        else ''
    end
{%- endmacro %}


{#
  How loud a measure is, by the share of sessions so far on which it was at or below today's (null, where the history is short: not loud).
  By its level rather than by a record: the second day of a crash is no calmer for being second.
#}
{% macro severity(is_adverse, percentile) -%}
    case
        when {{ is_adverse }} and {{ percentile }} >= {{ parameter('headline_alert_percentile') }} then 'alert'
        when {{ is_adverse }} and {{ percentile }} >= {{ parameter('headline_notice_percentile') }} then 'notice'
        else 'info'
    end
{%- endmacro %}
