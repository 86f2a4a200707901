"""The chart of the AI-value spread."""

from typing import TYPE_CHECKING

from orchestration.reporting.brief.charts.parts import BLUE, GREY, VERMILION, Figure, Panel, Sheets, answer, colour_scale, day_axis, hover_line, sized
from orchestration.reporting.brief.words import number, plain, since

if TYPE_CHECKING:
    import duckdb

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
    x = alt.X("trade_date:T", title=None, axis=day_axis())
    colour = colour_scale("growth_basis", bases, drawn, "growth is")
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
            Panel("Level, log points", sized(level, 220), sheets, hover_line(sheets.add(drawn), "trade_date", shown)),
            Panel(
                "How much it narrowed in 20 sessions, log points (broken line: now)",
                sized(bars if today is None else alt.layer(bars, now), 150),
                sheets,
                hover_line(sheets.add(known), "trade_date", shown),
            ),
        ),
        ("month to", "sharpest narrowing in 20 sessions, log points", "growth is"),
        tuple((str(row["trade_date"]), number(row["narrowing_20d_points"], "+.1f"), row["growth_basis"]) for row in peaks),
        "A point is a month: its last level and its sharpest narrowing. The table has the five months with the sharpest.",
    )
