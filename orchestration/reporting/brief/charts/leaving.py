"""Charts of who leaves: outflows by segment, the AI index by session and by year, the day around the world."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.reporting.brief.charts.parts import (
    BLUE,
    REGIONS,
    SKY,
    TABLE_ROWS,
    VERMILION,
    Figure,
    Panel,
    Row,
    Sheets,
    answer,
    colour_scale,
    day_axis,
    hover_line,
    sized,
    zero_line,
)
from orchestration.reporting.brief.words import NOTHING, capital, day, dollars, listed, number, plain, signed_dollars, since

if TYPE_CHECKING:
    import duckdb

OUTFLOW = """select segment, net_flow_2d_usd / 1e9 as net_flow_2d_usd_bn, net_flow_5d_usd / 1e9 as net_flow_5d_usd_bn, net_flow_2d_pct_aum,
    largest_outflow_since, history_from, observed_funds
from outflow_daily where trade_date = (select max(trade_date) from trading_session) and net_flow_2d_usd is not null order by net_flow_2d_usd, segment"""


def outflows(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """What each segment of funds lost or gained in two sessions."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, OUTFLOW)
    why = "Redeemed funds have to sell what they hold, whatever it costs: outflows are forced selling before it reaches the market."
    title = "Money into and out of funds in two sessions, USD billion"
    if not rows:
        return Figure("outflows", "outflow_daily", title, why, OUTFLOW, "No fund's flow of the session was known.", [])
    drawn = [{**row, "segment": plain(row["segment"]), "direction": "out of funds" if row["net_flow_2d_usd_bn"] < 0 else "into funds"} for row in rows]
    bars = (
        alt.Chart(sheets.add(drawn))
        .mark_bar()
        .encode(
            y=alt.Y("segment:N", sort=None, title=None),
            x=alt.X("net_flow_2d_usd_bn:Q", title="two sessions' net flow, USD billion"),
            color=colour_scale("direction", {"out": ("out of funds", VERMILION), "in": ("into funds", BLUE)}, drawn, "money"),
            tooltip=[
                alt.Tooltip("segment:N"),
                alt.Tooltip("net_flow_2d_usd_bn:Q", title="two sessions, USD billion", format="+,.2f"),
                alt.Tooltip("net_flow_5d_usd_bn:Q", title="five sessions, USD billion", format="+,.2f"),
                alt.Tooltip("observed_funds:Q", title="funds observed"),
            ],
        )
    )
    worst = rows[0]
    loss = 1e9 * worst["net_flow_2d_usd_bn"]
    if loss < 0:
        record = since("the most", worst["largest_outflow_since"], worst["history_from"])
        title = f"{capital(plain(worst['segment']))} funds lost {dollars(-loss)} in two sessions{record}"
    return Figure(
        "outflows",
        "outflow_daily",
        title,
        why,
        OUTFLOW,
        "Bars of net flows of two sessions by segment of funds. "
        + "; ".join(f"{plain(row['segment'])} {signed_dollars(1e9 * row['net_flow_2d_usd_bn'])}" for row in rows)
        + ".",
        rows,
        (Panel("", sized(alt.layer(bars, zero_line("x")), 22 * len(rows)), sheets),),
        ("segment", "two sessions", "of assets", "five sessions"),
        tuple(
            (
                plain(row["segment"]),
                signed_dollars(1e9 * row["net_flow_2d_usd_bn"]),
                f"{number(row['net_flow_2d_pct_aum'], '+.2f')} %" if row["net_flow_2d_pct_aum"] is not None else NOTHING,
                signed_dollars(None if row["net_flow_5d_usd_bn"] is None else 1e9 * row["net_flow_5d_usd_bn"]),
            )
            for row in rows
        ),
    )


# ---------------------------------------------------------------------------------------------------------------- AI sentiment

SERIES = {"ai": ("AI index", VERMILION), "industrial": ("industrials", BLUE)}

