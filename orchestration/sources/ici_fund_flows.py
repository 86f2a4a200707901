"""ICI long-term fund and ETF flows: one sheet with monthly actuals and weekly estimates, millions of dollars.

The address names a workbook; the same cells have been seen as BIFF and as tabulated text in Windows-1252. Headings stand
on three merged levels with values in every second column, so a column is known by the labels above it. Two blocks follow,
each under its own title, and a closing `Note:` (which says "weekly" too). Weeks end on Wednesday, before some holidays on
Tuesday: the date is kept as served. Estimates are revised in later files; the year in a file's name proves nothing.

The mutual-fund-only and ETF-only sheets (`flows_data_`, `etf_flows_data_`) read alike, but their addresses are not
claimed: under the same key their narrower figures would look like revisions of the combined ones.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from orchestration.sources.cells import day, number, required
from orchestration.sources.columns import Columns, stacked
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table, no_rejects
from orchestration.sources.readers import Grid, Row, blank, read_sheet
from orchestration.sources.tables import column, melted, read_table, shaped

FUND_FLOWS = Table(
    name="raw_ici__fund_flows",
    key=("frequency", "category", "observed_on"),
    columns={"observed_on": "DATE", "frequency": "VARCHAR", "category": "VARCHAR", "flow_usd_mn": "DOUBLE"},
    description="Net flows of US long-term mutual funds and ETFs: monthly actuals and weekly estimates, one row per frequency, category and period end.",
)

# (first level, second level without the word "total") -> category
CATEGORIES = {
    ("total", ""): "total",
    ("equity", ""): "equity",
    ("equity", "domestic"): "equity_domestic",
    ("equity", "world"): "equity_world",
    ("hybrid", ""): "hybrid",
    ("bond", ""): "bond",
    ("bond", "taxable"): "bond_taxable",
    ("bond", "municipal"): "bond_municipal",
    ("commodity", ""): "commodity",
}
INDISPENSABLE = ("total", "equity", "bond")
DATE_FORMATS = ("%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d")
# Days from the end of a period to its publication, at the slow end of what was seen (6 to 12 for weeks, up to 30 for
# months): a row of history must never look known before it was.
LAG_DAYS = {"weekly": 12, "monthly": 30}


def requests(scope: Scope) -> Iterable[Request]:
    # The year before comes first: where both name a period, what the current file says is the later word.
    for year in (scope.as_of.year - 1, scope.as_of.year):
        yield Request(f"https://www.ici.org/combined_flows_data_{year}.xls")


def _said(row: Row, position: int) -> str:
    cell = row[position] if position < len(row) else ""
    return " ".join(str("" if cell is None else cell).split()).casefold()


@dataclass(frozen=True)
class Layout:
    """Where things stand in a sheet: the header row, the first row below the headings, and positions of cells in a row."""

    header: int
    body: int
    day: int
    categories: Mapping[str, int]
    unread: tuple[str, ...]


def _title(grid: Grid, index: int, at: int) -> str:
    """The row's only text, standing where the dates stand and being none: a block's title; else ''."""
    row = grid.rows[index]
    label = _said(row, at)
    return label if re.search("[a-z]", label) and blank([*row[:at], *row[at + 1 :]]) else ""


def _words(*labels: str) -> str:
    """What labels say besides "total" and "funds", each word once."""
    return " ".join(dict.fromkeys(word for label in labels for word in label.split() if word not in ("total", "funds")))


def _named_columns(levels: Sequence[Row], day_at: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Category -> position, and the (group, label) of columns that are none of ours. A merged first level reaches to the next."""
    groups = {group for group, _ in CATEGORIES}
    named: dict[str, int] = {}
    unread: list[tuple[str, str]] = []
    group = "total"
    for position in range(day_at + 1, max(len(level) for level in levels)):
        first, *others = (_said(level, position) for level in levels)
        if not first and not any(others):
            continue
        if first:
            # "Total LT MF and ETF flows", "Total long-term" and "Total ETFs" have all headed the total; "Total equity" does not.
            group = _words(first) if _words(first) in groups or not first.startswith("total") else "total"
        below = "" if group == "total" else " ".join(word for word in _words(*others).split() if word != group)
        category = CATEGORIES.get((group, below))
        if category is None:
            unread.append((group, f"{group} {below}".strip()))
        else:
            named.setdefault(category, position)
    return named, unread


