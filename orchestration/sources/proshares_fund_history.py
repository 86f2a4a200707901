"""ProShares fund history: one CSV a fund, rewritten every evening (about 20:20 New York), newest day first, back to its inception.

Shares come in thousands. At a split the net asset value of the whole history is restated and the share counts are not: of an
old day only the assets are what they were that day. Files saved before 2014 have no assets; distributions are in none.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources import shapes
from orchestration.sources.cells import Cells, day, number, required, text
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source
from orchestration.sources.readers import read_text
from orchestration.sources.tables import column, one_value, read_table, shaped

FUND_HISTORY = shapes.fund_history("proshares", "ProShares", with_assets=True)
ADDRESS = "https://accounts.profunds.com/etfdata/ByFund/{product}-historical_nav.csv"
THOUSAND = 1000.0


def thousands(cells: Cells) -> tuple[list[float], list[int]]:
    """Numbers of thousands as numbers of ones: `48500` is 48,500,000."""
    values, bad = number(cells)
    return [value * THOUSAND for value in values], bad


COLUMNS = (
    column("observed_on", day("%m/%d/%Y"), "Date"),
    column("fund_id", required(text), "Ticker"),
    column("nav_usd", required(number), "NAV"),
    column("shares_outstanding", thousands, "Shares Outstanding (000)"),
    column("aum_usd", number, "Assets Under Management", optional=True),
)
LEFT_UNREAD = ("ProShares Name", "Prior NAV", "NAV Change (%)", "NAV Change ($)")


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("proshares"):
        yield Request(ADDRESS.format(product=fund.product_id), fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """The history of one fund. Raises ParseError where lines disagree on the fund."""
    days = read_table(read_text(payload), COLUMNS, known=LEFT_UNREAD)
    return {FUND_HISTORY.name: shaped(days, FUND_HISTORY, fund_id=one_value(days.columns["fund_id"], "fund").upper())}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="proshares_fund_history",
    publisher="ProShares",
    homepage="https://www.proshares.com/resources/data-downloads",
    terms="© ProShares; free download without key, no redistribution",
    cadence="daily",
    tables=(FUND_HISTORY,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https://accounts\.profunds\.com/etfdata/ByFund/(?P<product>[A-Z]+)-historical_nav\.csv",),
    issuer="proshares",
)
