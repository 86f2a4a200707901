-- one block a topic; since_date and history_from stand only where the sentence says "since when"
with contagion_index as (
    select
        trade_date,
        'contagion_index' as headline_id,
        1 as position,
        'index' as topic,
        'The contagion index stands at ' || format('{:.2f}', index_value) || ' on ' || trade_date
        || coalesce(' (' || {{ signed('change_1d', 2) }} || ' on the day', ' (first day')
        || coalesce(', ' || {{ signed('change_5d', 2) }} || ' in five sessions)', ')')
        || coalesce(', ' || regime || ' since ' || regime_since, '')
        || case
            when regime = 'stress' and index_percentile >= {{ parameter('regime_quantile_contagion') }} and not is_pressure_significant
                then ': high enough for contagion, but not shown to be passed on'
            else ''
        end as statement,
        'the highest' as superlative,
        index_value as value,
        'index points' as unit,
        highest_since as since_date,
        case when change_1d > 0 then history_from end as history_from,
        case
            when regime in ('contagion', 'panic') then 'alert'
            when regime = 'stress' then 'notice'
            else 'info'
        end as severity
    from {{ ref('contagion_index_daily') }}
    where index_value is not null
),

tech_flows as (
    select * from {{ ref('outflow_daily') }}
    where segment = 'tech_heavy' and net_flow_2d_usd is not null
),

tech_flow_percentiles as (
    {{ recursive_percentile('tech_flows', [], 'trade_date', '-net_flow_2d_usd', whole_parameter('percentile_minimum_daily')) }}
),

tech_outflow as (
    select
        flows.trade_date,
        'tech_outflow' as headline_id,
        2 as position,
        'outflow' as topic,
        'Tech-heavy funds ' || if(flows.net_flow_2d_usd < 0, 'lost ', 'took in ') || {{ dollars('flows.net_flow_2d_usd') }}
        || ' in two sessions to ' || flows.trade_date || ' (' || flows.observed_funds || ' of '
        || (flows.observed_funds + flows.unobserved_funds) || ' funds observed)' as statement,
        'the most' as superlative,
        flows.net_flow_2d_usd as value,
        'USD' as unit,
        flows.largest_outflow_since as since_date,
        case when flows.net_flow_2d_usd < 0 then flows.history_from end as history_from,
        {{ severity('flows.net_flow_2d_usd < 0', 'percentiles.percentile') }} as severity
    from tech_flows as flows
    left join tech_flow_percentiles as percentiles on flows.trade_date = percentiles.trade_date
),

largest_fund_outflow as (
    -- a fund with a daily factor gains and loses a tenth on a quiet day, and trades for its factor (leveraged_etf_rebalance_daily)
    select
        flows.trade_date,
        'largest_fund_outflow' as headline_id,
        3 as position,
        'fund' as topic,
        'Largest outflow of ' || flows.trade_date || ': ' || flows.fund_id || ' lost ' || {{ dollars('flows.net_flow_usd') }}
        || coalesce(format(' ({:.1f} % of its assets)', -flows.net_flow_pct_aum), '')
        || if(flows.sessions_covered > 1, ' over ' || flows.sessions_covered || ' sessions', '') as statement,
        null as superlative,
        flows.net_flow_usd as value,
        'USD' as unit,
        cast(null as date) as since_date,
        cast(null as date) as history_from,
        case
            when flows.sessions_covered > 1 then 'info'
            when -flows.net_flow_pct_aum >= {{ parameter('headline_fund_alert_pct') }} then 'alert'
            when -flows.net_flow_pct_aum >= {{ parameter('headline_fund_notice_pct') }} then 'notice'
            else 'info'
        end as severity
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('fund') }} as funds on flows.fund_id = funds.fund_id
    where flows.net_flow_usd < 0 and funds.leverage = 1 and flows.sessions_covered <= {{ whole_parameter('flow_max_sessions_covered') }}
    qualify row_number() over (partition by flows.trade_date order by flows.net_flow_usd, flows.fund_id) = 1
),

-- months that were the newest when they were published
margin_months as (
    select *
    from {{ ref('margin_leverage_monthly') }}
    qualify month = max(month) over (order by known_on)
),

margin_debt as (
    select
        sessions.trade_date,
        'margin_debt' as headline_id,
        4 as position,
        'leverage' as topic,
        'Margin debt was ' || {{ dollars('margin_months.debit_balances_usd_mn * 1e6') }}
        || ' at the end of ' || strftime(margin_months.month, '%B %Y') || if(margin_months.is_five_year_high, ', a five-year high', '')
        || coalesce(', ' || {{ signed('100 * margin_months.debit_yoy', 0) }} || ' % on the year', '')
        || ' (public since ' || margin_months.known_on || ')' as statement,
        'the highest' as superlative,
        margin_months.debit_balances_usd_mn as value,
        'USD million' as unit,
        case when margin_months.is_five_year_high then margin_months.highest_since end as since_date,
        -- of a month as high as the one before nothing is said
        case when margin_months.is_five_year_high and margin_months.debit_mom > 0 then margin_months.history_from end as history_from,
        if(margin_months.is_five_year_high, 'notice', 'info') as severity
    from {{ ref('int_sessions_numbered') }} as sessions
    asof inner join margin_months on sessions.cutoff_on >= margin_months.known_on
),

