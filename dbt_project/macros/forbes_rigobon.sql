{#
  Correlation in a crisis, and what of it is only the crisis's larger variance (Forbes & Rigobon 2002). Scalars in, scalars out; which days
  are a crisis and which are quiet is the model's business. Numbers are doubles; null where a correlation is no less than 1 in size.
#}

{#
  ρ* = ρ / √(1 + δ(1 − ρ²)): the correlation that the same link between two markets would have shown without the increase δ of the variance of
  the market where it begins, δ = Var_h(x)/Var_l(x) − 1. Below −1 there is no δ: a variance is not negative.
#}
{% macro forbes_rigobon_adjusted(correlation, delta) -%}
    {{ correlation }} / sqrt(1 + {{ delta }} * (1 - {{ correlation }} * {{ correlation }}))
{%- endmacro %}


{# Fisher's z of a correlation against one in another window of `n` and `other_n` observations (more than 3): standard normal where they are the same. #}
{% macro fisher_z(correlation, n, other_correlation, other_n) -%}
    case
        when abs({{ correlation }}) < 1 and abs({{ other_correlation }}) < 1 and {{ n }} > 3 and {{ other_n }} > 3
            then (atanh({{ correlation }}) - atanh({{ other_correlation }})) / sqrt(1 / ({{ n }} - 3) + 1 / ({{ other_n }} - 3))
    end
{%- endmacro %}
