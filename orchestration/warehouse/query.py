"""Questions to the published file, read only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
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

    def records(self) -> list[dict[str, Any]]:
        """A dictionary a row, for JSON: repeated names are numbered, what JSON has no number for is null."""
        names = [name if name not in self.columns[:at] else f"{name}_{self.columns[:at].count(name) + 1}" for at, name in enumerate(self.columns)]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in self.rows]


def _plain(value: Any) -> Any:
    value = float(value) if isinstance(value, Decimal) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
            if result is None:
                raise QueryError("expected a statement, found none")
            columns = tuple(str(column[0]) for column in result.description)
            types = tuple(str(column[1]) for column in result.description)
            return Answer(columns, types, result.fetchall())
    except duckdb.Error as error:
        raise QueryError(str(error).strip()) from error
