"""Which columns a column is made of, from the SQL that dbt compiled. For the Dagster UI only; nothing is computed from it.

Kept beside the manifest of that state: it depends on the dbt project alone.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from orchestration.landing import files

Columns: TypeAlias = Mapping[str, Mapping[str, str]]
Lineage: TypeAlias = dict[str, list[tuple[str, str]]]

RAW_PARQUET = re.compile(r"read_parquet\('[^']*/raw/(\w+)/\*/\*\.parquet'[^)]*\)")


def of_query(sql: str, columns: Columns) -> Lineage:
    """For each column of a query, the (table, column) pairs it is made of. `columns` maps table to column to type.

    Raises SqlglotError where the query cannot be understood.
    """
    query = parse_one(RAW_PARQUET.sub(r"\1", sql), dialect="duckdb")
    read = set()
    for table in query.find_all(exp.Table):
        table.set("db", None)
        table.set("catalog", None)
        read.add(table.name)
    schema: dict[str, object] = {table: dict(columns[table]) for table in read & columns.keys()}  # of these alone: each name is normalised
    query = qualify(query, dialect="duckdb", schema=schema, validate_qualify_columns=False)
    found: Lineage = {}
    # A step's own SQL is not read here, so it is not trimmed: that would copy the whole query once a column and step.
    for column, root in lineage(None, query, schema, scope=build_scope(query), dialect="duckdb", copy=False, trim_selects=False).items():
        leaves = (node for node in root.walk() if not node.downstream and isinstance(node.expression, exp.Table))
        found[column] = sorted({(node.expression.name, node.name.split(".")[-1].strip('"')) for node in leaves})
    return found


def of_project(manifest: Mapping[str, Any], compiled: Path, columns: Columns, cache: Path) -> dict[str, Lineage]:
    """The lineage of every model, computed once for each state of the dbt project."""
    if cache.exists():
        known: dict[str, Lineage] = json.loads(cache.read_text())
        return known
    found: dict[str, Lineage] = {}
    for node in manifest["nodes"].values():
        sql = compiled / node["package_name"] / node["original_file_path"]
        if node["resource_type"] == "model" and node["language"] == "sql" and sql.exists():
            try:
                found[node["name"]] = of_query(sql.read_text(), columns)
            except SqlglotError:
                found[node["name"]] = {}  # the UI shows the model without lineage
    files.write_json(cache, found)
    return found


def as_metadata(found: Lineage, assets: Iterable[str]) -> dg.TableColumnLineage:
    """In Dagster's words, dependencies on anything that is no asset left out."""
    known = frozenset(assets)
    deps = {
        column: [dg.TableColumnDep(asset_key=dg.AssetKey(table), column_name=name) for table, name in sources if table in known]
        for column, sources in found.items()
    }
    return dg.TableColumnLineage({column: sources for column, sources in deps.items() if sources})
