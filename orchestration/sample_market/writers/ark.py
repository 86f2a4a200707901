"""ARK's holdings: one CSV a fund, each line with day and fund, money as `$1,959.23`, weights as `9.65%`.

Cash is a money-market fund without ticker, in its place among the lines; the last row is a disclaimer in one quoted cell.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from functools import cache

from orchestration.sample_market.facts import Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.separated import cell

HEADER = 'date,fund,company,ticker,cusip,shares,"market value ($)","weight (%)"'
SWEEP = '"GOLDMAN FS TRSY OBLIG INST 468",,X9USDGSFT'


@cache
def _identity(name: str, ticker: str, cusip: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}",{cell(ticker)},{cusip}'


def holdings(fund: Fund, day: date, portfolio: Sequence[Position], cash: float) -> bytes:
    """A fund's lines, largest first. cash: dollars."""
    scale = 100 / (sum(position.market_value for position in portfolio) + cash)
    opening = f"{day:%m/%d/%Y},{fund.fund_id}"
    lines = [
        f'{opening},{_identity(security.name, security.ticker, security.cusip)},"{quantity:,.0f}","${value:,.2f}",{value * scale:.2f}%'
        for security, quantity, _, value in portfolio
    ]
    swept = f'{opening},{SWEEP},"{cash:,.0f}","${cash:,.2f}",{cash * scale:.2f}%'
    lines.insert(bisect_left(portfolio, -cash, key=lambda position: -position.market_value), swept)
    return "\n".join((HEADER, *lines, f'"{NOTICE} © {day.year} SIMULATED."', "")).encode()
