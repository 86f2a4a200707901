"""Questions to the published file, read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def query(published: Path, sql: str, parameters: Sequence[Any] = ()) -> Answer:
    """Run one statement against the published file; unqualified names are looked up in schema `marts`.

    Raises QueryError where nothing is published yet or the statement fails.
    """
    if not published.exists():
        raise QueryError(f"expected a published file at {published}, found none; run `contagion run` first")
    try:
        with connect(published) as connection:
            connection.execute("set search_path = 'marts'")
            result = connection.execute(sql, list(parameters))
            columns = tuple(str(column[0]) for column in result.description)
            types = tuple(str(column[1]) for column in result.description)
            return Answer(columns, types, result.fetchall())
    except duckdb.Error as error:
        raise QueryError(str(error).strip()) from error
