"""Cboe delayed option chains: one JSON an underlying, with every listed contract and 15 minutes of delay.

Contracts are named by their OCC symbol, read from the right: strike in thousandths, C or P, expiry, root. A chain can hold
several roots for one expiry and strike (SPX settles in the morning, SPXW in the afternoon; roots with a digit deliver
something else after a corporate action), so the root is part of the key. An implied volatility of 0.0 is a missing one;
an open interest of 0 is a fact. Expired contracts stay as served.

Times carry no zone. `last_trade_time` is New York; the envelope's `timestamp` is UTC (in the real file it stands four hours
and fifteen minutes after the last trade of a summer afternoon). The day observed is that of the last trade of the underlying, so
that a chain fetched before the next open still speaks of the session before.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import excerpt, number, read_json, rejects, shaped

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
    },
    description="Option chains as served, one row per contract and day; open interest in contracts, implied volatility as a fraction.",
)

ADDRESS = "https://cdn.cboe.com/api/global/delayed_quotes/options/{name}.json"
CHAINS = {"SPX": "_SPX", "QQQ": "QQQ", "SMH": "SMH", "XLK": "XLK"}
OCC_SYMBOL = r"^\s*(?P<root>[A-Z][A-Z0-9./]*)\s*(?P<expiry>\d{6})(?P<type>[CP])(?P<strike>\d{8})\s*$"
NUMBERS = {"iv": "implied_volatility", "open_interest": "open_interest", "volume": "volume", "bid": "bid", "ask": "ask"}
# Served and deliberately not kept: greeks come from our own model, prices of single contracts are not used.
KNOWN = frozenset(
    {"option", "bid_size", "ask_size", "delta", "gamma", "vega", "theta", "rho", "theo", "change", "open", "high", "low", "tick"}
    | {"last_trade_price", "last_trade_time", "percent_change", "prev_day_close"}
)
NEW_YORK = ZoneInfo("America/New_York")
FIRST_TRADE = pd.Timedelta(hours=9, minutes=30)


def requests(scope: Scope) -> Iterable[Request]:
    for underlying, name in CHAINS.items():
        yield Request(ADDRESS.format(name=name), underlying)


def _observed_on(answer: Mapping[str, Any]) -> pd.Timestamp:
    """The New York day the quotes speak of: that of the underlying's last trade, else of the envelope's UTC timestamp."""
    last_trade = pd.to_datetime(str(answer["data"].get("last_trade_time")), errors="coerce")
    if not pd.isna(last_trade):
        last = pd.Timestamp(last_trade)
        return (last.tz_convert(NEW_YORK).tz_localize(None) if last.tzinfo else last).normalize()
    stamped = pd.to_datetime(str(answer.get("timestamp")), errors="coerce", utc=True)
    if pd.isna(stamped):
        raise ParseError("data.last_trade_time or timestamp", f"{answer.get('timestamp')!r}")
    local = pd.Timestamp(stamped).tz_convert(NEW_YORK).tz_localize(None)
    # Before the open a chain still holds the session before, and weekends hold Friday's.
    before_open = local - local.normalize() < FIRST_TRADE
    return pd.Timestamp(np.busday_offset(local.date(), -1 if before_open and local.weekday() < 5 else 0, roll="backward"))


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
    contracts = pd.DataFrame(data["options"])
    missing = [name for name in ("option", *NUMBERS) if name not in contracts]
    if missing:
        raise ParseError(f"contracts with {['option', *NUMBERS]}", f"none with {missing}")

    converted = {ours: number(contracts[theirs].astype("object")) for theirs, ours in NUMBERS.items()}
    values = pd.DataFrame({name: numbers for name, (numbers, _) in converted.items()})
    unreadable = pd.DataFrame({name: bad for name, (_, bad) in converted.items()}).any(axis=1)
    parts = contracts["option"].astype("str").str.extract(OCC_SYMBOL)
    expiry_on = pd.to_datetime(parts["expiry"].astype("object"), format="%y%m%d", errors="coerce").astype("datetime64[s]")
    strike = pd.to_numeric(parts["strike"]) / 1000
    reasons = pd.Series(
        np.select(
            [
                parts["root"].isna() | expiry_on.isna(),
                unreadable,
                strike <= 0,
                values[["open_interest", "volume", "implied_volatility"]].lt(0).any(axis=1),
                values["bid"].gt(values["ask"]) & values["ask"].gt(0),
            ],
            ["not an OCC symbol", "a number that cannot be read", "a strike of 0", "a negative count or volatility", "a crossed quote"],
            default="",
        )
    )
    kept = reasons == ""
    rows = values.assign(
        underlying=underlying,
        observed_on=_observed_on(answer),
        spot=float(spot),
        option_root=parts["root"],
        expiry_on=expiry_on,
        strike=strike,
        option_type=parts["type"].map({"C": "call", "P": "put"}),
        implied_volatility=values["implied_volatility"].where(values["implied_volatility"] != 0),
    )[kept].reset_index(drop=True)
    refused = contracts.loc[~kept, ["option", *NUMBERS]].to_dict("records")
    rejected = rejects([int(place) + 1 for place in np.flatnonzero(~kept)], reasons[~kept].to_list(), [str(contract) for contract in refused])
    unread = sorted(set(contracts.columns) - KNOWN - NUMBERS.keys())
    notes = (f"ignored fields: {', '.join(unread)}",) if unread else ()
    return {OPTION_CHAIN.name: Parsed(shaped(rows, OPTION_CHAIN), rejected, notes)}


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
