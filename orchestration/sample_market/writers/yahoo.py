"""Yahoo's chart v8 JSON: daily bars as columns, prices in single precision, raw and adjusted close apart.

Raw prices are restated at a split; the adjusted close also at each distribution; an index has no adjusted close, and mostly
no volume. A bar is stamped with the instant at which its session opened, in the exchange's own zone. Trading before and after
hours exists in New York alone: elsewhere both periods are empty.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.sample_market.facts import Array, Bars, Listing

NEW_YORK = "America/New_York"
EARLIEST, LATEST = 4.0, 20.0  # hours at which trading outside the session begins and ends
SESSIONS_A_YEAR = 252


def _hour(zone: str, day: date, hour: float) -> datetime:
    """An hour of a day on the clock of a place."""
    return datetime(day.year, day.month, day.day, int(hour), round(hour % 1 * 60), tzinfo=ZoneInfo(zone))


@cache
def _seconds(zone: str, day: date, hour: float) -> int:
    """Hundreds of charts share their sessions: each opening is worked out once."""
    return int(_hour(zone, day, hour).timestamp())


def _instant(listing: Listing, day: date, hour: float) -> int:
    return _seconds(listing.zone, day, hour)


def _single(values: Array) -> list[float]:
    """Numbers as Yahoo prints them: doubles made from single precision."""
    printed: list[float] = values.astype(np.float32).astype(np.float64).tolist()
    return printed


def _periods(listing: Listing, day: date, zone: str | None, offset: int) -> dict[str, dict[str, object]]:
    """The sessions of a day: before, during and after regular hours."""
    earliest, latest = (EARLIEST, LATEST) if listing.zone == NEW_YORK else (listing.opens, listing.closes)
    hours = {"pre": (earliest, listing.opens), "regular": (listing.opens, listing.closes), "post": (listing.closes, latest)}
    return {
        period: {"timezone": zone, "start": _instant(listing, day, start), "end": _instant(listing, day, end), "gmtoffset": offset}
        for period, (start, end) in hours.items()
    }


def chart(listing: Listing, days: Sequence[date], bars: Bars, adjusted_close: Array | None, dividends: Sequence[float], splits: Mapping[date, int]) -> bytes:
    """One symbol's answer, oldest bar first: its whole history, or any part of it.

    adjusted_close: None for an index. dividends: dollars a share on ex-dates, zero otherwise. splits: new shares for an old
    one, by day; those of other days are left out. The highest and lowest of 52 weeks are those of the bars given.
    """
    last = days[-1]
    opening = _hour(listing.zone, last, listing.opens)
    zone = opening.tzname()
    offset = int((opening.utcoffset() or timedelta(0)).total_seconds())
    meta = {
        "currency": listing.currency,
        "symbol": listing.symbol,
        "exchangeName": listing.venue,
        "fullExchangeName": listing.venue,
        "instrumentType": listing.kind,
        "firstTradeDate": _instant(listing, listing.first_day, listing.opens),
        "regularMarketTime": _instant(listing, last, listing.closes),
        "hasPrePostMarketData": listing.zone == NEW_YORK and listing.kind != "INDEX",
        "gmtoffset": offset,
        "timezone": zone,
        "exchangeTimezoneName": listing.zone,
        "regularMarketPrice": float(bars.close[-1]),
        "fiftyTwoWeekHigh": float(bars.high[-SESSIONS_A_YEAR:].max()),
        "fiftyTwoWeekLow": float(bars.low[-SESSIONS_A_YEAR:].min()),
        "regularMarketDayHigh": float(bars.high[-1]),
        "regularMarketDayLow": float(bars.low[-1]),
        "regularMarketVolume": int(bars.volume[-1]),
        "longName": f"{listing.name} (SIMULATED)",
        "shortName": "SIMULATED",
        "priceHint": 2,
        "currentTradingPeriod": _periods(listing, last, zone, offset),
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }
    stamps = {day: _instant(listing, day, listing.opens) for day in days}
    result: dict[str, object] = {"meta": meta, "timestamp": list(stamps.values())}
    paid = {str(stamp): {"amount": amount, "date": stamp} for stamp, amount in zip(stamps.values(), dividends, strict=True) if amount > 0}
    divided = {
        str(stamps[day]): {"date": stamps[day], "numerator": float(factor), "denominator": 1.0, "splitRatio": f"{factor}:1"}
        for day, factor in splits.items()
        if day in stamps
    }
    events = {event: found for event, found in (("dividends", paid), ("splits", divided)) if found}
    if events:
        result["events"] = events
    prices = {"open": _single(bars.open), "close": _single(bars.close), "high": _single(bars.high), "low": _single(bars.low)}
    indicators: dict[str, object] = {"quote": [prices | {"volume": bars.volume.astype(np.int64).tolist()}]}
    if adjusted_close is not None:
        indicators["adjclose"] = [{"adjclose": _single(adjusted_close)}]
    result["indicators"] = indicators
    return json.dumps({"chart": {"result": [result], "error": None}}, separators=(",", ":"), ensure_ascii=False).encode()
