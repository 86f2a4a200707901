"""What the charts of the brief are made of: figures and their panels, colours, axes, legends.

Colours carry no meaning alone: every series is also named in a legend, an axis or a table. All series colours have a contrast of about 3 or more
on white and on the dark page; text and axes take the page's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

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


def colour_scale(field: str, named: Mapping[str, tuple[str, str]], rows: Sequence[Row], title: str) -> "alt.Color":
    """A colour scale over the names that rows have, in the order of the mapping, with a legend on top."""
    import altair as alt

    there = {row[field] for row in rows}
    domain = [label for label, _ in named.values() if label in there]
    colours = [colour for label, colour in named.values() if label in there]
    scale = alt.Scale(domain=domain, range=colours)
    return alt.Color(f"{field}:N", title=title, sort=domain, scale=scale, legend=legend_above(7 * max(map(len, domain)) + 30))


def legend_above(width: int) -> "alt.Legend":
    """A legend above the chart, as many columns of `width` pixels as there is room for: a phone has room for one or two."""
    import altair as alt

    return alt.Legend(orient="top", columns=alt.ExprRef(f"max(1, floor(width / {width}))"), labelLimit=0)


def hover_line(data: "alt.NamedData", field: str, tooltips: Sequence["alt.Tooltip"], pivot: tuple[str, str, list[str]] | None = None) -> "alt.Chart":
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


def day_axis() -> "alt.Axis":
    import altair as alt

    return alt.Axis(labelOverlap=True, grid=False)


def sized(chart: Any, height: int) -> Any:
    return chart.properties(width="container", height=height)


def zero_line(axis: str = "y") -> "alt.Chart":
    """A line at nothing: where what sells and what buys is told apart."""
    import altair as alt

    datum: dict[str, Any] = {axis: alt.datum(0)}
    line: alt.Chart = alt.Chart(alt.InlineData(values=[{}])).mark_rule(color="currentColor", opacity=0.7).encode(**datum)
    return line
