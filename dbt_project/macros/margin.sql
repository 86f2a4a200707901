{#
  Arithmetic of a margin account (FINRA Rule 4210): securities worth `value` against a loan of `debit`, of which the owner's equity must be at
  least the share `house_margin` of the value. Any unit of money. Who holds such accounts is int_margin_accounts' business, not that of these lines.
#}

{# P*/P0: the price, over the one at which the loan was `loan_to_value` of the securities, at which equity is just what the house demands. #}
{% macro margin_call_ratio(loan_to_value, house_margin) -%}
    {{ loan_to_value }} / (1 - {{ house_margin }})
{%- endmacro %}


{# Equity that is missing; zero in an account without call. #}
{% macro margin_shortfall(value, debit, house_margin) -%}
    greatest({{ house_margin }} * {{ value }} - ({{ value }} - {{ debit }}), 0)
{%- endmacro %}


{# What has to be sold where nothing is paid in: a sale repays the loan, so each dollar of it cures `house_margin` dollars of shortfall. At most everything. #}
{% macro margin_forced_sale(value, debit, house_margin) -%}
    least({{ value }}, {{ margin_shortfall(value, debit, house_margin) }} / {{ house_margin }})
{%- endmacro %}
