-- the table of a day lies row by row in one list: row i is what the variance of series i is made of
with cells as (
    select
        session_number,
        len(series) as width,
        series,
        generalized_pct,
        generate_subscripts(generalized_pct, 1) - 1 as cell
    from {{ ref('int_connectedness_computed') }}
    where generalized_pct is not null
),

pairs as (
    select
        session_number,
        series[cell % width + 1] as source,
        series[cell // width + 1] as target,
        generalized_pct[cell + 1] as share_pct,
        generalized_pct[cell % width * width + cell // width + 1] as opposite_pct
    from cells
    where cell % width <> cell // width
)

select
    sessions.trade_date,
    pairs.source,
    pairs.target,
    pairs.share_pct,
    pairs.share_pct - pairs.opposite_pct as net_pct
from pairs
inner join {{ ref('int_sessions_numbered') }} as sessions on pairs.session_number = sessions.session_number
