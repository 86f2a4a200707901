{#
  One round of fire sales (Greenwood, Landier & Thesmar 2015), through the security and never from fund to fund: what all funds hold and sell of each
  security, then what that costs each fund. Linear: twice the shock, twice every number. Caps belong to the cascade (orchestration/metrics/fire_sale.py).

  funds: a relation with trade_date, fund_id, vintage_number, tna_usd, invested_share (of net assets in what can be sold, the sum of its weights) and the
  columns `parts`: shares of its net assets that a fund sells in proportion. positions: a relation with vintage_number, security_number and weight (of net
  assets): one number a position, because reading positions is what a round costs.

  The last bits of a past day must not move when a day is added, and decimals would take twice the time here. So terms are counted in grains: a power of two
  so small that the day's total is some 2^61 of them, and whole numbers add up exactly in any order. That is fine enough for twelve digits of a security
  that hardly anybody holds.
#}

{# Grains in a unit, such that `total` units (0 or more, itself exact) are between 2^60 and 2^61. #}
{% macro grains(total) -%}
    coalesce(pow(2, 61 - ceil(log2(nullif({{ total }}, 0)))), 1)
{%- endmacro %}


{# The exact sum of a term that is in grains. #}
{% macro added_in_grains(term) -%}
    cast(sum(cast({{ term }} as bigint)) as double)
{%- endmacro %}


{#
  A day and a security are one whole number, the sum of theirs: DuckDB finds it in a table sooner than a pair. Days are numbered so far apart that as many
  securities fit between as no build has.
#}
{% macro day_number(trade_date) -%}
    epoch_ms({{ trade_date }})
{%- endmacro %}


{# Milliseconds of a day: security_number is below it. #}
{% macro securities_at_most() -%}
    86400000
{%- endmacro %}


{# A query by trade_date and security_number: held_usd, and for each part what is sold, `<part>_usd`. #}
{% macro fire_sale_securities(funds, positions, parts) -%}
    with grains as (
        select
            trade_date,
            {% for part in parts -%}
                {{ grains('cast(sum(cast(tna_usd * ' ~ part ~ ' as decimal(38, 4))) as double)') }} as {{ part }},
            {% endfor -%}
            {{ grains('cast(sum(cast(tna_usd as decimal(38, 4))) as double)') }} as held,
            {{ day_number('trade_date') }} as day
        from {{ funds }}
        group by trade_date
    ),

    scaled as (
        select
            funds.vintage_number,
            grains.day,
            {% for part in parts -%}
                funds.tna_usd * funds.{{ part }} / funds.invested_share * grains.{{ part }} as {{ part }},
            {% endfor -%}
            funds.tna_usd * grains.held as held
        from {{ funds }} as funds
        inner join grains on funds.trade_date = grains.trade_date
    ),

    added as (
        select
            scaled.day + positions.security_number as place,
            {% for part in parts -%}
                {{ added_in_grains('scaled.' ~ part ~ ' * positions.weight') }} as {{ part }},
            {% endfor -%}
            {{ added_in_grains('scaled.held * positions.weight') }} as held
        from scaled
        inner join {{ positions }} as positions on scaled.vintage_number = positions.vintage_number
        group by place
    )

    select
        grains.trade_date,
        cast(added.place - grains.day as integer) as security_number,
        {% for part in parts -%}
            added.{{ part }} / grains.{{ part }} as {{ part }}_usd,
        {% endfor -%}
        added.held / grains.held as held_usd
    from added
    inner join grains on added.place - added.place % {{ securities_at_most() }} = grains.day
{%- endmacro %}


{#
  A query by trade_date and fund_id, from securities as above with their depth_usd: for each part what the sales of all cost the fund, as a share of its net
  assets, `<part>_loss`; loss_per_dollar, what a dollar that the fund sells costs all holders; depth_known_share of its net assets. A security whose depth is
  not known (null) costs nobody anything, and a fund that holds no other has no row.
#}
{% macro fire_sale_funds(funds, positions, securities, parts) -%}
    with numbered as (
        select
            trade_date,
            fund_id,
            vintage_number,
            {{ day_number('trade_date') }} as day
        from {{ funds }}
    ),

    falls as (
        select
            trade_date,
            security_number,
            {% for part in parts -%}
                {{ part }}_usd / depth_usd as {{ part }},
            {% endfor -%}
            held_usd / depth_usd as held
        from {{ securities }}
        where depth_usd > 0
    ),

    grains as (
        select
            trade_date,
            {% for part in parts -%}
                {{ grains('max(' ~ part ~ ')') }} as {{ part }},
            {% endfor -%}
            {{ grains('max(held)') }} as held,
            {{ grains('1') }} as weight
        from falls
        group by trade_date
    ),

    scaled as (
        select
            {{ day_number('falls.trade_date') }} + falls.security_number as place,
            {% for part in parts -%}
                falls.{{ part }} * grains.{{ part }} as {{ part }},
            {% endfor -%}
            falls.held * grains.held as held,
            grains.weight
        from falls
        inner join grains on falls.trade_date = grains.trade_date
    ),

    added as (
        select
            funds.trade_date,
            funds.fund_id,
            {% for part in parts -%}
                {{ added_in_grains('positions.weight * scaled.' ~ part) }} as {{ part }},
            {% endfor -%}
            {{ added_in_grains('positions.weight * scaled.held') }} as held,
            {{ added_in_grains('positions.weight * scaled.weight') }} as weight
        from numbered as funds
        inner join {{ positions }} as positions on funds.vintage_number = positions.vintage_number
        inner join scaled on funds.day + positions.security_number = scaled.place
        group by funds.trade_date, funds.fund_id
    )

    select
        added.trade_date,
        added.fund_id,
        {% for part in parts -%}
            added.{{ part }} / grains.{{ part }} as {{ part }}_loss,
        {% endfor -%}
        added.held / grains.held / funds.invested_share as loss_per_dollar,
        added.weight / grains.weight as depth_known_share
    from added
    inner join grains on added.trade_date = grains.trade_date
    inner join {{ funds }} as funds on added.trade_date = funds.trade_date and added.fund_id = funds.fund_id
{%- endmacro %}


{# What a scenario may shock: int_fire_sale_positions says of each line whether it `is_…`. #}
{% macro shocked_groups() -%}
    {{ return(['ai', 'technology', 'equity']) }}
{%- endmacro %}


{# Per group the share of its net assets that a fund sells where all of the group is lost: a column of int_fire_sale_fund_days. #}
{% macro sold_parts() -%}
    {%- set parts = [] -%}
    {%- for group in shocked_groups() -%}{%- do parts.append('sold_of_' ~ group) -%}{%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}
