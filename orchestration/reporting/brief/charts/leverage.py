"""The chart of borrowed money: margin debt."""

from typing import TYPE_CHECKING

from orchestration.reporting.brief.charts.parts import BLUE, VERMILION, Figure, Panel, Sheets, answer, day_axis, hover_line, sized
from orchestration.reporting.brief.words import dollars, percent, since

if TYPE_CHECKING:
    import duckdb

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
    x = alt.X("month:T", title=None, axis=day_axis())
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
        (Panel("", sized(alt.layer(area, point), 220), sheets, hover_line(sheets.add(rows), "month", shown)),),
        ("end of month", "margin debt", "on the year", "public since"),
        tuple(
            (f"{row['month']}", dollars(1e9 * row["debit_balances_usd_bn"]), percent(row["debit_yoy"], "+.1f"), str(row["known_on"]))
            for row in reversed(rows[-6:])
        ),
        "Figures as first published; later restatements change no point.",
    )
