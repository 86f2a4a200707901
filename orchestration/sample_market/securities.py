"""The securities of the simulated market: what one line is, and the list of all of them in `securities.csv`. No fund, no day, no arithmetic.

Tickers and names are real, so that a newcomer recognises them. Prices, sizes, betas, durations, turnovers and membership
in portfolios are rounded from memory, identifiers are made up: nobody can join a line to real data, and nobody should.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from orchestration.sample_market import identifiers

LIST = Path(__file__).with_name("securities.csv")


@dataclass(frozen=True)
class Security:
    """One line a fund can hold.

    serial: what its identifiers are made from. ticker: in the style of its market (`NVDA`, `7203 JP`), empty for bonds.
    sector: GICS for shares, the issuers' own words for bonds. group: shares of one group move together.
    price: dollars whatever the currency it trades in; bonds per 100 of par. size: billions of dollars in free float; of a depositary
    receipt the whole company's; of a bond, and of an emerging share outside technology, everything in its index that the line
    stands for: a few lines have to give a fund its weights. Both in early February 2026.
    beta: to the US market. duration: years, modified. turnover: fraction of size traded a day. coupon: per cent a year.
    country: ISO 3166, of the issuer. currency: ISO 4217, of trading. tags: portfolios that hold it.
    """

    serial: int

    ticker: str
    name: str
    sector: str
    group: str
    beta: float
    price: float
    size: float
    coupon: float = 0.0
    maturity: date | None = None
    country: str = "US"
    currency: str = "USD"
    duration: float = 0.0
    turnover: float = 0.0
    tags: frozenset[str] = frozenset()

    @property
    def is_bond(self) -> bool:
        return self.maturity is not None

    @property
    def lot(self) -> int:
        """How many of the things a fund counts cost the price: bonds are counted in dollars of par."""
        return 100 if self.is_bond else 1

    @property
    def _numbered_in(self) -> str:
        """Whose agency gave its number. What trades in dollars is numbered in America: depositary receipts and sovereigns' dollar bonds too."""
        return "US" if self.currency == "USD" and self.country != "CA" else self.country

    @property
    def cusip(self) -> str:
        """Empty for what is numbered outside North America."""
        return identifiers.cusip(self.serial) if self._numbered_in in identifiers.CUSIP_COUNTRIES else ""

    @property
    def isin(self) -> str:
        return identifiers.isin(self.serial, self._numbered_in)

    @property
    def sedol(self) -> str:
        return identifiers.sedol(self.serial)


def _security(serial: int, row: dict[str, str]) -> Security:
    """A line of the list; what does not apply to it is empty."""
    return Security(
        serial=serial,
        ticker=row["ticker"],
        name=row["name"],
        sector=row["sector"],
        group=row["group"],
        beta=float(row["beta"]),
        price=float(row["price"]),
        size=float(row["size"]),
        coupon=float(row["coupon"] or 0),
        maturity=date.fromisoformat(row["maturity"]) if row["maturity"] else None,
        country=row["country"],
        currency=row["currency"],
        duration=float(row["duration"] or 0),
        turnover=float(row["turnover"]),
        tags=frozenset(row["tags"].split()),
    )


@cache
def load() -> tuple[Security, ...]:
    """The whole list in its order: US shares by size, small caps, emerging, developed, bonds by group, bullion.

    A serial is a line's position: a line put in changes the identifiers of those after it. Raises KeyError for a missing
    column, ValueError for a number or a date that is none.
    """
    with LIST.open(newline="", encoding="ascii") as lines:
        return tuple(_security(serial, row) for serial, row in enumerate(csv.DictReader(lines)))