HOURS = """with sessions as (
    select trade_date, ai_index, industrial_index from ai_sentiment_daily
    where trade_date <= (select max(trade_date) from trading_session) order by trade_date desc limit 4
)
select trade_date, 'AI index' as series, 100 * ai_index / first_value(ai_index) over (order by trade_date) as level from sessions
union all
select trade_date, 'industrials', 100 * industrial_index / first_value(industrial_index) over (order by trade_date) from sessions
order by series, trade_date"""

YEAR = """with sessions as (
    select trade_date, ai_index, industrial_index from ai_sentiment_daily
    where trade_date > (select max(trade_date) from trading_session) - interval 1 year
)
select trade_date, 'AI index' as series, 100 * ai_index / first_value(ai_index) over (order by trade_date) as level from sessions
union all
select trade_date, 'industrials', 100 * industrial_index / first_value(industrial_index) over (order by trade_date) from sessions
order by series, trade_date"""


def _ends(rows: Sequence[Row]) -> dict[str, float]:
    """The last level of each series that has one, less its 100 at the beginning."""
    return {row["series"]: row["level"] - 100 for row in rows if row["level"] is not None}


def _levels(name: str, sql: str, span: str, why: str, connection: "duckdb.DuckDBPyConnection", height: int) -> Figure:
    """AI index and industrials from a common 100."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, sql)
    title = f"AI index against industrials over {span}, first close = 100"
    if not rows:
        return Figure(name, "ai_sentiment_daily", title, why, sql, "No session has an AI index.", [])
    sessions = sorted({row["trade_date"] for row in rows})
    few = len(sessions) <= 10
    if few:
        rows_drawn = [{**row, "session": f"{row['trade_date']:%a} {row['trade_date'].day} {row['trade_date']:%b}"} for row in rows]
        x = alt.X("session:N", sort=None, title="close of", axis=alt.Axis(labelAngle=0), scale=alt.Scale(type="point", padding=0.2))
    else:
        rows_drawn, x = rows, alt.X("trade_date:T", title=None, axis=day_axis())
    base = alt.Chart(sheets.add(rows_drawn))
    colour = colour_scale("series", SERIES, rows, "level of")
    line = base.mark_line(point=few, strokeWidth=2).encode(
        x=x,
        y=alt.Y("level:Q", title="first close = 100", scale=alt.Scale(zero=False)),
        color=colour,
        strokeDash=alt.condition(alt.datum.series == SERIES["ai"][0], alt.value([1, 0]), alt.value([6, 3])),
        **(
            {"tooltip": [alt.Tooltip("trade_date:T", title="session", format="%a %Y-%m-%d"), alt.Tooltip("series:N"), alt.Tooltip("level:Q", format=".2f")]}
            if few
            else {}
        ),
    )
    labels = [label for label, _ in SERIES.values()]
    shown = [alt.Tooltip("trade_date:T", title="session", format="%Y-%m-%d"), *(alt.Tooltip(f"{label}:Q", format=".1f") for label in labels)]
    hover = None if few else hover_line(sheets.add(rows), "trade_date", shown, ("series", "level", []))
    ends = _ends(rows)
    said = listed([f"{series} {number(change, '+.1f')} %" for series, change in ends.items()])
    of_day = [{row["series"]: row["level"] for row in rows if row["trade_date"] == session} for session in sessions]
    return Figure(
        name,
        "ai_sentiment_daily",
        f"Over {span}: {said}",
        why,
        sql,
        f"Lines of the AI index and the industrials, the close of {sessions[0]} = 100, to {sessions[-1]}: {said}.",
        rows,
        (Panel("", sized(line, height), sheets, hover),),
        ("close of", *labels),
        tuple(
            (str(session), *(number(levels.get(label), ".2f") for label in labels))
            for session, levels in list(zip(sessions, of_day, strict=True))[-TABLE_ROWS:]
        ),
        "Levels start from 100 at the first close shown; each index is weighted by capped capitalisation (ai_index_weight)." if not few else "",
    )


def ai_hours(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """The last three sessions: four closes."""
    why = "Three sessions are how long it takes from a shock to redemptions that settle: what falls in 72 hours is sold by rule in the days after."
    return _levels("ai-72-hours", HOURS, "72 hours (three sessions)", why, connection, 240)


def ai_year(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """A year of closes."""
    why = "A fall after a steep year meets holders with gains and debt; industrials beside it say whether it is this trade or the market."
    return _levels("ai-year", YEAR, "a year", why, connection, 240)


SPILLOVER = """select trade_date, chain_order, region, 100 * region_return as return_pct, 100 * explained_return as explained_pct, 100 * own_return as own_pct,
    100 * cumulative_return as cumulative_pct, worst_since, history_from
