"""Formats shared by several publishers: bytes to cells, cells to typed columns.

The format is decided by content, never by a name. A conversion works on whole columns; a cell that cannot be read
sends its line to the rejected rows with a reason, a document that is not what it should be raises one `ParseError`.
Nothing that only one publisher does belongs here.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import python_calamine
from lxml import etree

from orchestration.sources.contract import Parsed, ParseError, Payload, Table, no_rejects

Cells: TypeAlias = "pd.Series[Any]"
Mask: TypeAlias = "pd.Series[bool]"
Converter: TypeAlias = Callable[[Cells], tuple[Cells, Mask]]
Row: TypeAlias = list[Any]

NO_TEXT = frozenset({"", "-", "--", "---", "—"})
NO_NUMBER = NO_TEXT | {"n/a", "na", "nan", "none", "null", "."}
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII)
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)  # a decimal comma (16,74) is not read as thousands
TIDY = str.maketrans({"$": None, " ": None, "\t": None, "\n": None, "−": "-"})
# XML knows five entities by name; `&nbsp;` and a bare `&` (both seen) are text that nobody escaped.
BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)")
END_OF_TEXT = "\x1e"
# What headings are compared without: byte-order marks and apostrophes, which are straight, curly or left out.
UNSAID = str.maketrans("", "", "\ufeff'’")
SPREADSHEET_ML = "{urn:schemas-microsoft-com:office:spreadsheet}"

# An archive that unpacks to more than this, or by more than this factor, is an attack or an accident.
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_EXPANSION = 500
FEW_LINES = 10  # more lines than this, and not one of them readable, are another layout rather than bad lines
WIDEST_SHEET = 16_384
MOST_CELLS = 100_000_000
# What the standard library raises for a damaged archive; encryption and unknown packing are RuntimeErrors.
BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
CELL_REFERENCE = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')


# ---------------------------------------------------------------- cells to values


# Plain loops over cells: a file has hundreds to some ten thousand of them, where a chain of pandas string methods costs
# two and a half times as much (33 ms a file of the sample market against 13, measured on a busy machine).


def _plain(cell: Any) -> str:
    """A cell as trimmed text; a whole number that a spreadsheet stored as a float keeps no `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).replace("\u00a0", " ").strip()


def _series(values: list[Any], cells: Cells, dtype: str) -> Cells:
    return pd.Series(values, index=cells.index, dtype=dtype)


def text(cells: Cells) -> tuple[Cells, Mask]:
    """Trimmed text; a blank or a dash is null. Identifiers stay text (`005930`)."""
    texts = [_plain(cell) for cell in cells]
    return _series([None if cell in NO_TEXT else cell for cell in texts], cells, "str"), _series([False] * len(texts), cells, "bool")


def _number(cell: Any) -> float | None:
    """A finite number; NaN where there is none, None where it cannot be read."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        try:
            value = float(cell)
        except OverflowError:
            return None
        return None if np.isinf(value) else value
    tidy = _plain(cell).translate(TIDY).lower()
    if tidy.startswith("(") and tidy.endswith(")"):
        tidy = f"-{tidy[1:-1]}"
    if "," in tidy:
        if not GROUPED.fullmatch(tidy):
            return None
        tidy = tidy.replace(",", "")
    if NUMBER.fullmatch(tidy):
        value = float(tidy)
        return value if np.isfinite(value) else None
    return np.nan if tidy in NO_NUMBER else None


def number(cells: Cells) -> tuple[Cells, Mask]:
    """Finite numbers; thousands commas, a dollar sign and accounting parentheses are understood. Zero is not null."""
    read = [_number(cell) for cell in cells]
    return _series([np.nan if value is None else value for value in read], cells, "float64"), _series([value is None for value in read], cells, "bool")


def percent(cells: Cells) -> tuple[Cells, Mask]:
    """Per cent without the sign: `9.65%` is 9.65. A bound such as `<0.01%` is no number and becomes null."""
    texts = (cell if isinstance(cell, int | float) else _plain(cell).removesuffix("%") for cell in cells)
    return number(_series(["" if isinstance(cell, str) and cell.startswith("<") else cell for cell in texts], cells, "object"))


def day(*formats: str) -> Converter:
    """Dates in one of the formats, or as the spreadsheet's own dates. A row without its date is rejected."""

    def convert(cells: Cells) -> tuple[Cells, Mask]:
        # A spreadsheet's own date is written in the first format, so that one conversion reads the whole column.
        texts = pd.Index([cell.strftime(formats[0]) if isinstance(cell, date) else _plain(cell) for cell in cells], dtype="object")
        values = pd.to_datetime(texts, format=formats[0], errors="coerce").to_numpy(copy=True)
        for pattern in formats[1:]:
            missing = np.isnat(values)
            if not missing.any():
                break
            values[missing] = pd.to_datetime(texts[missing], format=pattern, errors="coerce").to_numpy()
        dates = pd.Series(values.astype("datetime64[s]"), index=cells.index)
        return dates, dates.isna()

    return convert


def month_end(*formats: str) -> Converter:
    """Months, as the last day of each."""

    def convert(cells: Cells) -> tuple[Cells, Mask]:
        values, bad = day(*formats)(cells)
        return values + pd.offsets.MonthEnd(0), bad

    return convert


def required(converter: Converter) -> Converter:
    """The same conversion, where a null sends the line to the rejected rows."""

    def convert(cells: Cells) -> tuple[Cells, Mask]:
        values, bad = converter(cells)
        return values, bad | values.isna()

    return convert


# ---------------------------------------------------------------- bytes to cells


@dataclass(frozen=True)
class Grid:
    """A sheet: rows of cells with the line each stands on. `padded` sheets (workbooks) have no ragged rows."""

    lines: list[int]
    rows: list[Row]
    padded: bool
    closed: bool = True

    def head(self) -> str:
        """The first words of the sheet, for an error message."""
        words = next((" | ".join(_cell_text(cell) for cell in row if _cell_text(cell)) for row in self.rows if not blank(row)), "nothing")
        return repr(words[:120])


def _cell_text(cell: Any) -> str:
    """A cell on one line, as messages show it."""
    return "" if cell is None else " ".join(str(cell).split())


def blank(row: Row) -> bool:
    """No cell says anything (non-breaking spaces included)."""
    return not any(_cell_text(cell) for cell in row)


def lone_text(row: Row) -> bool:
    """One sentence in the first cell and nothing beside it: a disclaimer, not data."""
    return bool(row) and len(_cell_text(row[0])) > 40 and blank(row[1:])


def excerpt(content: bytes) -> str:
    """The beginning of a body, for an error message."""
    if not content:
        return "an empty body"
    start = content[:4096].decode("utf-8", errors="replace").replace("\ufeff", "")
    if re.search(r"<!doctype html|<html", start, flags=re.IGNORECASE):
        title = re.search(r"<title[^>]*>\s*([^<]*)", start, flags=re.IGNORECASE)
        return f"a web page{f' titled {title.group(1).strip()!r}' if title else ''}"
    if b"\x00" in content[:4096] or "\ufffd" in start[:64]:
        return f"{len(content):,} bytes that start with {content[:8].hex(' ')}"
    return repr(" ".join(start.split())[:120])


def decode(payload: Payload) -> str:
    """The body as text, byte-order marks removed (one real file has two). UTF-8, else Windows-1252."""
    content = payload.content
    if not content.strip():
        raise ParseError("text", "an empty body", "try again later")
    if b"\x00" in content[:1024]:
        raise ParseError("text", excerpt(content))
    try:
        decoded = content.decode("utf-8")
    except UnicodeDecodeError:
        decoded = content.decode("cp1252", errors="replace")
    decoded = decoded.lstrip("\ufeff")
    if re.match(r"\s*(?:<!doctype html|<html)", decoded, flags=re.IGNORECASE):
        raise ParseError("data", excerpt(content), "try again later; if it persists, look at the page")
    return decoded


def read_text(payload: Payload) -> Grid:
    """Comma- or tab-separated text. `closed` is false where the body does not end with a line break."""
    decoded = decode(payload)
    delimiter = "\t" if decoded[:4096].count("\t") > decoded[:4096].count(",") else ","
    reader = csv.reader(chain(io.StringIO(decoded, newline=""), [END_OF_TEXT]), delimiter=delimiter)
    lines: list[int] = []
    rows: list[Row] = []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ParseError("comma-separated text", f"{error} near line {reader.line_num}") from error
    if rows.pop() != [END_OF_TEXT]:  # it was swallowed by a quoted cell that never closed
        raise ParseError("closing quotes", "a quoted cell still open at the end of the file (cut off?)", "fetch it again")
    lines.pop()
    return Grid(lines, rows, padded=False, closed=decoded.endswith("\n"))


def read_json(payload: Payload) -> Any:
    """A JSON document. Raises ParseError for anything else, and for one that was cut off."""
    decoded = decode(payload)
    if not decoded.lstrip().startswith(("{", "[")):
        raise ParseError("a JSON document", excerpt(payload.content), "try again later")
    try:
        return json.loads(decoded)
    except json.JSONDecodeError as error:
        raise ParseError("a complete JSON document", f"{error.msg} at character {error.pos:,} (cut off?)", "fetch it again") from error
    except RecursionError as error:
        raise ParseError("a JSON document", "one nested too deeply to be data", "do not open it") from error


def open_zip(content: bytes) -> zipfile.ZipFile:
    """An archive whose members were checked for path, size and expansion before anything is unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except BROKEN_ARCHIVE as error:
        raise ParseError("a complete zip archive", f"{len(content):,} bytes that cannot be unpacked (cut off?)", "fetch it again") from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_EXPANSION * max(len(content), 1):
        raise ParseError("an archive of reasonable size", f"{len(content):,} bytes that unpack to {unpacked:,}", "do not open it")
    for member in members:
        if member.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", member.filename) or ":" in member.filename:
            raise ParseError("an archive with plain member names", repr(member.filename), "do not open it")
    return archive


def _unpacked(archive: zipfile.ZipFile, member: str) -> bytes:
    """A member's bytes, or a ParseError where it is damaged, encrypted or packed in a way nobody uses."""
    try:
        return archive.read(member)
    except BROKEN_ARCHIVE as error:
        raise ParseError("a readable archive", f"{member}: {error} (cut off?)", "fetch it again") from error


def unzip(payload: Payload, *suffixes: str) -> Payload:
    """The one member whose name ends like this, as a payload; a body that is no archive is returned as it is."""
    if not payload.content.startswith(b"PK"):
        return payload
    with open_zip(payload.content) as archive:
        members = [member for member in archive.infolist() if member.filename.lower().endswith(suffixes)]
        if len(members) != 1:
            raise ParseError(f"an archive with one file ending in {' or '.join(suffixes)}", f"{archive.namelist()[:10]}")
        return replace(payload, content=_unpacked(archive, members[0].filename))


def _xml_parser_options() -> dict[str, bool]:
    return {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "remove_comments": True, "remove_pis": True}


def read_xml(payload: Payload, tags: Sequence[str], root: str) -> Iterator[etree._Element]:
    """Elements with these tags, in document order, in bounded memory; consume each before asking for the next.

    tags, root: names with `{namespace}`. Entities stay off, a document type is refused. Raises ParseError for another
    root, malformed or cut-off XML.
    """
    content = payload.content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not content:
        raise ParseError("XML", "an empty body", "try again later")
    if not content.startswith(b"<") or re.search(rb"<html|<!doctype html", content[:4096], flags=re.IGNORECASE):
        raise ParseError(f"XML with root {root}", excerpt(content))
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ParseError("XML without a document type", "a document type declaration", "do not open it")
    content = BARE_AMPERSAND.sub(b"&amp;", content)
    seen_root = False
    try:
        for event, element in etree.iterparse(io.BytesIO(content), events=("start", "end"), **_xml_parser_options()):
            if not seen_root:
                if element.tag != root:
                    raise ParseError(f"XML with root {root}", f"root {element.tag}")
                seen_root = True
            if event == "end" and element.tag in tags:
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise ParseError("well-formed XML", f"{str(error)[:160]} (cut off?)", "fetch it again") from error


def _spreadsheet_ml(payload: Payload, sheets: Sequence[str]) -> dict[str, Grid]:
    """The named sheets of an XML workbook; `ss:Index` leaves gaps, a cell without data is empty."""
    worksheet, row_tag, cell_tag, data_tag = (f"{SPREADSHEET_ML}{name}" for name in ("Worksheet", "Row", "Cell", "Data"))
    found: dict[str, Grid] = {}
    rows: list[Row] = []
    for element in read_xml(payload, (row_tag, worksheet), f"{SPREADSHEET_ML}Workbook"):
        if element.tag == worksheet:
            name = element.get(f"{SPREADSHEET_ML}Name", "")
            if not sheets or name in sheets:
                found[name] = Grid(list(range(1, len(rows) + 1)), rows, padded=True)
            rows = []
            continue
        cells: Row = []
        for cell in element.iterchildren(cell_tag):
            place = cell.get(f"{SPREADSHEET_ML}Index", str(len(cells) + 1))
            if not place.isdecimal() or int(place) > WIDEST_SHEET:
                raise ParseError(f"cells up to column {WIDEST_SHEET:,}", f"ss:Index {place[:20]!r}", "do not open it")
            cells.extend([""] * (int(place) - 1 - len(cells)))
            data = cell.find(data_tag)
            cells.append("" if data is None else "".join(str(piece) for piece in data.itertext()))
        rows.append(cells)
    return found


def _refuse_vast_sheets(archive: zipfile.ZipFile) -> None:
    """A few bytes can place a cell in the last corner of a sheet, and reading it would take all memory."""
    for member in archive.namelist():
        if re.fullmatch(r"xl/worksheets/[^/]+\.xml", member):
            places = CELL_REFERENCE.findall(_unpacked(archive, member))
            rows = max((int(row) for _, row in places), default=0)
            columns = max((len(column), column) for column, _ in places)[0] if places else 0
            if rows * 26**columns > MOST_CELLS:
                raise ParseError("a sheet of reasonable size", f"{member} with a cell in row {rows:,}", "do not open it")


def _binary_workbook(payload: Payload, sheets: Sequence[str]) -> dict[str, Grid]:
    content = payload.content
    if content.startswith(b"PK"):
        with open_zip(content) as archive:
            _refuse_vast_sheets(archive)
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        names = [name for name in workbook.sheet_names if not sheets or name in sheets]
        grids = {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise ParseError("a readable workbook", f"{len(content):,} bytes: {str(error)[:120]} (cut off?)", "fetch it again") from error
    return {name: Grid(list(range(1, len(rows) + 1)), rows, padded=True) for name, rows in grids.items()}


def read_sheets(payload: Payload, *sheets: str) -> dict[str, Grid]:
    """Sheets by name from XLSX, BIFF, XML-spreadsheet or plain text (one sheet, named ''), told apart by content.

    With names given, only those are read, and one that is missing is an error.
    """
    content = payload.content
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        grids = _binary_workbook(payload, sheets)
    elif content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") or b"urn:schemas-microsoft-com:office:spreadsheet" in content[:2048]:
        grids = _spreadsheet_ml(payload, sheets)
    else:
        return {"": read_text(payload)}
    for sheet in sheets:
        if sheet not in grids:
            raise ParseError(f"a sheet {sheet!r}", f"sheets {sorted(grids)}")
    if not grids:
        raise ParseError("a sheet", "a workbook without sheets")
    return grids


def read_sheet(payload: Payload, name: str = "") -> Grid:
    """The first sheet, or the one of this name in any case; a text file is one sheet under any name."""
    grids = read_sheets(payload)
    if not name or "" in grids:
        return next(iter(grids.values()))
    found = next((grid for title, grid in grids.items() if title.strip().casefold() == name.casefold()), None)
    if found is None:
        raise ParseError(f"a sheet {name!r}", f"sheets {list(grids)}")
    return found


# ---------------------------------------------------------------- a table in a sheet


@dataclass(frozen=True)
class Column:
    """A column we keep: its name with us, how to read it, and the headings it has been served under."""

    name: str
    convert: Converter
    headings: tuple[str, ...]
    optional: bool = False


def column(name: str, convert: Converter, *headings: str, optional: bool = False) -> Column:
    return Column(name, convert, headings, optional)


def _heading(cell: Any) -> str:
    return re.sub(r"\s+", " ", _cell_text(cell).translate(UNSAID)).casefold()


def find_header(grid: Grid, columns: Sequence[Column], *, after: int = 0) -> tuple[int, dict[str, int]]:
    """The first row from `after` on that has a heading for each column that must be there; column name -> position."""
    best: list[str] = []
    for index in range(after, len(grid.rows)):
        headings = [_heading(cell) for cell in grid.rows[index]]
        if not any(headings):
            continue
        positions: dict[str, int] = {}
        for wanted in columns:
            position = next((headings.index(_heading(name)) for name in wanted.headings if _heading(name) in headings), None)
            if position is not None:
                positions[wanted.name] = position
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
    """The table below the first fitting header, as typed columns plus `line` (1-based position among the data rows).

    ends: what closes the table (a disclaimer also where the blank row before it is missing). A sheet that lacks it was cut
        off, which is an error, never a shorter table.
    known: headings that are deliberately not read; any other unread heading is reported in the notes.
    """
    start, positions = find_header(grid, columns, after=after)
    header = grid.rows[start]
    stops = {"end of file": lambda row: False, "blank row": lambda row: blank(row) or lone_text(row), "disclaimer": lone_text}[ends]
    stop = next((index for index in range(start + 1, len(grid.rows)) if stops(grid.rows[index])), None)
    if stop is None and ends != "end of file" and not (grid.padded and ends == "blank row"):
        raise ParseError(f"a {ends} that closes the table", "the end of the file (cut off?)", "fetch it again")
    if ends == "end of file" and not grid.closed:
        raise ParseError("a last line that ends with a line break", repr(",".join(map(str, grid.rows[-1]))[-80:]) + " (cut off?)", "fetch it again")

    body = [(grid.lines[index], grid.rows[index]) for index in range(start + 1, stop or len(grid.rows)) if not blank(grid.rows[index])]
    width = max(position for position, cell in enumerate(header) if _heading(cell)) + 1
    ragged = {line: len(row) for line, row in body if not grid.padded and len(row) != width and not (len(row) > width and blank(row[width:]))}
    if ragged and ends == "end of file" and body[-1][0] in ragged and len(body[-1][1]) < width:
        raise ParseError(f"{width} cells in the last line", f"{len(body[-1][1])} (cut off?)", "fetch it again")
    if not body and not may_be_empty:
        raise ParseError("at least one row below the header", "none", "no rows never means that everything was sold; wait for the next file")

    values: dict[str, Cells] = {}
    reasons = {place: f"expected {width} cells, found {ragged[line]}" for place, (line, _) in enumerate(body) if line in ragged}
    for wanted in columns:
        if wanted.name not in positions:
            continue
        at = positions[wanted.name]
        cells = pd.Series([row[at] if at < len(row) else "" for _, row in body], dtype="object")
        values[wanted.name], bad = wanted.convert(cells)
        for place in np.flatnonzero(bad):
            reasons.setdefault(int(place), f"{_cell_text(header[at])}: cannot read {_cell_text(cells[place])!r}")
    rows = pd.DataFrame({**values, "line": pd.Series(range(1, len(body) + 1), dtype="int64")})
    rejected = no_rejects()
    if len(reasons) == len(body) > FEW_LINES:
        raise ParseError("rows that can be read", f"all {len(body):,} unreadable, the first: {reasons[min(reasons)]}")
    if reasons:
        rows = rows.drop(index=list(reasons)).reset_index(drop=True)
        places = sorted(reasons)
        contents = [" | ".join(_cell_text(cell) for cell in body[place][1]) for place in places]
        rejected = rejects([body[place][0] for place in places], [reasons[place] for place in places], contents)
    read = {*positions.values(), *(index for index, cell in enumerate(header) if _heading(cell) in {_heading(name) for name in known})}
    unread = [_cell_text(cell) for index, cell in enumerate(header) if index not in read and _cell_text(cell)]
    return Parsed(rows, rejected, (f"ignored columns: {', '.join(unread)}",) if unread else ())


def read_csv(payload: Payload, columns: Mapping[str, tuple[str, Converter]], **options: Any) -> Parsed:
    """A text file with one header row: heading -> (our name, how to read it). Options as in `read_table`."""
    return read_table(read_text(payload), [column(name, convert, heading) for heading, (name, convert) in columns.items()], **options)


def labelled(grid: Grid, label: str, *, within: int = 20) -> str | None:
    """The first filled cell to the right of a label in a preamble (`Fund Holdings as of`, `Ticker Symbol:`), or None."""
    for row in grid.rows[:within]:
        for position, cell in enumerate(row[:-1]):
            if _heading(cell).rstrip(":") == _heading(label).rstrip(":"):
                beside = next((cell for cell in row[position + 1 :] if _cell_text(cell)), "")
                return beside.date().isoformat() if isinstance(beside, datetime) else _cell_text(beside)
    return None


def one_day(cell: str | None, what: str, *formats: str) -> pd.Timestamp:
    """A single date from a preamble, or a ParseError that names what it should have been."""
    for pattern in formats:
        parsed = pd.to_datetime(cell or "", format=pattern, errors="coerce")
        if not pd.isna(parsed):
            return pd.Timestamp(parsed)
    if cell is not None and cell in NO_TEXT:
        raise ParseError(what, f"{cell!r}: the publisher has no data for that day", "wait for the next file")
    raise ParseError(what, "none" if cell is None else repr(cell))


# ---------------------------------------------------------------- rows to a raw table

DTYPES: dict[str, Any] = {"VARCHAR": "str", "DOUBLE": "float64", "DATE": "datetime64[s]", "INTEGER": "Int64", "BOOLEAN": "boolean"}


def shaped(rows: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The rows in the table's columns, order and types; a column that this publisher does not serve is null."""
    columns = {
        name: rows[name].astype(DTYPES[kind]) if name in rows else pd.Series(None, index=rows.index, dtype=DTYPES[kind]) for name, kind in table.columns.items()
    }
    return pd.DataFrame(columns, index=rows.index)


def rejects(lines: Sequence[int], reasons: Sequence[str], contents: Sequence[str]) -> pd.DataFrame:
    """Rejected rows of a document that is no table of cells (JSON, XML): where, why, and what was served."""
    return pd.DataFrame({"line": lines, "reason": reasons, "content": [content[:500] for content in contents]}) if len(lines) else no_rejects()


def melted(wide: Parsed, name: str, value: str) -> Parsed:
    """One row per day and column: `observed_on`, name (the column's own), value. A missing value is no observation: it is counted in the notes."""
    columns = [column for column in wide.rows.columns if column not in ("observed_on", "line")]
    rows = wide.rows.melt("observed_on", columns, name, value)
    missing = int(rows[value].isna().sum())
    notes = (*wide.notes, f"{missing:,} missing values left out") if missing else wide.notes
    return Parsed(rows.dropna(subset=[value]).reset_index(drop=True), wide.rejected, notes)


def named_fund(subject: str, *stems: str) -> str:
    """The fund a request is about, in capitals; of a file saved under its publisher's name (`IVV_holdings`) the group `fund` of the stem."""
    if not subject:
        raise ParseError("a subject that names the fund", "none", "the file does not say which fund it is about: name it")
    matches = (re.fullmatch(stem, subject, flags=re.IGNORECASE) for stem in stems)
    return next((match["fund"] for match in matches if match), subject).upper()


def one_value(values: Cells, what: str) -> Any:
    """What a column says on every row (the as-of date, the fund). Raises ParseError where rows disagree or none says it."""
    distinct = values.dropna().drop_duplicates()
    if len(distinct) != 1:
        found = ", ".join(str(value) for value in distinct.head(3)) or "none that can be read"
        raise ParseError(f"one {what} for the whole file", found if distinct.empty else f"{len(distinct)}: {found}")
    return distinct.iloc[0]


def refuse_negative_prices(rows: pd.DataFrame) -> None:
    """A price below zero means that columns have moved: the whole file is wrong. Raises ParseError; needs `price` and `name`."""
    negative = rows[rows["price"] < 0]
    if len(negative):
        first = negative.iloc[0]
        raise ParseError("prices of zero or more", f"{len(negative)} below zero, first {first['price']:,} of {first['name']}")
