with lengths as (
    select
        {{ whole_parameter('average_daily_volume_window') }} as volume_window,
        {{ whole_parameter('leveraged_etf_assets_max_age') }} as max_age
),

-- to keep a daily factor L a fund trades L(L-1) dollars a dollar of assets and unit of return: both signs of L trade with the day
products as (
    select
        fund_id,
        benchmark as underlying,
        inception_on,
        leverage * (leverage - 1) as rebalance_factor
    from {{ ref('fund') }}
    where leverage <> 1
),

underlying_days as (
    select
        bars.symbol as underlying,
        bars.trade_date,
        bars.session_number,
        bars.sessions_covered,
        bars.total_return as underlying_return,
        case
            when count(bars.volume_shares * bars.close_usd) over before = lengths.volume_window
                then median(bars.volume_shares * bars.close_usd) over before
        end as average_daily_volume_usd
    from {{ ref('int_bars_known') }} as bars
    cross join lengths
    where bars.symbol in (select products.underlying from products)
    window before as (
        partition by bars.symbol order by bars.session_number
        rows between {{ preceding('lengths.volume_window') }} and 1 preceding
    )
),

-- assets of an evening before the day, as that evening's own cut-off knew them
product_days as (
    select
        days.underlying,
        days.session_number,
        products.fund_id,
        products.rebalance_factor,
        history.trade_date as assets_on,
        history.nav_usd * history.shares_outstanding as assets_usd,
        days.session_number - history.session_number as assets_age,
        coalesce(days.session_number - history.session_number <= lengths.max_age, false) as is_observed
    from underlying_days as days
    cross join lengths
    inner join products on days.underlying = products.underlying and days.trade_date >= products.inception_on
    asof left join {{ ref('int_fund_history_known') }} as history
        on products.fund_id = history.fund_id and days.session_number > history.session_number
),

-- sums are taken in a stated order: the last bits of a past day must not move when a day is added
exposures as (
    select
        underlying,
        session_number,
        sum(rebalance_factor * assets_usd order by fund_id) filter (where is_observed) as exposure_usd,
        sum(assets_usd order by fund_id) filter (where is_observed) as observed_aum_usd,
        count(*) filter (where is_observed) as observed_funds,
        count(*) as listed_funds,
        max(assets_on) as newest_assets_on,
        min(assets_age) as newest_assets_age
    from product_days
    group by underlying, session_number
)

select
    days.trade_date,
    days.underlying,
    days.underlying_return,
    cast(days.sessions_covered as integer) as sessions_covered,
    exposures.exposure_usd,
    exposures.exposure_usd * days.underlying_return as estimated_rebalance_usd,
    exposures.exposure_usd / 100 as estimated_rebalance_per_pct_usd,
    days.average_daily_volume_usd,
    exposures.exposure_usd * days.underlying_return / nullif(days.average_daily_volume_usd, 0) as estimated_share_of_adv,
    exposures.observed_aum_usd,
    cast(exposures.observed_funds as integer) as observed_funds,
    cast(exposures.listed_funds - exposures.observed_funds as integer) as unobserved_funds,
    exposures.newest_assets_on,
    cast(exposures.newest_assets_age as integer) as newest_assets_age_sessions
from underlying_days as days
inner join exposures on days.underlying = exposures.underlying and days.session_number = exposures.session_number
-- from the first day with any assets known: before it there is nothing to estimate, after it a silence is a row without an estimate
where exposures.newest_assets_on is not null
