with needed as (
    select min(session_number) - {{ whole_parameter('depth_volatility_window') }} as first_session_number
    from {{ ref('int_sessions_numbered') }}
    where cutoff_on >= (select min(vintages.known_from) from {{ ref('int_holding_vintages_selected') }} as vintages)
),

securities as (
    select distinct
        keys.security_number,
        volumes.symbol
    from {{ ref('int_dollar_volumes_averaged') }} as volumes
    inner join {{ ref('int_security_keys') }} as keys on volumes.security_id = keys.security_id
),

-- a return over several sessions counts once, with its part of the square; the mean is taken as 0
squares as (
    select
        securities.security_number,
        bars.symbol,
        bars.session_number,
        cast(bars.total_return * bars.total_return / bars.sessions_covered as decimal(38, 18)) as square
    from {{ ref('int_bars_known') }} as bars
    inner join securities on bars.symbol = securities.symbol
    where bars.session_number >= (select needed.first_session_number from needed)
),

-- the sessions before, as the volume: today's fall is not part of what measures it
volatilities as (
    select
        security_number,
        symbol,
        session_number,
        count(square) over before as returns,
        sqrt(cast(sum(square) over before as double) / nullif(count(square) over before, 0)) as daily_volatility
    from squares
    window before as (
        partition by symbol order by session_number
        rows between {{ preceding(whole_parameter('depth_volatility_window')) }} and 1 preceding
    )
)

select
    volumes.trade_date,
    volatilities.security_number,
    volumes.adv_usd,
    volatilities.daily_volatility,
    {{ parameter('depth_constant') }} * volumes.adv_usd * sqrt({{ parameter('depth_horizon') }}) / volatilities.daily_volatility as depth_usd
from {{ ref('int_dollar_volumes_averaged') }} as volumes
inner join volatilities on volumes.symbol = volatilities.symbol and volumes.session_number = volatilities.session_number
-- what never moved has no volatility to measure a depth by
where volumes.adv_usd > 0 and volatilities.daily_volatility > 0 and volatilities.returns >= {{ whole_parameter('depth_volatility_minimum') }}
