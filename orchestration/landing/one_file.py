"""One publisher's file to rows, outside any run: what `contagion parse` shows. Nothing is archived or written."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from orchestration import calendars
from orchestration.landing.vintages import CLOCKS, Arrival, stamp
from orchestration.sources import all_sources
from orchestration.sources.contract import DEFECTS, ParseError, Payload, Request, Source


class UnreadableError(ValueError):
    """A file that gives no rows: publisher, file, what was expected, what was found, what to do."""


def _source(name: str) -> Source:
    known = all_sources()
    if name not in known:
        raise UnreadableError(f"expected a source ({', '.join(known)}), found {name!r}; see `contagion sources`")
    return known[name]


def read_file(
    name: str, file: Path, *, fetched_on: date | None = None, subject: str | None = None, table: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Rows of one table with all raw columns (dates as ISO text), rejected lines, remarks. Raises UnreadableError."""
    source = _source(name)
    chosen = next((one for one in source.tables if table in (None, one.name)), None)
    if chosen is None:
        raise UnreadableError(f"{source.name}: expected a table ({', '.join(one.name for one in source.tables)}), found {table!r}")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{source.publisher}, {file.name}: expected a readable file, found {error.strerror}; check the path") from error
    fetched_at = calendars.instant(fetched_on or datetime.now(calendars.NEW_YORK).date())
    payload = Payload(Request(file.name, subject or file.stem), content, fetched_at)
    try:
        parsed = source.parse(payload)[chosen.name]
    except ParseError as error:
        raise UnreadableError(f"{source.publisher}, {file.name}: {error}") from error
    except DEFECTS as error:
        found = " ".join(f"{type(error).__name__}: {error}".split())
        raise UnreadableError(f"{source.publisher}, {file.name}: expected a file the parser can read, found {found}; mend sources/{name}.py") from error
    arrival = Arrival(fetched_at, payload.sha256, is_first=True)
    rows = stamp(source, parsed.rows, [arrival], np.zeros(len(parsed), dtype="int64"))[[*chosen.columns, *CLOCKS]]
    for column, kind in {**chosen.columns, **CLOCKS}.items():
        if kind == "DATE":
            rows[column] = pd.to_datetime(rows[column]).dt.strftime("%Y-%m-%d")
        elif kind == "TIMESTAMP":
            rows[column] = pd.to_datetime(rows[column]).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    notes = parsed.notes
    if len(source.tables) > 1 and table is None:
        notes = (*notes, f"showing {chosen.name}; --table gives {', '.join(one.name for one in source.tables if one is not chosen)}")
    return rows, parsed.rejected, notes
