"""Daily bars, whoever serves them: Yahoo's chart v8 JSON (live), Stooq's CSV, and the CSV that yfinance writes.

The layout is decided by content. Yahoo keeps the raw close and the adjusted close apart (its raw prices still move at a
split, not at a dividend). Stooq, and yfinance without an `Adj Close` column, serve one series that is already adjusted for
splits and dividends: close and adjusted_close are then the same number and the notes say so. Adjusted history moves at
each dividend, so the whole history is asked for every time. Prices are in the currency of the listing, volume in shares.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from math import isnan
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from orchestration.sources.cells import Cells, day, number, required
from orchestration.sources.columns import stacked, without
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import Grid, blank, decode, excerpt, read_json, read_text
from orchestration.sources.tables import column, read_table, rejects, shaped

DAILY_BARS = Table(
    name="raw_prices__daily_bars",
    key=("symbol", "observed_on"),
    columns={
        "symbol": "VARCHAR",
        "observed_on": "DATE",
        "open": "DOUBLE",
        "high": "DOUBLE",
        "low": "DOUBLE",
        "close": "DOUBLE",
        "adjusted_close": "DOUBLE",
        "volume": "DOUBLE",
    },
    description="Daily bars of listed securities and indices, one row per symbol and session.",
)

# From the beginning to far in the future: `range=max` would answer with quarterly bars, and a fixed end keeps the address stable.
ADDRESS = "https://query1.finance.yahoo.com/v8/finance/chart/{symbol}?period1=0&period2=9999999999&interval=1d&events=div%2Csplit"
PRICES = ["open", "high", "low", "close"]
ALREADY_ADJUSTED = "one price series, already adjusted for splits and dividends: close and adjusted_close are the same"
REFUSAL = re.compile(r"limit|too many requests|api ?key|unauthori[sz]ed|forbidden|captcha", flags=re.IGNORECASE)


LAST_SECONDS = 60
LAST_INSTANT = 4_102_444_800  # 2100-01-01
UNREAD = re.compile(r"^(?!ignored columns)|^ignored columns: (?:(?:Dividends|Stock Splits|Capital Gains|Adj Close|OpenInt)(?:, )?)+$")


def requests(scope: Scope) -> Iterable[Request]:
    for symbol in scope.symbols:
        yield Request(ADDRESS.format(symbol=quote(symbol.replace(".", "-"), safe="")), symbol)


# ---------------------------------------------------------------- Yahoo


def _error(answer: Any) -> str:
    """What Yahoo says instead of data, or nothing."""
    for envelope in ("chart", "finance"):
        inside = answer.get(envelope) if isinstance(answer, dict) else None
        error = inside.get("error") if isinstance(inside, dict) else None
        if error:
            return f"{error.get('code')}: {error.get('description')}" if isinstance(error, dict) else str(error)
    return ""


def _sessions(stamps: Sequence[int], meta: Mapping[str, Any]) -> list[datetime]:
    """Session dates of opening instants (seconds since 1970), in the exchange's own zone, else by its present offset."""
    zone: tzinfo = UTC
    offset = 0
    try:
        zone = ZoneInfo(meta.get("exchangeTimezoneName") or "")
    except (ZoneInfoNotFoundError, ValueError):
        offset = int(meta.get("gmtoffset") or 0)
    return [datetime.fromtimestamp(stamp + offset, zone).replace(hour=0, minute=0, second=0, tzinfo=None) for stamp in stamps]


def _is_running(stamps: Sequence[int], meta: Mapping[str, Any]) -> list[bool]:
    """Bars of a session that had not ended when Yahoo answered: their prices are not the day's yet.

    What Yahoo says of now is when the symbol last traded: a thin one may close without a trade in the last seconds.
    """
    regular = (meta.get("currentTradingPeriod") or {}).get("regular") or {}
    start, end, now = regular.get("start"), regular.get("end"), meta.get("regularMarketTime")
    if start is None or end is None or now is None or not start <= now < end - LAST_SECONDS:
        return [False] * len(stamps)
    return [start <= stamp <= end for stamp in stamps]