spreads as (
    select
        *,
        min(case when growth_basis = 'ai_index' then trade_date end) over (order by trade_date) as ai_index_from
    from {{ ref('ai_value_spread_daily') }}
),

ai_value_spread as (
    select
        trade_date,
        'ai_value_spread' as headline_id,
        5 as position,
        'spread' as topic,
        'The spread of AI growth over value and industrials ' || if(narrowing_20d > 0, 'narrowed', 'widened') || ' by '
        || format('{:.1f}', 100 * abs(narrowing_20d)) || ' log points in 20 sessions to ' || trade_date
        || coalesce(' (z ' || {{ signed('narrowing_20d_zscore', 1) }} || ')', '')
        || if(
            sharpest_narrowing_since < coalesce(ai_index_from, trade_date),
            coalesce(' (growth before ' || ai_index_from || ': the technology sector)', ' (growth: the technology sector)'), ''
        ) as statement,
        'the sharpest narrowing' as superlative,
        100 * narrowing_20d as value,
        'log points' as unit,
        sharpest_narrowing_since as since_date,
        case when narrowing_20d > 0 then history_from end as history_from,
        {{ severity('narrowing_20d > 0', 'narrowing_20d_percentile') }} as severity
    from spreads
    where narrowing_20d is not null
),

sentiments as (
    select * from {{ ref('ai_sentiment_daily') }}
    where ai_change_3d_pct is not null
),

sentiment_percentiles as (
    {{ recursive_percentile('sentiments', [], 'trade_date', '-ai_change_3d_pct', whole_parameter('percentile_minimum_daily')) }}
),

ai_sentiment as (
    select
        sentiments.trade_date,
        'ai_sentiment' as headline_id,
        6 as position,
        'AI index' as topic,
        'The AI index ' || if(sentiments.ai_change_3d_pct < 0, 'fell ', 'rose ') || format('{:.1f} %', abs(sentiments.ai_change_3d_pct))
        || ' in three sessions to ' || sentiments.trade_date
        || coalesce(' (against industrials ' || {{ signed('sentiments.relative_change_3d_pct', 1) }} || ' %)', '') as statement,
        'the sharpest fall' as superlative,
        sentiments.ai_change_3d_pct as value,
        'per cent' as unit,
        sentiments.ai_sharpest_fall_since as since_date,
        case when sentiments.ai_change_3d_pct < 0 then sentiments.history_from end as history_from,
        {{ severity('sentiments.ai_change_3d_pct < 0', 'percentiles.percentile') }} as severity
    from sentiments
    left join sentiment_percentiles as percentiles on sentiments.trade_date = percentiles.trade_date
),

volatility as (
    select
        trade_date,
        'volatility' as headline_id,
        7 as position,
        'volatility' as topic,
        'The VIX closed at ' || format('{:.1f}', vix_close) || coalesce(' (' || {{ signed('vix_change', 1) }} || ')', '') || ' on ' || trade_date
        || coalesce(format(', at or above {:.0f} % of its sessions so far', floor(100 * vix_percentile)), '') as statement,
        'the highest' as superlative,
        vix_close as value,
        'index points' as unit,
        highest_since as since_date,
        case when vix_change > 0 then history_from end as history_from,
        {{ severity('vix_close is not null', 'vix_percentile') }} as severity
    from {{ ref('volatility_daily') }}
),

level_watch as (
    select
        levels.trade_date,
        'level_watch_' || levels.watch_id as headline_id,
        8 as position,
        'level' as topic,
        'The ' || split_part(benchmarks.description, ':', 1) || ' closed at ' || format('{:,.1f}', levels.close_level) || ' on ' || levels.trade_date
        || format(', {:.1f} % ', abs(levels.distance_pct)) || if(levels.distance_pct < 0, 'below', 'above') || format(' the watched {:,.0f}', levels.level)
        || coalesce(', which it broke on ' || levels.breached_on, '') as statement,
        null as superlative,
        levels.close_level as value,
        'index points' as unit,
        levels.breached_on as since_date,
        cast(null as date) as history_from,
        case levels.status
            when 'breached' then 'alert'
            when 'near' then 'notice'
            else 'info'
        end as severity
    from {{ ref('level_watch_daily') }} as levels
    inner join {{ ref('benchmarks') }} as benchmarks on levels.benchmark_id = benchmarks.benchmark_id
),