from session_spillover_daily
where trade_date in (select trade_date from trading_session where trade_date <= (select max(trade_date) from trading_session) order by trade_date desc limit 3)
order by trade_date, chain_order"""


def overnight(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """How the last three sessions' moves went round the world."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, SPILLOVER)
    why = "What happens while New York sleeps is what it opens to. The own part is news of the region; the other part is what the region before explains."
    title = "Asia, Europe, New York: each region's move and what the one before explains, per cent"
    if not rows:
        return Figure("overnight", "session_spillover_daily", title, why, SPILLOVER, "No region's return of the last sessions was known.", [])
    two = {"own": ("own part", VERMILION), "explained": ("explained by the region before", SKY)}
    drawn = [
        {
            "step": f"{row['trade_date']:%a} {row['trade_date'].day}|{REGIONS.get(row['region'], plain(row['region']))}",
            "part": label,
            "value": row[f"{key}_pct"],
            "return_pct": row["return_pct"],
            "cumulative_pct": row["cumulative_pct"],
            "trade_date": row["trade_date"],
        }
        for row in rows
        for key, (label, _) in two.items()
    ]
    x = alt.X("step:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, '|')", labelOverlap=False, labelFontSize=10))
    shown = [
        alt.Tooltip("trade_date:T", title="session", format="%a %Y-%m-%d"),
        alt.Tooltip("part:N"),
        alt.Tooltip("value:Q", title="part, %", format="+.2f"),
        alt.Tooltip("return_pct:Q", title="move, %", format="+.2f"),
        alt.Tooltip("cumulative_pct:Q", title="along the chain, %", format="+.2f"),
    ]
    bars = (
        alt.Chart(sheets.add(drawn)).mark_bar().encode(x=x, y=alt.Y("value:Q", title="per cent"), color=colour_scale("part", two, drawn, "move"), tooltip=shown)
    )
    moves = alt.Chart(sheets.add([row for row in drawn if row["part"] == "own part"])).mark_tick(color="currentColor", thickness=2.5, width=26).encode(
        x=x, y="return_pct:Q", tooltip=shown
    )  # fmt: skip
    last = rows[-1]
    record = since("the worst", last["worst_since"], last["history_from"], holds=(last["cumulative_pct"] or 0) < 0 and last["region"] == "new_york")
    chain = [row for row in rows if row["trade_date"] == last["trade_date"]]
    return Figure(
        "overnight",
        "session_spillover_daily",
        f"Round the world on {day(last['trade_date'])}: {number(last['cumulative_pct'], '+.1f')} %{record}",
        why,
        SPILLOVER,
        "Stacked bars of each region's move in the last three sessions, in the order of closes. "
        + "; ".join(
            f"{REGIONS.get(row['region'], row['region'])} {number(row['return_pct'], '+.2f')} % (own part {number(row['own_pct'], '+.2f')} %)" for row in chain
        )
        + f" on {last['trade_date']}.",
        rows,
        (Panel("", sized(alt.layer(bars, moves, zero_line()), 240), sheets),),
        ("session", "region", "move", "explained", "own part", "along the chain"),
        tuple(
            (
                str(row["trade_date"]),
                REGIONS.get(row["region"], plain(row["region"])),
                *(f"{number(row[key], '+.2f')} %" if row[key] is not None else NOTHING for key in ("return_pct", "explained_pct", "own_pct", "cumulative_pct")),
            )
            for row in rows
        ),
        "The mark is the region's whole move; the session of a Monday holds the weekend.",
    )
