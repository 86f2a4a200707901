"""Figures as Vega-Lite for a page, and as still pictures."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from orchestration.reporting.brief.charts.parts import VERMILION, Figure, Panel


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
