-- sums are taken in a stated order: the last bits of a past day must not move when a day is added
with chains as (
    select
        cast(trade_date as date) as trade_date,
        underlying,
        any_value(spot) as spot,
        any_value(flip_level) as flip_level,
        sum(call_gamma_usd_per_pct order by strike) as call_gamma_usd_per_pct,
        sum(put_gamma_usd_per_pct order by strike) as put_gamma_usd_per_pct,
        sum(zero_day_gamma_usd_per_pct order by strike) as zero_day_gamma_usd_per_pct,
        sum(call_open_interest order by strike) as call_open_interest,
        sum(put_open_interest order by strike) as put_open_interest,
        sum(zero_day_open_interest order by strike) as zero_day_open_interest,
        sum(volume order by strike) as volume,
        sum(zero_day_volume order by strike) as zero_day_volume,
        cast(sum(contracts_used) as integer) as contracts_used,
        cast(sum(contracts_solved) as integer) as contracts_solved,
        cast(sum(contracts_without_volatility) as integer) as contracts_without_volatility,
        cast(sum(contracts_without_open_interest) as integer) as contracts_without_open_interest,
        cast(sum(contracts_expired) as integer) as contracts_expired,
        any_value(cast(known_on as date)) as known_on
    from {{ ref('int_dealer_gamma_computed') }}
    group by trade_date, underlying
),

signed as (
    select
        chains.*,
        sessions.session_number,
        coalesce(underlyings.symbol, chains.underlying) as symbol,
        coalesce(underlyings.kind, 'stock') as kind,
        {{ parameter('gamma_dealer_call_sign') }} * chains.call_gamma_usd_per_pct
        + {{ parameter('gamma_dealer_put_sign') }} * chains.put_gamma_usd_per_pct as net_gamma_usd_per_pct,
        case
            when coalesce(underlyings.kind, 'stock') = 'index' then {{ parameter('gamma_dealer_call_sign') }}
            else {{ parameter('gamma_dealer_call_sign_calls_sold') }}
        end * chains.call_gamma_usd_per_pct
        + {{ parameter('gamma_dealer_put_sign') }} * chains.put_gamma_usd_per_pct as net_gamma_calls_sold_usd_per_pct
    from chains
    inner join {{ ref('int_sessions_numbered') }} as sessions on chains.trade_date = sessions.trade_date
    left join {{ ref('option_underlyings') }} as underlyings on chains.underlying = underlyings.underlying
),

-- a chain is in the table when it was known on its own evening: the one before is the newest that was known before the session
followed as (
    select
        *,
        lag(trade_date) over by_underlying as previous_chain_on,
        session_number - lag(session_number) over by_underlying as previous_chain_age_sessions,
        lag(net_gamma_usd_per_pct) over by_underlying as previous_net_gamma_usd_per_pct,
        lag(net_gamma_calls_sold_usd_per_pct) over by_underlying as previous_net_gamma_calls_sold_usd_per_pct
    from signed
    window by_underlying as (partition by underlying order by session_number)
),

moved as (
    select
        followed.*,
        bars.price_return,
        -- dollars a hedge of 1 USD per 1 % moves: nothing to say where the chain or the return is not of one session
        case when followed.previous_chain_age_sessions = 1 and bars.sessions_covered = 1 then -100 * bars.price_return end as hedge_per_gamma
    from followed
    left join {{ ref('int_bars_known') }} as bars on followed.symbol = bars.symbol and followed.session_number = bars.session_number
)

select
    trade_date,
    underlying,
    kind,
    spot,
    call_gamma_usd_per_pct,
    put_gamma_usd_per_pct,
    net_gamma_usd_per_pct as estimated_net_gamma_usd_per_pct,
    net_gamma_calls_sold_usd_per_pct as estimated_net_gamma_calls_sold_usd_per_pct,
    flip_level as estimated_flip_level,
    100 * (spot / flip_level - 1) as estimated_flip_distance_pct,
    price_return,
    previous_net_gamma_usd_per_pct * hedge_per_gamma as estimated_hedge_flow_usd,
    previous_net_gamma_calls_sold_usd_per_pct * hedge_per_gamma as estimated_hedge_flow_calls_sold_usd,
    previous_chain_on,
    cast(previous_chain_age_sessions as integer) as previous_chain_age_sessions,
    zero_day_gamma_usd_per_pct / nullif(call_gamma_usd_per_pct + put_gamma_usd_per_pct, 0) as zero_day_gamma_share,
    zero_day_open_interest / nullif(call_open_interest + put_open_interest, 0) as zero_day_open_interest_share,
    zero_day_volume / nullif(volume, 0) as zero_day_volume_share,
    call_open_interest,
    put_open_interest,
    contracts_used,
    contracts_solved,
    contracts_without_volatility,
    contracts_without_open_interest,
    contracts_expired,
    known_on
from moved
