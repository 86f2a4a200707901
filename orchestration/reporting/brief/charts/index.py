"""The chart of the index: a stack of its parts."""

from typing import TYPE_CHECKING

from orchestration.reporting.brief.charts.parts import PARTS, Figure, Panel, Sheets, answer, colour_scale, day_axis, hover_line, sized
from orchestration.reporting.brief.words import listed, number, percent

if TYPE_CHECKING:
    import duckdb

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
            x=alt.X("trade_date:T", title=None, axis=day_axis()),
            y=alt.Y("contribution:Q", title="index, 0 to 1", stack="zero"),
            color=colour_scale("part", PARTS, drawn, "contribution of"),
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
    hover = hover_line(
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
        (Panel("", sized(alt.layer(area, line), 300), sheets, hover),),
        ("part", "contribution", "share of the index"),
        (*cells, ("sum", number(sum(row["contribution"] for row in today), ".3f"), "100 %")),
    )
