"""iShares fund download: net asset value and shares outstanding of every day since inception, where ETF flows come from.

Named `.xls`, it is SpreadsheetML: XML behind two byte-order marks with bare ampersands in its text. Of its sheets only
`Historical` is read, newest day first; `--` is no distribution that day. Zero shares (before the first creation) is a
number, not a gap. The fund is what was asked for: the sheet does not name it.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources.cells import day, number, required
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source
from orchestration.sources.ishares_holdings import DOCUMENT, TERMS, document_pattern
from orchestration.sources.readers import read_sheet
from orchestration.sources.shapes import fund_history
from orchestration.sources.tables import column, named_fund, read_table, shaped

FUND_HISTORY = fund_history("ishares", "iShares")
COLUMNS = (
    column("observed_on", day("%b %d, %Y", "%d-%b-%Y", "%d/%b/%Y", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%f", "%m/%d/%Y"), "As Of"),
    column("nav_usd", required(number), "NAV per Share", "NAV"),
    column("distribution_usd", number, "Ex-Dividends", "Ex-Dividend"),
    column("shares_outstanding", number, "Shares Outstanding"),
)


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("ishares"):
        yield Request(DOCUMENT.format(product=fund.product_id, component="fundDownload"), fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    days = read_table(read_sheet(payload, "Historical"), COLUMNS)
    return {FUND_HISTORY.name: shaped(days, FUND_HISTORY, fund_id=named_fund(payload.request.subject, r"(?P<fund>[a-z0-9.]+)[ _-]fund.*"))}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="ishares_fund_history",
    publisher="iShares (BlackRock)",
    homepage="https://www.ishares.com/us/products/etf-investments",
    terms=TERMS,
    cadence="daily",
    tables=(FUND_HISTORY,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(document_pattern("fundDownload"),),
    pause_seconds=2.0,
    issuer="ishares",
)
