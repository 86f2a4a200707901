"""ARK holdings: one CSV a fund and day, overwritten in place every evening.

Every line carries its date and fund. Money arrives as `$1,959.23`, weights as `9.65%`. A money-market line has no ticker.
The last row is a disclaimer: a file without it was cut off.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources import shapes
from orchestration.sources.cells import day, number, percent, required, text
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source
from orchestration.sources.readers import read_text
from orchestration.sources.tables import column, one_value, read_table, shaped

HOLDINGS = shapes.holdings("ark", "ARK")
ADDRESS = "https://assets.ark-funds.com/fund-documents/funds-etf-csv/{product_id}.csv"

COLUMNS = (
    column("observed_on", day("%m/%d/%Y"), "date"),
    column("fund_id", required(text), "fund"),
    column("name", text, "company"),
    column("ticker", text, "ticker"),
    column("cusip", text, "cusip"),
    column("shares", number, "shares"),
    column("market_value_usd", number, "market value ($)", "market value($)"),
    column("weight_pct", percent, "weight (%)", "weight(%)"),
)


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("ark"):
        if fund.product_id:
            yield Request(ADDRESS.format(product_id=fund.product_id), fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """One snapshot of one fund. Raises ParseError where lines disagree on the fund or the day, or the disclaimer is missing."""
    table = read_table(read_text(payload), COLUMNS, ends="disclaimer")
    fund_id = one_value(table.columns["fund_id"], "fund").upper()
    observed_on = one_value(table.columns["observed_on"], "as-of date")
    return {HOLDINGS.name: shaped(table, HOLDINGS, fund_id=fund_id, observed_on=observed_on)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="ark_holdings",
    publisher="ARK",
    homepage="https://www.ark-funds.com/download-fund-materials/",
    terms="free download, reproduction and redistribution only with written permission",
    cadence="daily",
    tables=(HOLDINGS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https://(?:assets\.)?ark-funds\.com/.+_(?P<subject>[A-Z]{3,5})_HOLDINGS\.csv",),
    issuer="ark",
)