next_event as (
    select
        trade_date,
        'event' as headline_id,
        9 as position,
        'event' as topic,
        case days_ahead when 0 then 'Today' when 1 then 'Tomorrow' else 'In ' || days_ahead || ' days' end
        || strftime(event_on, ', on %A %Y-%m-%d: ') || description
        || if(is_session, '', '; New York is closed that day and first trades on ' || reaction_session) as statement,
        null as superlative,
        days_ahead as value,
        'calendar days' as unit,
        cast(null as date) as since_date,
        cast(null as date) as history_from,
        if(days_ahead <= {{ parameter('headline_event_notice_days') }}, 'notice', 'info') as severity
    from {{ ref('event_calendar') }}
    qualify row_number() over (partition by trade_date order by event_on, event_id) = 1
),

spillovers as (
    select
        trade_date,
        string_agg(
            case region when 'asia' then 'Asia ' when 'europe' then 'Europe ' else 'New York ' end
            || coalesce({{ signed('100 * region_return', 1) }} || ' %', '–'), ', ' order by chain_order
        ) as regions,
        arg_max(cumulative_return, chain_order) as cumulative_return,
        -- as null as the chain's: arg_max would pass over a null to the region before
        max(cumulative_own_return) filter (where region = 'new_york') as cumulative_own_return,
        max(region_return) filter (where region = 'new_york') as new_york_return,
        max(worst_since) as worst_since,
        max(history_from) as history_from
    from {{ ref('session_spillover_daily') }}
    group by trade_date
),

spillover_percentiles as (
    {{ recursive_percentile('spillovers', [], 'trade_date', '-cumulative_return', whole_parameter('percentile_minimum_daily')) }}
),

session_spillover as (
    select
        spillovers.trade_date,
        'session_spillover' as headline_id,
        10 as position,
        'spillover' as topic,
        spillovers.regions || ': ' || {{ signed('100 * spillovers.cumulative_return', 1) }} || ' % along the chain of ' || spillovers.trade_date
        || coalesce(' (own parts ' || {{ signed('100 * spillovers.cumulative_own_return', 1) }} || ' %)', '') as statement,
        'the worst' as superlative,
        100 * spillovers.cumulative_return as value,
        'per cent' as unit,
        spillovers.worst_since as since_date,
        case when spillovers.cumulative_return < 0 then spillovers.history_from end as history_from,
        {{ severity('spillovers.cumulative_return < 0', 'percentiles.percentile') }} as severity
    from spillovers
    left join spillover_percentiles as percentiles on spillovers.trade_date = percentiles.trade_date
    where spillovers.new_york_return is not null
),

price_pressure as (
    select
        trade_date,
        'price_pressure' as headline_id,
        11 as position,
        'transmission' as topic,
        if(is_significant, 'Redemptions known beforehand move prices', 'Redemptions known beforehand are not shown to move prices')
        || ': the price-pressure slope over a year to ' || trade_date || ' has t ' || {{ signed('t_250', 1) }} as statement,
        null as superlative,
        t_250 as value,
        't value' as unit,
        cast(null as date) as since_date,
        cast(null as date) as history_from,
        if(is_significant, 'notice', 'info') as severity
    from {{ ref('price_pressure_daily') }}
    where t_250 is not null
),

shifts as (
    select * from {{ ref('comovement_daily') }}
    where absorption_shift is not null
),

shift_percentiles as (
    {{ recursive_percentile('shifts', [], 'trade_date', 'absorption_shift', whole_parameter('percentile_minimum_daily')) }}
),

shifts_since as (
    {{ last_as_extreme('shifts', [], 'trade_date', '-absorption_shift') }}
),

comovement as (
    select
        shifts.trade_date,
        'absorption_shift' as headline_id,
        12 as position,
        'co-movement' as topic,
        'Markets move ' || if(shifts.absorption_shift > 0, 'more', 'less') || ' as one than over the year before: the absorption ratio of '
        || shifts.trade_date || format(' is {:.2f}', shifts.absorption_ratio) || ', a shift of '
        || {{ signed('shifts.absorption_shift', 1) }} || ' standard deviations' as statement,
        'the largest' as superlative,
        shifts.absorption_shift as value,
        'standard deviations' as unit,
        case when shifts.absorption_shift > 0 then since.since end as since_date,
        case when shifts.absorption_shift > 0 then min(shifts.trade_date) over (order by shifts.trade_date) end as history_from,
        {{ severity('shifts.absorption_shift > 0', 'percentiles.percentile') }} as severity
    from shifts
    left join shift_percentiles as percentiles on shifts.trade_date = percentiles.trade_date
    left join shifts_since as since on shifts.trade_date = since.trade_date
),

