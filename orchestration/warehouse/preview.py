"""The last rows of tables, few enough to look at: of everything dbt built, of a raw table's Parquet, of what a failed test found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.warehouse.build import Shape, connect
from orchestration.warehouse.publish import SCHEMA

MOST_ROWS = 5
MOST_COLUMNS = 8


@dataclass(frozen=True)
class Preview:
    """The first columns of a table's last rows, newest first.

    rows: how many it has; None of a public view, which may be longer than all tables together and is looked at on its last day only.
    day_column: its first column of dates, None where it has none; last_day: the newest in it.
    """

    rows: int | None
    day_column: str | None
    last_day: date | None
    columns: tuple[str, ...]
    cells: list[tuple[Any, ...]]
    more_columns: int


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _look(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str], parameters: Sequence[Any] = (), *, day: date | None = None
) -> Preview:
    """`relation`: SQL of our own, or names from the catalog. `day`: look at this day only and count nothing."""
    day_column = next((name for name, kind in columns.items() if kind.startswith("DATE")), None)
    shown = tuple(columns)[:MOST_COLUMNS]
    given, only, order = list(parameters), "", ""
    if day_column is not None:
        order = f" order by {_identifier(day_column)} desc nulls last"
        if day is not None:
            only, given = f" where {_identifier(day_column)} = ?", [*given, day]
    cells = connection.execute(f"select {', '.join(map(_identifier, shown))} from {relation}{only}{order} limit {MOST_ROWS}", given).fetchall()  # noqa: S608
    if day is not None:
        return Preview(None, day_column, day if cells else None, shown, cells, len(columns) - len(shown))
    newest = f"max({_identifier(day_column)})" if day_column else "null"
    counted, last_day = connection.execute(f"select count(*), {newest} from {relation}", given).fetchall()[0]  # noqa: S608
    return Preview(int(counted), day_column, last_day, shown, cells, len(columns) - len(shown))


def of_build(path: Path, shapes: Mapping[str, Shape], session: date) -> dict[str, Preview]:
    """A look at every seed, model and view in the build, by name. `session`: the only day of a public view that is looked at."""
    with connect(path) as connection:
        found = connection.execute(
            "select schema_name, table_name, false from duckdb_tables() where not internal"
            " union all select schema_name, view_name, true from duckdb_views() where not internal"
        ).fetchall()
        return {
            name: _look(connection, f"{_identifier(schema)}.{_identifier(name)}", shapes[name].columns, day=session if is_view and schema == SCHEMA else None)
            for schema, name, is_view in found
            if schema != "control" and name in shapes
        }


def of_parquet(paths: Sequence[str], columns: Mapping[str, str]) -> Preview:
    """A look at Parquet files that make up one table; columns maps names to DuckDB types."""
    with connect(Path(":memory:"), read_only=False) as connection:
        return _look(connection, "read_parquet(?, hive_partitioning = false, union_by_name = true)", columns, [list(paths)])


def of_query(path: Path, sql: str) -> Preview:
    """A look at the first rows of a query on the build, in its own order. Raises duckdb.Error where it cannot be run."""
    with connect(path) as connection:
        result = connection.execute(f"select * from ({sql}) limit {MOST_ROWS}")  # noqa: S608 - compiled by dbt from a test of this project
        columns, cells = tuple(str(column[0]) for column in result.description), result.fetchall()
    shown = columns[:MOST_COLUMNS]
    return Preview(None, None, None, shown, [row[:MOST_COLUMNS] for row in cells], len(columns) - len(shown))
