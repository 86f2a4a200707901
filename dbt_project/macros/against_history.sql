{#
  Since when has it not been this low? For each row of a series: the last earlier day whose value is at or below today's (ties count),
  null where there is none. A CTE body with the partition columns, the day and `since`.

  relation: a CTE or relation; partition_by: columns that name a series, none where there is one; day: its order; value: the column
  (pass `-x` for "this high"). Rows without value take no part. The caller blanks days that are not adverse.

  An all-pairs join costs n². Here each pair (earlier, later) is met once, on the level of the highest bit in which their positions
  differ: there they stand in one block, the earlier in its left half, the later in its right. On every level one sorted window per block
  gives each right-hand row the last left-hand row at or below it: n·log n rows, n·log² n work.
#}
{% macro last_as_extreme(relation, partition_by, day, value) -%}
    select
        {{ series_columns(partition_by) }}
        {{ day }},
        max(case when (position >> level) & 1 = 1 then last_on_the_left end) as since
    from (
        select
            {{ series_columns(partition_by) }}
            {{ day }},
            position,
            level,
            max(case when (position >> level) & 1 = 0 then {{ day }} end) over (
                partition by {{ series_columns(partition_by) }} level, position >> (level + 1)
                order by ordered_value
                range between unbounded preceding and current row
            ) as last_on_the_left
        from ({{ positions_by_level(relation, partition_by, day, value) }})
    )
    group by {{ series_columns(partition_by) }} {{ day }}
{%- endmacro %}


{#
  How large is today's among all so far? For each row of a series: the share of its values up to and with today that are at or below
  today's, #{x_s ≤ x_t, s ≤ t} / n, null below `minimum` values. A CTE body with the partition columns, the day and `percentile`.

  Arguments as above; minimum: an expression. The same pairs on the same levels, counted.
#}
{% macro recursive_percentile(relation, partition_by, day, value, minimum) -%}
    select
        {{ series_columns(partition_by) }}
        {{ day }},
        case
            when position + 1 >= {{ minimum }}
                then (1 + coalesce(sum(at_or_below_on_the_left) filter (where (position >> level) & 1 = 1), 0)) / (position + 1)
        end as percentile
    from (
        select
            {{ series_columns(partition_by) }}
            {{ day }},
            position,
            level,
            count(case when (position >> level) & 1 = 0 then 1 end) over (
                partition by {{ series_columns(partition_by) }} level, position >> (level + 1)
                order by ordered_value
                range between unbounded preceding and current row
            ) as at_or_below_on_the_left
        from ({{ positions_by_level(relation, partition_by, day, value) }})
    )
    group by {{ series_columns(partition_by) }} {{ day }}, position
{%- endmacro %}


{# Every row once a level: its position in its series from 0, its value. One level more than the largest position has bits. #}
{% macro positions_by_level(relation, partition_by, day, value) -%}
    select
        {{ series_columns(partition_by) }}
        {{ day }},
        {{ value }} as ordered_value,
        row_number() over ({{ 'partition by ' ~ partition_by | join(', ') if partition_by }} order by {{ day }}) - 1 as position,
        unnest(range(cast(ceil(log2(count(*) over () + 1)) as bigint))) as level
    from {{ relation }}
    where {{ value }} is not null
{%- endmacro %}


{% macro series_columns(partition_by) -%}
    {%- for column in partition_by %}{{ column }}, {% endfor -%}
{%- endmacro %}