def _layout(grid: Grid) -> Layout:
    found = next(((index, at) for index, row in enumerate(grid.rows) for at in range(len(row)) if _said(row, at) == "date"), None)
    if found is None:
        raise ParseError("a header that begins with 'Date'", grid.head())
    header, day_at = found
    above = " ".join(_said(row, at) for row in grid.rows[: header + 1] for at in range(len(row)))
    if (unit := re.search(r"\b(?:billion|thousand)s?\b", above)) and "million" not in above:
        raise ParseError("flows in millions of dollars", f"{unit.group()!r} above the table", "the publisher changed its unit: mend the parser")
    body = next((index for index in range(header + 1, len(grid.rows)) if _said(grid.rows[index], day_at)), len(grid.rows))
    categories, unread = _named_columns(grid.rows[header:body], day_at)
    # A category may be absent (an ETF sheet without hybrids), but not where an unknown column may stand in its place.
    known_groups = {group for group, _ in CATEGORIES}
    for (group, below), category in CATEGORIES.items():
        rivals = [label for other, label in unread if (other == group if below else other not in known_groups)]
        if category not in categories and (category in INDISPENSABLE or rivals):
            raise ParseError(f"a column for {category!r}", f"{[*categories, *(label for _, label in unread)]}")
    return Layout(header, body, day_at, categories, tuple(label for _, label in unread))


def _blocks(grid: Grid, layout: Layout) -> dict[str, list[int]]:
    """Frequency -> the rows under its title, down to the closing note."""
    blocks: dict[str, list[int]] = {}
    current: list[int] | None = None
    for index in range(layout.body, len(grid.rows)):
        if _said(grid.rows[index], layout.day).startswith(("note", "source")):
            break
        title = _title(grid, index, layout.day)
        if title:
            frequency = next((frequency for frequency in LAG_DAYS if frequency in title), None)
            if frequency is None or frequency in blocks:
                raise ParseError("one block of monthly and one of weekly flows", f"{title[:80]!r} in line {grid.lines[index]}")
            current = blocks[frequency] = []
        elif not blank(grid.rows[index]):
            if current is None:
                raise ParseError("the title of a block", f"{_said(grid.rows[index], layout.day)!r} in line {grid.lines[index]}")
            current.append(index)
    else:
        if not grid.padded:
            raise ParseError("a 'Note:' that closes the sheet", "the end of the file (cut off?)", "fetch it again")
    for frequency in LAG_DAYS:
        if frequency not in blocks:
            raise ParseError(f"a block titled '{frequency} fund flows'", f"blocks {list(blocks)}")
    return blocks


def parse(payload: Payload) -> Mapping[str, Parsed]:
    grid = read_sheet(payload)
    layout = _layout(grid)
    positions = (layout.day, *layout.categories.values())
    columns = (
        column("observed_on", day(*DATE_FORMATS), "date"),
        *(column(category, required(number) if category in INDISPENSABLE else number, category) for category in layout.categories),
    )
    flows: list[Columns] = []
    rejected = [no_rejects()]
    notes: list[str] = []
    for frequency, rows in _blocks(grid, layout).items():
        cells = [[row[at] for at in positions if at < len(row)] for row in (grid.rows[index] for index in rows)]
        lines = [grid.lines[index] for index in (layout.header, *rows)]
        block = melted(read_table(Grid(lines, [["date", *layout.categories], *cells], padded=grid.padded), columns), "category", "flow_usd_mn")
        flows.append({**block.columns, "frequency": [frequency] * len(block)})
        rejected.append(block.rejected)
        notes.extend(f"{frequency}: {note}" for note in block.notes)
    if layout.unread:
        notes.append(f"ignored columns: {', '.join(layout.unread)}")
    absent = [category for category in CATEGORIES.values() if category not in layout.categories]
    if absent:
        notes.append(f"no columns for: {', '.join(absent)}")
    return {FUND_FLOWS.name: shaped(Parsed(stacked(flows), pd.concat(rejected, ignore_index=True), tuple(notes)), FUND_FLOWS)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"] + pd.to_timedelta(rows["frequency"].map(LAG_DAYS), unit="D")


SOURCE = Source(
    name="ici_fund_flows",
    publisher="Investment Company Institute",
    homepage="https://www.ici.org/research/stats/combined_active_index",
    terms="© Investment Company Institute; free download, cite the source, no redistribution",
    cadence="weekly",
    tables=(FUND_FLOWS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https://www\.ici\.org/(?:[\w-]+/)*combined_flows_data_\d{4}\.xlsx?",),
    pause_seconds=2.0,
)
