{#
  Returns are linked by adding up their logarithms as decimals: exact in any order, so that the last bits of a past day do not move when
  a day is added (a running sum of doubles groups its terms by what else is in the table).
#}

{# A return (fraction) as a logarithm that adds up; null where everything was lost. #}
{% macro log_growth(simple_return) -%}
    cast(ln(nullif(greatest(1 + {{ simple_return }}, 0), 0)) as decimal(18, 15))
{%- endmacro %}


{# An exact sum back to a ratio. #}
{% macro growth(log_sum) -%}
    exp(cast({{ log_sum }} as double))
{%- endmacro %}
