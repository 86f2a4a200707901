with short_horizon as (
    select
        {{ whole_parameter('flow_short_horizon') }} as sessions,
        {{ whole_parameter('flow_long_horizon') }} as long_sessions,
        {{ whole_parameter('flow_zscore_window') }} as window_length,
        {{ whole_parameter('flow_zscore_minimum') }} as minimum_history,
        {{ whole_parameter('flow_max_sessions_covered') }} as max_covered
),

-- sums are taken in a stated order throughout: the last bits of a past day must not move when a day is added
-- a run of observation starts where a fund is new, or back after too long a silence: that row gives a level, and no flow
fund_days as (
    select
        flows.trade_date,
        sessions.session_number,
        flows.fund_id,
        flows.segment,
        flows.net_flow_usd,
        flows.aum_usd,
        flows.previous_aum_usd,
        flows.net_flow_usd is not null and flows.sessions_covered <= short_horizon.max_covered as is_observed,
        max(case when flows.net_flow_usd is null or flows.sessions_covered > short_horizon.max_covered then sessions.session_number end)
            over (partition by flows.fund_id order by sessions.session_number) as run_start
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('int_sessions_numbered') }} as sessions on flows.trade_date = sessions.trade_date
    cross join short_horizon
),

observed as (
    select
        fund_days.*,
        sum(fund_days.net_flow_usd) over short_run as short_flow_usd,
        sum(fund_days.net_flow_usd) over long_run as long_flow_usd,
        first_value(fund_days.previous_aum_usd) over short_run as short_base_usd,
        first_value(fund_days.previous_aum_usd) over long_run as long_base_usd
    from fund_days
    cross join short_horizon
    where fund_days.is_observed and fund_days.segment is not null
    window
        short_run as (
            partition by fund_days.fund_id order by fund_days.session_number
            range between {{ preceding('short_horizon.sessions - 1') }} and current row
        ),
        long_run as (
            partition by fund_days.fund_id order by fund_days.session_number
            range between {{ preceding('short_horizon.long_sessions - 1') }} and current row
        )
),

---------- dollars: over the funds observed that day
observed_days as (
    select
        segment,
        trade_date,
        session_number,
        sum(net_flow_usd order by fund_id) as net_flow_usd,
        sum(aum_usd order by fund_id) as observed_aum_usd,
        count(*) as observed_funds,
        min(run_start) as longest_run_start
    from observed
    group by segment, trade_date, session_number
),

expected_days as (
    select
        segment,
        trade_date,
        count(*) as listed_funds
    from {{ ref('int_fund_days_classified') }}
    where is_listed
    group by segment, trade_date
),

observed_and_listed as (
    select
        observed.segment,
        observed.trade_date,
        count(*) as listed_funds
    from observed
    inner join {{ ref('int_fund_days_classified') }} as classified
        on observed.fund_id = classified.fund_id and observed.trade_date = classified.trade_date and classified.is_listed
    group by observed.segment, observed.trade_date
),

dollars as (
    select
        observed_days.segment,
        observed_days.trade_date,
        observed_days.net_flow_usd as net_flow_1d_usd,
        case
            when observed_days.session_number - min(observed_days.session_number) over by_segment >= short_horizon.sessions - 1
                then sum(observed_days.net_flow_usd) over short_run
        end as net_flow_2d_usd,
        case
            when observed_days.session_number - min(observed_days.session_number) over by_segment >= short_horizon.long_sessions - 1
                then sum(observed_days.net_flow_usd) over long_run
        end as net_flow_5d_usd,
        observed_days.observed_aum_usd,
        observed_days.observed_funds,
        coalesce(expected_days.listed_funds, 0) - coalesce(observed_and_listed.listed_funds, 0) as unobserved_funds
    from observed_days
    cross join short_horizon
    left join expected_days on observed_days.segment = expected_days.segment and observed_days.trade_date = expected_days.trade_date
    left join observed_and_listed on observed_days.segment = observed_and_listed.segment and observed_days.trade_date = observed_and_listed.trade_date
    window
        by_segment as (partition by observed_days.segment order by observed_days.session_number),
        short_run as (
            partition by observed_days.segment order by observed_days.session_number
            range between {{ preceding('short_horizon.sessions - 1') }} and current row
        ),
        long_run as (
            partition by observed_days.segment order by observed_days.session_number
            range between {{ preceding('short_horizon.long_sessions - 1') }} and current row
        )
),

---------- shares of assets: over the panel of funds observed through the whole window, so that a newcomer makes no record
-- the window reaches back window_length sessions before the horizon, or to where the longest-observed fund begins
panel_windows as (
    select
        observed_days.segment,
        observed_days.trade_date,
        observed_days.session_number,
        greatest(
            observed_days.longest_run_start + 1,
            observed_days.session_number - short_horizon.sessions - short_horizon.window_length + 1
        ) as window_start
    from observed_days
    cross join short_horizon
),

panel_members as (
    select
        panel_windows.segment,
        panel_windows.trade_date,
        panel_windows.session_number,
        panel_windows.window_start,
        observed.fund_id,
        observed.short_flow_usd,
        observed.long_flow_usd,
        observed.short_base_usd,
        observed.long_base_usd,
        observed.session_number - observed.run_start as run_length
    from panel_windows
    cross join short_horizon
    inner join observed
        on
            panel_windows.segment = observed.segment
            and panel_windows.trade_date = observed.trade_date
            and panel_windows.window_start > observed.run_start
            and panel_windows.session_number >= observed.run_start + short_horizon.sessions
),

