{#
  How publishers' identifiers are brought to one spelling. What is made of them: int_security_identities.
  Each takes a column and gives null where the text is no such identifier.
#}

{# Bloomberg's codes of the US exchanges, cut from the end of a ticker (`NVDA US`, `NVDA UW`). #}
{% macro listed_ticker(ticker) -%}
    nullif(regexp_replace(upper(trim({{ ticker }})), '\s+U[SNWQRAPFV]$', ''), '')
{%- endmacro %}


{# BRK.B, BRK/B, BRK-B, BRK B and BRKB are one ticker. #}
{% macro plain_ticker(ticker) -%}
    nullif(regexp_replace({{ listed_ticker(ticker) }}, '[./ -]', '', 'g'), '')
{%- endmacro %}


{# Letters with at most a share class: `SAP GY` and `005930 KS` are listed elsewhere, `BRK B` is not. #}
{% macro is_us_style_ticker(ticker) -%}
    coalesce(regexp_full_match({{ listed_ticker(ticker) }}, '[A-Z]{1,5}([./-][A-Z]{1,2}| [A-Z])?'), false)
{%- endmacro %}


{% macro isin(column) -%}
    case
        when regexp_full_match(upper(trim({{ column }})), '[A-Z]{2}[0-9A-Z]{9}[0-9]') then upper(trim({{ column }}))
    end
{%- endmacro %}


{% macro sedol(column) -%}
    case
        when regexp_full_match(upper(trim({{ column }})), '[0-9B-DF-HJ-NP-TV-Z]{6}[0-9]') and trim({{ column }}) <> '0000000' then upper(trim({{ column }}))
    end
{%- endmacro %}


{# The eight characters that 8- and 9-character CUSIPs share; a US or Canadian ISIN holds them too. Zeros and 999… are stand-ins for none. #}
{% macro cusip8(cusip, isin) -%}
    case
        when
            regexp_full_match(upper(trim({{ cusip }})), '[0-9A-Z*@#]{8,9}') and not regexp_matches(trim({{ cusip }}), '^(0{8}|999[A-Z])')
            then upper(trim({{ cusip }}))[1:8]
        when regexp_full_match(upper(trim({{ isin }})), '(US|CA)[0-9A-Z]{9}[0-9]') then upper(trim({{ isin }}))[3:10]
    end
{%- endmacro %}
