{# A published number is a number or null, never NaN or infinity. #}
{% test finite(model, columns) %}
    select * from {{ model }}
    where {% for column in columns %}not isfinite({{ column }}){{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
