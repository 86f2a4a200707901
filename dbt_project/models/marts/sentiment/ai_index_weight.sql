with members as (
    select
        ticker,
        member_from,
        coalesce(member_to, date '9999-12-31') as member_until,
        shares_outstanding_mn
    from {{ ref('ai_infrastructure_members') }}
),

-- a member on the session is one on the session after it: the weights are set at the close for what comes next
priced as (
    select
        sessions.trade_date,
        sessions.session_number,
        members.ticker,
        members.shares_outstanding_mn,
        bars.close_usd,
        -- exact, so that sums over members do not depend on the order they are taken in
        cast(members.shares_outstanding_mn * bars.close_usd as decimal(28, 6)) as capitalisation_usd_mn
    from members
    inner join {{ ref('int_bars_known') }} as bars on members.ticker = bars.symbol
    inner join {{ ref('int_sessions_numbered') }} as sessions
        on
            bars.session_number = sessions.session_number
            and members.member_from <= sessions.cutoff_on
            and members.member_until > sessions.cutoff_on
),

membership_changes as (
    select member_from as change_on from members
    union
    select member_until as change_on from members
),

rebalancings as (
    select session_number
    from {{ ref('int_sessions_numbered') }}
    where is_month_end and month(trade_date) % {{ whole_parameter('ai_index_rebalance_months') }} = 0
    union
    select sessions.session_number
    from {{ ref('int_sessions_numbered') }} as sessions
    inner join membership_changes on sessions.trade_date < membership_changes.change_on and sessions.cutoff_on >= membership_changes.change_on
    union
    select min(session_number) as session_number
    from priced
),

ranked as (
    select
        priced.*,
        row_number() over by_size as size_rank,
        sum(priced.capitalisation_usd_mn) over (by_size rows between current row and unbounded following) as remaining_usd_mn,
        greatest({{ parameter('ai_index_weight_ceiling') }}, 1 / count(*) over (partition by priced.session_number)) as ceiling
    from priced
    inner join rebalancings on priced.session_number = rebalancings.session_number
    window by_size as (partition by priced.session_number order by priced.capitalisation_usd_mn desc, priced.ticker asc)
),

-- with all larger members at the ceiling, this one's share of what is left would still be above it; true for the first k by size, or for none
judged as (
    select
        *,
        (1 - (size_rank - 1) * ceiling) * capitalisation_usd_mn > ceiling * remaining_usd_mn as is_capped
    from ranked
),

shared as (
    select
        *,
        1 - ceiling * count(*) filter (where is_capped) over at_session as uncapped_weight,
        sum(capitalisation_usd_mn) filter (where not is_capped) over at_session as uncapped_usd_mn
    from judged
    window at_session as (partition by session_number)
)

select
    trade_date as rebalanced_on,
    ticker,
    shares_outstanding_mn,
    close_usd,
    cast(capitalisation_usd_mn as double) as capitalisation_usd_mn,
    is_capped,
    case when is_capped then ceiling else uncapped_weight * capitalisation_usd_mn / uncapped_usd_mn end as weight
from shared
