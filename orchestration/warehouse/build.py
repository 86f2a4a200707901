"""The build file: what dbt writes. Before dbt starts, `control` says which run this is and what it may know.

control.run_context       one row: run id, session, cut-off, profile
control.sessions          New York sessions up to the run's, with their cut-offs
control.calendar_days     calendar days up to some 400 after it: which are sessions, and the next one that is
control.source_outcomes   how fetching went, one row a source and table
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd

from orchestration import calendars

CONTROL = """
create schema if not exists control;
create or replace table control.run_context (run_id varchar, as_of date, cutoff_on date, profile varchar, is_simulated boolean);
create or replace table control.sessions (trade_date date, cutoff_on date);
create or replace table control.calendar_days (calendar_day date, is_session boolean, session_on_or_after date);
create or replace table control.source_outcomes (
    source varchar, publisher varchar, cadence varchar, table_name varchar, outcome varchar, reason varchar,
    last_fetched_at timestamp, quarantined_payloads integer, next_release_on date
);
"""


class ForeignBuildError(RuntimeError):
    """The build file belongs to another run: nothing may be judged or published from it."""


@dataclass(frozen=True)
class SourceOutcome:
    """A row of `control.source_outcomes`."""

    source: str
    publisher: str
    cadence: str
    table_name: str
    outcome: str
    reason: str | None
    last_fetched_at: datetime | None
    quarantined_payloads: int
    next_release_on: date | None


@contextmanager
def connect(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that is closed again; every opening of a DuckDB file goes through here."""
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(path), read_only=read_only)
    try:
        yield connection
    finally:
        connection.close()


def prepare(path: Path, *, run_id: str, as_of: date, profile: str, is_simulated: bool, outcomes: Sequence[SourceOutcome]) -> None:
    """Write the control tables for this run, and close: dbt is another process and needs the file."""
    trade_dates = calendars.sessions(calendars.FIRST_SESSION, as_of)
    sessions = pd.DataFrame({"trade_date": trade_dates, "cutoff_on": [*trade_dates[1:], calendars.cutoff_on(as_of)]})
    with connect(path, read_only=False) as connection:
        connection.execute(CONTROL)
        connection.execute("insert into control.run_context values (?, ?, ?, ?, ?)", [run_id, as_of, calendars.cutoff_on(as_of), profile, is_simulated])
        connection.register("session_rows", sessions)
        connection.execute("insert into control.sessions select trade_date::date, cutoff_on::date from session_rows")
        connection.register("day_rows", calendars.days_around(as_of))
        connection.execute("insert into control.calendar_days select calendar_day::date, is_session, session_on_or_after::date from day_rows")
        if outcomes:
            connection.executemany("insert into control.source_outcomes values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [astuple(outcome) for outcome in outcomes])


def check_owner(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Refuse a build that another run made."""
    owners = connection.execute("select run_id from control.run_context").fetchall()
    if owners != [(run_id,)]:
        raise ForeignBuildError(
            f"expected the build of run {run_id}, found that of {owners[0][0] if owners else 'nobody'}; start a whole run instead of a single step"
        )


def tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Names of the tables of a schema, views left out."""
    rows = connection.execute("select table_name from information_schema.tables where table_schema = ? and table_type = 'BASE TABLE' order by 1", [schema])
    return [str(name) for (name,) in rows.fetchall()]


def read_tables(path: Path, schema: str, names: Sequence[str], *, run_id: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of this run's build as frames, one after the other: together they are larger than what judges them needs."""
    with connect(path) as connection:
        check_owner(connection, run_id)
        there = tables(connection, schema)
        for table in names:
            if table not in there:
                raise LookupError(f"expected a table {schema}.{table} in {path.name}, found {there}")
            yield table, connection.execute(f'select * from "{schema}"."{table}"').df()  # noqa: S608 - the name was found in the catalog


def not_finite(path: Path, schema: str) -> dict[str, dict[str, int]]:
    """By table, columns with NaN or infinity and in how many rows: a published number is a number or null. Frames cannot tell: theirs is NaN for null."""
    doubles = (
        "select table_name, column_name from duckdb_columns() where schema_name = ? and data_type in ('DOUBLE', 'FLOAT') order by table_name, column_index"
    )
    found: dict[str, dict[str, int]] = {}
    with connect(path) as connection:
        columns_of: dict[str, list[str]] = {table: [] for table in tables(connection, schema)}
        for table, column in connection.execute(doubles, [schema]).fetchall():
            if table in columns_of:  # views show what tables hold
                columns_of[table].append(column)
        for table, columns in columns_of.items():
            if columns:
                counted = ", ".join(f'count(*) filter (where not isfinite("{column}"))' for column in columns)
                (counts,) = connection.execute(f'select {counted} from "{schema}"."{table}"').fetchall()  # noqa: S608 - names from the catalog
                found[table] = {column: count for column, count in zip(columns, counts, strict=True) if count}
    return found


def row_counts(path: Path, schema: str) -> dict[str, int]:
    """Rows of each table of a schema; nothing where the file does not exist yet."""
    if not path.exists():
        return {}
    with connect(path) as connection:
        return {
            table: int(connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()[0][0])  # noqa: S608 - names from the catalog
            for table in tables(connection, schema)
        }


def as_of(path: Path) -> date:
    """The session a build is for."""
    with connect(path) as connection:
        session: date = connection.execute("select as_of from control.run_context").fetchall()[0][0]
        return session


@dataclass(frozen=True)
class Shape:
    """Columns with their types; rows of a table, None of a view (counting one runs it)."""

    columns: dict[str, str]
    rows: int | None


def describe(path: Path) -> dict[str, Shape]:
    """The shape of everything that dbt built, by name."""
    with connect(path) as connection:
        columns: dict[str, dict[str, str]] = {}
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where not internal order by table_name, column_index"
        ).fetchall():
            columns.setdefault(str(table), {})[str(column)] = str(kind)
        rows = dict(connection.execute("select table_name, estimated_size from duckdb_tables() where not internal").fetchall())
        return {table: Shape(found, rows.get(table)) for table, found in columns.items()}
