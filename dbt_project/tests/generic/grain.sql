{# What a row is: no two rows agree on these columns, and none of them is null. #}
{% test grain(model, columns) %}
    {{ config(tags=['grain']) }}
    select {{ columns | join(', ') }}, count(*) as copies
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
