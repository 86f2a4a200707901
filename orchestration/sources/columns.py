"""Columns of plain values: what a parser makes of a payload, and the one way they become Arrow tables and frames.

A file of twenty lines is read in a fraction of a millisecond; a frame around it costs several. So parsers work on lists, and
many payloads share one frame. Nothing here knows a format or a publisher.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

# Name -> a value a row: str, float, int, bool or datetime (a day at midnight). None is null, and so is NaN among floats.
Columns: TypeAlias = Mapping[str, Sequence[Any]]
# Name -> DuckDB type, as `contract.Table` gives them.
Kinds: TypeAlias = Mapping[str, str]

ARROW_TYPES = {"VARCHAR": pa.large_string(), "DOUBLE": pa.float64(), "INTEGER": pa.int64(), "BOOLEAN": pa.bool_(), "DATE": pa.timestamp("s")}
# Whole numbers and truth values keep their type beside a null.
NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
KIND_OF: Mapping[type, str] = {bool: "BOOLEAN", int: "INTEGER", float: "DOUBLE", date: "DATE"}


def height(columns: Columns) -> int:
    """The number of rows."""
    return len(next(iter(columns.values()), ()))


def without(columns: Columns, places: Collection[int]) -> Columns:
    """The rows but for those at `places` (0-based)."""
    if not places:
        return columns
    return {name: [value for place, value in enumerate(values) if place not in places] for name, values in columns.items()}


def stacked(parts: Sequence[Columns]) -> dict[str, list[Any]]:
    """The rows of all parts, one part after the other. A column that a part lacks is null there."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: [value for part in parts for value in part.get(name, [None] * height(part))] for name in names}


def kinds_of(columns: Columns) -> Kinds:
    """Types by the first value that is not null; text where there is none."""
    first = {name: next((value for value in values if value is not None), "") for name, values in columns.items()}
    return {name: next((kind for python, kind in KIND_OF.items() if isinstance(value, python)), "VARCHAR") for name, value in first.items()}


def arrow(columns: Columns, kinds: Kinds) -> pa.Table:
    """The columns that `kinds` names, typed. Raises ValueError or TypeError for a value that its type cannot hold."""
    return pa.table({name: pa.array(columns[name], ARROW_TYPES[kind]) for name, kind in kinds.items()})


def frame(rows: pa.Table) -> pd.DataFrame:
    """The same as a frame: text is `str`, whole numbers `Int64`, truth values `boolean`, days `datetime64[s]`."""
    converted: pd.DataFrame = rows.combine_chunks().to_pandas(types_mapper=NULLABLE.get)
    return converted