totals as (
    select
        *,
        total_pct - lag(total_pct) over (order by trade_date) as change_pct
    from {{ ref('connectedness_daily') }}
    where identification = 'generalized' and total_pct is not null
),

total_percentiles as (
    {{ recursive_percentile('totals', [], 'trade_date', 'total_pct', whole_parameter('percentile_minimum_daily')) }}
),

connectedness as (
    select
        totals.trade_date,
        'connectedness' as headline_id,
        13 as position,
        'connectedness' as topic,
        format('{:.0f} %', totals.total_pct) || ' of what cannot be foreseen in the volatility of ' || totals.series
        || ' markets comes from one another, over a year to ' || totals.trade_date as statement,
        'the highest' as superlative,
        totals.total_pct as value,
        'per cent' as unit,
        case when totals.change_pct > 0 then totals.highest_since end as since_date,
        case when totals.change_pct > 0 then totals.history_from end as history_from,
        {{ severity('totals.total_pct is not null', 'percentiles.percentile') }} as severity
    from totals
    left join total_percentiles as percentiles on totals.trade_date = percentiles.trade_date
),

vulnerabilities as (
    select
        *,
        aggregate_vulnerability - lag(aggregate_vulnerability) over (order by trade_date) as vulnerability_change
    from {{ ref('fire_sale_daily') }}
    where scenario = 'ai_basket' and aggregate_vulnerability is not null
),

vulnerability_percentiles as (
    {{ recursive_percentile('vulnerabilities', [], 'trade_date', 'aggregate_vulnerability', whole_parameter('percentile_minimum_daily')) }}
),

fire_sale as (
    select
        vulnerabilities.trade_date,
        'fire_sale' as headline_id,
        14 as position,
        'fire sales' as topic,
        format('If the AI basket lost {:.0f} %, forced sales would cost funds another ', -100 * vulnerabilities.shock)
        || format('{:.2f} basis points of their assets', 1e4 * vulnerabilities.aggregate_vulnerability)
        || coalesce(
            '; most of it through ' || vulnerabilities.largest_transmitter || ' (' || {{ dollars('vulnerabilities.largest_transmitter_loss_usd') }} || ')', ''
        )
        || ', as of ' || vulnerabilities.trade_date as statement,
        'the most' as superlative,
        1e4 * vulnerabilities.aggregate_vulnerability as value,
        'basis points' as unit,
        case when vulnerabilities.vulnerability_change > 0 then vulnerabilities.highest_since end as since_date,
        case when vulnerabilities.vulnerability_change > 0 then vulnerabilities.history_from end as history_from,
        {{ severity('vulnerabilities.aggregate_vulnerability > 0', 'percentiles.percentile') }} as severity
    from vulnerabilities
    left join vulnerability_percentiles as percentiles on vulnerabilities.trade_date = percentiles.trade_date
),

failing_havens as (
    select
        trade_date,
        string_agg(haven, ' and ' order by haven) as havens
    from {{ ref('safe_haven_daily') }}
    where fails
    group by trade_date
),

markets as (
    select
        trade_date,
        count(*) filter (where is_contagion_adjusted is not null) as tested,
        count(*) filter (where is_contagion_adjusted) as adjusted,
        count(*) filter (where is_contagion_raw) as raw
    from {{ ref('cross_asset_contagion_daily') }}
    where source = 'ai_index'
    group by trade_date
),

cross_asset as (
    select
        markets.trade_date,
        'cross_asset' as headline_id,
        15 as position,
        'contagion' as topic,
        markets.adjusted || ' of ' || markets.tested || ' markets move with the AI basket more than volatility explains (' || markets.raw
        || ' before that is allowed for), on ' || markets.trade_date
        || coalesce('; failing as a haven: ' || failing_havens.havens, '; no haven is failing') as statement,
        null as superlative,
        markets.adjusted as value,
        'markets' as unit,
        cast(null as date) as since_date,
        cast(null as date) as history_from,
        if(markets.adjusted > 0 or failing_havens.havens is not null, 'notice', 'info') as severity
    from markets
    left join failing_havens on markets.trade_date = failing_havens.trade_date
    where markets.tested > 0
),

united as (
    {% for topic in [
        'contagion_index', 'tech_outflow', 'largest_fund_outflow', 'margin_debt', 'ai_value_spread', 'ai_sentiment', 'volatility', 'level_watch', 'next_event',
        'session_spillover', 'price_pressure', 'comovement', 'connectedness', 'fire_sale', 'cross_asset',
    ] %}
        select * from {{ topic }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    trade_date,
    headline_id,
    cast(position as integer) as position,
    topic,
    statement || case when superlative is not null then {{ since_clause('superlative', 'since_date', 'history_from') }} else '' end as statement,
    cast(value as double) as value,
    unit,
    since_date,
    history_from,
    severity
from united
where year(trade_date) >= {{ parameter('headline_first_year') }}
