"""The page of the brief: answers, figures and tables of the published file poured into one template, with everything it needs inside.

One file that opens anywhere: no address is asked, no script but its own may run (its policy names them by hash), and without scripts the
charts are still pictures. The same published file and Data Docs make the same bytes: no clock and no chance has a part in it.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.reporting.brief import tables
from orchestration.reporting.brief.charts import ai_value, index, leaving, leverage, selling, spreading
from orchestration.reporting.brief.charts.drawing import specification
from orchestration.reporting.brief.charts.parts import Figure
from orchestration.reporting.brief.tables import Table
from orchestration.reporting.brief.words import weekday
from orchestration.settings import Settings, parse_day
from orchestration.warehouse.build import connect
from orchestration.warehouse.publish import SCHEMA, read_manifest

if TYPE_CHECKING:
    import duckdb
    import markupsafe

HERE = Path(__file__).parent
SIMULATED = "SIMULATED market: real tickers, invented prices and flows."
PICTURE_WIDTH = 1000  # pixels of the still pictures; a page makes them narrower, never wider


class BriefError(RuntimeError):
    """There is nothing to write a brief of: what was expected, what was found, what to do."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, in order."""

    name: str
    title: str
    contents: tuple[Callable[["duckdb.DuckDBPyConnection"], Figure | Table], ...]


SECTIONS = (
    Section("the-index", "The index and what it is made of", (index.contagion_index,)),
    Section("news", "What is new", (tables.headlines,)),
    Section("sentiment", "Who leaves the AI trade", (leaving.outflows, leaving.ai_hours, leaving.overnight, leaving.ai_year)),
    Section("the-spread", "AI growth over value, since before the dot-com turn", (ai_value.spread,)),
    Section("selling", "Who must sell", (selling.ledger, selling.against_volume, selling.gamma, selling.risk_parity)),
    Section("spreading", "Where it spreads", (spreading.fund_network, spreading.market_network)),
    Section("leverage", "Borrowed money", (leverage.margin_debt,)),
    Section("watch", "What to watch", (tables.levels, tables.events)),
    Section("checked", "What people say", (tables.claims,)),
    Section("basis", "What this page rests on", (tables.sources,)),
)


@contextmanager
def opened(published: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """The published file, read only, names looked up in its schema as the statements of a brief expect. BriefError where it cannot be read."""
    import duckdb

    try:
        with connect(published) as connection:
            connection.execute(f"set search_path = '{SCHEMA}'")
            yield connection
    except duckdb.Error as error:
        raise BriefError(f"{published} cannot be read: {error}") from error


def path_of(settings: Settings, manifest: Mapping[str, Any]) -> Path:
    """Where the brief of a published file lies: one page a session."""
    return settings.home / "briefs" / f"{manifest['as_of']}.html"


def write(settings: Settings) -> Path:
    """Write the brief of the published file, whole or not at all, over one of the same session. BriefError where nothing is published."""
    manifest = read_manifest(settings.published_file)
    if not manifest:
        raise BriefError(f"expected a published file at {settings.published_file}, found none; run `contagion run` first")
    path = path_of(settings, manifest)
    text = render(settings.published_file, manifest, settings.home)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def render(published: Path, manifest: Mapping[str, Any], home: Path) -> str:
    """The page as text; its links to Data Docs are relative to `home`/briefs."""
    import jinja2
    import vl_convert

    with opened(published) as connection:
        answers = tables.answers(connection)
        sections = [(section, [make(connection) for make in section.contents]) for section in SECTIONS]
    figures = [found for _, contents in sections for found in contents if isinstance(found, Figure)]
    specifications = {f"{figure.name}-{place}": specification(panel) for figure in figures for place, panel in enumerate(figure.panels)}
    scripts = [vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), (HERE / "brief.js").read_text(encoding="utf-8")]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["whole"] = _whole_days
    environment.tests["figure"] = lambda found: isinstance(found, Figure)
    return environment.get_template("brief.html.jinja").render(
        day=manifest["as_of"],
        weekday=weekday(parse_day(manifest["as_of"], "as_of of the manifest")),
        cut_off=manifest["knowledge_cut_off"],
        simulated=SIMULATED if manifest["simulated"] else "",
        answers=answers,
        regimes=tables.REGIMES,
        sections=sections,
        gates=tables.gates(home),
        provenance=tables.provenance(manifest),
        pictures={
            f"{figure.name}-{place}": vl_convert.vegalite_to_svg(specification(panel, width=PICTURE_WIDTH))
            for figure in figures
            for place, panel in enumerate(figure.panels)
        },
        specifications=_in_script(json.dumps(specifications, ensure_ascii=False, separators=(",", ":"), allow_nan=False)),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
        style=(HERE / "brief.css").read_text(encoding="utf-8"),
    )


def _whole_days(text: str) -> "markupsafe.Markup":
    """Text whose days are not broken at their hyphens."""
    import markupsafe

    return markupsafe.Markup(re.sub(r"\d{4}-\d\d-\d\d", r'<span class="whole">\g<0></span>', str(markupsafe.escape(text))))  # noqa: S704 - escaped first


def _in_script(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c")


def _hash(script: str) -> str:
    """The name of a script in a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
