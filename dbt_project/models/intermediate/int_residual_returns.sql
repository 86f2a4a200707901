with lengths as (
    select
        {{ whole_parameter('residual_months') }} as months,
        {{ whole_parameter('residual_minimum') }} as minimum_history,
        {{ parameter('residual_share_minimum') }} as least_share,
        {{ parameter('residual_return_cap') }} as return_cap
),

companies as (
    select
        ticker as symbol,
        'US:' || {{ plain_ticker('ticker') }} as security_id
    from {{ ref('watched_securities') }}
),

market as (
    select
        bars.session_number,
        bars.total_return
    from {{ ref('benchmarks') }} as benchmarks
    inner join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol
    where benchmarks.benchmark_id = 'us_equity' and bars.sessions_covered = 1
),

-- decimals, so that sums are exact: in any order, and beside whatever else is in the table
paired as (
    select
        companies.security_id,
        bars.trade_date,
        bars.session_number,
        cast(12 * year(bars.trade_date) + month(bars.trade_date) as integer) as month_number,
        cast(bars.total_return as decimal(9, 8)) as own,
        cast(market.total_return as decimal(9, 8)) as market
    from companies
    inner join {{ ref('int_bars_known') }} as bars on companies.symbol = bars.symbol
    inner join market on bars.session_number = market.session_number
    cross join lengths
    where bars.sessions_covered = 1 and abs(bars.total_return) <= lengths.return_cap and abs(market.total_return) <= lengths.return_cap
),

monthly as (
    select
        security_id,
        month_number,
        count(*) as n,
        sum(own) as own_sum,
        sum(market) as market_sum,
        sum(own * own) as own_squares,
        sum(market * market) as market_squares,
        sum(own * market) as products
    from paired
    group by security_id, month_number
),

-- from whole months before, so that a session's own month is left out: estimates change at month ends only, and cost next to nothing
summed as (
    select
        monthly.security_id,
        monthly.month_number,
        cast(sum(monthly.n) over before as integer) as n,
        sum(monthly.own_sum) over before as own_sum,
        sum(monthly.market_sum) over before as market_sum,
        sum(monthly.own_squares) over before as own_squares,
        sum(monthly.market_squares) over before as market_squares,
        sum(monthly.products) over before as products
    from monthly
    cross join lengths
    window before as (
        partition by monthly.security_id order by monthly.month_number range between {{ preceding('lengths.months') }} and 1 preceding
    )
),

moments as (
    select
        summed.security_id,
        summed.month_number,
        summed.n,
        lengths.least_share,
        cast(summed.own_sum as double) / summed.n as own_mean,
        cast(summed.market_sum as double) / summed.n as market_mean,
        {{ centred('summed.own_squares', 'summed.own_sum', 'summed.own_sum', 'summed.n') }} as own_variation,
        {{ centred('summed.market_squares', 'summed.market_sum', 'summed.market_sum', 'summed.n') }} as market_variation,
        {{ centred('summed.products', 'summed.own_sum', 'summed.market_sum', 'summed.n') }} as covariation
    from summed
    cross join lengths
    where summed.n >= lengths.minimum_history
),

estimated as (
    select
        *,
        covariation / nullif(market_variation, 0) as beta,
        own_variation - covariation * covariation / nullif(market_variation, 0) as unexplained
    from moments
)

select
    paired.security_id,
    paired.trade_date,
    paired.session_number,
    estimated.n as sessions_before,
    estimated.beta,
    case
        when estimated.unexplained > estimated.own_variation * estimated.least_share then sqrt(estimated.unexplained / (estimated.n - 2))
    end as residual_volatility,
    paired.own - estimated.own_mean - estimated.beta * (paired.market - estimated.market_mean) as residual_return
from paired
inner join estimated on paired.security_id = estimated.security_id and paired.month_number = estimated.month_number
where estimated.beta is not null
