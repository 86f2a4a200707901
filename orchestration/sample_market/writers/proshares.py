"""ProShares' history: one CSV a fund, newest day first, days as MM/DD/YYYY, shares in thousands, numbers without needless zeros.

The net asset value of the whole history is in last-day shares, share counts are those of the day: only the assets of an old day are its own.
"""

from collections.abc import Sequence
from datetime import date

from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers.separated import cell

HEADER = "Date,ProShares Name,Ticker,NAV,Prior NAV,NAV Change (%),NAV Change ($),Shares Outstanding (000),Assets Under Management"


def _plain(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")


def history(fund: Fund, days: Sequence[date], nav: Sequence[float], shares: Sequence[float], assets: Sequence[float]) -> bytes:
    """Served newest first; given oldest first. nav: dollars a last-day share. shares: outstanding on the day. assets: dollars."""
    named = f"{cell(f'{fund.name} (SIMULATED)')},{fund.fund_id}"
    lines = []
    for place, (day, price, outstanding, worth) in enumerate(zip(days, nav, shares, assets, strict=True)):
        change = ",,"
        if place:
            prior = nav[place - 1]
            change = f"{_plain(prior, 4)},{_plain(100 * (price / prior - 1), 5)},{_plain(price - prior, 4)}"
        lines.append(f"{day:%m/%d/%Y},{named},{_plain(price, 4)},{change},{outstanding / 1000:.0f},{worth:.0f}")
    return "\n".join((HEADER, *lines[::-1], "")).encode()
