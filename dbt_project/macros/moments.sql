{#
  Second moments of samples whose sums are decimals, and so exact: adding a day moves no bit of an earlier one, and a series that does not
  move has a variation of exactly zero. Text only: which rows are in a sum is the model's business.
#}

{# Σ(x−x̄)(y−ȳ) from Σxy, Σx, Σy and n; in whole numbers of the last decimal until the end. Up to 8 decimals a value. 19 digits:
   of two decimals with 18 or fewer DuckDB makes one with 18, which overflows. #}
{% macro centred(products, first_sum, second_sum, n) -%}
    cast({{ n }} * cast({{ products }} as decimal(38, 16)) - cast({{ first_sum }} as decimal(19, 8)) * cast({{ second_sum }} as decimal(19, 8)) as double)
    / {{ n }}
{%- endmacro %}


{# Lags of a Bartlett kernel over `observations` of them (Newey & West 1994): floor(scale · (T / base)^exponent). #}
{% macro newey_west_lags(observations) -%}
    cast(
        floor({{ parameter('hac_lag_scale') }} * pow({{ observations }} / {{ parameter('hac_lag_base') }}, {{ parameter('hac_lag_exponent') }})) as integer
    )
{%- endmacro %}
