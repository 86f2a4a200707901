{% set columns %}
        line, ticker, security_name, cusip, isin, sedol, asset_class_label, sector_label, currency,
        shares, market_value_usd, weight_pct, notional_usd, observed_on, known_on, fetched_at, payload_sha256
{% endset %}

with lines as (
    {% for issuer in ['ishares', 'spdr', 'vanguard', 'ark', 'invesco', 'globalx'] %}
        select
            '{{ issuer }}_holdings' as source,
            fund_id,
            {{ columns }}
        from {{ ref('stg_' ~ issuer ~ '__holdings') }}
        union all
    {% endfor %}
    select
        'sec_nport' as source,
        coalesce(funds.fund_id, filings.series_id) as fund_id,
        {{ columns }}
    from {{ ref('stg_sec__nport_holdings') }} as filings
    left join {{ ref('fund') }} as funds on filings.series_id = funds.series_id
)

select
    *,
    hash(ticker, security_name, cusip, isin, sedol, asset_class_label, sector_label, currency) as identity
from lines
where {{ known_by(cutoff()) }}
