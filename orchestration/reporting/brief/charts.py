"""The charts of the brief, one function a chart: the published file in, a figure with its statement, rows, words and Altair charts out.

Nothing is computed that SQL could not say, and the SQL shown to a reader is the SQL that was run: without parameters, on the published
file, for its last session. Layout, sections and the page are `page.py`'s. Colours carry no meaning alone: every series is also named in a
legend, an axis or a table. All series colours have a contrast of about 3 or more on white and on the dark page; text and axes take the page's own.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from orchestration.reporting.brief.words import NOTHING, capital, day, dollars, listed, number, percent, plain, signed_dollars, since

if TYPE_CHECKING:
    import altair as alt
    import duckdb

Row = dict[str, Any]

BLUE, VERMILION, GREEN, PURPLE, OCHRE, SKY, GREY = "#0072B2", "#D55E00", "#0A9070", "#B65D93", "#A87400", "#4596CC", "#7A7F87"
PARTS = {
    "outflow": ("outflows", BLUE),
    "leverage": ("leverage", OCHRE),
    "spread": ("AI-value spread", GREEN),
    "comovement": ("co-movement", SKY),
    "mechanics": ("mechanics", PURPLE),
    "network": ("network", GREY),
    "cross": ("pairs together", VERMILION),
}
CHANNELS = {
    "redemption": ("fund redemptions", BLUE),
    "leveraged_etf": ("leveraged ETFs", VERMILION),
    "dealer_gamma": ("dealers' gamma hedges", GREEN),
    "risk_parity": ("risk parity", PURPLE),
    "margin_call": ("margin calls", OCHRE),
}
REGIONS = {"asia": "Asia", "europe": "Europe", "new_york": "New York"}
TABLE_ROWS = 8


@dataclass(frozen=True)
class Panel:
    """One chart of a figure and the data it names; its label is empty where it is the only one. Width is the page's, height in pixels."""

    label: str
    chart: Any  # one of Altair's charts: they share no type of their own
    data: "Sheets"
    hover: Any = None  # a layer that answers to the pointer, left out of pictures


@dataclass(frozen=True)
class Figure:
    """A chart with all that a reader needs to check it.

    rows are exactly what `sql` answers on the published file; no row, no panel, and `empty` says why that may be. words say the chart's
    numbers to who cannot see it; table is the same in cells, head first.
    """

    name: str
    table: str
    title: str
    why: str
    sql: str
    words: str
    rows: list[Row]
    panels: tuple[Panel, ...] = ()
    head: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    note: str = ""


