"""iShares holdings: a CSV per fund and day, every line of the portfolio with its market value.

A byte-order mark, a preamble, a line that is one non-breaking space, the header, the lines, the same separator again, then
disclaimers: without the second separator the file was cut off. The count is headed `Shares`, `Quantity` or, in bond funds,
`Par Value`; equity funds give tickers, bond funds give CUSIP, ISIN and SEDOL instead. Cash and futures are lines of their
own asset class (a future: market value 0, large notional). In November and December 2025 the weight was headed `Market
Weight`, beside a `Notional Weight`. A day without data is served as `as of,"-"` with status 200.
The fund is what was asked for: the file names it only in words. The sheet `Holdings` of the fund download reads alike.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources.cells import number, percent, required, text
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source
from orchestration.sources.readers import read_sheet
from orchestration.sources.shapes import holdings
from orchestration.sources.tables import column, labelled, named_fund, one_day, read_table, refuse_negative_prices, shaped

HOLDINGS = holdings("ishares", "iShares")
DOCUMENT = (
    "https://www.blackrock.com/varnish-api/blk-one01-product-data/product-data/api/v1/get-fund-document"
    "?appType=PRODUCT_PAGE&appSubType=ISHARES&targetSite=us-ishares&locale=en_US&portfolioId={product}&userType=individual&component={component}"
)
TERMS = "© BlackRock; personal, non-commercial use, no redistribution (disclaimer in each file)"

IDENTIFIERS = (
    column("ticker", text, "Ticker", optional=True),
    column("cusip", text, "CUSIP", optional=True),
    column("isin", text, "ISIN", optional=True),
    column("sedol", text, "SEDOL", optional=True),
)
COLUMNS = (
    *IDENTIFIERS,
    column("name", required(text), "Name"),
    column("sector", text, "Sector"),
    column("asset_class", text, "Asset Class"),
    column("market_value_usd", number, "Market Value"),
    column("weight_pct", percent, "Weight (%)", "Market Weight"),
    column("notional_usd", number, "Notional Value"),
    column("shares", number, "Shares", "Quantity", "Par Value"),
    column("currency", text, "Market Currency", "Currency", optional=True),  # `Currency` is what the values are in: always USD
    column("price", number, "Price", optional=True),
)
UNREAD = ("Type", "Location", "Exchange", "FX Rate", "Currency", "Accrual Date", "Maturity", "Effective Date", "Coupon (%)", "Duration", "Notional Weight")
UNREAD_YIELDS = ("Mod. Duration", "Real Duration", "YTM (%)", "Real YTM (%)", "Yield to Call (%)", "Yield to Worst (%)")
SECURITIES = ("Equity", "Fixed Income")
AS_OF_FORMATS = ("%b %d, %Y", "%d-%b-%Y", "%d/%b/%Y", "%B %d, %Y", "%m/%d/%Y", "%Y-%m-%d")


def document_pattern(component: str) -> str:
    """Addresses that serve this component of a fund's documents, dated (`&asOfDate=YYYYMMDD`) or not."""
    return rf"https://www\.blackrock\.com/varnish-api/[\w/-]+/get-fund-document\?(?:[^#]*&)?portfolioId=(?P<product>\d+)&(?:[^#]*&)?component={component}(?:&[^#]*)?"


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("ishares"):
        yield Request(DOCUMENT.format(product=fund.product_id, component="holdings"), fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    grid = read_sheet(payload, "Holdings")
    served = labelled(grid, "Fund Holdings as of")
    if served is None:
        raise ParseError("'Fund Holdings as of' and a day", grid.head())
    observed_on = one_day(served, "the day of the holdings", *AS_OF_FORMATS)  # first: a day without data may lack the table too
    lines = read_table(grid, COLUMNS, ends="blank row", known=(*UNREAD, *UNREAD_YIELDS))
    if not any(identifier.name in lines.columns for identifier in IDENTIFIERS):
        raise ParseError("a column headed Ticker, CUSIP, ISIN or SEDOL", "none of them")
    priced = zip(lines.columns.get("price", ()), lines.columns["name"], lines.columns["asset_class"], strict=False)
    refuse_negative_prices((price, name) for price, name, asset_class in priced if asset_class in SECURITIES)  # a swap's price may be negative
    fund_id = named_fund(payload.request.subject, r"(?P<fund>[a-z0-9.]+)[ _-]holdings.*")
    return {HOLDINGS.name: shaped(lines, HOLDINGS, fund_id=fund_id, observed_on=observed_on)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="ishares_holdings",
    publisher="iShares (BlackRock)",
    homepage="https://www.ishares.com/us/products/etf-investments",
    terms=TERMS,
    cadence="daily",
    tables=(HOLDINGS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(
        document_pattern("holdings"),
        r"https://www\.ishares\.com/us/products/(?P<product>\d+)/[^?#]*\.ajax\?(?:[^#]*&)?fileType=csv(?:&[^#]*)?",
    ),
    pause_seconds=2.0,
    issuer="ishares",
)
