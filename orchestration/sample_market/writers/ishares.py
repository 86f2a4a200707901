"""iShares' two downloads: the holdings CSV, and the fund workbook (SpreadsheetML 2003 under the name .xls).

With their habits: a byte-order mark on the CSV and two on the workbook, separator lines made of one non-breaking space,
disclaimers in one quoted cell that ends the file without a line break, bare ampersands in the XML, `-` and `--` for null.
Bond funds have columns of their own and no tickers.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

from orchestration.sample_market.facts import Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.domicile import DOLLAR, HOME, local_ticker

BOM = b"\xef\xbb\xbf"
SEPARATOR = "\u00a0"
SHARE_HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Shares,Price,Location,Exchange,Currency,FX Rate,Market Currency,Accrual Date"
)
BOND_HEADER = (
    "Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Par Value,CUSIP,ISIN,SEDOL,Price,Location,Exchange,Currency,Duration,YTM (%),"
    "FX Rate,Maturity,Coupon (%),Mod. Duration,Yield to Call (%),Yield to Worst (%),Real Duration,Real YTM (%),Market Currency,Accrual Date,Effective Date"
)
SECTORS = {"Communication Services": "Communication"}
CASH = "Cash and/or Derivatives"
MONEY_MARKET_SHARE = 0.7  # of a fund's cash; the rest is dollars
FUTURES_MULTIPLIER = 50  # dollars per point of the index future
NEW_YORK = "New York Stock Exchange Inc."
# By Bloomberg's code behind the ticker.
EXCHANGES = {
    "AB": "Saudi Stock Exchange",
    "AU": "Asx - All Markets",
    "BZ": "XBSP",
    "DC": "Omx Nordic Exchange Copenhagen A/S",
    "FP": "Nyse Euronext - Euronext Paris",
    "GY": "Xetra",
    "HK": "Hong Kong Exchanges And Clearing Ltd",
    "IN": "National Stock Exchange Of India",
    "JP": "Tokyo Stock Exchange",
    "KS": "Korea Exchange (Stock Market)",
    "LN": "London Stock Exchange",
    "MM": "Bolsa Mexicana De Valores",
    "NA": "Euronext Amsterdam",
    "SJ": "Johannesburg Stock Exchange",
    "SM": "Bolsa De Madrid",
    "SW": "SIX Swiss Exchange",
    "TT": "Taiwan Stock Exchange",
}
LOCATIONS = {
    "AU": "Australia",
    "BR": "Brazil",
    "CA": "Canada",
    "CH": "Switzerland",
    "CN": "China",
    "CO": "Colombia",
    "DE": "Germany",
    "DK": "Denmark",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "HK": "Hong Kong",
    "ID": "Indonesia",
    "IN": "India",
    "JP": "Japan",
    "KR": "Korea (South)",
    "LU": "Luxembourg",
    "MX": "Mexico",
    "NL": "Netherlands",
    "PH": "Philippines",
    "SA": "Saudi Arabia",
    "TR": "Turkey",
    "TW": "Taiwan",
    "US": "United States",
    "UY": "Uruguay",
    "ZA": "South Africa",
}
SWEEP = "BLK CSH FND TREASURY SL AGENCY"

STYLES = """<ss:Styles>
<ss:Style ss:ID="Default">
<ss:Alignment ss:Horizontal="Left"/>
</ss:Style>
<ss:Style ss:ID="disclaimer">
<ss:Alignment ss:Vertical="Top" ss:WrapText="1"/>
</ss:Style>
<ss:Style ss:ID="headerstyle">
<ss:Font ss:Bold="1" />
</ss:Style>
<ss:Style ss:ID="Left">
<ss:Alignment ss:Horizontal="Left"/>
<ss:NumberFormat ss:Format="Standard"/>
</ss:Style>
<ss:Style ss:ID="Right">
<ss:Alignment ss:Horizontal="Right"/>
<ss:NumberFormat ss:Format="Standard"/>
</ss:Style>
</ss:Styles>
"""


def _day(day: date) -> str:
    return day.strftime("%b %d, %Y")


def _amount(value: float) -> str:
    return f"{value:,.2f}"


def _quoted(*cells: str) -> str:
    return ",".join(['"' + cell.replace('"', '""') + '"' for cell in cells])


@cache
def _share(ticker: str, name: str, sector: str) -> str:
    """The cells of a share before its figures."""
    return _quoted(local_ticker(ticker).replace(".", ""), name, SECTORS.get(sector, sector), "Equity")


def _place(location: str, exchange: str, currency: str) -> str:
    """The cells behind the figures, which are all in dollars; the simulation has no exchange rates."""
    return _quoted(location, exchange, DOLLAR, "1.00" if currency == DOLLAR else "-", currency, "-")


@cache
def _listing(ticker: str, country: str, currency: str) -> str:
    """The cells of a share behind its figures."""
    abroad = ticker.partition(" ")[2]
    return _place(LOCATIONS[country], EXCHANGES[abroad] if abroad else NEW_YORK, currency)


def _share_lines(portfolio: Sequence[Position], cash: float, assets: float, future: tuple[date, float] | None) -> list[str]:
    """Share, money-market, dollar and index-future lines, in the columns of SHARE_HEADER. future: expiry and index level, if the fund holds one."""
    lines = []
    for security, quantity, price, value in portfolio:
        amount, place = f"{value:,.2f}", _listing(security.ticker, security.country, security.currency)
        identity = _share(security.ticker, security.name, security.sector)
        lines.append(f'{identity},"{amount}","{value / assets * 100:,.2f}","{amount}","{quantity:,.2f}","{price:,.2f}",{place}')

    def line(ticker: str, name: str, asset_class: str, value: float, notional: float, held: float, price: float, place: str) -> str:
        figures = (value, value / assets * 100, notional, held, price)
        return f"{_quoted(ticker, name, CASH, asset_class, *map(_amount, figures))},{place}"

    at_home = _place(LOCATIONS[HOME], "-", DOLLAR)
    swept = round(cash * MONEY_MARKET_SHARE, 2)
    dollars = round(cash - swept, 2)
    lines.append(line("XTSLA", SWEEP, "Money Market", swept, swept, round(swept), 1.0, at_home))
    lines.append(line("USD", "USD CASH", "Cash", dollars, dollars, round(dollars), 100.0, at_home))
    if future is not None:
        expiry, level = future
        points = round(level * 4) / 4
        contracts = max(1, round(cash / (points * FUTURES_MULTIPLIER)))
        code = f"ES{'HMUZ'[expiry.month // 3 - 1]}{expiry.year % 10}"
        notional = contracts * points * FUTURES_MULTIPLIER
        place = _place("-", "Index And Options Market", DOLLAR)
        lines.append(line(code, f"S&P500 EMINI {expiry:%b %y}".upper(), "Futures", 0.0, notional, contracts, points, place))
    return lines


@cache
def _bond(name: str, sector: str) -> str:
    """The cells of a bond before its figures."""
    return _quoted(name, sector, "Fixed Income")


@cache
def _bond_terms(country: str, currency: str, maturity: date | None, coupon: float) -> str:
    """The cells of a bond behind its price; what the simulation does not know is `-`."""
    matures = _day(maturity) if maturity else "-"
    return _quoted(LOCATIONS[country], "-", DOLLAR, "-", "-", "1.00", matures, _amount(coupon), "-", "-", "-", "-", "-", currency, "-", "-")


def _bond_lines(portfolio: Sequence[Position], cash: float, assets: float) -> list[str]:
    """Bond and money-market lines, in the columns of BOND_HEADER."""
    lines = []
    for security, par, price, value in portfolio:
        amount, identity = f"{value:,.2f}", _bond(security.name, security.sector)
        identifiers = f'"{security.cusip}","{security.isin}","{security.sedol}"'
        terms = _bond_terms(security.country, security.currency, security.maturity, security.coupon)
        lines.append(f'{identity},"{amount}","{value / assets * 100:,.2f}","{amount}","{par:,.2f}",{identifiers},"{price:,.2f}",{terms}')
    swept, weight = _amount(cash), _amount(cash / assets * 100)
    sweep = (SWEEP, CASH, "Money Market", swept, weight, swept, swept, "-", "-", "-", "100.00", LOCATIONS[HOME], "-", DOLLAR)
    lines.append(_quoted(*sweep, "0.11", "-", "1.00", "-", "-", "0.11", "-", "-", "-", "-", "USD", "-", "-"))
    return lines


def holdings(fund: Fund, day: date, portfolio: Sequence[Position], cash: float, shares: float, *, future: tuple[date, float] | None = None) -> bytes:
    """A fund's lines of one evening, largest first, then cash and the index future.

    cash: dollars. shares: outstanding. future: expiry and index level of the contract it keeps against its cash, if any.
    """
    assets = sum(position.market_value for position in portfolio) + cash
    is_bond_fund = any(position.security.is_bond for position in portfolio)
    preamble = (
        f"{fund.name} (SIMULATED)",
        f'Fund Holdings as of,"{_day(day)}"',
        f'Inception Date,"{_day(fund.inception)}"',
        f'Shares Outstanding,"{_amount(shares)}"',
        *(f'{kind},"-"' for kind in ("Stock", "Bond", "Cash", "Other")),
    )
    lines = _bond_lines(portfolio, cash, assets) if is_bond_fund else _share_lines(portfolio, cash, assets, future)
    disclaimers = f'"{NOTICE}\nHoldings subject to change.\n© {day.year} SIMULATED. All rights unnecessary.\nSIM/S-{day:%Y%m%d}"'
    rows = (*preamble, SEPARATOR, BOND_HEADER if is_bond_fund else SHARE_HEADER, *lines, SEPARATOR, disclaimers)
    return BOM + "\n".join(rows).encode()


def _cell(value: str | float, style: str) -> str:
    kind = "String" if isinstance(value, str) else "Number"
    return f'<ss:Cell ss:StyleID="{style}">\n<ss:Data ss:Type="{kind}">{value}</ss:Data>\n</ss:Cell>\n'


def _row(*cells: str | float) -> str:
    return f"<ss:Row>\n{''.join(_cell(cell, 'Left' if isinstance(cell, str) else 'Right') for cell in cells)}</ss:Row>\n"


def _header(*cells: str) -> str:
    return f"<ss:Row>\n{''.join(_cell(cell, 'headerstyle') for cell in cells)}</ss:Row>\n"


def _worksheet(name: str, *rows: str) -> str:
    return f'<ss:Worksheet ss:Name="{name}">\n<ss:Table>\n{"".join(rows)}</ss:Table>\n</ss:Worksheet>\n'


def fund_download(fund: Fund, days: Sequence[date], nav: Sequence[float], shares: Sequence[float], distributions: Sequence[float], securities: int) -> bytes:
    """The fund workbook; sheet `Historical` is served newest first, given oldest first.

    nav: dollars a share. shares: outstanding. distributions: dollars a share on ex-dates, zero otherwise. securities: how
    many the fund holds.
    """
    last = days[-1]
    newest_first = list(zip(days, nav, distributions, shares, strict=True))[::-1]
    historical = (_row(_day(day), price, paid if paid > 0 else "--", int(outstanding)) for day, price, paid, outstanding in newest_first)
    payments = (_row(_day(day), _day(day), _day(day), paid, paid, 0, 0, 0) for day, _, paid, _ in newest_first if paid > 0)
    simulated = f"{fund.name} (SIMULATED)"
    sheets = (
        _worksheet(
            "Disclaimers",
            f"<ss:Row>\n{_cell(NOTICE, 'disclaimer')}</ss:Row>\n",
            f"<ss:Row>\n{_cell('Not by S&P, nor by Cohen & Steers.', 'disclaimer')}</ss:Row>\n",
        ),
        _worksheet(
            "Holdings",
            _row(last.strftime("%d-%b-%Y")),
            _row(simulated),
            _row("Inception Date", _day(fund.inception)),
            _row("Fund Holdings as of", _day(last)),
            _row("Number of Securities (excluding cash and derivatives)", _amount(securities)),
            _row("Shares Outstanding", _amount(shares[-1])),
        ),
        _worksheet("Historical", _header("As Of", "NAV per Share", "Ex-Dividends", "Shares Outstanding"), *historical),
        _worksheet("Performance", _header(simulated), "<ss:Row/>\n", _row("Fund Inception", fund.inception.strftime("%d-%b-%Y"))),
        _worksheet(
            "Distributions",
            _header("Record Date", "Ex-Date", "Payable Date", "Total Distribution", "Income", "ST Cap Gains", "LT Cap Gains", "Return of Capital"),
            *payments,
        ),
    )
    opening = '<?xml version="1.0"?>\n<ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">\n'
    return BOM + BOM + f"{opening}{STYLES}{''.join(sheets)}</ss:Workbook>".encode()
