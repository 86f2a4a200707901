"""FRED series: one CSV a series (`fredgraph.csv`), or the JSON of the official API where somebody saved it.

The first column has been `DATE` and is `observation_date`; a missing value has been `.` and is blank. The heading of the
other column names the series, so a file that answers another question than we asked is noticed. Some histories are cut
by their owners (ICE spreads to three years, S&P 500 to ten): how much is enough is the reader's business, not ours.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

from orchestration.sources.cells import day, number
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import Grid, blank, excerpt, read_json, read_sheet
from orchestration.sources.releases import weekdays_later
from orchestration.sources.tables import column, melted, read_table, shaped

OBSERVATIONS = Table(
    name="raw_fred__observations",
    key=("series_id", "observed_on"),
    columns={"series_id": "VARCHAR", "observed_on": "DATE", "value": "DOUBLE"},
    description="Observations of FRED series as served, one row per series and day; days without a value have no row.",
)

SERIES_ID = re.compile(r"[A-Z0-9_]+")
DAY_HEADINGS = ("observation_date", "DATE")
# The longest gap between neighbouring days of a daily series; weekly and monthly ones are wider apart.
DAILY_GAP_DAYS = 4


def requests(scope: Scope) -> Iterable[Request]:
    for series in scope.series:
        yield Request(f"https://fred.stlouisfed.org/graph/fredgraph.csv?id={series}", subject=series)


def _asked(payload: Payload) -> list[str]:
    """The series an address names; none for a file that lies on a disk."""
    query = parse_qs(urlsplit(payload.request.url).query)
    return [series.upper() for name in ("id", "series_id") for listed in query.get(name, []) for series in listed.split(",")]


def _api_answer(payload: Payload) -> Grid:
    """The API's observations as a sheet. Of several vintages of a day the last is what FRED says now."""
    answer = read_json(payload)
    observations = answer.get("observations") if isinstance(answer, dict) else None
    if not isinstance(observations, list) or not all(isinstance(entry, dict) for entry in observations):
        complaint = answer.get("error_message") if isinstance(answer, dict) else None
        raise ParseError("'observations' in the JSON of the FRED API", repr(complaint) if complaint else excerpt(payload.content))
    if observations and not all("value" in entry for entry in observations):
        raise ParseError("a 'value' in each observation", f"{sorted(observations[0])}", "ask the API with output_type=1")
    series = (_asked(payload) or [payload.request.subject.upper()])[0]
    vintages = pd.DataFrame(observations).reindex(columns=["realtime_start", "date", "value"]).sort_values("realtime_start", kind="stable")
    latest = vintages.drop_duplicates("date", keep="last").sort_index()
    return Grid([1, *(latest.index + 2)], [[DAY_HEADINGS[0], series], *latest[["date", "value"]].to_numpy().tolist()], padded=True)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    grid = _api_answer(payload) if payload.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else read_sheet(payload)
    header = next((row for row in grid.rows if not blank(row)), [])
    headings = [str(cell).strip() for cell in header]
    if len(headings) < 2 or headings[0].casefold() not in {name.casefold() for name in DAY_HEADINGS}:
        raise ParseError(f"a header of {DAY_HEADINGS[0]!r} and a series", grid.head())
    # The downloads of old were headed VALUE whatever the series.
    names = {heading: payload.request.subject.upper() if heading.upper() == "VALUE" else heading.upper() for heading in headings[1:] if heading}
    if {"OPEN", "HIGH", "LOW", "CLOSE", "VOLUME"} & set(names.values()):
        raise ParseError("a series of FRED", f"columns of prices {list(names.values())}", "this is another publisher's file")
    if not names or not all(names.values()):
        raise ParseError("a series id as heading", "none", "the file does not say which series it is about: name it")
    unreadable = [name for name in names.values() if not SERIES_ID.fullmatch(name)]
    if unreadable:
        raise ParseError("a series id as heading", repr(unreadable[0]))
    unanswered = set(_asked(payload)) - set(names.values())
    if unanswered:
        raise ParseError(f"series {sorted(unanswered)}", f"columns {list(names.values())}")
    days = column("observed_on", day("%Y-%m-%d", "%m/%d/%Y"), *DAY_HEADINGS)
    wide = read_table(grid, (days, *(column(name, number, heading) for heading, name in names.items())))
    found = melted(wide, "series_id", "value")
    if not len(found) and not len(found.rejected):
        raise ParseError("at least one observation", f"{len(wide):,} days without a value", "try again later; if it persists, look at the series")
    return {OBSERVATIONS.name: shaped(found, OBSERVATIONS)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """The next weekday for daily series. Slower ones are dated by the first day of a period that must end and be
    compiled: two periods later is the slow end, so that no reconstructed row is known too early."""
    ordered = rows.sort_values("observed_on")
    gaps = ordered.groupby("series_id")["observed_on"].diff().dt.days
    gap = gaps.groupby(ordered["series_id"]).transform("median").reindex(rows.index)
    two_periods_later = rows["observed_on"] + pd.to_timedelta(np.ceil(2 * gap), unit="D")
    return weekdays_later(rows["observed_on"], 1).where(~(gap > DAILY_GAP_DAYS), two_periods_later)


SOURCE = Source(
    name="fred_series",
    publisher="Federal Reserve Bank of St. Louis",
    homepage="https://fred.stlouisfed.org/",
    terms="free with the source named; series of Cboe, ICE and S&P keep their owners' copyright: no redistribution",
    cadence="daily",
    tables=(OBSERVATIONS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(
        r"https://fred\.stlouisfed\.org/graph/fredgraph\.csv\?(?:[^#]*&)?id=(?P<subject>\w+)(?:&[^#]*)?",
        r"https://api\.stlouisfed\.org/fred/series/observations\?(?:[^#]*&)?series_id=(?P<subject>\w+)(?:&[^#]*)?",
    ),
)
