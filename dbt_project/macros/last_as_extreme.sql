{#
  Since when has it not been this low? For each row of a series: the last earlier day whose value is at or below today's (ties count),
  null where there is none. A CTE body with the partition columns, the day and `since`.

  relation: a CTE or relation; partition_by: columns that name a series; day: its order; value: the column (pass `-x` for "this high").
  Rows without value take no part. The caller blanks days that are not adverse.

  An all-pairs join costs n². Here each pair (earlier, later) is met once, on the level of the highest bit in which their positions
  differ: there they stand in one block, the earlier in its left half, the later in its right. On every level one sorted window per block
  gives each right-hand row the last left-hand row at or below it: n·log n rows, n·log² n work.
#}
{% macro last_as_extreme(relation, partition_by, day, value) -%}
    {%- set series = partition_by | join(', ') %}
    select
        {{ series }},
        {{ day }},
        max(case when (position >> level) & 1 = 1 then last_on_the_left end) as since
    from (
        select
            {{ series }},
            {{ day }},
            position,
            level,
            max(case when (position >> level) & 1 = 0 then {{ day }} end) over (
                partition by {{ series }}, level, position >> (level + 1)
                order by extreme_value
                range between unbounded preceding and current row
            ) as last_on_the_left
        from (
            select
                {{ series }},
                {{ day }},
                {{ value }} as extreme_value,
                row_number() over (partition by {{ series }} order by {{ day }}) - 1 as position,
                unnest(range(cast(ceil(log2(count(*) over () + 1)) as bigint))) as level
            from {{ relation }}
            where {{ value }} is not null
        )
    )
    group by {{ series }}, {{ day }}
{%- endmacro %}
