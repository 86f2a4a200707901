"""Vanguard's holdings: one CSV a fund, saved by hand, with a section each for shares, bonds and short-term reserves.

With its habits: a byte-order mark, an empty first column, columns of its own in each section and sections without lines,
`---` for null, `<0.01%` for small weights, quotes only where a comma stands, disclaimers that end without a line break.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

from orchestration.sample_market.facts import Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.domicile import bloomberg_ticker
from orchestration.sample_market.writers.separated import cell

BOM = b"\xef\xbb\xbf"
NULL = "---"
DAY = "%m/%d/%Y"
EQUITY = ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,SUB-INDUSTRY,COUNTRY,SECURITYDEPOSITORYRECEIPTTYPE,MARKET VALUE*,SHARES"
FIXED_INCOME = ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,MARKET VALUE*,FACEAMOUNT,COUPONYIELD,MATURITY DATE"
RESERVES = ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,MARKET VALUE*"
SMALLEST_WEIGHT = 0.01  # per cent; below it only the bound is given
MONEY_MARKET_SHARE = 0.7  # of a fund's cash; the rest is dollars


def _weight(per_cent: float) -> str:
    return f"{per_cent:.2f}%" if per_cent >= SMALLEST_WEIGHT else "<0.01%"


def _dollars(value: float) -> str:
    return cell(f"${value:,.2f}" if value >= 0 else f"-${-value:,.2f}")


@cache
def _identity(sedol: str, name: str, ticker: str) -> str:
    return f",{sedol},{cell(name)},{bloomberg_ticker(ticker) or NULL}"


def _section(name: str, day: date, header: str, lines: Sequence[str]) -> str:
    return "\n".join((f"{name},as of {day.strftime(DAY)}", "", header, *(lines or [""]), ""))


def holdings(fund: Fund, day: date, portfolio: Sequence[Position], cash: float) -> bytes:
    """A fund's lines, largest first. cash: dollars, most of them in a money-market fund."""
    scale = 100 / (sum(position.market_value for position in portfolio) + cash)
    shares, bonds = [], []
    for security, quantity, _, value in portfolio:
        identity = f"{_identity(security.sedol, security.name, security.ticker)},{_weight(value * scale)}"
        if security.is_bond:
            maturity = security.maturity.strftime(DAY) if security.maturity else NULL
            bonds.append(f"{identity},{_dollars(value)},{cell(f'{quantity:,.0f}')},{security.coupon:.2f}%,{maturity}")
        else:
            sector, home = cell(security.sector), security.country
            shares.append(f"{identity},{sector},{home},{NULL},{_dollars(value)},{cell(f'{quantity:,.0f}')}")
    swept = round(cash * MONEY_MARKET_SHARE, 2)
    reserves = [
        f"{_identity(NULL, name, ticker)},{_weight(value * scale)},{_dollars(value)}"
        for name, ticker, value in (("MKTLIQ", "", swept), ("US Dollar", "USD", cash - swept))
    ]
    sections = (
        _section("Equity", day, EQUITY, shares),
        _section("Fixed income", day, FIXED_INCOME, bonds),
        _section("Short-term reserves", day, RESERVES, reserves),
    )
    title = f"Holdings details\n\nSIMULATED {fund.name.removeprefix('Vanguard ')} ({fund.fund_id})\n\n\n"
    disclaimers = ('"** Weights below the bound are not given."', f'"{NOTICE}"')
    return BOM + (title + "\n\n".join(sections) + "\n\n\n" + "\n\n\n\n".join(disclaimers)).encode()