def _chart(answer: Mapping[str, Any]) -> Parsed:
    try:
        meta = answer["meta"]
        symbol, stamps = meta["symbol"], answer["timestamp"]
        quotes = answer["indicators"]["quote"][0]
        cells = {name: quotes[name] for name in [*PRICES, "volume"]}
        adjusted = answer["indicators"].get("adjclose")
        if adjusted:
            cells["adjusted_close"] = adjusted[0]["adjclose"]
    except KeyError as error:
        raise ParseError("meta, timestamp and indicators.quote with open, high, low, close and volume", f"none called {error}") from error
    except (IndexError, TypeError, AttributeError) as error:
        raise ParseError("lists of numbers under timestamp and indicators", str(error)) from error
    other = [values for values in (stamps, *cells.values()) if not isinstance(values, list)] or [stamp for stamp in stamps if not isinstance(stamp, int)]
    if other:
        raise ParseError("lists of numbers under timestamp and indicators", repr(other[0])[:120])
    if not isinstance(symbol, str) or not symbol:
        raise ParseError("meta.symbol", repr(symbol))
    if not all(0 <= stamp <= LAST_INSTANT for stamp in stamps):
        raise ParseError("opening instants in seconds since 1970", f"{stamps[0]!r}")
    if meta.get("dataGranularity", "1d") != "1d":
        raise ParseError("daily bars ('1d')", f"bars of {meta['dataGranularity']!r}", "ask with interval=1d and explicit periods")
    ragged = {name: len(values) for name, values in cells.items() if len(values) != len(stamps)}
    if ragged:
        raise ParseError(f"{len(stamps)} values in each column", f"{ragged}")
    if not stamps:
        raise ParseError("at least one bar", "none", "no bars never means no market; try again later")

    converted = {name: number(values) for name, values in cells.items()}
    columns = {name: values for name, (values, _) in converted.items()}
    bad: dict[int, list[str]] = {}
    for name, (_, places) in converted.items():
        for place in places:
            bad.setdefault(place, []).append(name)
    sessions = _sessions(stamps, meta)
    notes: tuple[str, ...] = ()
    if "adjusted_close" not in columns:
        columns["adjusted_close"] = columns["close"]
        notes = ("no adjusted close was served (an index): adjusted_close is the close",)

    silent = {
        place
        for place, (is_running, *prices) in enumerate(zip(_is_running(stamps, meta), *(columns[name] for name in PRICES), strict=True))
        if is_running or (place not in bad and all(map(isnan, prices)))
    }
    # The last trade may follow the day's own bar under a second stamp of the same session: the later one is the truth.
    last = {session: place for place, session in enumerate(sessions) if place not in silent}
    repeated = {place for place, session in enumerate(sessions) if place not in silent and last[session] != place}
    unreadable = [place for place, close in enumerate(columns["close"]) if (place in bad or isnan(close)) and place not in silent and place not in repeated]
    if silent:
        notes = (*notes, f"{len(silent)} session(s) without final prices skipped, last {max(sessions[place] for place in silent):%Y-%m-%d}")
    rejected = rejects(
        [place + 1 for place in unreadable],
        [f"cannot read {', '.join(bad.get(place, ())) or 'close'}" for place in unreadable],
        [" | ".join(str(values[place]) for values in cells.values()) for place in unreadable],
    )
    kept = without({**columns, "observed_on": sessions}, {*silent, *repeated, *unreadable})
    return shaped(Parsed(kept, rejected, notes), DAILY_BARS, symbol=symbol)


def _yahoo(payload: Payload) -> Parsed:
    answer = read_json(payload)
    refused = _error(answer)
    if refused:
        raise ParseError("a chart", f"Yahoo's error {refused!r}", "back off and try again later" if REFUSAL.search(refused) else "check the symbol")
    chart = answer.get("chart") if isinstance(answer, dict) else None
    results = chart.get("result") if isinstance(chart, dict) else None
    if not isinstance(results, list) or not results:
        raise ParseError("chart.result with one symbol", excerpt(payload.content))
    return _chart(results[0])


# ---------------------------------------------------------------- CSV


_day = day("%Y-%m-%d", "%m/%d/%Y")


def _session(cells: Cells) -> tuple[list[Any], list[int]]:
    """Days, with or without a midnight and an offset after them (yfinance writes the exchange's local time)."""
    return _day([str(cell)[:10] for cell in cells])


def _symbol(subject: str) -> str:
    """TLT from what an address or a file says: `tlt.us`, `stooq_tlt_us_d`, `tlt_us_d`, `TLT`."""
    found = re.fullmatch(r"(?:stooq_)?(\^?[A-Z0-9.\-=]+?)(?:[._]us)?(?:_d)?", unquote(subject), flags=re.IGNORECASE)
    if found is None:
        raise ParseError("a symbol such as tlt.us or TLT", repr(subject), "say which symbol the file is about")
    return found.group(1).upper()


