"""Questions to the published file, read only, and their answers as text or Parquet: null, dates, decimals and nested values are told apart in each."""

import json
import math
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
    """Column names, the second of a name as `a_2`."""
    return [name if name not in columns[:at] else f"{name}_{columns[:at].count(name) + 1}" for at, name in enumerate(columns)]


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


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else cell_text(value)
    if text == "" or any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


@contextmanager
def _opened(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file with `marts` as search path; errors of DuckDB become QueryErrors."""
    if not published.exists():
        raise QueryError(f"expected a published file at {published}, found none; run `contagion run` first")
    try:
        with connect(published) as connection:
            connection.execute("set search_path = 'marts'")
            yield connection
    except duckdb.Error as error:
        raise QueryError(str(error).strip()) from error


def query(published: Path, sql: str, parameters: Sequence[Any] = ()) -> Answer:
    """Run one statement against the published file; unqualified names are looked up in schema `marts`.

    Raises QueryError where nothing is published yet or the statement fails.
    """
    with _opened(published) as connection:
        result = connection.execute(sql, list(parameters))
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
        relation = connection.sql(sql)
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
