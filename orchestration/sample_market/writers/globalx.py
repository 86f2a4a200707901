"""Global X's holdings: one CSV a fund and day, fund and day above the table, Bloomberg's tickers, a disclaimer below.

What the fund owes its brokers is a line of its own, without ticker and below zero. Prices are dollars, quotes stand only
around commas.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

from orchestration.sample_market.facts import Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.domicile import bloomberg_ticker
from orchestration.sample_market.writers.separated import cell

HEADER = "% of Net Assets,Ticker,Name,SEDOL,Market Price ($),Shares Held,Market Value ($)"
OWED = 0.4  # of the net cash; the balance at the bank is larger by as much


@cache
def _identity(ticker: str, name: str, sedol: str) -> str:
    return f"{cell(bloomberg_ticker(ticker))},{cell(name)},{sedol}"


def holdings(fund: Fund, day: date, portfolio: Sequence[Position], cash: float) -> bytes:
    """A fund's lines, largest first, then its cash: dollars at the bank less what it owes."""
    scale = 100 / (sum(position.market_value for position in portfolio) + cash)
    lines = []
    for security, quantity, price, value in portfolio:
        identity = _identity(security.ticker, security.name, security.sedol)
        lines.append(f"{value * scale:.2f},{identity},{cell(f'{price:,.2f}')},{cell(f'{quantity:,.2f}')},{cell(f'{value:,.2f}')}")
    owed = round(abs(cash) * OWED, 2)
    for name, value in (("CASH", cash + owed), ("OTHER PAYABLE & RECEIVABLES", -owed)):
        amount = cell(f"{value:,.2f}")
        lines.append(f"{value * scale:.2f},,{name},,1.0,{amount},{amount}")
    preamble = (f"{fund.name} (SIMULATED)", f"Fund Holdings Data as of {day:%m/%d/%Y}")
    return "\n".join((*preamble, HEADER, *lines, f'"{NOTICE}"', "")).encode()
