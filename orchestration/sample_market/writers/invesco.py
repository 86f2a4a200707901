"""Invesco's holdings: one CSV a fund, in the layout that carries its day. Tickers have a trailing blank; quotes stand only around commas.

There is no room for a title or a disclaimer: that the figures are SIMULATED stands in the mirror's note and the folder's
name. The one real file we know has no line for cash: ours has one without ticker and sector, with a code that is no CUSIP.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

from orchestration.sample_market.facts import Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers.separated import cell

HEADER = "Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,Class of Shares,Sector,Date"
CASH = "-USD CASH-,"


@cache
def _ends(identifier: str, ticker: str, name: str, sector: str) -> tuple[str, str]:
    """What stands before the figures of a line and behind them."""
    kind = "American Depository Receipt" if name.endswith(" ADR") else "Common Stock"
    return f"{identifier},{ticker} ", f"{cell(name)},{kind},{cell(sector)}"


def holdings(fund: Fund, day: date, portfolio: Sequence[Position], cash: float) -> bytes:
    """A fund's shares, largest first, then its cash in dollars."""
    scale = 100 / (sum(position.market_value for position in portfolio) + cash)
    closing = f"{day:%m/%d/%Y}"
    lines = []
    for security, quantity, _, value in portfolio:
        before, behind = _ends(security.cusip or security.isin, security.ticker, security.name, security.sector)
        figures = f"{cell(f'{quantity:,.0f}')},{cell(f'{value:,.2f}')},{value * scale:.3f}"
        lines.append(f"{fund.fund_id},{before},{figures},{behind},{closing}")
    figures = f"{cell(f'{cash:,.0f}')},{cell(f'{cash:,.2f}')},{cash * scale:.3f}"
    lines.append(f"{fund.fund_id},{CASH},{figures},US Dollar,Currency,,{closing}")
    return "\n".join((HEADER, *lines, "")).encode()
