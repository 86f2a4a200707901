{# Arithmetic between columns: every row satisfies the expression. A null is not a failure: what is unknown is not wrong. #}
{% test holds(model, expression) %}
    select * from {{ model }} where not ({{ expression }})
{% endtest %}
