with lengths as (
    select
        {{ parameter('residual_clip') }} as clip,
        {{ parameter('flow_to_adv_cap') }} as cap,
        {{ parameter('flow_winsorised_share') }} as tail,
        {{ whole_parameter('slope_minimum_securities') }} as minimum_securities
),

-- predetermined: what funds' flows of the session before forced, public on this session's morning, before a trade of the day
flows as (
    select
        selling.security_id,
        sessions.session_number + 1 as session_number,
        selling.share_of_adv
    from {{ ref('forced_selling_security_daily') }} as selling
    inner join {{ ref('int_sessions_numbered') }} as sessions on selling.trade_date = sessions.trade_date
    where selling.channel = 'redemption' and selling.share_of_adv is not null
),

-- a security that no known file holds has no row in flows: its flow is unknown, not zero
paired as (
    select
        residuals.security_id,
        residuals.trade_date,
        residuals.session_number,
        residuals.residual_return / residuals.residual_volatility as standardised_return,
        flows.share_of_adv
    from {{ ref('int_residual_returns') }} as residuals
    inner join flows on residuals.security_id = flows.security_id and residuals.session_number = flows.session_number
    where residuals.residual_volatility > 0
),

sorted as (
    select
        session_number,
        list(share_of_adv order by share_of_adv) as shares,
        count(*) as n
    from paired
    group by session_number
),

tails as (
    select
        sorted.session_number,
        sorted.shares[cast(floor(lengths.tail * sorted.n) as bigint) + 1] as low,
        sorted.shares[sorted.n - cast(floor(lengths.tail * sorted.n) as bigint)] as high
    from sorted
    cross join lengths
),

-- decimals: flows in per cent of an ordinary day's volume, returns in standard deviations
bounded as (
    select
        paired.security_id,
        paired.trade_date,
        paired.session_number,
        cast(greatest(least(paired.standardised_return, lengths.clip), -lengths.clip) as decimal(10, 8)) as y,
        cast(
            100 * greatest(least(least(greatest(paired.share_of_adv, tails.low), tails.high), lengths.cap), -lengths.cap) as decimal(19, 8)
        ) as x
    from paired
    inner join tails on paired.session_number = tails.session_number
    cross join lengths
),

keys as (
    select distinct
        security_id,
        security_number
    from {{ ref('int_security_keys') }}
),

-- the sector of the morning: technology, other, or not told by any file known by then
sectored as (
    select
        bounded.*,
        case when technology.is_tech then 'technology' when not technology.is_tech then 'other' else 'unknown' end as sector
    from bounded
    left join keys on bounded.security_id = keys.security_id
    asof left join {{ ref('int_security_technology') }} as technology
        on keys.security_number = technology.security_number and bounded.trade_date >= technology.known_from
),

-- a constant for each sector: variation within sectors is all that is used
within_sectors as (
    select
        trade_date,
        session_number,
        sector,
        count(*) as n,
        {{ centred('sum(x * x)', 'sum(x)', 'sum(x)', 'count(*)') }} as flow_variation,
        {{ centred('sum(y * y)', 'sum(y)', 'sum(y)', 'count(*)') }} as return_variation,
        {{ centred('sum(x * y)', 'sum(x)', 'sum(y)', 'count(*)') }} as covariation
    from sectored
    group by trade_date, session_number, sector
),

days as (
    select
        trade_date,
        session_number,
        cast(sum(n) as integer) as securities,
        cast(sum(n) - count(*) as integer) as degrees_of_freedom,
        sum(flow_variation order by sector) as flow_variation,
        sum(return_variation order by sector) as return_variation,
        sum(covariation order by sector) as covariation
    from within_sectors
    group by trade_date, session_number
),

reasoned as (
    select
        days.*,
        case
            when days.securities < lengths.minimum_securities or days.degrees_of_freedom < 2 then 'too_few_securities'
            when days.flow_variation = 0 then 'flows_do_not_differ'
            when days.return_variation = 0 then 'returns_do_not_differ'
        end as reason
    from days
    cross join lengths
),

-- the second standardisation: by the day's own dispersion, so that a slope's precision is the variation of its flows alone
scaled as (
    select
        *,
        case when reason is null then sqrt(return_variation / degrees_of_freedom) end as dispersion
    from reasoned
)

select
    trade_date,
    session_number,
    securities,
    reason,
    dispersion as residual_dispersion,
    case when reason is null then sqrt(flow_variation / degrees_of_freedom) end as flow_dispersion_pct,
    covariation / flow_variation / dispersion as slope,
    -- at least nothing: an exact fit leaves the noise of subtraction
    case
        when reason is null
            then
                sqrt(
                    greatest(degrees_of_freedom - covariation * covariation / flow_variation / dispersion / dispersion, 0)
                    / (degrees_of_freedom - 1) / flow_variation
                )
    end as slope_se,
    case when reason is null then covariation / dispersion end as score,
    case when reason is null then flow_variation end as precision
from scaled
