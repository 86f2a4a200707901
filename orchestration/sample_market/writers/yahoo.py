"""Yahoo's chart v8 JSON: daily bars as columns, prices in single precision, raw and adjusted close apart.

Raw prices are restated at a split; the adjusted close also at each distribution. A bar is stamped with the instant at
which its session opened.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.sample_market.facts import Array, Bars
from orchestration.sample_market.universe import Fund

NEW_YORK = ZoneInfo("America/New_York")
PRE, OPEN, CLOSE, POST = time(4), time(9, 30), time(16), time(20)


def _instant(day: date, at: time) -> int:
    return int(datetime.combine(day, at, NEW_YORK).timestamp())


def _single(values: Array) -> list[float]:
    """Numbers as Yahoo prints them: doubles made from single precision."""
    printed: list[float] = values.astype(np.float32).astype(np.float64).tolist()
    return printed


def chart(fund: Fund, days: Sequence[date], bars: Bars, adjusted_close: Array, dividends: Sequence[float], splits: Mapping[date, int]) -> bytes:
    """One fund's answer, oldest bar first. dividends: dollars a share on ex-dates, zero otherwise. splits: new shares for an old one, by day."""
    last = days[-1]
    opening = datetime.combine(last, OPEN, NEW_YORK)
    zone = opening.tzname()
    offset = int((opening.utcoffset() or timedelta(0)).total_seconds())
    periods = {
        period: {"timezone": zone, "start": _instant(last, start), "end": _instant(last, end), "gmtoffset": offset}
        for period, start, end in (("pre", PRE, OPEN), ("regular", OPEN, CLOSE), ("post", CLOSE, POST))
    }
    meta = {
        "currency": "USD",
        "symbol": fund.fund_id,
        "exchangeName": fund.venue,
        "fullExchangeName": fund.venue,
        "instrumentType": "ETF",
        "firstTradeDate": _instant(fund.inception, OPEN),
        "regularMarketTime": _instant(last, CLOSE),
        "hasPrePostMarketData": True,
        "gmtoffset": offset,
        "timezone": zone,
        "exchangeTimezoneName": NEW_YORK.key,
        "regularMarketPrice": float(bars.close[-1]),
        "fiftyTwoWeekHigh": float(bars.high.max()),
        "fiftyTwoWeekLow": float(bars.low.min()),
        "regularMarketDayHigh": float(bars.high[-1]),
        "regularMarketDayLow": float(bars.low[-1]),
        "regularMarketVolume": int(bars.volume[-1]),
        "longName": f"{fund.name} (SIMULATED)",
        "shortName": "SIMULATED",
        "priceHint": 2,
        "currentTradingPeriod": periods,
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }
    result: dict[str, object] = {"meta": meta, "timestamp": [_instant(day, OPEN) for day in days]}
    paid = {str(_instant(day, OPEN)): {"amount": amount, "date": _instant(day, OPEN)} for day, amount in zip(days, dividends, strict=True) if amount > 0}
    divided = {
        str(_instant(day, OPEN)): {"date": _instant(day, OPEN), "numerator": float(factor), "denominator": 1.0, "splitRatio": f"{factor}:1"}
        for day, factor in splits.items()
    }
    events = {event: found for event, found in (("dividends", paid), ("splits", divided)) if found}
    if events:
        result["events"] = events
    prices = {"open": _single(bars.open), "close": _single(bars.close), "high": _single(bars.high), "low": _single(bars.low)}
    result["indicators"] = {"quote": [prices | {"volume": bars.volume.astype(np.int64).tolist()}], "adjclose": [{"adjclose": _single(adjusted_close)}]}
    return json.dumps({"chart": {"result": [result], "error": None}}, separators=(",", ":"), ensure_ascii=False).encode()
