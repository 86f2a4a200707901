"""The smallest workbook that Excel and its readers open (ECMA-376): sheets of text and numbers, nothing else.

Written by hand because the bytes must not depend on the machine: no clock in it, and no compression.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from orchestration.sample_market.writers.archive import stored

Cell: TypeAlias = str | float | int | None

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
COLUMNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CREATED = "2026-01-01T00:00:00Z"


def _row(number: int, row: Sequence[Cell]) -> str:
    # A plain loop, and no call for most cells: the sample has hundreds of thousands of rows, and one of eight cells costs 3 µs.
    cells = []
    for column, value in zip(COLUMNS, row, strict=False):
        if isinstance(value, str):
            if value:
                text = escape(value) if "&" in value or "<" in value or ">" in value else value
                cells.append(f'<c r="{column}{number}" t="str"><v>{text}</v></c>')
        elif value is not None:
            cells.append(f'<c r="{column}{number}"><v>{value!r}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = "".join([_row(number, row) for number, row in enumerate(rows, start=1) if row])
    return f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]], *, creator: str, title: str) -> bytes:
    """An XLSX file: sheet name -> rows of up to 26 cells; an empty row leaves a blank line."""
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>' for number, name in numbered)
    related = "".join(f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>' for number, _ in numbered)
    typed = "".join(f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{KIND}.worksheet+xml"/>' for number, _ in numbered)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>{typed}'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>{escape(creator)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{CREATED}</dcterms:created></cp:coreProperties>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
    }
    contents = {name: DECLARATION + body for name, body in parts.items()}
    contents |= {f"xl/worksheets/sheet{number}.xml": _sheet(sheets[name]) for number, name in numbered}
    return stored({name: content.encode() for name, content in contents.items()})
