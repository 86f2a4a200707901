with histories as (
    select
        fund_id,
        min(trade_date) as first_on
    from {{ ref('int_fund_history_known') }}
    group by fund_id
),

-- the file about the day itself, as it stood at the day's cut-off; from the first day with shares outstanding on, those are the better answer
files as (
    select
        vintages.fund_id,
        vintages.known_from,
        weights.market_value_usd,
        sessions.trade_date,
        sessions.session_number,
        sessions.session_number - lag(sessions.session_number) over (partition by vintages.fund_id order by sessions.session_number) as sessions_covered,
        row_number() over (partition by vintages.fund_id order by sessions.session_number) as file_number
    from {{ ref('int_holding_vintages_selected') }} as vintages
    inner join {{ ref('int_sessions_numbered') }} as sessions
        on
            vintages.observed_on = sessions.trade_date
            and vintages.known_from <= sessions.cutoff_on
            and (vintages.known_until is null or vintages.known_until > sessions.cutoff_on)
    inner join {{ ref('int_fund_weights') }} as weights on vintages.fund_id = weights.fund_id and vintages.known_from = weights.known_from
    left join histories on vintages.fund_id = histories.fund_id
    -- a file without market values (State Street) says nothing about assets: it is no file here, and the next one spans its session too
    where not vintages.is_filing and weights.market_value_usd is not null and (histories.first_on is null or sessions.trade_date < histories.first_on)
),

held as (
    select
        files.fund_id,
        files.trade_date,
        files.file_number,
        holdings.shares,
        lag(holdings.shares) over (partition by files.fund_id, holdings.security_id order by files.file_number) as previous_shares,
        lag(files.file_number) over (partition by files.fund_id, holdings.security_id order by files.file_number) as previous_file_number
    from files
    inner join {{ ref('holding_vintage') }} as holdings
        on files.fund_id = holdings.fund_id and files.known_from = holdings.known_from
    where holdings.asset_class in ('equity', 'fixed_income', 'unknown') and holdings.shares > 0
),

growth as (
    select
        fund_id,
        trade_date,
        median(shares / previous_shares - 1) as median_growth,
        count(*) as securities
    from held
    where previous_file_number = file_number - 1
    group by fund_id, trade_date
)

select
    files.fund_id,
    files.trade_date,
    files.session_number,
    files.sessions_covered,
    files.known_from as known_on,
    files.market_value_usd as aum_usd,
    case
        when
            growth.securities >= {{ parameter('holdings_implied_minimum_securities') }}
            and files.sessions_covered <= {{ parameter('holdings_implied_max_gap') }}
            then growth.median_growth
    end as shares_growth
from files
left join growth on files.fund_id = growth.fund_id and files.trade_date = growth.trade_date
