"""Cboe delayed option chains: one JSON an underlying, with every listed contract and 15 minutes of delay.

Contracts are named by their OCC symbol, read from the right: strike in thousandths, C or P, expiry, root. A chain can hold
several roots for one expiry and strike (SPX settles in the morning, SPXW in the afternoon; roots with a digit deliver
something else after a corporate action), so the root is part of the key. An implied volatility of 0.0 is a missing one;
an open interest of 0 is a fact, and so is a bid of 0.0: nobody bids. Bid and ask are kept, because a volatility that is missing can be had
from them. Expired contracts stay as served.

Times carry no zone. `last_trade_time` is New York; the envelope's `timestamp` is UTC (in the real file it stands four hours
and fifteen minutes after the last trade of a summer afternoon). The day observed is that of the last trade of the underlying, so
that a chain fetched before the next open still speaks of the session before.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from math import nan
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from orchestration.sources.cells import day, number
from orchestration.sources.columns import without
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import excerpt, read_json
from orchestration.sources.tables import rejects, shaped

OPTION_CHAIN = Table(
    name="raw_cboe__option_chain",
    key=("underlying", "observed_on", "option_root", "expiry_on", "strike", "option_type"),
    snapshot=("underlying", "observed_on"),
    columns={
        "underlying": "VARCHAR",
        "observed_on": "DATE",
        "spot": "DOUBLE",
        "option_root": "VARCHAR",
        "expiry_on": "DATE",
        "strike": "DOUBLE",
        "option_type": "VARCHAR",
        "open_interest": "DOUBLE",
        "implied_volatility": "DOUBLE",
        "volume": "DOUBLE",
        "bid": "DOUBLE",
        "ask": "DOUBLE",
    },
    description="Option chains as served, one row per contract and day; open interest in contracts, implied volatility as a fraction, quotes as served.",
)

ADDRESS = "https://cdn.cboe.com/api/global/delayed_quotes/options/{name}.json"
CHAINS = {"SPX": "_SPX", "QQQ": "QQQ", "SMH": "SMH", "XLK": "XLK"}
OCC_SYMBOL = re.compile(r"\s*(?P<root>[A-Z][A-Z0-9./]*)\s*(?P<expiry>\d{6})(?P<type>[CP])(?P<strike>\d{8})\s*$")
OPTION_TYPES = {"C": "call", "P": "put"}
NUMBERS = {"iv": "implied_volatility", "open_interest": "open_interest", "volume": "volume", "bid": "bid", "ask": "ask"}
# Served and deliberately not kept: greeks come from our own model, last trades are older than quotes.
KNOWN = frozenset(
    {"option", "bid_size", "ask_size", "delta", "gamma", "vega", "theta", "rho", "theo", "change", "open", "high", "low", "tick"}
    | {"last_trade_price", "last_trade_time", "percent_change", "prev_day_close"}
)
_expiry_on = day("%y%m%d")
NEW_YORK = ZoneInfo("America/New_York")
FIRST_TRADE = pd.Timedelta(hours=9, minutes=30)


def requests(scope: Scope) -> Iterable[Request]:
    for underlying, name in CHAINS.items():
        yield Request(ADDRESS.format(name=name), underlying)


@lru_cache(maxsize=1_000)
def _observed_on(last_trade_time: str, timestamp: str) -> pd.Timestamp:
    """The New York day the quotes speak of: that of the underlying's last trade, else of the envelope's UTC timestamp."""
    last_trade = pd.to_datetime(last_trade_time, errors="coerce")
    if not pd.isna(last_trade):
        last = pd.Timestamp(last_trade)
        return (last.tz_convert(NEW_YORK).tz_localize(None) if last.tzinfo else last).normalize()
    stamped = pd.to_datetime(timestamp, errors="coerce", utc=True)
    if pd.isna(stamped):
        raise ParseError("data.last_trade_time or timestamp", repr(timestamp))
    local = pd.Timestamp(stamped).tz_convert(NEW_YORK).tz_localize(None)
    # Before the open a chain still holds the session before, and weekends hold Friday's.
    before_open = local - local.normalize() < FIRST_TRADE
    return pd.Timestamp(np.busday_offset(local.date(), -1 if before_open and local.weekday() < 5 else 0, roll="backward"))


def _complaint(
    is_readable: bool, expiry_on: datetime | None, strike: float, open_interest: float, volume: float, volatility: float, bid: float, ask: float
) -> str:
    """What is wrong with a contract, or nothing; null is never wrong."""
    if expiry_on is None:
        return "not an OCC symbol"
    if not is_readable:
        return "a number that cannot be read"
    if strike <= 0:
        return "a strike of 0"
    if open_interest < 0 or volume < 0 or volatility < 0 or bid < 0 or ask < 0:
        return "a negative count, volatility or price"
    return "a crossed quote" if bid > ask > 0 else ""


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """Every contract of one chain. A contract with a name that is none, a strike of 0, a negative count or a crossed quote is rejected.

    Raises ParseError where the envelope, the contracts or the spot are missing.
    """
    answer = read_json(payload)
    if (
        not isinstance(answer, dict)
        or not isinstance(answer.get("data"), dict)
        or not isinstance(answer["data"].get("options"), list)
        or (not all(isinstance(contract, dict) for contract in answer["data"]["options"]))
    ):
        raise ParseError("data.options with the contracts", excerpt(payload.content), "try again later")
    data = answer["data"]
    underlying = str(data.get("symbol") or answer.get("symbol") or payload.request.subject).lstrip("_^").upper()
    spot = data.get("current_price")
    if not isinstance(spot, (int, float)) or not spot > 0:
        raise ParseError("a positive data.current_price", repr(spot))
    if not data["options"]:
        raise ParseError("at least one contract", "none", "no contracts never means that all expired; try again later")
    contracts: list[dict[str, Any]] = data["options"]
    served: set[str] = set().union(*contracts)
    missing = [name for name in ("option", *NUMBERS) if name not in served]
    if missing:
        raise ParseError(f"contracts with {['option', *NUMBERS]}", f"none with {missing}")

    converted = {ours: number([contract.get(theirs) for contract in contracts]) for theirs, ours in NUMBERS.items()}
    values = {ours: found for ours, (found, _) in converted.items()}
    unreadable = {place for _, places in converted.values() for place in places}
    symbols = [OCC_SYMBOL.match(str(contract.get("option"))) for contract in contracts]
    expiry_on, _ = _expiry_on([symbol["expiry"] if symbol else None for symbol in symbols])
    strike = [int(symbol["strike"]) / 1000 if symbol else nan for symbol in symbols]
    counted = zip(expiry_on, strike, values["open_interest"], values["volume"], values["implied_volatility"], values["bid"], values["ask"], strict=True)
    complaints = {place: said for place, contract in enumerate(counted) if (said := _complaint(place not in unreadable, *contract))}
    columns = {
        **values,
        "option_root": [symbol["root"] if symbol else None for symbol in symbols],
        "expiry_on": expiry_on,
        "strike": strike,
        "option_type": [OPTION_TYPES[symbol["type"]] if symbol else None for symbol in symbols],
        "implied_volatility": [volatility or nan for volatility in values["implied_volatility"]],
    }
    refused = [{name: contracts[place].get(name) for name in ("option", *NUMBERS)} for place in complaints]
    rejected = rejects([place + 1 for place in complaints], list(complaints.values()), [str(contract) for contract in refused])
    unread = sorted(served - KNOWN - NUMBERS.keys())
    notes = (f"ignored fields: {', '.join(unread)}",) if unread else ()
    kept = Parsed(without(columns, complaints.keys()), rejected, notes)
    observed_on = _observed_on(str(data.get("last_trade_time")), str(answer.get("timestamp")))
    return {OPTION_CHAIN.name: shaped(kept, OPTION_CHAIN, underlying=underlying, observed_on=observed_on, spot=float(spot))}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="cboe_option_chain",
    publisher="Cboe",
    homepage="https://www.cboe.com/delayed_quotes/spx/quote_table",
    terms="free to look at, no redistribution, no heavy automated use",
    cadence="daily",
    tables=(OPTION_CHAIN,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(
        r"https://cdn\.cboe\.com/api/global/delayed_quotes/options/_?(?P<subject>[A-Za-z0-9.]+)\.json",
        r"manual://cboe/delayed_quotes/_?(?P<subject>[A-Za-z0-9.]+)",
    ),
    pause_seconds=5.0,  # an answer weighs up to 14 MB
)
