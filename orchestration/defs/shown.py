"""What an asset shows in the Dagster UI beside its verdicts: what it is, why it matters, what its columns mean, its last rows, its chart.

Nothing here is computed from data and nothing decides: rows come from `warehouse.preview`, pictures from the brief. Of the environment nothing is shown.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from orchestration.landing.vintages import CLOCKS
from orchestration.reporting import markdown
from orchestration.reporting.brief import charts, page, tables
from orchestration.reporting.brief.charts.drawing import picture
from orchestration.sources.contract import Table
from orchestration.warehouse import preview
from orchestration.warehouse.publish import SIMULATED

if TYPE_CHECKING:
    from orchestration.reporting.brief.charts.parts import Figure

Meanings = Mapping[str, str]
NOT_DRAWN = (duckdb.Error, ArithmeticError, LookupError, TypeError, ValueError)  # what numbers that nobody has judged yet may do to a chart
RENAMED = re.compile(r"\b(\w+) as (\w+)\b")


def layer(node: Mapping[str, Any]) -> str:
    """seed, staging, intermediate or mart."""
    if node["resource_type"] == "seed":
        return "seed"
    folder = str(node["fqn"][1])
    return {"marts": "mart"}.get(folder, folder)


def why_it_matters(node: Mapping[str, Any]) -> str:
    """The sentence beside a mart's number; empty where a model has none."""
    return str(node.get("config", {}).get("meta", {}).get("why_it_matters", ""))


def description(node: Mapping[str, Any]) -> str:
    """What the table is, why it matters, and the query that makes it."""
    language = "python" if node.get("language") == "python" else "sql"
    why, code = why_it_matters(node), str(node.get("raw_code") or "").strip()
    parts = [str(node["description"]).strip(), f"**Why it matters.** {why}" if why else "", f"```{language}\n{code}\n```" if code else ""]
    return "\n\n".join(part for part in parts if part)


def definition(node: Mapping[str, Any], meanings: Meanings) -> dict[str, Any]:
    """Metadata of a seed or model that is known before it has ever been built."""
    columns = [dg.TableColumn(name, column.get("data_type") or "?", description=meanings.get(name)) for name, column in node["columns"].items()]
    why = why_it_matters(node)
    return {
        **({"why_it_matters": dg.MetadataValue.text(why)} if why else {}),
        **({"dagster/column_schema": dg.TableSchema(columns)} if columns else {}),
        "dagster/table_name": f"{node['schema']}.{node['name']}",
        "file": dg.MetadataValue.text(f"dbt_project/{node['original_file_path']}"),
    }


def schema(columns: Mapping[str, str], meanings: Meanings) -> dg.TableSchema:
    """Columns with their types and meanings."""
    return dg.TableSchema([dg.TableColumn(name, kind, description=meanings.get(name)) for name, kind in columns.items()])


def meanings(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What the columns of every seed, model and raw table mean, by table and column.

    A name means the same everywhere in this house, so a column that is described nowhere beside its table has the meaning of the nearest table above that
    describes it, or below. A raw table's are those of its staging model, which does nothing but rename.
    """
    nodes = {**manifest["sources"], **{name: node for name, node in manifest["nodes"].items() if node["resource_type"] in ("seed", "model")}}
    above = {name: [parent for parent in node.get("depends_on", {}).get("nodes", []) if parent in nodes] for name, node in nodes.items()}
    below: dict[str, list[str]] = {}
    for name, parents in above.items():
        for parent in parents:
            below.setdefault(parent, []).append(name)
    own = {name: {column: str(said["description"]) for column, said in node["columns"].items() if said["description"]} for name, node in nodes.items()}
    for source in manifest["sources"]:
        for reader in below.get(source, []):
            staged = own[reader]
            renamed = {raw: staged[name] for raw, name in RENAMED.findall(nodes[reader]["raw_code"]) if name in staged}
            own[source] = {**renamed, **staged}
    return {nodes[name]["name"]: {**_nearest(name, below, own), **_nearest(name, above, own)} for name in nodes}


def _nearest(start: str, neighbours: Mapping[str, Collection[str]], own: Mapping[str, Meanings]) -> dict[str, str]:
    """Meanings along lineage in one direction, the nearest table's first; its own before all."""
    found: dict[str, str] = {}
    waiting, seen = deque([start]), {start}
    while waiting:
        name = waiting.popleft()
        found = {**own[name], **found}
        new = [other for other in neighbours.get(name, []) if other not in seen]
        seen.update(new)
        waiting.extend(new)
    return found


def raw_schema(table: Table, meanings: Meanings) -> dg.TableSchema:
    """Columns of a raw table, with the clocks that landing adds."""
    return schema({**table.columns, **CLOCKS}, meanings)


def _noticed(text: str, *, is_simulated: bool) -> dg.MetadataValue:
    """Markdown under the notice that the market is simulated, where it is."""
    return dg.MetadataValue.md(f"**{SIMULATED.strip()}**\n\n{text}" if is_simulated else text)


def rows(seen: preview.Preview, *, is_simulated: bool) -> dict[str, Any]:
    """Metadata of a table's content: rows, last day, last rows. A view over too much is not counted: its rows are those of the last day."""
    return {
        **({"dagster/row_count": seen.rows} if seen.rows is not None else {}),
        **({"last_day": dg.MetadataValue.text(f"{seen.last_day} ({seen.day_column})")} if seen.last_day else {}),
        "preview": _noticed(markdown.table(seen.columns, seen.cells, more=seen.more_columns), is_simulated=is_simulated),
    }


def contents(seen: Mapping[str, preview.Preview], *, is_simulated: bool) -> dg.MetadataValue:
    """What is in a file of tables, a line a table: its rows and its last day."""
    lines = [(name, table.rows if table.rows is not None else "a view", table.last_day, table.day_column) for name, table in sorted(seen.items())]
    return _noticed(markdown.table(("table", "rows", "last day", "in column"), lines), is_simulated=is_simulated)


def headlines(published: Path, *, is_simulated: bool) -> dg.MetadataValue:
    """The headlines of the published session, marked as in the brief. Raises page.BriefError where the file cannot be read."""
    with page.opened(published) as connection:
        found = tables.headlines(connection)
    said = [f"{severity} · {topic}: {statement}" for severity, topic, statement, _ in found.cells]
    return _noticed(markdown.items(said or [found.empty]), is_simulated=is_simulated)


def _chart(connection: duckdb.DuckDBPyConnection, make: Callable[[duckdb.DuckDBPyConnection], "Figure"], *, is_simulated: bool) -> dg.MetadataValue:
    try:
        figure = make(connection)
        drawn = picture(figure, notice=SIMULATED.strip() if is_simulated else "")
    except NOT_DRAWN as error:
        return dg.MetadataValue.text(f"cannot be drawn: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
    return dg.MetadataValue.md(markdown.picture(drawn, figure.words)) if drawn else dg.MetadataValue.text(figure.words)


def pictures(build: Path, *, is_simulated: bool) -> dict[str, dg.MetadataValue]:
    """The chart of each mart that has one, by mart, drawn from the build; in its place why there is none. Each is drawn once, whoever shares it.

    What stands in the build has not passed its gate yet: a number that cannot be drawn must not keep the gate from saying what is wrong with it.
    """
    with page.opened(build) as connection:
        drawn = {make: _chart(connection, make, is_simulated=is_simulated) for make in dict.fromkeys(charts.MAIN_CHARTS.values())}
    return {mart: drawn[make] for mart, make in charts.MAIN_CHARTS.items()}
