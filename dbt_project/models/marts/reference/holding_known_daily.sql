-- without the database's name, so that the view also works in the published file, whatever it is attached as
select
    sessions.trade_date,
    holdings.fund_id,
    holdings.security_id,
    holdings.known_from,
    holdings.known_until,
    holdings.observed_on,
    holdings.source,
    holdings.ticker,
    holdings.security_name,
    holdings.asset_class,
    holdings.sector,
    holdings.is_tech,
    holdings.is_ai,
    holdings.shares,
    holdings.market_value_usd,
    holdings.weight,
    holdings.weight_pct,
    holdings.notional_usd,
    holdings.file_lines
from {{ ref('trading_session').include(database=false) }} as sessions
inner join {{ ref('holding_vintage').include(database=false) }} as holdings
    on
        sessions.cutoff_on >= holdings.known_from
        and (holdings.known_until is null or sessions.cutoff_on < holdings.known_until)
