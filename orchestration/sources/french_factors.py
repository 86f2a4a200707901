"""Kenneth French's daily factors: a zipped CSV (or the CSV itself), back to 1926, restated whole at each release.

A few lines of preamble, a header whose first cell is empty, days as `YYYYMMDD`, per cent, -99.99 or -999 for missing, and
a copyright line that closes the file: without it the file was cut off. The five-factor file alone never had that line and
ends with its last day. Every named column is a factor, so the three-factor, five-factor and momentum files all read alike.
Files of monthly or annual returns are refused, and so are files with a second table, which would give a day two returns.
"""

import re
from collections.abc import Iterable, Mapping
from math import nan
from typing import Any

import pandas as pd

from orchestration.sources.cells import Cells, day, number
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import Grid, blank, read_text, unzip
from orchestration.sources.releases import calendar_days_later
from orchestration.sources.tables import column, melted, read_table, shaped

FACTORS = Table(
    name="raw_french__factors",
    key=("factor", "observed_on"),
    columns={"factor": "VARCHAR", "observed_on": "DATE", "daily_return": "DOUBLE"},
    description="Daily factor returns of the Fama-French data library as fractions, one row per factor and day.",
)


FIVE_FACTORS = "RMW"  # a column that only they have


def requests(scope: Scope) -> Iterable[Request]:
    yield Request("https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/F-F_Research_Data_Factors_daily_CSV.zip")


def _fraction(cells: Cells) -> tuple[list[Any], list[int]]:
    """Per cent to fractions; no factor loses 99 % in a day, so what is written there means missing."""
    values, bad = number(cells)
    return [nan if value <= -99 else value / 100 for value in values], bad


def _table(grid: Grid) -> Grid:
    """The header and the days, between preamble and copyright line."""
    first_cells = [str(row[0]).strip() if row else "" for row in grid.rows]
    end = next((index for index, cell in enumerate(first_cells) if cell.casefold().startswith("copyright")), None)
    start = next((index for index, row in enumerate(grid.rows[:end]) if not first_cells[index] and len(row) > 1 and not blank(row)), None)
    if start is None:
        raise ParseError("a header with an empty first cell and factor names", grid.head())
    header = ["day", *(str(cell).strip() for cell in grid.rows[start][1:])]
    if end is None and FIVE_FACTORS not in header:
        raise ParseError("a copyright line that closes the file", "the end of the file (cut off?)", "fetch it again")
    again = next((index for index, row in enumerate(grid.rows[start + 1 : end], start + 1) if not first_cells[index] and not blank(row)), None)
    if again is not None:
        raise ParseError("one table of daily returns", f"a second header in line {grid.lines[again]}", "keep the one that is meant in a file of its own")
    return Grid(grid.lines[start:end], [header, *grid.rows[start + 1 : end]], padded=False, closed=grid.closed or end is not None)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    table = _table(read_text(unzip(payload, ".csv", ".txt")))
    names = [name for cell in table.rows[0][1:] if (name := str(cell).strip())]
    first = str(table.rows[1][0]).strip() if len(table.rows) > 1 and table.rows[1] else ""
    if first and not re.fullmatch(r"\d{8}", first):
        raise ParseError("days as YYYYMMDD", repr(first), "ask for the file of daily returns")
    wide = read_table(table, (column("observed_on", day("%Y%m%d"), "day"), *(column(name, _fraction, name) for name in names)))
    return {FACTORS.name: shaped(melted(wide, "factor", "daily_return"), FACTORS)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Month end and 60 days: at the end of August 2022 the newest file still ended in June. The lag differs by release
    and the factors are long memory, not a signal of the day: too late costs nothing, too early would be hindsight."""
    return calendar_days_later(rows["observed_on"] + pd.offsets.MonthEnd(0), 60)


SOURCE = Source(
    name="french_factors",
    publisher="Kenneth R. French",
    homepage="https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/data_library.html",
    terms="© Kenneth R. French; free download for research, cite the data library",
    cadence="monthly",
    tables=(FACTORS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https?://mba\.tuck\.dartmouth\.edu/pages/faculty/ken\.french/ftp/[\w%.-]*daily[\w%.-]*\.(?:zip|csv|CSV)",),
)