def _series(grid: Grid, symbol: str) -> Parsed:
    """One symbol's bars under a single header row; Stooq leaves out what it does not know."""
    bars = read_table(
        grid,
        (
            column("observed_on", _session, "Date"),
            column("open", number, "Open", optional=True),
            column("high", number, "High", optional=True),
            column("low", number, "Low", optional=True),
            column("close", required(number), "Close"),
            column("adjusted_close", number, "Adj Close", optional=True),
            column("volume", number, "Volume", optional=True),
        ),
    )
    columns, notes = bars.columns, bars.notes
    absent = [name.capitalize() for name in ("open", "high", "low", "volume") if name not in columns]
    # An index has no volume and a saved close may stand alone; a heading nobody knows in their place was renamed.
    is_partial = 0 < len({"Open", "High", "Low"} & set(absent)) < 3
    if is_partial or (absent and any(not UNREAD.search(note) for note in notes)):
        raise ParseError("Open, High, Low, Close and Volume, or Close alone", f"none headed {absent}")
    if "adjusted_close" not in columns:
        columns, notes = {**columns, "adjusted_close": columns["close"]}, (*notes, ALREADY_ADJUSTED)
    return shaped(Parsed(columns, bars.rejected, notes), DAILY_BARS, symbol=symbol)


def _yfinance(grid: Grid) -> Parsed:
    """Two header levels (Price and Ticker, in either order) above a `Date` row; one or several symbols side by side."""
    labels = {str(row[0]).strip().casefold(): row for row in grid.rows[:3] if row}
    if {"price", "ticker", "date"} - labels.keys():
        raise ParseError("header rows 'Price', 'Ticker' and 'Date'", grid.head())
    fields, tickers = labels["price"], [str(cell).strip() for cell in labels["ticker"]]
    symbols = list(dict.fromkeys(ticker for ticker in tickers[1:] if ticker))
    if not symbols or len(fields) != len(tickers):
        raise ParseError("one ticker above each column", grid.head())
    parts: list[Parsed] = []
    for symbol in symbols:
        places = [place for place, ticker in enumerate(tickers) if ticker == symbol]
        body = [[row[place] for place in (0, *places) if place < len(row)] for row in grid.rows[3:]]
        traded = [(line, row) for line, row in zip(grid.lines[3:], body, strict=True) if not blank(row[1:])]  # symbols have their own calendars
        header = ["Date", *(fields[place] for place in places)]
        parts.append(_series(Grid([3, *(line for line, _ in traded)], [header, *(row for _, row in traded)], padded=False, closed=grid.closed), symbol))
    rejected = pd.concat([part.rejected for part in parts], ignore_index=True)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Parsed(stacked([part.columns for part in parts]), rejected, notes, DAILY_BARS.columns)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """Bars of the symbols in the payload. Raises ParseError for a refusal in words, an error in Yahoo's envelope, or no bars."""
    start = decode(payload).lstrip()
    if start.startswith("{"):
        return {DAILY_BARS.name: _yahoo(payload)}
    if "," not in start.partition("\n")[0] and REFUSAL.search(start[:400]):
        raise ParseError("daily bars", repr(" ".join(start.split())[:120]), "the publisher refuses for now: back off and try again tomorrow")
    grid = read_text(payload)
    filled = next((place for place, row in enumerate(grid.rows) if not blank(row)), 0)
    grid = replace(grid, lines=grid.lines[filled:], rows=grid.rows[filled:])
    if not grid.rows or not grid.rows[0]:
        raise ParseError("daily bars", "an empty body", "try again later")
    if str(grid.rows[0][0]).strip().casefold() in {"price", "ticker"}:
        return {DAILY_BARS.name: _yfinance(grid)}
    return {DAILY_BARS.name: _series(grid, _symbol(payload.request.subject))}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="daily_bars",
    publisher="Yahoo, Stooq",
    homepage="https://finance.yahoo.com/",
    terms="personal use, no redistribution (Yahoo, Stooq)",
    cadence="daily",
    tables=(DAILY_BARS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(
        r"https://query[12]\.finance\.yahoo\.com/v8/finance/chart/(?P<subject>[^?/]+)(?:\?.*)?",
        r"https://stooq\.(?:com|pl)/q/d/l/\?(?:.*&)?s=(?P<subject>[^&]+)(?:&.*)?",
        r"manual://yahoo/chart/(?P<subject>[^/]+)",
        r"manual://yfinance/(?P<subject>[^/]+)",
    ),
    pause_seconds=2.0,  # answers 429 in waves when asked faster
)
