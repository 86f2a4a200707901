with vintages as (
    select
        vintages.fund_id,
        vintages.vintage_number,
        vintages.known_from,
        vintages.observed_on,
        {% for group in shocked_groups() -%}
            coalesce(cast(sum(cast(positions.weight as decimal(28, 15))) filter (where positions.is_{{ group }}) as double), 0) as {{ group }}_weight,
        {% endfor -%}
        cast(sum(cast(positions.weight as decimal(28, 15))) as double) as invested_share,
        sum(positions.line_hash) as holdings_hash
    from {{ ref('int_holding_vintages_selected') }} as vintages
    inner join {{ ref('int_fire_sale_positions') }} as positions on vintages.vintage_number = positions.vintage_number
    group by all
),

assets as (
    select
        flows.fund_id,
        flows.trade_date as assets_on,
        sessions.session_number,
        flows.aum_usd
    from {{ ref('fund_flow_daily') }} as flows
    inner join {{ ref('int_sessions_numbered') }} as sessions on flows.trade_date = sessions.trade_date
    where flows.aum_usd > 0
),

-- a leveraged fund trades for its factor whatever its investors do: it is the ledger's channel leveraged_etf
fund_days as (
    select
        classified.fund_id,
        classified.trade_date,
        classified.session_number,
        classified.segment,
        sessions.cutoff_on
    from {{ ref('int_fund_days_classified') }} as classified
    inner join {{ ref('fund') }} as funds on classified.fund_id = funds.fund_id
    inner join {{ ref('int_sessions_numbered') }} as sessions on classified.trade_date = sessions.trade_date
    where funds.leverage = 1
),

-- as of the evening: files and assets known at the session's cut-off
known as (
    select
        fund_days.*,
        vintages.vintage_number,
        vintages.known_from,
        vintages.observed_on,
        vintages.holdings_hash,
        vintages.invested_share,
        {% for group in shocked_groups() -%}
            vintages.{{ group }}_weight,
        {% endfor -%}
        assets.assets_on,
        assets.aum_usd as tna_usd,
        coalesce(sensitivities.flow_sensitivity, {{ parameter('flow_performance_gamma') }}) as flow_sensitivity
    from fund_days
    asof join vintages on fund_days.fund_id = vintages.fund_id and fund_days.cutoff_on >= vintages.known_from
    asof join assets on fund_days.fund_id = assets.fund_id and fund_days.session_number >= assets.session_number
    asof left join {{ ref('fire_sale_flow_sensitivities') }} as sensitivities
        on fund_days.segment = sensitivities.segment and fund_days.trade_date >= sensitivities.valid_from
    where fund_days.session_number - assets.session_number <= {{ whole_parameter('fire_sale_assets_max_age') }}
)

select
    trade_date,
    session_number,
    fund_id,
    vintage_number,
    segment,
    observed_on as holdings_observed_on,
    known_from > trade_date as is_new_vintage,
    assets_on,
    tna_usd,
    invested_share,
    flow_sensitivity,
    {% for group in shocked_groups() -%}
        {{ group }}_weight,
        flow_sensitivity * {{ group }}_weight as sold_of_{{ group }},
    {% endfor -%}
    holdings_hash
from known