panel_days as (
    select
        panel_members.segment,
        panel_members.trade_date,
        panel_members.session_number,
        panel_members.window_start,
        string_agg(panel_members.fund_id, ' ' order by panel_members.fund_id) as panel,
        count(*) as panel_funds,
        sum(panel_members.short_flow_usd order by panel_members.fund_id)
        / nullif(sum(panel_members.short_base_usd order by panel_members.fund_id), 0) as short_share,
        case
            when min(panel_members.run_length) >= any_value(short_horizon.long_sessions)
                then
                    sum(panel_members.long_flow_usd order by panel_members.fund_id)
                    / nullif(sum(panel_members.long_base_usd order by panel_members.fund_id), 0)
        end as long_share
    from panel_members
    cross join short_horizon
    group by panel_members.segment, panel_members.trade_date, panel_members.session_number, panel_members.window_start
),

-- each distinct panel's daily flows are added up once, over the sessions its days look back on
panels as (
    select
        panel,
        unnest(string_split(panel, ' ')) as fund_id,
        min(window_start) as first_session,
        max(session_number) as last_session
    from panel_days
    group by panel
),

panel_sessions as (
    select
        panels.panel,
        observed.session_number,
        sum(observed.net_flow_usd order by observed.fund_id)
        / nullif(sum(observed.previous_aum_usd order by observed.fund_id), 0) as daily_share
    from panels
    inner join observed
        on panels.fund_id = observed.fund_id and observed.session_number between panels.first_session and panels.last_session
    group by panels.panel, observed.session_number
),

-- as lists, added up from the first session to the last: a running aggregate groups its sums by what else is in the table, which moves the last bits
panel_history as (
    select
        panel_sessions.panel,
        panel_sessions.session_number,
        panel_days.segment,
        list(panel_sessions.daily_share) over (
            partition by panel_sessions.panel
            order by panel_sessions.session_number
            range between
            {{ preceding('coalesce(panel_sessions.session_number - panel_days.window_start, short_horizon.sessions)') }}
            and {{ preceding('short_horizon.sessions') }}
        ) as daily_shares
    from panel_sessions
    cross join short_horizon
    left join panel_days on panel_sessions.panel = panel_days.panel and panel_sessions.session_number = panel_days.session_number
),

shares as (
    select
        panel_days.segment,
        panel_days.trade_date,
        panel_days.panel_funds,
        100 * panel_days.short_share as net_flow_2d_pct_aum,
        100 * panel_days.long_share as net_flow_5d_pct_aum,
        case
            when list_count(panel_history.daily_shares) >= short_horizon.minimum_history
                then
                    (panel_days.short_share - short_horizon.sessions * list_avg(panel_history.daily_shares))
                    / nullif(sqrt(short_horizon.sessions) * list_stddev_samp(panel_history.daily_shares), 0)
        end as net_flow_2d_zscore
    from panel_days
    cross join short_horizon
    left join panel_history
        on
            panel_days.panel = panel_history.panel
            and panel_days.session_number = panel_history.session_number
            and panel_days.segment = panel_history.segment
),

outflows as (
    select
        dollars.*,
        shares.panel_funds,
        shares.net_flow_2d_pct_aum,
        shares.net_flow_5d_pct_aum,
        shares.net_flow_2d_zscore
    from dollars
    left join shares on dollars.segment = shares.segment and dollars.trade_date = shares.trade_date
),

dollars_since as (
    {{ last_as_extreme('outflows', ['segment'], 'trade_date', 'net_flow_2d_usd') }}
),

share_since as (
    {{ last_as_extreme('outflows', ['segment'], 'trade_date', 'net_flow_2d_pct_aum') }}
)

select
    outflows.trade_date,
    outflows.segment,
    outflows.net_flow_1d_usd,
    outflows.net_flow_2d_usd,
    outflows.net_flow_5d_usd,
    outflows.net_flow_2d_pct_aum,
    outflows.net_flow_5d_pct_aum,
    outflows.net_flow_2d_zscore,
    case when outflows.net_flow_2d_usd < 0 then dollars_since.since end as largest_outflow_since,
    case when outflows.net_flow_2d_pct_aum < 0 then share_since.since end as largest_outflow_pct_since,
    min(case when outflows.net_flow_2d_usd is not null then outflows.trade_date end) over so_far as history_from,
    min(case when outflows.net_flow_2d_pct_aum is not null then outflows.trade_date end) over so_far as pct_history_from,
    outflows.observed_aum_usd,
    cast(outflows.observed_funds as integer) as observed_funds,
    cast(coalesce(outflows.panel_funds, 0) as integer) as panel_funds,
    cast(outflows.unobserved_funds as integer) as unobserved_funds
from outflows
left join dollars_since on outflows.segment = dollars_since.segment and outflows.trade_date = dollars_since.trade_date
left join share_since on outflows.segment = share_since.segment and outflows.trade_date = share_since.trade_date
window so_far as (partition by outflows.segment order by outflows.trade_date)
