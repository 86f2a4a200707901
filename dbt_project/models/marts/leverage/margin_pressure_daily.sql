with conventions as (
    select
        {{ whole_parameter('margin_sale_sessions') }} as sale_sessions,
        {{ whole_parameter('average_daily_volume_window') }} as volume_window
),

falls as (
    select
        trade_date,
        session_number,
        month,
        any_value(price_ratio) filter (where book = 'us_equity') as equity_ratio,
        any_value(lowest_ratio) filter (where book = 'us_equity') as equity_lowest,
        any_value(price_ratio) filter (where book = 'ai') as ai_ratio,
        any_value(lowest_ratio) filter (where book = 'ai') as ai_lowest
    from {{ ref('int_margin_falls_followed') }}
    where is_known
    group by trade_date, session_number, month
),

-- a session's part is measured within its own month, so that a new figure of FINRA's by itself forces nobody to sell; none is 0 and not −0
calls as (
    select
        falls.session_number,
        estimated.estimate,
        estimated.called_share,
        0 - 1e6 * margin.debit_balances_usd_mn * estimated.sold_share as forced_sale_usd,
        0 - 1e6 * margin.debit_balances_usd_mn * estimated.sold_share_1d as margin_call_usd
    from falls
    inner join {{ ref('margin_leverage_monthly') }} as margin on falls.month = margin.month
    inner join {{ ref('int_margin_calls_estimated') }} as estimated on falls.month = estimated.month and falls.session_number = estimated.session_number
),

-- lists, added up from the oldest: a running sum groups its terms by what else is in the table
waiting as (
    select
        calls.*,
        conventions.sale_sessions,
        list(calls.margin_call_usd) over (
            partition by calls.estimate
            order by calls.session_number
            range between {{ preceding('conventions.sale_sessions') }} and 1 preceding
        ) as calls_before
    from calls
    cross join conventions
),

sales as (
    select
        *,
        case when list_count(calls_before) = sale_sessions then list_sum(calls_before) / sale_sessions end as forced_sale_1d_usd
    from waiting
),

side_by_side as (
    select
        session_number,
        any_value(called_share) filter (where estimate = 'central') as called_share,
        any_value(forced_sale_usd) filter (where estimate = 'low') as forced_sale_low_usd,
        any_value(forced_sale_usd) filter (where estimate = 'central') as forced_sale_central_usd,
        any_value(forced_sale_usd) filter (where estimate = 'high') as forced_sale_high_usd,
        any_value(margin_call_usd) filter (where estimate = 'low') as margin_call_low_usd,
        any_value(margin_call_usd) filter (where estimate = 'central') as margin_call_central_usd,
        any_value(margin_call_usd) filter (where estimate = 'high') as margin_call_high_usd,
        any_value(forced_sale_1d_usd) filter (where estimate = 'low') as forced_sale_1d_low_usd,
        any_value(forced_sale_1d_usd) filter (where estimate = 'central') as forced_sale_1d_central_usd,
        any_value(forced_sale_1d_usd) filter (where estimate = 'high') as forced_sale_1d_high_usd
    from sales
    group by session_number
),

volumes as (
    select
        sessions.session_number,
        median(bars.close_usd * bars.volume_shares) over (
            order by sessions.session_number
            range between {{ preceding('conventions.volume_window') }} and 1 preceding
        ) as average_daily_volume_usd
    from {{ ref('int_sessions_numbered') }} as sessions
    cross join conventions
    inner join {{ ref('benchmarks') }} as benchmarks on benchmarks.benchmark_id = 'us_equity'
    left join {{ ref('int_bars_known') }} as bars on benchmarks.symbol = bars.symbol and sessions.session_number = bars.session_number
),

---------- the distribution's own quantiles: the same on every session
standing as (
    select
        call_ratio,
        sum(debit_share) over (order by call_ratio, account_number rows between unbounded preceding and current row) as share_below
    from {{ ref('int_margin_accounts') }}
    where estimate = 'central'
),

call_ratios as (
    select
        min(call_ratio) filter (where share_below >= {{ parameter('margin_call_quantile_p50') }}) as p50,
        min(call_ratio) filter (where share_below >= {{ parameter('margin_call_quantile_p90') }}) as p90,
        min(call_ratio) filter (where share_below >= {{ parameter('margin_call_quantile_p99') }}) as p99
    from standing
)

select
    falls.trade_date,
    falls.month,
    margin.known_on as month_known_on,
    cast(falls.trade_date - falls.month as integer) as age_days,
    margin.debit_balances_usd_mn,
    falls.equity_ratio - 1 as equity_return_since_month_end,
    falls.equity_lowest - 1 as equity_drawdown_since_month_end,
    falls.ai_ratio - 1 as ai_return_since_month_end,
    falls.ai_lowest - 1 as ai_drawdown_since_month_end,
    call_ratios.p50 as estimated_call_ratio_p50,
    call_ratios.p90 as estimated_call_ratio_p90,
    call_ratios.p99 as estimated_call_ratio_p99,
    least(call_ratios.p90 / falls.equity_ratio - 1, 0) as estimated_fall_to_call_p90,
    side_by_side.called_share as estimated_called_debit_share,
    side_by_side.forced_sale_low_usd as estimated_forced_sale_low_usd,
    side_by_side.forced_sale_central_usd as estimated_forced_sale_central_usd,
    side_by_side.forced_sale_high_usd as estimated_forced_sale_high_usd,
    side_by_side.margin_call_low_usd as estimated_margin_call_1d_low_usd,
    side_by_side.margin_call_central_usd as estimated_margin_call_1d_central_usd,
    side_by_side.margin_call_high_usd as estimated_margin_call_1d_high_usd,
    side_by_side.forced_sale_1d_low_usd as estimated_forced_sale_1d_low_usd,
    side_by_side.forced_sale_1d_central_usd as estimated_forced_sale_1d_central_usd,
    side_by_side.forced_sale_1d_high_usd as estimated_forced_sale_1d_high_usd,
    volumes.average_daily_volume_usd,
    side_by_side.forced_sale_1d_central_usd / nullif(volumes.average_daily_volume_usd, 0) as estimated_forced_sale_1d_share_of_adv
from falls
cross join call_ratios
inner join side_by_side on falls.session_number = side_by_side.session_number
inner join {{ ref('margin_leverage_monthly') }} as margin on falls.month = margin.month
inner join volumes on falls.session_number = volumes.session_number
