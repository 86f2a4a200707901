"""State Street (SPDR) holdings: one workbook a fund, overwritten each evening, weights and share counts without values.

Title rows name the fund and the day (`As of 13-Jun-2022`, whatever the file is called); the header follows, then lines down
to the first empty row and disclaimers. Numbers have been text and numbers, sectors filled and `-`. `Identifier` is the CUSIP
(an ISIN in funds abroad); cash is a line with an identifier of State Street's own (`999USDZ92`). There is no market value.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from orchestration.sources.cells import number, percent, required, text
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source
from orchestration.sources.readers import read_sheet
from orchestration.sources.shapes import holdings
from orchestration.sources.tables import column, labelled, named_fund, one_day, read_table, shaped

HOLDINGS = holdings("spdr", "SPDR")
FILES = "https://www.ssga.com/library-content/products/fund-data/etfs/us/"
TERMS = "© State Street; free download, no redistribution (disclaimer in each file)"
# A file's name where the sheet does not name its fund.
STEM = r"(?:holdings-daily|navhist)-us-en-(?P<fund>[a-z0-9.]+).*"

ISIN = re.compile("[A-Z]{2}[A-Z0-9]{9}[0-9]")

COLUMNS = (
    column("name", required(text), "Name"),
    column("ticker", text, "Ticker"),
    column("cusip", text, "Identifier", "CUSIP"),
    column("sedol", text, "SEDOL"),
    column("weight_pct", required(percent), "Weight", "Weight (%)"),
    column("sector", text, "Sector"),
    column("asset_class", text, "Asset Class", optional=True),
    column("shares", number, "Shares Held", "Shares", "Par Value"),
    column("market_value_usd", number, "Market Value", optional=True),
    column("currency", text, "Local Currency", "Currency"),
)


def file_pattern(kind: str) -> str:
    """Addresses of one kind of file; the site has moved the same folder below several others."""
    return rf"https://www\.ssga\.com/(?:[\w-]+/)*library-content/products/fund-data/etfs/us/{kind}-us-en-(?P<subject>[A-Za-z0-9.]+)\.xlsx?"


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("spdr"):
        yield Request(f"{FILES}holdings-daily-us-en-{fund.fund_id.lower()}.xlsx", fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    grid = read_sheet(payload)
    served = labelled(grid, "Holdings:")
    if served is None:
        raise ParseError("'Holdings:' and a day", grid.head())
    observed_on = one_day(re.sub("^as of", "", served, flags=re.IGNORECASE).strip(), "the day of the holdings", "%d-%b-%Y", "%Y-%m-%d", "%m/%d/%Y")
    lines = read_table(grid, COLUMNS, ends="blank row")
    fund_id = labelled(grid, "Ticker Symbol:") or named_fund(payload.request.subject, STEM)
    isin = [code if code and ISIN.fullmatch(code) else None for code in lines.columns["cusip"]]
    cusip = [None if found else code for code, found in zip(lines.columns["cusip"], isin, strict=True)]
    identified = replace(lines, columns={**lines.columns, "isin": isin, "cusip": cusip})
    return {HOLDINGS.name: shaped(identified, HOLDINGS, fund_id=fund_id, observed_on=observed_on)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="spdr_holdings",
    publisher="State Street (SPDR)",
    homepage="https://www.ssga.com/us/en/intermediary/etfs",
    terms=TERMS,
    cadence="daily",
    tables=(HOLDINGS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(file_pattern("holdings-daily"),),
    issuer="spdr",
)