def answer(connection: "duckdb.DuckDBPyConnection", sql: str) -> list[Row]:
    """Rows of a statement as dictionaries. The connection looks names up in schema `marts`: see `page.opened`."""
    found = connection.execute(sql)
    columns = [str(column[0]) for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


class Sheets(dict[str, list[Row]]):
    """The data of a figure's charts by name, each once: Altair would check every value of data inside a chart, which takes seconds."""

    def add(self, rows: Sequence[Row]) -> "alt.NamedData":
        """Data that charts can name. Days get a midnight without a zone: read as UTC they would slip to the day before in New York."""
        import altair as alt

        def value(found: Any) -> Any:
            # six digits are below any pixel, and a third of the page
            return f"{found.isoformat()}T00:00:00" if isinstance(found, date) else float(f"{found:.6g}") if isinstance(found, float) else found

        sheet = [{name: value(found) for name, found in row.items()} for row in rows]
        name = next((name for name, known in self.items() if known == sheet), f"rows_{len(self) + 1}")
        self[name] = sheet
        return alt.NamedData(name=name)


def _colour(field: str, named: Mapping[str, tuple[str, str]], rows: Sequence[Row], title: str) -> "alt.Color":
    """A colour scale over the names that rows have, in the order of the mapping, with a legend on top."""
    import altair as alt

    there = {row[field] for row in rows}
    domain = [label for label, _ in named.values() if label in there]
    colours = [colour for label, colour in named.values() if label in there]
    scale = alt.Scale(domain=domain, range=colours)
    return alt.Color(f"{field}:N", title=title, sort=domain, scale=scale, legend=_legend(7 * max(map(len, domain)) + 30))


def _legend(width: int) -> "alt.Legend":
    """A legend above the chart, as many columns of `width` pixels as there is room for: a phone has room for one or two."""
    import altair as alt

    return alt.Legend(orient="top", columns=alt.ExprRef(f"max(1, floor(width / {width}))"), labelLimit=0)


def _hover(data: "alt.NamedData", field: str, tooltips: Sequence["alt.Tooltip"], pivot: tuple[str, str, list[str]] | None = None) -> "alt.Chart":
    """An upright line at the day nearest to the pointer, with all values of that day: areas and lines have no tooltip of one day of their own."""
    import altair as alt

    base = alt.Chart(data)
    if pivot:
        series, value, groups = pivot
        base = base.transform_pivot(series, value=value, groupby=[field, *groups])
    nearest = alt.selection_point(name=f"nearest_{data.name}", fields=[field], nearest=True, on="pointerover", clear="pointerout", empty=False)
    rule: alt.Chart = base.mark_rule(color="currentColor").encode(
        x=f"{field}:T", opacity=alt.condition(nearest, alt.value(0.6), alt.value(0)), tooltip=list(tooltips)
    ).add_params(nearest)  # fmt: skip
    return rule


def _day_axis() -> "alt.Axis":
    import altair as alt

    return alt.Axis(labelOverlap=True, grid=False)


def _sized(chart: Any, height: int) -> Any:
    return chart.properties(width="container", height=height)


def _zero(axis: str = "y") -> "alt.Chart":
    """A line at nothing: where what sells and what buys is told apart."""
    import altair as alt

    datum: dict[str, Any] = {axis: alt.datum(0)}
    line: alt.Chart = alt.Chart(alt.InlineData(values=[{}])).mark_rule(color="currentColor", opacity=0.7).encode(**datum)
    return line


# ---------------------------------------------------------------------------------------------------------------- the index

INDEX = """select trade_date, part, contribution, index_value, regime
from contagion_index_part_daily join contagion_index_daily using (trade_date)
where trade_date > (select max(trade_date) from trading_session) - interval 1 year
order by trade_date, part"""


def contagion_index(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """A year of the index as a stack of its six contributions and what pairs add."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, INDEX)
    why = (
        "One number says how far pressure has spread, and its parts say why. Where the top layer, pairs together, grows faster than the rest, "
        "pillars are stressed at once: that is what spreading looks like."
    )
    if not rows:
        return Figure("index", "contagion_index_daily", "Contagion index and what it is made of", why, INDEX, "No session of the last year has an index.", [])
    last = rows[-1]["trade_date"]
    today = sorted((row for row in rows if row["trade_date"] == last), key=lambda row: -row["contribution"])
    index, regime = today[0]["index_value"], today[0]["regime"]
    drawn = [{**row, "part": PARTS[row["part"]][0], "place": list(PARTS).index(row["part"])} for row in rows]
    labels = [label for label, _ in PARTS.values() if label in {row["part"] for row in drawn}]
    area = (
        alt.Chart(sheets.add(drawn))
        .mark_area()
        .encode(
            x=alt.X("trade_date:T", title=None, axis=_day_axis()),
            y=alt.Y("contribution:Q", title="index, 0 to 1", stack="zero"),
            color=_colour("part", PARTS, drawn, "contribution of"),
            order=alt.Order("place:Q"),
        )
    )
    line = (
        alt.Chart(sheets.add([row for row in drawn if row["place"] == drawn[0]["place"]]))
        .mark_line(color="currentColor", strokeWidth=1.3)
        .encode(x="trade_date:T", y="index_value:Q")
    )
    shown = [
        alt.Tooltip("trade_date:T", title="session", format="%Y-%m-%d"),
        alt.Tooltip("regime:N"),
        alt.Tooltip("index_value:Q", title="index", format=".3f"),
    ]
    hover = _hover(
        sheets.add(drawn),
        "trade_date",
        [*shown, *(alt.Tooltip(f"{label}:Q", format=".3f") for label in labels)],
        ("part", "contribution", ["index_value", "regime"]),
    )
    largest = today[0]
    cells = tuple((PARTS[row["part"]][0], number(row["contribution"], ".3f"), percent(row["contribution"] / index if index else None, ".0f")) for row in today)
    parts = listed([f"{name} {value}" for name, value, _ in cells])
    return Figure(
        "index",
        "contagion_index_daily",
        f"The contagion index is at {index:.2f} of 1; the largest part is {PARTS[largest['part']][0]}, {percent(largest['contribution'] / index, '.0f')} of it",
        why,
        INDEX,
        f"Stacked areas of a year of the contagion index (0 to 1), {rows[0]['trade_date']} to {last}. On {last} it is {index:.3f}, "
        f"{f'in regime {regime}' if regime else 'without a regime'}: {parts}; they add up to the index.",
        rows,
        (Panel("", _sized(alt.layer(area, line), 300), sheets, hover),),
        ("part", "contribution", "share of the index"),
        (*cells, ("sum", number(sum(row["contribution"] for row in today), ".3f"), "100 %")),
    )


# ---------------------------------------------------------------------------------------------------------------- who leaves

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
            color=_colour("direction", {"out": ("out of funds", VERMILION), "in": ("into funds", BLUE)}, drawn, "money"),
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
        (Panel("", _sized(alt.layer(bars, _zero("x")), 22 * len(rows)), sheets),),
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
        rows_drawn, x = rows, alt.X("trade_date:T", title=None, axis=_day_axis())
    base = alt.Chart(sheets.add(rows_drawn))
    colour = _colour("series", SERIES, rows, "level of")
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
    hover = None if few else _hover(sheets.add(rows), "trade_date", shown, ("series", "level", []))
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
        (Panel("", _sized(line, height), sheets, hover),),
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
    bars = alt.Chart(sheets.add(drawn)).mark_bar().encode(x=x, y=alt.Y("value:Q", title="per cent"), color=_colour("part", two, drawn, "move"), tooltip=shown)
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
        (Panel("", _sized(alt.layer(bars, moves, _zero()), 240), sheets),),
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


# ---------------------------------------------------------------------------------------------------------------- the spread

SPREAD = """select max(trade_date) as trade_date, max_by(growth_basis, trade_date) as growth_basis, 100 * max_by(log_spread, trade_date) as log_spread_points,
    100 * max(narrowing_20d) as narrowing_20d_points, 100 * max_by(narrowing_20d, trade_date) as last_narrowing_20d_points,
    max_by(sharpest_narrowing_since, trade_date) as sharpest_narrowing_since, max_by(history_from, trade_date) as history_from
from ai_value_spread_daily where trade_date <= (select max(trade_date) from trading_session)
group by date_trunc('month', trade_date) order by trade_date"""


def spread(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """The spread of AI growth over value and industrials, back to the years before the dot-com turn, and how fast it narrows."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, SPREAD)
    why = "Long growth and short value is the crowded trade: closing fast, it forces holders out; only the dot-com years compare."
    title = "AI growth over value and industrials, log points"
    if not rows:
        return Figure("spread", "ai_value_spread_daily", title, why, SPREAD, "No session has a spread.", [])
    bases = {"ai_index": ("AI index", VERMILION), "sp500_information_technology": ("technology sector, before the AI index", BLUE)}
    drawn = [{**row, "growth_basis": bases.get(row["growth_basis"], (plain(row["growth_basis"]), GREY))[0]} for row in rows]
    x = alt.X("trade_date:T", title=None, axis=_day_axis())
    colour = _colour("growth_basis", bases, drawn, "growth is")
    shown = [
        alt.Tooltip("trade_date:T", title="month to", format="%Y-%m-%d"),
        alt.Tooltip("growth_basis:N", title="growth is"),
        alt.Tooltip("log_spread_points:Q", title="spread, log points", format=".1f"),
        alt.Tooltip("narrowing_20d_points:Q", title="fastest narrowing in 20 sessions", format="+.1f"),
    ]
    level = alt.Chart(sheets.add(drawn)).mark_line(strokeWidth=1.5).encode(x=x, y=alt.Y("log_spread_points:Q", title="log points"), color=colour)
    known = [row for row in drawn if row["narrowing_20d_points"] is not None]
    last = rows[-1]
    today = last["last_narrowing_20d_points"]
    bars = alt.Chart(sheets.add(known)).mark_area(color=GREY).encode(x=x, y=alt.Y("narrowing_20d_points:Q", title="narrowing"))
    now = alt.Chart(sheets.add([{"today": today}])).mark_rule(color=VERMILION, strokeDash=[5, 3], strokeWidth=1.5).encode(y="today:Q")
    record = since("the sharpest", last["sharpest_narrowing_since"], last["history_from"], holds=today is not None and today > 0)
    peaks = sorted(known, key=lambda row: -row["narrowing_20d_points"])[:5]
    narrowed = "" if today is None else f"; it narrowed by {number(today, '.1f')} in 20 sessions{record}"
    return Figure(
        "spread",
        "ai_value_spread_daily",
        title if today is None else f"The spread {'narrowed' if today >= 0 else 'widened'} by {abs(today):.1f} log points in 20 sessions{record}",
        why,
        SPREAD,
        f"Lines by month from {rows[0]['trade_date']} to {last['trade_date']}. "
        f"The spread is at {number(last['log_spread_points'], '.1f')} log points{narrowed}.",
        rows,
        (
            Panel("Level, log points", _sized(level, 220), sheets, _hover(sheets.add(drawn), "trade_date", shown)),
            Panel(
                "How much it narrowed in 20 sessions, log points (broken line: now)",
                _sized(bars if today is None else alt.layer(bars, now), 150),
                sheets,
                _hover(sheets.add(known), "trade_date", shown),
            ),
        ),
        ("month to", "sharpest narrowing in 20 sessions, log points", "growth is"),
        tuple((str(row["trade_date"]), number(row["narrowing_20d_points"], "+.1f"), row["growth_basis"]) for row in peaks),
        "A point is a month: its last level and its sharpest narrowing. The table has the five months with the sharpest.",
    )


# ---------------------------------------------------------------------------------------------------------------- who must sell

LEDGER = """select trade_date, channel, sum(forced_sale_usd) / 1e9 as forced_sale_usd_bn, sum(observed_sale_usd) / 1e9 as observed_sale_usd_bn
from forced_selling_daily
where trade_date in (select trade_date from trading_session where trade_date <= (select max(trade_date) from trading_session) order by trade_date desc limit 20)
group by trade_date, channel order by trade_date, channel"""


def ledger(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Twenty sessions of the forced-selling ledger by channel."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, LEDGER)
    why = "Each dollar is counted once: what matters to a market is the sum of those who cannot choose, not the loudest of them."
    title = "Forced selling by channel over 20 sessions, USD billion"
    if not rows:
        return Figure("ledger", "forced_selling_daily", title, why, LEDGER, "No channel has a row for the last sessions.", [])
    drawn = [
        {
            **row,
            "channel": CHANNELS[row["channel"]][0],
            "place": list(CHANNELS).index(row["channel"]),
            "session": f"{row['trade_date'].day} {row['trade_date']:%b}",
        }
        for row in rows
    ]
    shown = [
        alt.Tooltip("trade_date:T", title="session", format="%a %Y-%m-%d"),
        alt.Tooltip("channel:N"),
        alt.Tooltip("forced_sale_usd_bn:Q", title="USD billion, negative sells", format="+,.2f"),
        alt.Tooltip("observed_sale_usd_bn:Q", title="of it published flows", format="+,.2f"),
    ]
    bars = (
        alt.Chart(sheets.add(drawn))
        .mark_bar()
        .encode(
            x=alt.X("session:N", sort=None, title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True)),
            y=alt.Y("forced_sale_usd_bn:Q", title="USD billion, negative sells"),
            color=_colour("channel", CHANNELS, drawn, "sold by"),
            order=alt.Order("place:Q"),
            tooltip=shown,
        )
    )
    last = rows[-1]["trade_date"]
    today = sorted((row for row in rows if row["trade_date"] == last), key=lambda row: row["forced_sale_usd_bn"])
    sold = -1e9 * sum(min(row["forced_sale_usd_bn"], 0.0) for row in today)
    return Figure(
        "ledger",
        "forced_selling_daily",
        f"On {day(last)} channels had to sell {dollars(sold)} on balance",
        why,
        LEDGER,
        f"Stacked bars of what each channel had to trade in 20 sessions. On {last}: "
        + "; ".join(f"{CHANNELS[row['channel']][0]} {signed_dollars(1e9 * row['forced_sale_usd_bn'])}" for row in today)
        + ".",
        rows,
        (Panel("", _sized(alt.layer(bars, _zero()), 280), sheets),),
        ("channel", f"{last}", "of it published flows"),
        tuple(
            (CHANNELS[row["channel"]][0], signed_dollars(1e9 * row["forced_sale_usd_bn"]), signed_dollars(1e9 * row["observed_sale_usd_bn"])) for row in today
        ),
        "Negative sells. Redemptions rest on published flows; the other channels are estimates of positions that nobody publishes.",
    )


AGAINST_VOLUME = """select asset_class, channel, 100 * share_of_adv as share_of_adv_pct, forced_sale_usd / 1e9 as forced_sale_usd_bn,
    adv_usd / 1e9 as adv_usd_bn,
    basis
from forced_selling_daily where trade_date = (select max(trade_date) from trading_session) and share_of_adv is not null order by asset_class, channel"""


def against_volume(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """The last session's ledger by class, as a share of what usually trades."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, AGAINST_VOLUME)
    why = "A billion is nothing in large shares and a week's trading in credit: a sale moves prices by its share of what usually trades."
    title = "Forced selling by asset class, per cent of what usually trades in a day of what we watch"
    if not rows:
        return Figure("against-volume", "forced_selling_daily", title, why, AGAINST_VOLUME, "No channel has a share of volume for the session.", [])
    drawn = [{**row, "channel": CHANNELS[row["channel"]][0], "place": list(CHANNELS).index(row["channel"])} for row in rows]
    classes = list(dict.fromkeys(row["asset_class"] for row in rows))
    nets = {name: sum(row["share_of_adv_pct"] for row in rows if row["asset_class"] == name) for name in classes}
    order = sorted(classes, key=lambda name: nets[name])
    usd = {name: 1e9 * sum(row["forced_sale_usd_bn"] for row in rows if row["asset_class"] == name) for name in classes}
    adv = {row["asset_class"]: 1e9 * row["adv_usd_bn"] for row in rows}
    bars = (
        alt.Chart(sheets.add(drawn))
        .mark_bar()
        .encode(
            y=alt.Y("asset_class:N", sort=order, title=None),
            x=alt.X("share_of_adv_pct:Q", title="per cent of a usual day's trading, negative sells"),
            color=_colour("channel", CHANNELS, drawn, "sold by"),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("asset_class:N", title="class"),
                alt.Tooltip("channel:N"),
                alt.Tooltip("share_of_adv_pct:Q", title="% of a usual day", format="+,.2f"),
                alt.Tooltip("forced_sale_usd_bn:Q", title="USD billion", format="+,.2f"),
                alt.Tooltip("adv_usd_bn:Q", title="usually trades, USD billion", format=",.1f"),
                alt.Tooltip("basis:N"),
            ],
        )
    )
    first = order[0]
    return Figure(
        "against-volume",
        "forced_selling_daily",
        f"Against usual volume, {first} is sold hardest: {number(-nets[first], '.1f')} % of a day's trading in what we watch" if nets[first] < 0 else title,
        why,
        AGAINST_VOLUME,
        "Stacked bars of forced trades of the session by asset class, in per cent of what usually trades in a day. "
        + "; ".join(f"{name} {number(nets[name], '+.1f')} % ({signed_dollars(usd[name])} of {dollars(adv[name])})" for name in order)
        + ".",
        rows,
        (Panel("", _sized(alt.layer(bars, _zero("x")), 40 * len(order)), sheets),),
        ("class", "net", "usually trades in a day", "net, % of it"),
        tuple((name, signed_dollars(usd[name]), dollars(adv[name]), f"{number(nets[name], '+.1f')} %") for name in order),
        "Volume of bonds, credit, gold and commodities is that of their exchange-traded funds only: beyond 100 % the rest goes over the counter.",
    )


GAMMA = """with chains as (
    select underlying, max(trade_date) as trade_date from dealer_gamma_daily
    where trade_date <= (select max(trade_date) from trading_session) group by underlying
)
select underlying, trade_date, strike, spot, dealer_gamma_strike.estimated_net_gamma_usd_per_pct / 1e6 as net_gamma_usd_mn_per_pct,
    dealer_gamma_strike.call_gamma_usd_per_pct / 1e6 as call_gamma_usd_mn_per_pct, dealer_gamma_strike.put_gamma_usd_per_pct / 1e6 as put_gamma_usd_mn_per_pct,
    dealer_gamma_daily.estimated_net_gamma_usd_per_pct / 1e6 as chain_net_gamma_usd_mn_per_pct, estimated_flip_level, estimated_flip_distance_pct
from dealer_gamma_strike join chains using (underlying, trade_date) join dealer_gamma_daily using (underlying, trade_date, spot)
order by underlying, strike"""


def gamma(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Dealers' estimated gamma by strike of each newest chain, with spot and the level at which its sum changes sign."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, GAMMA)
    why = "Dealers who are short of gamma sell into a fall by formula. Below the flip level hedging feeds a move, above it hedging damps it."
    title = "Dealers' estimated gamma by strike, USD million per 1 % move"
    if not rows:
        return Figure("gamma", "dealer_gamma_strike", title, why, GAMMA, "No option chain was known by the session.", [])
    signs = {"long": ("long: damps moves", BLUE), "short": ("short: feeds moves", VERMILION)}
    panels, cells = [], []
    for name in dict.fromkeys(row["underlying"] for row in rows):
        chain = [{**row, "side": signs["long" if row["net_gamma_usd_mn_per_pct"] >= 0 else "short"][0]} for row in rows if row["underlying"] == name]
        head = chain[0]
        flip = head["estimated_flip_level"]
        bars = (
            alt.Chart(sheets.add(chain))
            .mark_bar(size=9)
            .encode(
                x=alt.X("strike:Q", title="strike", scale=alt.Scale(zero=False, nice=False, padding=14), axis=alt.Axis(labelOverlap=True, grid=False)),
                y=alt.Y("net_gamma_usd_mn_per_pct:Q", title="USD million per 1 %"),
                color=_colour("side", signs, chain, "dealers are"),
                tooltip=[
                    alt.Tooltip("strike:Q", format=",.1f"),
                    alt.Tooltip("net_gamma_usd_mn_per_pct:Q", title="net, USD million per 1 %", format="+,.1f"),
                    alt.Tooltip("call_gamma_usd_mn_per_pct:Q", title="calls", format=",.1f"),
                    alt.Tooltip("put_gamma_usd_mn_per_pct:Q", title="puts", format=",.1f"),
                ],
            )
        )
        marks = [{"at": head["spot"], "what": "spot"}, *([{"at": flip, "what": "flip level"}] if flip is not None else [])]
        rules = alt.Chart(sheets.add(marks)).mark_rule(color="currentColor", strokeWidth=1.5).encode(
            x="at:Q",
            strokeDash=alt.StrokeDash("what:N", title="line", scale=alt.Scale(domain=["spot", "flip level"], range=[[1, 0], [5, 3]]), legend=None),
            tooltip=[alt.Tooltip("what:N", title="line"), alt.Tooltip("at:Q", title="at", format=",.1f")],
        )  # fmt: skip
        # names stand outside the pair of lines, which may lie close together
        outwards: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 3), ("right", -3))
        names = [
            alt.Chart(sheets.add([mark]))
            .mark_text(baseline="top", align=align, dx=dx, color="currentColor", fontSize=10)
            .encode(x="at:Q", text="what:N", y=alt.value(0))
            for mark, (align, dx) in zip(sorted(marks, key=lambda mark: -mark["at"]), outwards, strict=False)
        ]
        net = head["chain_net_gamma_usd_mn_per_pct"]
        cells.append(
            (
                name,
                str(head["trade_date"]),
                number(head["spot"], ",.1f"),
                signed_dollars(1e6 * net),
                "short" if net < 0 else "long",
                f"{number(flip, ',.1f')} (spot {number(head['estimated_flip_distance_pct'], '+.1f')} %)" if flip is not None else "none within 20 % of spot",
            )
        )
        panels.append(Panel(f"{name}, chain of {head['trade_date']}", _sized(alt.layer(bars, _zero(), rules, *names), 180), sheets))
    short = [name for name, _, _, _, side, _ in cells if side == "short"]
    return Figure(
        "gamma",
        "dealer_gamma_strike",
        f"Dealers are estimated to be short of gamma in {len(short)} of {len(cells)} chains{f': {listed(short)}' if short else ''}",
        why,
        GAMMA,
        "Bars of dealers' estimated gamma by strike. "
        + "; ".join(f"{name}: {net} per 1 %, {side}, spot {spot}, flip level {flip}" for name, _, spot, net, side, flip in cells)
        + ".",
        rows,
        tuple(panels),
        ("underlying", "chain of", "spot", "net gamma per 1 % move", "dealers are", "flip level"),
        tuple(cells),
        "Assumed, and not to be checked against published data: dealers long all calls, short all puts. Unbroken line: spot; broken: flip level.",
    )


PARITY = """select asset_class, proxy_symbol, estimated_trade_usd / 1e9 as trade_usd_bn, estimated_trade_low_usd / 1e9 as low_usd_bn,
    estimated_trade_high_usd / 1e9 as high_usd_bn, estimated_volatility_part_usd / 1e9 as volatility_part_usd_bn,
    estimated_correlation_part_usd / 1e9 as correlation_part_usd_bn, 100 * estimated_share_of_adv as share_of_adv_pct, leverage
from risk_parity_pressure_daily where trade_date = (select max(trade_date) from trading_session) and estimated_trade_usd is not null
order by estimated_trade_usd, asset_class"""


def risk_parity(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """What funds of a risk-parity rule are estimated to trade today, by class."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, PARITY)
    why = "A rule that holds risk constant sells all it holds when volatility or correlation rises, so bonds and gold can fall with shares."
    title = "Estimated risk-parity trades by asset class, USD billion"
    if not rows:
        return Figure("risk-parity", "risk_parity_pressure_daily", title, why, PARITY, "No trade can be estimated for the session.", [])
    signs = {"sell": ("sells", VERMILION), "buy": ("buys", BLUE)}
    drawn = [{**row, "side": signs["sell" if row["trade_usd_bn"] < 0 else "buy"][0]} for row in rows]
    y = alt.Y("asset_class:N", sort=None, title=None)
    shown = [
        alt.Tooltip("asset_class:N", title="class"),
        alt.Tooltip("trade_usd_bn:Q", title="trade, USD billion", format="+,.2f"),
        alt.Tooltip("low_usd_bn:Q", title="few assets", format="+,.2f"),
        alt.Tooltip("high_usd_bn:Q", title="many assets", format="+,.2f"),
        alt.Tooltip("volatility_part_usd_bn:Q", title="for volatility", format="+,.2f"),
        alt.Tooltip("correlation_part_usd_bn:Q", title="for correlation", format="+,.2f"),
    ]
    bars = alt.Chart(sheets.add(drawn)).mark_bar().encode(
        y=y, x=alt.X("trade_usd_bn:Q", title="USD billion, negative sells"), color=_colour("side", signs, drawn, "the rule"), tooltip=shown
    )  # fmt: skip
    spans = alt.Chart(sheets.add(drawn)).mark_rule(color="currentColor", strokeWidth=2).encode(y=y, x="low_usd_bn:Q", x2="high_usd_bn:Q", tooltip=shown)
    total = 1e9 * sum(row["trade_usd_bn"] for row in rows)
    return Figure(
        "risk-parity",
        "risk_parity_pressure_daily",
        f"Risk parity is estimated to {'sell' if total < 0 else 'buy'} {dollars(abs(total))} today, net over its classes",
        why,
        PARITY,
        "Bars of estimated trades by class, with a span for what is not known of the funds' assets. "
        + "; ".join(f"{row['asset_class']} {signed_dollars(1e9 * row['trade_usd_bn'])}" for row in rows)
        + ".",
        rows,
        (Panel("", _sized(alt.layer(bars, spans, _zero("x")), 40 * len(rows)), sheets),),
        ("class", "trade", "few to many assets", "for volatility", "for correlation", "of the proxy's usual day"),
        tuple(
            (
                f"{row['asset_class']} ({row['proxy_symbol']})",
                signed_dollars(1e9 * row["trade_usd_bn"]),
                f"{signed_dollars(1e9 * row['low_usd_bn'])} to {signed_dollars(1e9 * row['high_usd_bn'])}",
                signed_dollars(None if row["volatility_part_usd_bn"] is None else 1e9 * row["volatility_part_usd_bn"]),
                signed_dollars(None if row["correlation_part_usd_bn"] is None else 1e9 * row["correlation_part_usd_bn"]),
                f"{number(row['share_of_adv_pct'], '+.0f')} %" if row["share_of_adv_pct"] is not None else NOTHING,
            )
            for row in rows
        ),
        "A textbook rule, since nobody publishes positions: direction and timing are better than size.",
    )


# ---------------------------------------------------------------------------------------------------------------- where it spreads

FUNDS = """with funds as (
    select fund_id, segment, systemicness_usd / 1e6 as costs_others_usd_mn, indirect_loss_usd / 1e6 as pays_for_others_usd_mn,
        forced_sale_usd / 1e6 as forced_sale_usd_mn, tna_usd / 1e9 as tna_usd_bn
    from fund_fire_sale_daily
    where trade_date = (select max(trade_date) from trading_session) and scenario = 'ai_basket' and systemicness_usd > 0 and indirect_loss_usd > 0
),
likest as (
    select fund_id, neighbour_id, minimum_weight as overlap from fund_overlap
    where trade_date = (select max(trade_date) from fund_overlap where trade_date <= (select max(trade_date) from trading_session)) and neighbour_rank = 1
)
select funds.*, likest.neighbour_id, likest.overlap, other.costs_others_usd_mn as neighbour_costs_usd_mn, other.pays_for_others_usd_mn as neighbour_pays_usd_mn
from funds left join likest using (fund_id) left join funds as other on other.fund_id = likest.neighbour_id
order by costs_others_usd_mn desc, fund_id"""


def fund_network(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Funds by what they cost others and what they pay for others after a fall of the AI basket, each tied to the fund most like it."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, FUNDS)
    why = (
        "A loss passes from fund to fund through what they hold in common: funds to the right hand it on, funds high up receive it, and ties say through whom."
    )
    title = "Who passes losses to whom if the AI basket lost 10 %, USD million"
    if not rows:
        return Figure("fund-network", "fund_fire_sale_daily", title, why, FUNDS, "No fund's holdings and assets were known for the session.", [])
    sides = {"gives": ("costs the others more than they cost it", VERMILION), "pays": ("pays more for the others than it costs them", BLUE)}
    labels = _together(rows)
    drawn = [
        {
            **row,
            "segment": plain(row["segment"]),
            "side": sides["gives" if row["costs_others_usd_mn"] > row["pays_for_others_usd_mn"] else "pays"][0],
            "label": labels.get(row["fund_id"], ""),
        }
        for row in rows
    ]
    x = alt.X(
        "costs_others_usd_mn:Q", title="costs the others, USD million", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g", labelOverlap=True, grid=False)
    )
    y = alt.Y(
        "pays_for_others_usd_mn:Q",
        title="pays for the others, USD million",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~g", labelOverlap=True, grid=False),
    )
    shown = [
        alt.Tooltip("fund_id:N", title="fund"),
        alt.Tooltip("segment:N"),
        alt.Tooltip("costs_others_usd_mn:Q", title="costs the others, USD million", format=",.1f"),
        alt.Tooltip("pays_for_others_usd_mn:Q", title="pays for the others, USD million", format=",.1f"),
        alt.Tooltip("neighbour_id:N", title="most alike"),
        alt.Tooltip("overlap:Q", title="held in common", format=".0%"),
    ]
    tied = [row for row in drawn if row["neighbour_costs_usd_mn"] is not None]
    width = alt.Size("overlap:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 3]), legend=None)
    ties = alt.Chart(sheets.add(tied)).mark_rule(color="currentColor", opacity=0.35).encode(
        x=x, y=y, x2="neighbour_costs_usd_mn:Q", y2="neighbour_pays_usd_mn:Q", size=width
    )  # fmt: skip
    ends = [max(min(row["costs_others_usd_mn"] for row in rows), min(row["pays_for_others_usd_mn"] for row in rows))]
    ends.append(min(max(row["costs_others_usd_mn"] for row in rows), max(row["pays_for_others_usd_mn"] for row in rows)))
    even = alt.Chart(sheets.add([{"at": end} for end in ends])).mark_line(color="currentColor", strokeDash=[2, 4], opacity=0.6).encode(x="at:Q", y="at:Q")
    points = alt.Chart(sheets.add(drawn)).mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        y=y,
        color=_colour("side", sides, drawn, "a fund"),
        shape=alt.condition(alt.datum.side == sides["gives"][0], alt.value("circle"), alt.value("square")),
        tooltip=shown,
    )  # fmt: skip
    # on the outer side of the dotted line, where no tie runs
    outer: tuple[tuple[str, Literal["left", "right"], int, int], ...] = ((sides["gives"][0], "left", 6, 9), (sides["pays"][0], "right", -7, -6))
    names = [
        alt.Chart(sheets.add([row for row in drawn if row["side"] == side]))
        .mark_text(dx=dx, dy=dy, align=align, fontSize=10, color="currentColor")
        .encode(x=x, y=y, text="label:N")
        for side, align, dx, dy in outer
    ]
    net = sorted(rows, key=lambda row: row["pays_for_others_usd_mn"] - row["costs_others_usd_mn"])
    giver, taker = net[0], net[-1]
    largest = listed([f"{row['fund_id']} {dollars(1e6 * row['costs_others_usd_mn'])}" for row in rows[:5]])
    return Figure(
        "fund-network",
        "fund_fire_sale_daily",
        f"{giver['fund_id']} passes most on: it costs other funds {dollars(1e6 * giver['costs_others_usd_mn'])}; "
        f"{taker['fund_id']} is the largest payer on balance ({dollars(1e6 * (taker['pays_for_others_usd_mn'] - taker['costs_others_usd_mn']))})",
        why,
        FUNDS,
        f"Funds as points: to the right what a fund's forced sales cost the others, upwards what theirs cost it, if the AI basket fell 10 %; lines "
        f"tie a fund to the one most like it. The five that cost most: {largest}.",
        rows,
        (Panel("", _sized(alt.layer(ties, even, points, *names), 380), sheets),),
        ("fund", "costs the others", "pays for the others", "must sell", "most like", "held in common"),
        tuple(
            (
                f"{row['fund_id']} ({plain(row['segment'])})",
                dollars(1e6 * row["costs_others_usd_mn"]),
                dollars(1e6 * row["pays_for_others_usd_mn"]),
                dollars(-1e6 * row["forced_sale_usd_mn"]),
                row["neighbour_id"] or NOTHING,
                percent(row["overlap"], ".0f"),
            )
            for row in rows[:TABLE_ROWS]
        ),
        "A hypothetical fall and a rule for what is sold, not a forecast. On the dotted line a fund costs what it pays; both axes are logarithmic.",
    )


def _together(rows: Sequence[Row], most: int = 10) -> dict[str, str]:
    """Labels of the first funds: those that would lie on one another share the label of the first of them."""
    labels: dict[str, list[str]] = {}
    for row in rows[:most]:
        near = next(
            (
                other["fund_id"]
                for other in rows
                if other["fund_id"] in labels
                and abs(math.log10(other["costs_others_usd_mn"] / row["costs_others_usd_mn"])) < 0.12
                and abs(math.log10(other["pays_for_others_usd_mn"] / row["pays_for_others_usd_mn"])) < 0.12
            ),
            row["fund_id"],
        )
        labels.setdefault(near, []).append(row["fund_id"])
    return {first: ", ".join(names) for first, names in labels.items()}


MARKETS = """select source, target, share_pct, net_pct, sum(net_pct) over (partition by source) as source_net_pct
from connectedness_pair_daily where trade_date = (select max(trade_date) from trading_session) order by source, target"""


def market_network(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Which market's shocks make another's volatility uncertain: a matrix of shares, and each market's net position."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, MARKETS)
    why = "Volatility travels before prices do: a market that gives more than it takes is where the next one's trouble comes from."
    title = "Volatility passed on between markets, per cent of what cannot be foreseen ten sessions ahead"
    if not rows:
        return Figure(
            "market-network", "connectedness_pair_daily", title, why, MARKETS, "Connectedness needs a year of ranges and has none for the session.", []
        )
    drawn = [{**row, "source": plain(row["source"]), "target": plain(row["target"])} for row in rows]
    nets = {plain(row["source"]): row["source_net_pct"] for row in rows}
    order = sorted(nets, key=lambda name: -nets[name])
    cells = alt.Chart(sheets.add(drawn)).mark_rect(color=BLUE, stroke="currentColor", strokeOpacity=0.15).encode(
        x=alt.X("target:N", sort=order, title="to", axis=alt.Axis(labelAngle=-60, labelLimit=135, labelOverlap=False)),
        y=alt.Y("source:N", sort=order, title="from", axis=alt.Axis(labelLimit=135)),
        opacity=alt.Opacity("share_pct:Q", title="per cent", scale=alt.Scale(domainMin=0, range=[0.02, 1]), legend=_legend(45)),
        tooltip=[
            alt.Tooltip("source:N", title="from"),
            alt.Tooltip("target:N", title="to"),
            alt.Tooltip("share_pct:Q", title="share, %", format=".1f"),
            alt.Tooltip("net_pct:Q", title="net, points", format="+.1f"),
        ],
    )  # fmt: skip
    signs = {"give": ("gives more than it takes", VERMILION), "take": ("takes more than it gives", BLUE)}
    positions = [{"market": name, "net": nets[name], "side": signs["give" if nets[name] >= 0 else "take"][0]} for name in order]
    bars = alt.Chart(sheets.add(positions)).mark_bar().encode(
        y=alt.Y("market:N", sort=order, title=None, axis=alt.Axis(labelLimit=135)),
        x=alt.X("net:Q", title="net, percentage points"),
        color=_colour("side", signs, positions, "market"),
        tooltip=[alt.Tooltip("market:N"), alt.Tooltip("net:Q", title="net, points", format="+.1f")],
    )  # fmt: skip
    strongest = sorted(rows, key=lambda row: -row["share_pct"])[:5]
    return Figure(
        "market-network",
        "connectedness_pair_daily",
        f"{capital(order[0])} gives most to the others (net {number(nets[order[0]], '+.1f')} points); "
        f"{order[-1]} takes most ({number(nets[order[-1]], '+.1f')})",
        why,
        MARKETS,
        "A matrix of shares from each market (rows) to each other (columns), and bars of net positions: "
        + "; ".join(f"{name} {number(nets[name], '+.1f')}" for name in order)
        + ".",
        rows,
        (
            Panel("From (rows) to (columns), per cent", _sized(cells, 300), sheets),
            Panel("What a market gives less what it takes, percentage points", _sized(bars, 260), sheets),
        ),
        ("from", "to", "share", "net"),
        tuple((plain(row["source"]), plain(row["target"]), f"{row['share_pct']:.1f} %", number(row["net_pct"], "+.1f")) for row in strongest),
        "The table has the five strongest ties. Two markets moved by a third thing show here as exchange between them.",
    )


# ---------------------------------------------------------------------------------------------------------------- what it stands on

MARGIN = """select month, debit_balances_usd_mn / 1e3 as debit_balances_usd_bn, debit_mom, debit_yoy, highest_since,
    history_from, known_on
from margin_leverage_monthly
where known_on <= (select max(cutoff_on) from trading_session where trade_date = (select max(trade_date) from trading_session))
order by month"""


def margin_debt(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Margin debt month by month with the day on which each figure was public."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, MARGIN)
    why = "Borrowed money is what turns a fall into sales. The figure is weeks old on the day it comes out: the publication date says what could be known when."
    title = "Margin debt, USD billion"
    if not rows:
        return Figure("margin-debt", "margin_leverage_monthly", title, why, MARGIN, "No month of margin debt was public.", [])
    last = rows[-1]
    x = alt.X("month:T", title=None, axis=_day_axis())
    shown = [
        alt.Tooltip("month:T", title="end of", format="%B %Y"),
        alt.Tooltip("debit_balances_usd_bn:Q", title="USD billion", format=",.1f"),
        alt.Tooltip("debit_yoy:Q", title="on the year", format="+.1%"),
        alt.Tooltip("known_on:T", title="public since", format="%Y-%m-%d"),
    ]
    area = alt.Chart(sheets.add(rows)).mark_area(color=BLUE, opacity=0.25, line={"color": BLUE, "strokeWidth": 1.5}).encode(
        x=x, y=alt.Y("debit_balances_usd_bn:Q", title="USD billion")
    )  # fmt: skip
    point = alt.Chart(sheets.add([last])).mark_point(filled=True, color=VERMILION, size=60, opacity=1).encode(x=x, y="debit_balances_usd_bn:Q", tooltip=shown)
    high = since("the highest", last["highest_since"], last["history_from"], holds=(last["debit_mom"] or 0) > 0)
    return Figure(
        "margin-debt",
        "margin_leverage_monthly",
        f"Margin debt was {dollars(1e9 * last['debit_balances_usd_bn'])} at the end of {last['month']:%B %Y}, public since {last['known_on']}{high}",
        why,
        MARGIN,
        f"An area of margin debt by month, {rows[0]['month']} to {last['month']}: last {dollars(1e9 * last['debit_balances_usd_bn'])}"
        f"{high}, {percent(last['debit_yoy'], '+.0f')} on the year, public since {last['known_on']}.",
        rows,
        (Panel("", _sized(alt.layer(area, point), 220), sheets, _hover(sheets.add(rows), "month", shown)),),
        ("end of month", "margin debt", "on the year", "public since"),
        tuple(
            (f"{row['month']}", dollars(1e9 * row["debit_balances_usd_bn"]), percent(row["debit_yoy"], "+.1f"), str(row["known_on"]))
            for row in reversed(rows[-6:])
        ),
        "Figures as first published; later restatements change no point.",
    )


# ---------------------------------------------------------------------------------------------------------------- all of them

ALL: tuple[Callable[["duckdb.DuckDBPyConnection"], Figure], ...] = (
    contagion_index,
    outflows,
    ai_hours,
    overnight,
    ai_year,
    spread,
    ledger,
    against_volume,
    gamma,
    risk_parity,
    fund_network,
    market_network,
    margin_debt,
)
# The chart that stands for a mart where only one can be shown, as in the Dagster UI.
MAIN_CHARTS: dict[str, Callable[["duckdb.DuckDBPyConnection"], Figure]] = {
    "contagion_index_daily": contagion_index,
    "contagion_index_part_daily": contagion_index,
    "outflow_daily": outflows,
    "ai_sentiment_daily": ai_year,
    "session_spillover_daily": overnight,
    "ai_value_spread_daily": spread,
    "forced_selling_daily": ledger,
    "dealer_gamma_daily": gamma,
    "dealer_gamma_strike": gamma,
    "risk_parity_pressure_daily": risk_parity,
    "fund_fire_sale_daily": fund_network,
    "fund_overlap": fund_network,
    "connectedness_pair_daily": market_network,
    "margin_leverage_monthly": margin_debt,
}


def _specified(chart: Any, panels: Sequence[Panel], **configured: Any) -> dict[str, Any]:
    """A chart as Vega-Lite with the data it names, columns that it does not name left out."""
    import altair as alt

    configuration = {"view": alt.ViewConfig(stroke=None), "aria": False, "mark": {"aria": False}, **configured}
    found: dict[str, Any] = chart.configure(**configuration).to_dict(format="vega-lite")
    named, text = set(_names(found)), json.dumps(found)
    sheets = {name: rows for panel in panels for name, rows in panel.data.items() if name in named}
    return {**found, "datasets": {name: [{field: row[field] for field in row if field in text} for row in rows] for name, rows in sheets.items()}}


def _names(part: Any) -> Iterator[str]:
    """Names of data anywhere in a specification."""
    if isinstance(part, dict):
        if isinstance(data := part.get("data"), dict) and "name" in data:
            yield data["name"]
        for value in part.values():
            yield from _names(value)
    elif isinstance(part, list):
        for value in part:
            yield from _names(value)


def specification(panel: Panel, *, width: int | None = None) -> dict[str, Any]:
    """A panel as Vega-Lite, as wide as its place on a page, its hovering layer on top; with a `width` in pixels a still picture, without that layer.

    Text and axes take the colour of the page around it.
    """
    import altair as alt

    quiet = {"labelColor": "currentColor", "titleColor": "currentColor", "titleFontWeight": "normal"}
    lines = {
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "gridColor": "currentColor",
        "gridOpacity": 0.14,
        "domainOpacity": 0.5,
        "tickOpacity": 0.5,
    }
    chart = alt.layer(panel.chart, panel.hover) if panel.hover is not None and width is None else panel.chart
    found = _specified(
        chart.properties(width=width or "container", height=panel.chart.height),
        [panel],
        font="system-ui, sans-serif",
        background="transparent",
        axis={**quiet, **lines},
        legend=quiet,
    )
    return {**found, "autosize": {"type": "fit-x", "contains": "padding"}}


def picture(figure: Figure, *, notice: str = "", width: int = 720) -> str:
    """A figure's panels below one another under its title and the notice, as SVG on white; empty where there is nothing to draw. `width` in pixels."""
    import altair as alt
    import vl_convert

    if not figure.panels:
        return ""
    panels = [panel.chart.properties(width=width, title=alt.TitleParams(panel.label, anchor="start", fontSize=11)) for panel in figure.panels]
    title = alt.TitleParams(figure.title, subtitle=notice, subtitleColor=VERMILION, anchor="start", fontSize=14)
    whole = alt.vconcat(*panels).resolve_scale(color="independent").properties(title=title)
    drawn = str(vl_convert.vegalite_to_svg(_specified(whole, figure.panels, font="sans-serif", background="white")))
    return drawn.replace("currentColor", "#20242a")
