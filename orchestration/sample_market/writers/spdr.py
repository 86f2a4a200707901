"""State Street's two workbooks: a fund's holdings of one day, and its history of net asset value and shares outstanding.

Numbers have been served as numbers and as text, sectors filled and as `-`: the sample has both.
"""

from collections.abc import Sequence
from datetime import date

from orchestration.sample_market.facts import Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.domicile import DOLLAR
from orchestration.sample_market.writers.workbook import Cell, workbook

HOLDINGS_HEADER = ("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency")
HISTORY_HEADER = ("Date", "NAV", "Shares Outstanding", "Total Net Assets")
DAY = "%d-%b-%Y"
DOLLARS = ("US DOLLAR", "-", "999USDZ92", "-")  # how State Street names and identifies a fund's cash


def holdings(fund: Fund, day: date, portfolio: Sequence[Position], cash: float) -> bytes:
    """A fund's lines, largest first, and its cash in dollars. Sector funds: numbers as text, sectors filled; others: numbers, sectors `-`."""
    assets = sum(position.market_value for position in portfolio) + cash
    table: list[tuple[Cell, ...]] = []
    for security, quantity, _, value in portfolio:
        identity, weight, money = (security.name, security.ticker, security.cusip or security.isin, security.sedol), value / assets * 100, security.currency
        if fund.sectors:
            table.append((*identity, f"{weight:.6f}", security.sector, f"{quantity:.2f}", money))
        else:
            table.append((*identity, round(weight, 6), "-", quantity, money))
    weight = cash / assets * 100
    table.append((*DOLLARS, f"{weight:.6f}", "-", f"{cash:.2f}", DOLLAR) if fund.sectors else (*DOLLARS, round(weight, 6), "-", cash, DOLLAR))
    rows: list[tuple[Cell, ...]] = [
        ("Fund Name:", f"{fund.name} (SIMULATED)"),
        ("Ticker Symbol:", fund.fund_id),
        ("Holdings:", f"As of {day.strftime(DAY)}"),
        (),
        HOLDINGS_HEADER,
        *table,
        (),
        (NOTICE,),
        (),
        (f"© {day.year} SIMULATED. Expiration: never.",),
    ]
    return workbook({"holdings": rows}, creator="SIMULATED", title=f"SIMULATED holdings of {fund.fund_id}")


def history(fund: Fund, days: Sequence[date], nav: Sequence[float], shares: Sequence[float]) -> bytes:
    """Served newest first, everything as text; given oldest first. nav: dollars a share. shares: outstanding."""
    table = [
        (day.strftime(DAY), f"{price:.6f}", f"{outstanding:.0f}", f"{price * outstanding:.2f}")
        for day, price, outstanding in zip(days, nav, shares, strict=True)
    ]
    rows: list[tuple[Cell, ...]] = [
        ("Fund Name:", f"{fund.name} (SIMULATED)"),
        ("Ticker Symbol:", fund.fund_id),
        (),
        HISTORY_HEADER,
        *table[::-1],
        (),
        (NOTICE,),
    ]
    return workbook({fund.fund_id: rows}, creator="SIMULATED", title=f"SIMULATED history of {fund.fund_id}")
