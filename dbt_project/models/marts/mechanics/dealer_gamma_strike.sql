select
    cast(trade_date as date) as trade_date,
    underlying,
    strike,
    spot,
    100 * (strike / spot - 1) as strike_distance_pct,
    call_gamma_usd_per_pct,
    put_gamma_usd_per_pct,
    {{ parameter('gamma_dealer_call_sign') }} * call_gamma_usd_per_pct
    + {{ parameter('gamma_dealer_put_sign') }} * put_gamma_usd_per_pct as estimated_net_gamma_usd_per_pct,
    call_open_interest,
    put_open_interest,
    cast(contracts_used as integer) as contracts_used,
    cast(known_on as date) as known_on
from {{ ref('int_dealer_gamma_computed') }}
where contracts_used > 0
