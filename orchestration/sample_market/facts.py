"""What the simulation hands to the writers: the few shapes of numbers that publishers print. No arithmetic, no formats.

Money in dollars, levels as quoted. Arrays are float64, one value a session or a contract, oldest or nearest first.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from orchestration.sample_market.securities import Security

Array: TypeAlias = npt.NDArray[np.float64]


class Position(NamedTuple):
    """A line of a portfolio. quantity: shares, or dollars of par. price: dollars a share, or per 100 of par."""

    security: Security
    quantity: float
    price: float
    market_value: float


class Balances(NamedTuple):
    """Customers' margin accounts at the end of a month (given by its first day), in millions of dollars.

    credit_margin is None before 2010-02, when the cash column held both.
    """

    month: date
    debit: int
    credit_cash: int
    credit_margin: int | None


class Listing(NamedTuple):
    """What a price service says about a symbol. kind: ETF, EQUITY or INDEX. zone: of its exchange. opens, closes: local hours, such as 9.5."""

    symbol: str
    name: str
    kind: str
    venue: str
    currency: str
    zone: str
    opens: float
    closes: float
    first_day: date


@dataclass(frozen=True)
class Bars:
    """Daily levels, one value a session. volume in shares; growth: what reinvested distributions have made of one share."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    growth: Array


@dataclass(frozen=True)
class Chain:
    """The option chain of one underlying on one evening, one value a contract.

    root: OCC root (`SPXW`, `QQQ`). is_call: 1.0 or 0.0. open_interest, volume: contracts of 100. implied_volatility: a year, 0 where none is quoted.
    bid, ask, last: dollars.
    """

    underlying: str
    spot: float
    root: list[str]
    expiry: list[date]
    strike: Array
    is_call: Array
    open_interest: Array
    implied_volatility: Array
    volume: Array
    bid: Array
    ask: Array
    last: Array


class FlowPeriod(NamedTuple):
    """Industry flows of one period in millions of dollars, as estimated at one release: only the parts, sums follow."""

    period_end: date
    domestic: int
    world: int
    hybrid: int
    taxable: int
    municipal: int
    commodity: int


class FilingMonth(NamedTuple):
    """A fund's sales, reinvestments and redemptions of one month, in dollars, all positive."""

    sales: float
    reinvestment: float
    redemption: float
