"""Formats shared by several publishers: bytes to cells. Text, JSON, archives, XML and workbooks.

The format is decided by content, never by a name. A document that is not what it should be raises one `ParseError`. What
cells mean is said by `cells` and `tables`; nothing that only one publisher does belongs here.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeAlias

import python_calamine
from lxml import etree

from orchestration.sources.contract import ParseError, Payload

Row: TypeAlias = list[Any]

# XML knows five entities by name; `&nbsp;` and a bare `&` (both seen) are text that nobody escaped.
BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)")
END_OF_TEXT = "\x1e"
SPREADSHEET_ML = "{urn:schemas-microsoft-com:office:spreadsheet}"

# An archive that unpacks to more than this, or by more than this factor, is an attack or an accident.
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_EXPANSION = 500
WIDEST_SHEET = 16_384
MOST_CELLS = 5_000_000  # some 200 bytes each
# What the standard library raises for a damaged archive; encryption and unknown packing are RuntimeErrors.
BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")  # of a row (17) or of a cell (B17)


@dataclass(frozen=True)
class Grid:
    """A sheet: rows of cells with the line each stands on. `padded` sheets (workbooks) have no ragged rows."""

    lines: list[int]
    rows: list[Row]
    padded: bool
    closed: bool = True

    def head(self) -> str:
        """The first words of the sheet, for an error message."""
        words = next((" | ".join(cell_text(cell) for cell in row if cell_text(cell)) for row in self.rows if not blank(row)), "nothing")
        return repr(words[:120])


def cell_text(cell: Any) -> str:
    """A cell on one line, as messages show it."""
    return "" if cell is None else " ".join(str(cell).split())


def blank(row: Row) -> bool:
    """No cell says anything (non-breaking spaces included)."""
    return not any(cell is not None and str(cell).strip() for cell in row)


def lone_text(row: Row) -> bool:
    """One sentence in the first cell and nothing beside it: a disclaimer, not data."""
    return bool(row) and len(cell_text(row[0])) > 40 and blank(row[1:])


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
    except ValueError as error:  # a whole number of thousands of digits
        raise ParseError("a JSON document", f"{str(error)[:120]}", "do not open it") from error
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
    try:
        _, first = next(etree.iterparse(io.BytesIO(content), events=("start",), **_xml_parser_options()))
        if first.tag != root:
            raise ParseError(f"XML with root {root}", f"root {first.tag}")
        for _, element in etree.iterparse(io.BytesIO(content), events=("end",), tag=tags, **_xml_parser_options()):
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
            data = next(cell.iterchildren(data_tag), None)
            if data is None:
                cells.append("")
            else:
                cells.append("".join(map(str, data.itertext())) if len(data) else data.text or "")
        rows.append(cells)
    return found


def _column_number(letters: bytes) -> int:
    """Of A 1, of Z 26, of AA 27; of a row, whose place has no letters, 1."""
    number = 0
    for letter in letters[:4].upper():
        number = 26 * number + letter - ord("A") + 1
    return max(number, 1)


def _refuse_vast_sheets(archive: zipfile.ZipFile) -> None:
    """A few bytes can place a cell in the last corner of a sheet, and reading it would take all memory."""
    for member in archive.namelist():
        if member.endswith(".xml"):  # a workbook may keep its sheets under any name
            places = PLACE.findall(_unpacked(archive, member))
            rows = max((int(row[:9]) for row in {row for _, row in places}), default=0)
            columns = max(map(_column_number, {column for column, _ in places}), default=0)
            if rows * columns > MOST_CELLS:
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
