"""Cboe's index history (a CSV) and its delayed option chains (a JSON document for each underlying).

History: M/D/YYYY zero-padded, six decimals, oldest first. There is no room for a title: that the figures are SIMULATED stands
in the mirror's note and the folder's name.

Chains: contracts by OCC symbol, an implied volatility of 0.0 where none is quoted, times without zone: New York for a last
trade, UTC for the envelope, which is stamped fifteen minutes after the close. What the simulation does not know (greeks,
sizes, changes) is 0.0, as it is at Cboe for contracts that nobody trades.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from orchestration.sample_market.facts import Bars, Chain
from orchestration.sample_market.writers import NOTICE

NEW_YORK = ZoneInfo("America/New_York")
CLOSE, STAMPED = time(16), time(16, 15)
INDICES = frozenset({"SPX"})  # their symbols begin with `^`, and with `_` in the envelope
UNTRADED = '"open": 0.0, "high": 0.0, "low": 0.0, "tick": "no_change", "last_trade_price": 0.0, "last_trade_time": null'


def index_history(days: Sequence[date], levels: Bars) -> bytes:
    """The history to the last of `days`; levels may go further."""
    columns = (levels.open.tolist(), levels.high.tolist(), levels.low.tolist(), levels.close.tolist())
    lines = (f"{day:%m/%d/%Y},{opened:.6f},{high:.6f},{low:.6f},{close:.6f}" for day, opened, high, low, close in zip(days, *columns, strict=False))
    return "\n".join(("DATE,OPEN,HIGH,LOW,CLOSE", *lines, "")).encode()


def _contracts(chain: Chain, last_trade: str) -> list[str]:
    """Every contract as a JSON object, written by hand: a chain has hundreds, and each has two dozen fields."""
    names = [
        f"{root}{expiry:%y%m%d}{'C' if is_call else 'P'}{strike:08d}"
        for root, expiry, is_call, strike in zip(
            chain.root, chain.expiry, chain.is_call.tolist(), (chain.strike * 1000).round().astype(int).tolist(), strict=True
        )
    ]
    quotes = (values.round(2).tolist() for values in (chain.bid, chain.ask, (chain.bid + chain.ask) / 2, chain.last))
    counts = (values.tolist() for values in (chain.implied_volatility.round(4), chain.open_interest, chain.volume))
    contracts = []
    for name, bid, ask, middle, last, volatility, held, traded in zip(names, *quotes, *counts, strict=True):
        trade = UNTRADED
        if traded > 0:
            trade = f'"open": {last}, "high": {last}, "low": {last}, "tick": "no_change", "last_trade_price": {last}, "last_trade_time": "{last_trade}"'
        contracts.append(
            f'{{"option": "{name}", "bid": {bid}, "bid_size": 0.0, "ask": {ask}, "ask_size": 0.0, "iv": {volatility}, "open_interest": {held}, '
            f'"volume": {traded}, "delta": 0.0, "gamma": 0.0, "vega": 0.0, "theta": 0.0, "rho": 0.0, "theo": {middle}, "change": 0.0, {trade}, '
            '"percent_change": 0.0, "prev_day_close": 0.0}'
        )
    return contracts


def option_chain(chain: Chain, day: date) -> bytes:
    """The chain on the evening of `day`, as served a quarter of an hour after the close."""
    is_index = chain.underlying in INDICES
    last_trade = datetime.combine(day, CLOSE).isoformat()
    stamped = datetime.combine(day, STAMPED, NEW_YORK).astimezone(UTC)
    quote = {
        "symbol": f"^{chain.underlying}" if is_index else chain.underlying,
        "security_type": "index" if is_index else "stock",
        "exchange_id": 0,
        "current_price": chain.spot,
        "price_change": 0.0,
        "price_change_percent": 0.0,
        "bid": chain.spot,
        "ask": chain.spot,
        "bid_size": 0,
        "ask_size": 0,
        "open": 0.0,
        "high": 0.0,
        "low": 0.0,
        "close": chain.spot,
        "prev_day_close": 0.0,
        "volume": 0,
        "iv30": 0.0,
        "iv30_change": 0.0,
        "iv30_change_percent": 0.0,
        "seqno": 0,
        "last_trade_time": last_trade,
        "tick": "no_change",
    }
    envelope = {"symbol": f"_{chain.underlying}" if is_index else chain.underlying, "notice": NOTICE}
    options = ", ".join(_contracts(chain, last_trade))
    head = f'{{"timestamp": "{stamped:%Y-%m-%d %H:%M:%S}", "data": {{"options": [{options}], '
    return (head + json.dumps(quote)[1:] + ", " + json.dumps(envelope)[1:]).encode()
