"""Tables in sheets: which column stands under which heading, where a table ends, and what its rows become in a raw table.

A cell that cannot be read sends its line to the rejected rows with a reason; a sheet that is not what it should be raises
one `ParseError`. How bytes become sheets is the readers' business, what a cell says is that of `cells`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import pandas as pd

from orchestration.sources.cells import NO_TEXT, Converter, is_null
from orchestration.sources.columns import without
from orchestration.sources.contract import Parsed, ParseError, Payload, Table, no_rejects
from orchestration.sources.readers import Grid, blank, cell_text, lone_text, read_text

# What headings are compared without: byte-order marks and apostrophes, which are straight, curly or left out.
UNSAID = str.maketrans("", "", "\ufeff'’")
FEW_LINES = 10  # more lines than this, and not one of them readable, are another layout rather than bad lines


@lru_cache(maxsize=10_000)
def _folded(words: str) -> str:
    return re.sub(r"\s+", " ", words.translate(UNSAID)).casefold()


def _heading(cell: Any) -> str:
    """A cell as headings are compared."""
    return _folded(cell_text(cell))


@dataclass(frozen=True)
class Column:
    """A column we keep: its name with us, how to read it, and the headings it has been served under (as written, as compared)."""

    name: str
    convert: Converter
    headings: tuple[str, ...]
    folded: tuple[str, ...]
    optional: bool = False


def column(name: str, convert: Converter, *headings: str, optional: bool = False) -> Column:
    return Column(name, convert, headings, tuple(map(_heading, headings)), optional)


def find_header(grid: Grid, columns: Sequence[Column], *, after: int = 0) -> tuple[int, dict[str, int]]:
    """The first row from `after` on that has a heading for each column that must be there; column name -> position."""
    best: list[str] = []
    for index in range(after, len(grid.rows)):
        headings = [_heading(cell) for cell in grid.rows[index]]
        if not any(headings):
            continue
        places = {heading: position for position, heading in reversed([*enumerate(headings)])}
        found = {wanted.name: next((places[heading] for heading in wanted.folded if heading in places), None) for wanted in columns}
        positions = {name: position for name, position in found.items() if position is not None}
        missing = [wanted.headings[0] for wanted in columns if wanted.name not in positions and not wanted.optional]
        if not missing:
            twice = [headings[position] for position in positions.values() if headings.count(headings[position]) > 1]
            if twice:
                raise ParseError(f"one column headed {twice[0]!r}", f"{headings.count(twice[0])} of them")
            return index, positions
        if positions and (not best or len(missing) < len(best)):
            best = missing
    names = [wanted.headings[0] for wanted in columns if not wanted.optional]
    if best:
        raise ParseError(f"columns {names}", f"none headed {best}")
    raise ParseError(f"columns {names}", grid.head())


def read_table(
    grid: Grid,
    columns: Sequence[Column],
    *,
    ends: Literal["end of file", "blank row", "disclaimer"] = "end of file",
    after: int = 0,
    known: Sequence[str] = (),
    may_be_empty: bool = False,
) -> Parsed:
    """The table below the first fitting header, as columns of values plus `line` (1-based position among the data rows).

    ends: what closes the table (a disclaimer also where the blank row before it is missing). A sheet that lacks it was cut
        off, which is an error, never a shorter table.
    known: headings that are deliberately not read; any other unread heading is reported in the notes.
    """
    start, positions = find_header(grid, columns, after=after)
    header = grid.rows[start]
    filled = [not blank(row) for row in grid.rows[start + 1 :]]
    stop = next(
        (at for at, says in enumerate(filled, start + 1) if (ends == "blank row" and not says) or (ends != "end of file" and lone_text(grid.rows[at]))), None
    )
    if stop is None and ends != "end of file" and not (grid.padded and ends == "blank row"):
        raise ParseError(f"a {ends} that closes the table", "the end of the file (cut off?)", "fetch it again")
    if ends == "end of file" and not grid.closed:
        raise ParseError("a last line that ends with a line break", repr(",".join(map(str, grid.rows[-1]))[-80:]) + " (cut off?)", "fetch it again")

    if stop is not None:
        _refuse_more_rows(grid, columns, start, stop, positions)
    within = slice(start + 1, stop)
    body = [(line, row) for line, row, says in zip(grid.lines[within], grid.rows[within], filled, strict=False) if says]
    closing = 0
    while ends == "end of file" and len(body) > 1 and lone_text(body[-1][1]):
        body.pop()
        closing += 1
    width = max(position for position, cell in enumerate(header) if _heading(cell)) + 1
    ragged = {line: len(row) for line, row in body if not grid.padded and len(row) != width and not (len(row) > width and blank(row[width:]))}
    if ragged and ends == "end of file" and body[-1][0] in ragged and len(body[-1][1]) < width:
        raise ParseError(f"{width} cells in the last line", f"{len(body[-1][1])} (cut off?)", "fetch it again")
    if not body and not may_be_empty:
        raise ParseError("at least one row below the header", "none", "no rows never means that everything was sold; wait for the next file")

    values: dict[str, Sequence[Any]] = {}
    reasons = {place: f"expected {width} cells, found {ragged[line]}" for place, (line, _) in enumerate(body) if line in ragged}
    for wanted in columns:
        if wanted.name not in positions:
            continue
        at = positions[wanted.name]
        cells = [row[at] if at < len(row) else "" for _, row in body]
        values[wanted.name], bad = wanted.convert(cells)
        for place in bad:
            reasons.setdefault(place, f"{cell_text(header[at])}: cannot read {cell_text(cells[place])!r}")
    if len(reasons) == len(body) > FEW_LINES:
        raise ParseError("rows that can be read", f"all {len(body):,} unreadable, the first: {reasons[min(reasons)]}")
    places = sorted(reasons)
    contents = [" | ".join(cell_text(cell) for cell in body[place][1]) for place in places]
    rejected = rejects([body[place][0] for place in places], [reasons[place] for place in places], contents)
    unread_on_purpose = set(map(_heading, known))
    read = positions.values()
    unread = [cell_text(cell) for index, cell in enumerate(header) if cell_text(cell) and index not in read and _heading(cell) not in unread_on_purpose]
    notes = (f"ignored columns: {', '.join(unread)}",) if unread else ()
    if closing:
        notes = (*notes, f"{closing} closing line(s) of text left out")
    return Parsed(without({**values, "line": range(1, len(body) + 1)}, reasons.keys()), rejected, notes)


def _refuse_more_rows(grid: Grid, columns: Sequence[Column], header: int, stop: int, positions: Mapping[str, int]) -> None:
    """Raises ParseError where rows that read like the table's stand below what closed it: they would be lost without a word.

    A second header begins another table, of which publishers repeat some; it is none of ours.
    """
    wanted = [(positions[one.name], one.convert) for one in columns if one.name in positions and not one.optional]
    headings = [_heading(cell) for cell in grid.rows[header]]
    for at in range(stop + 1, len(grid.rows)):
        row = grid.rows[at]
        if [_heading(cell) for cell in row[: len(headings)]] == headings:
            return
        cells = [(row[position] if position < len(row) else "", convert) for position, convert in wanted]
        filled = sum(bool(cell_text(cell)) for cell, _ in cells)
        if 2 * filled > len(cells) > 1 and not any(convert([cell])[1] for cell, convert in cells):
            raise ParseError(
                "nothing but notes below the table",
                f"more of its rows from line {grid.lines[at]} on",
                "look at the file: a line within the table is blank or a note",
            )


def read_csv(payload: Payload, columns: Mapping[str, tuple[str, Converter]], **options: Any) -> Parsed:
    """A text file with one header row: heading -> (our name, how to read it). Options as in `read_table`."""
    return read_table(read_text(payload), [column(name, convert, heading) for heading, (name, convert) in columns.items()], **options)


def labelled(grid: Grid, label: str, *, within: int = 20) -> str | None:
    """The first filled cell to the right of a label in a preamble (`Fund Holdings as of`, `Ticker Symbol:`), or None."""
    wanted = _heading(label).rstrip(":")
    for row in grid.rows[:within]:
        for position, cell in enumerate(row[:-1]):
            if _heading(cell).rstrip(":") == wanted:
                beside = next((cell for cell in row[position + 1 :] if cell_text(cell)), "")
                return beside.date().isoformat() if isinstance(beside, datetime) else cell_text(beside)
    return None


@lru_cache(maxsize=10_000)
def _day(cell: str, pattern: str) -> pd.Timestamp | None:
    """The day a text says in a format, or None."""
    parsed = pd.to_datetime(cell, format=pattern, errors="coerce")
    return None if pd.isna(parsed) else pd.Timestamp(parsed)


def one_day(cell: str | None, what: str, *formats: str) -> pd.Timestamp:
    """A single date from a preamble, or a ParseError that names what it should have been."""
    for pattern in formats:
        if (found := _day(cell or "", pattern)) is not None:
            return found
    if cell is not None and cell in NO_TEXT:
        raise ParseError(what, f"{cell!r}: the publisher has no data for that day", "wait for the next file")
    raise ParseError(what, "none" if cell is None else repr(cell))


# ---------------------------------------------------------------- rows to a raw table


def shaped(part: Parsed, table: Table, **same: Any) -> Parsed:
    """The rows in the table's columns, order and types. same: columns that say the same on every row.

    A column that this publisher does not serve is null.
    """
    rows = len(part)
    served = {**part.columns, **{name: [value] * rows for name, value in same.items()}}
    return replace(part, columns={name: served.get(name, [None] * rows) for name in table.columns}, kinds=table.columns)


def rejects(lines: Sequence[int], reasons: Sequence[str], contents: Sequence[str]) -> pd.DataFrame:
    """Rejected rows of a document: where, why, and what was served."""
    return pd.DataFrame({"line": lines, "reason": reasons, "content": [content[:500] for content in contents]}) if len(lines) else no_rejects()


def melted(wide: Parsed, name: str, value: str) -> Parsed:
    """One row per day and column: `observed_on`, name (the column's own), value. A missing value is no observation: it is counted in the notes."""
    days = wide.columns["observed_on"]
    said = {
        column: [(day, found) for day, found in zip(days, values, strict=True) if not is_null(found)]
        for column, values in wide.columns.items()
        if column not in ("observed_on", "line")
    }
    rows = [(day, column, found) for column, pairs in said.items() for day, found in pairs]
    missing = len(days) * len(said) - len(rows)
    notes = (*wide.notes, f"{missing:,} missing values left out") if missing else wide.notes
    observed_on, names, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Parsed({"observed_on": observed_on, name: names, value: values}, wide.rejected, notes)


def named_fund(subject: str, *stems: str) -> str:
    """The fund a request is about, in capitals; of a file saved under its publisher's name (`IVV_holdings`) the group `fund` of the stem."""
    if not subject:
        raise ParseError("a subject that names the fund", "none", "the file does not say which fund it is about: name it")
    matches = (re.fullmatch(stem, subject, flags=re.IGNORECASE) for stem in stems)
    return next((match["fund"] for match in matches if match), subject).upper()


def one_value(values: Sequence[Any], what: str) -> Any:
    """What a column says on every row (the as-of date, the fund). Raises ParseError where rows disagree or none says it."""
    distinct = list(dict.fromkeys(value for value in values if not is_null(value)))
    if len(distinct) != 1:
        found = ", ".join(str(value) for value in distinct[:3]) or "none that can be read"
        raise ParseError(f"one {what} for the whole file", f"{len(distinct)}: {found}" if distinct else found)
    return distinct[0]


def refuse_negative_prices(lines: Iterable[tuple[float, str | None]]) -> None:
    """A price below zero means that columns have moved: the whole file is wrong. Raises ParseError. lines: price and name."""
    negative = [(price, name) for price, name in lines if price < 0]
    if negative:
        price, name = negative[0]
        raise ParseError("prices of zero or more", f"{len(negative)} below zero, first {price:,} of {name}")
