"""Questions to the published file, read only, and their answers as text or Parquet: null, dates, decimals and nested values are told apart in each."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import duckdb

from orchestration.warehouse.build import connect


class QueryError(ValueError):
    """A question that cannot be answered: what was asked, what was wrong, what to try."""


@dataclass(frozen=True)
class Answer:
    """Column names, DuckDB types and rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    @property
    def names(self) -> list[str]:
        """Column names, those that are repeated numbered: `a`, `a_2`."""
        return numbered(self.columns)

    def records(self) -> list[dict[str, Any]]:
        """A dictionary a row, for JSON: what JSON has no number for is null, a decimal that a float would round is text, days and times are ISO 8601."""
        return [dict(zip(self.names, map(plain, row), strict=True)) for row in self.rows]

    def lines(self) -> Iterator[str]:
        """Lines of CSV, a heading first: null is empty, an empty text is `""`, nested values are JSON."""
        yield ",".join(map(_csv_cell, self.columns))
        for row in self.rows:
            # A blank line is no row to most readers.
            yield ",".join(map(_csv_cell, row)) or '""'


def numbered(columns: Sequence[str]) -> list[str]:
    """Column names, the second of a name as `a_2`, or with the next number that no other column has."""
    taken, names = set(columns), list[str]()
    for name in columns:
        free, number = name, 2
        while free in names or (free != name and free in taken):
            free, number = f"{name}_{number}", number + 1
        names.append(free)
    return names


def plain(value: Any) -> Any:
    """A value as JSON can have it, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        as_float = float(value)
        return as_float if Decimal(repr(as_float)) == value else str(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, timedelta | UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(plain(key)): plain(item) for key, item in value.items()}
    return value


def cell_text(value: Any) -> str:
    """A value that is not null, as a cell shows it: nested values as JSON, bytes as hexadecimal digits, the rest as Python writes it."""
    if isinstance(value, list | tuple | dict):
        return json.dumps(plain(value), ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else str(value)


def visible(text: str) -> str:
    """A text whose control characters are seen and not obeyed: a cell of a publisher's file could recolour or rename a terminal."""
    return CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else cell_text(value)
    if text == "" or any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
ASKS = {duckdb.StatementType.SELECT, duckdb.StatementType.PRAGMA, duckdb.StatementType.CALL}
EXPLAIN = re.compile(r"\s*explain\s+(?:analyze\s+)?(?:\([^)]*\)\s*)?", re.IGNORECASE)
PIVOT = re.compile(r"\s*(?:pivot|unpivot|from|with|select)\b", re.IGNORECASE)
# A question reads this file and the raw files and Parquet files of its home, and nothing else: SQL is pasted from anywhere.
CONFINED = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)


@contextmanager
def _opened(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file with `marts` as search path, confined to its home; errors of DuckDB become QueryErrors."""
    if not published.exists():
        raise QueryError(f"expected a published file at {published}, found none; run `contagion run` first")
    try:
        with connect(published) as connection:
            connection.execute("set search_path = 'marts'")
            readable = [str(published.parent), str(published.parent.parent / "raw")]
            connection.execute(f"set allowed_directories = [{', '.join(map(literal, readable))}]")
            for setting in CONFINED:
                connection.execute(setting)
            yield connection
    except (duckdb.Error, OverflowError) as error:
        raise QueryError(str(error).strip()) from error
    except RuntimeError as error:  # DuckDB's for Ctrl-C, and for a text that is none
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise QueryError(f"expected SQL that DuckDB can read, found {error}") from error


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _question(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The one statement of an SQL text, if it only asks. Raises QueryError for none, for several, and for one that writes or changes settings."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"expected a statement, found {len(statements) or 'none'}")
    (statement,) = statements
    if statement.type == duckdb.StatementType.EXPLAIN and (explained := EXPLAIN.match(statement.query)):
        _question(connection, statement.query[explained.end() :])
    elif statement.type not in ASKS and not (statement.type == duckdb.StatementType.MULTI and PIVOT.match(statement.query)):
        raise QueryError(f"expected a question such as select, from, describe or explain, found {statement.type.name}: the published file is read only")
    return sql


def query(published: Path, sql: str, parameters: Sequence[Any] = ()) -> Answer:
    """Run one statement against the published file; unqualified names are looked up in schema `marts`.

    Raises QueryError where nothing is published yet or the statement fails.
    """
    with _opened(published) as connection:
        result = connection.execute(_question(connection, sql), list(parameters))
        if result is None or result.description is None:
            raise QueryError("expected a statement, found none")
        columns = tuple(str(column[0]) for column in result.description)
        types = tuple(str(column[1]) for column in result.description)
        return Answer(columns, types, result.fetchall())


def write_parquet(published: Path, sql: str, sink: IO[bytes], metadata: Mapping[str, str]) -> int:
    """Write the answer to one query as Parquet (zstd), in pieces, with `metadata` as its key-value metadata; return the rows.

    Raises QueryError as `query` does, and where a column has a type that Parquet does not have (an interval).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _opened(published) as connection:
        relation = connection.sql(_question(connection, sql))
        if relation is None:
            raise QueryError("expected a query, found a statement without an answer")
        rows = 0
        with relation.to_arrow_reader() as batches:
            schema = pa.schema([field.with_name(name) for field, name in zip(batches.schema, numbered(batches.schema.names), strict=True)], dict(metadata))
            try:
                with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
                    for batch in batches:
                        writer.write_batch(pa.record_batch(batch.columns, schema=schema))
                        rows += batch.num_rows
            except pa.ArrowNotImplementedError as error:
                raise QueryError(f"expected types that Parquet has, found {error}; cast the column, to varchar or to a number") from error
        return rows
