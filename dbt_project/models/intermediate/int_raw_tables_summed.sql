{# staging model -> the column that names a subject (a fund, a series …), where the table is about several #}
{% set tables = {
    'finra__margin_debt': none,
    'ici__fund_flows': 'frequency',
    'ishares__fund_history': 'fund_id',
    'spdr__fund_history': 'fund_id',
    'proshares__fund_history': 'fund_id',
    'ishares__holdings': 'fund_id',
    'spdr__holdings': 'fund_id',
    'vanguard__holdings': 'fund_id',
    'ark__holdings': 'fund_id',
    'invesco__holdings': 'fund_id',
    'globalx__holdings': 'fund_id',
    'sec__nport_holdings': 'series_id',
    'sec__nport_flows': 'series_id',
    'fred__observations': 'series_id',
    'ofr__fsi': none,
    'french__factors': none,
    'cboe__index_history': 'index_id',
    'cboe__option_chain': 'underlying',
    'prices__daily_bars': 'symbol',
} %}

with subjects as (
    {% for table, subject in tables.items() %}
        select
            'raw_{{ table }}' as table_name,
            {{ subject or 'cast(null as varchar)' }} as subject,
            max(observed_on) as last_observed_on,
            max(known_on) as last_known_on,
            max(fetched_at) as last_fetched_at,
            count(*) as known_rows
        from {{ ref('stg_' ~ table) }}
        where {{ known_by(cutoff()) }}
        group by {{ subject or '()' }}
        having count(*) > 0
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    table_name,
    max(last_observed_on) as last_observed_on,
    max(last_known_on) as last_known_on,
    max(last_fetched_at) as last_fetched_at,
    cast(sum(known_rows) as bigint) as known_rows,
    cast(count(subject) as integer) as subjects,
    case when count(subject) > 1 then arg_min(subject, row(last_observed_on, subject)) end as stalest_subject,
    min(last_observed_on) as stalest_observed_on
from subjects
group by table_name
