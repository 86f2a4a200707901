-- sorted by chain, so that int_dealer_gamma_computed reads some chains at a time and every sum over a chain has its order
with vintages as (
    select
        chains.*,
        sessions.trade_date,
        sessions.session_number,
        sessions.cutoff_on
    from {{ ref('stg_cboe__option_chain') }} as chains
    inner join {{ ref('int_sessions_numbered') }} as sessions on chains.observed_on = sessions.trade_date
    where {{ known_by('sessions.cutoff_on', 'chains') }}
),

in_time as (
    select
        underlying,
        trade_date,
        known_on,
        fetched_at,
        payload_sha256
    from vintages
    group by underlying, trade_date, known_on, fetched_at, payload_sha256
    qualify row_number() over (partition by underlying, trade_date order by {{ latest_known() }}) = 1
)

select
    vintages.trade_date,
    vintages.session_number,
    vintages.underlying,
    vintages.option_root,
    vintages.expiry_on,
    vintages.strike,
    vintages.option_type,
    vintages.spot,
    (
        date_diff('day', vintages.observed_on, vintages.expiry_on)
        + ({{ parameter('gamma_expiry_hour') }} - {{ parameter('gamma_observation_hour') }}) / 24
    ) / {{ parameter('gamma_days_per_year') }} as years_to_expiry,
    vintages.expiry_on > vintages.trade_date and vintages.expiry_on <= vintages.cutoff_on as is_zero_day_next,
    vintages.expiry_on = vintages.trade_date as is_zero_day_today,
    vintages.open_interest,
    vintages.volume,
    vintages.implied_volatility,
    case when vintages.bid_usd > 0 and vintages.ask_usd >= vintages.bid_usd then (vintages.bid_usd + vintages.ask_usd) / 2 end as mid_usd,
    vintages.known_on
from vintages
inner join in_time
    on
        vintages.underlying = in_time.underlying
        and vintages.trade_date = in_time.trade_date
        and vintages.known_on = in_time.known_on
        and vintages.fetched_at = in_time.fetched_at
        and vintages.payload_sha256 = in_time.payload_sha256
order by vintages.trade_date, vintages.underlying, vintages.expiry_on, vintages.strike, vintages.option_type, vintages.option_root
