with fsi as (
    select
        observed_on,
        component_value,
        known_on,
        fetched_at,
        payload_sha256
    from {{ ref('stg_ofr__fsi') }}
    where component = 'OFR FSI' and component_value is not null
),

-- what each morning brought that was new: the newest day it spoke of, in the vintage believed then
brought as (
    select *
    from fsi
    qualify row_number() over (partition by known_on order by observed_on desc, {{ latest_known() }}) = 1
),

-- a morning that spoke of older days alone (a value that came late) moves nothing
newest as (
    select *
    from brought
    qualify observed_on >= max(observed_on) over (order by known_on)
),

sentiment as (
    select
        trade_date,
        100 * (ai_index / max(ai_index) over (order by trade_date rows between unbounded preceding and current row) - 1) as ai_drawdown_pct
    from {{ ref('ai_sentiment_daily') }}
),

known as (
    select
        sessions.trade_date,
        newest.component_value as ofr_fsi,
        newest.observed_on as ofr_observed_on,
        -- the index speaks of days on which New York was closed, too
        sessions.session_number - observed.session_number as ofr_age_sessions
    from {{ ref('int_sessions_numbered') }} as sessions
    asof left join newest on sessions.cutoff_on >= newest.known_on
    asof left join {{ ref('int_sessions_numbered') }} as observed on newest.observed_on >= observed.trade_date
),

percentiles as (
    {{ recursive_percentile('known', [], 'trade_date', 'ofr_fsi', whole_parameter('percentile_minimum_daily')) }}
),

-- a table without rows comes out of Python without types
compared as (
    select
        cast(trade_date as date) as trade_date,
        cast(benchmark as varchar) as benchmark,
        cast(rank_correlation_250 as double) as rank_correlation_250,
        cast(lead_sessions as integer) as lead_sessions,
        cast(lead_rank_correlation as double) as lead_rank_correlation
    from {{ ref('int_index_compared') }}
)

select
    known.trade_date,
    known.ofr_fsi,
    percentiles.percentile as ofr_percentile,
    known.ofr_observed_on,
    cast(known.ofr_age_sessions as integer) as ofr_age_sessions,
    volatility.vix_close,
    volatility.vix_percentile,
    sentiment.ai_drawdown_pct,
    ofr_compared.rank_correlation_250 as index_ofr_rank_correlation,
    ofr_compared.lead_sessions as index_ofr_lead_sessions,
    ofr_compared.lead_rank_correlation as index_ofr_lead_rank_correlation,
    vix_compared.rank_correlation_250 as index_vix_rank_correlation,
    vix_compared.lead_sessions as index_vix_lead_sessions,
    vix_compared.lead_rank_correlation as index_vix_lead_rank_correlation
from known
left join percentiles on known.trade_date = percentiles.trade_date
left join {{ ref('volatility_daily') }} as volatility on known.trade_date = volatility.trade_date
left join sentiment on known.trade_date = sentiment.trade_date
left join compared as ofr_compared on known.trade_date = ofr_compared.trade_date and ofr_compared.benchmark = 'ofr_fsi'
left join compared as vix_compared on known.trade_date = vix_compared.trade_date and vix_compared.benchmark = 'vix'
where known.ofr_fsi is not null or volatility.vix_close is not null or sentiment.ai_drawdown_pct is not null
