"""Cells to values: text, numbers, per cent, days and months, a whole column of cells at a time.

A cell is what a file or a workbook holds: text, a number, a date, nothing. A cell that cannot be read is reported by its
place; what becomes of its line is the caller's decision. No formats, no tables, nothing that only one publisher does.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime
from math import isfinite, isinf, nan
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

Cells: TypeAlias = Sequence[Any]
# Cells -> a value for each, and the places of those that cannot be read.
Converter: TypeAlias = Callable[[Cells], tuple[list[Any], list[int]]]

NO_TEXT = frozenset({"", "-", "--", "---", "—"})
NO_NUMBER = NO_TEXT | {"n/a", "na", "nan", "none", "null", "."}
# Thousands commas stand between groups of three: a decimal comma (16,74) is not read as one.
NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)", re.ASCII)
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:\s[0-9]{3})+(?:\.[0-9]*)?")
ADORNMENT = re.compile(r"\s*\$\s*|(?<=[+-])\s+|(?<=\()\s+|\s+(?=\))")
MOST_DAYS = 100_000  # texts of days that a column remembers


def plain(cell: Any) -> str:
    """A cell as trimmed text; a whole number that a spreadsheet stored as a float keeps no `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).replace("\u00a0", " ").strip()


def is_null(value: Any) -> bool:
    """None, and NaN among floats. Zero is not null."""
    return value is None or value != value


def text(cells: Cells) -> tuple[list[Any], list[int]]:
    """Trimmed text; a blank or a dash is null. Identifiers stay text (`005930`)."""
    return [None if (said := plain(cell)) in NO_TEXT else said for cell in cells], []


def _finite(said: str) -> float | None:
    """The number a text is, thousands commas included; None where it is none or too large."""
    if not NUMBER.fullmatch(said):
        return None
    value = float(said.replace(",", ""))
    return value if isfinite(value) else None


def _number(cell: Any) -> float | None:
    """A finite number; NaN where there is none, None where it cannot be read."""
    if isinstance(cell, float):
        return None if isinf(cell) else cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        try:
            return float(cell)
        except OverflowError:
            return None
    if isinstance(cell, str) and (value := _finite(cell)) is not None:  # most are written without any adornment
        return value
    tidy = ADORNMENT.sub("", plain(cell).replace("−", "-")).lower()
    if tidy.startswith("(") and tidy.endswith(")"):
        tidy = f"-{tidy[1:-1]}"
    if GROUPED.fullmatch(tidy):  # a blank elsewhere parts two numbers, of which the second may be a footnote's
        tidy = re.sub(r"\s", "", tidy)
    return nan if tidy in NO_NUMBER else _finite(tidy)


def number(cells: Cells) -> tuple[list[Any], list[int]]:
    """Finite numbers; thousands commas, a dollar sign and accounting parentheses are understood. Zero is not null."""
    read = [_number(cell) for cell in cells]
    if None not in read:
        return read, []
    return [nan if value is None else value for value in read], [place for place, value in enumerate(read) if value is None]


def percent(cells: Cells) -> tuple[list[Any], list[int]]:
    """Per cent without the sign: `9.65%` is 9.65. A bound such as `<0.01%` is no number and becomes null."""
    texts = (cell if isinstance(cell, int | float) else re.sub(r"\s*%(?=\)?$)", "", plain(cell)) for cell in cells)
    return number(["" if isinstance(cell, str) and cell.startswith("<") else cell for cell in texts])


def _days(texts: Sequence[str], formats: Sequence[str]) -> list[datetime | None]:
    """Days in the first format that fits; None where none does."""
    index = pd.Index(list(texts), dtype="object")
    values = pd.to_datetime(index, format=formats[0], errors="coerce").to_numpy(copy=True)
    for pattern in formats[1:]:
        missing = np.isnat(values)
        if not missing.any():
            break
        values[missing] = pd.to_datetime(index[missing], format=pattern, errors="coerce").to_numpy()
    days: list[datetime | None] = values.astype("datetime64[s]").tolist()
    return days


def day(*formats: str) -> Converter:
    """Dates in one of the formats, or as the spreadsheet's own dates. A row without its date is rejected."""
    known: dict[str, datetime | None] = {}  # the same days stand in file after file

    def convert(cells: Cells) -> tuple[list[Any], list[int]]:
        # A spreadsheet's own date is written in the first format, so that one conversion reads the whole column.
        texts = [cell.strftime(formats[0]) if isinstance(cell, date) else plain(cell) for cell in cells]
        if len(known) > MOST_DAYS:
            known.clear()
        new = list(dict.fromkeys(said for said in texts if said not in known))
        if new:
            known.update(zip(new, _days(new, formats), strict=True))
        days = [known[said] for said in texts]
        return days, [place for place, value in enumerate(days) if value is None]

    return convert


def month_end(*formats: str) -> Converter:
    """Months, as the last day of each."""
    read = day(*formats)

    def convert(cells: Cells) -> tuple[list[Any], list[int]]:
        days, bad = read(cells)
        return [value and value.replace(day=monthrange(value.year, value.month)[1]) for value in days], bad

    return convert


def required(converter: Converter) -> Converter:
    """The same conversion, where a null cannot be read."""

    def convert(cells: Cells) -> tuple[list[Any], list[int]]:
        values, bad = converter(cells)
        return values, sorted({*bad, *(place for place, value in enumerate(values) if is_null(value))})

    return convert
