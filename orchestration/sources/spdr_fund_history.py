"""State Street (SPDR) history: one workbook a fund with net asset value and shares outstanding since inception.

Title rows, a header (`Date`, `NAV`, `Shares Outstanding`, `Total Net Assets`), days down to the first empty row, disclaimers.
Numbers come as text or numbers; the share count of the first years may be `-`. Total net assets is left unread: it is
the product of the other two. Distributions are not in the file.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources.cells import day, number, required
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source
from orchestration.sources.readers import read_sheet
from orchestration.sources.shapes import fund_history
from orchestration.sources.spdr_holdings import FILES, STEM, TERMS, file_pattern
from orchestration.sources.tables import column, labelled, named_fund, read_table, shaped

FUND_HISTORY = fund_history("spdr", "SPDR")
COLUMNS = (
    column("observed_on", day("%d-%b-%Y", "%d-%b-%y", "%Y-%m-%d", "%m/%d/%Y"), "Date"),
    column("nav_usd", required(number), "NAV", "NAV per Share"),
    column("shares_outstanding", number, "Shares Outstanding"),
)


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("spdr"):
        yield Request(f"{FILES}navhist-us-en-{fund.fund_id.lower()}.xlsx", fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    grid = read_sheet(payload)
    days = read_table(grid, COLUMNS, ends="blank row", known=("Total Net Assets",))
    return {FUND_HISTORY.name: shaped(days, FUND_HISTORY, fund_id=labelled(grid, "Ticker Symbol:") or named_fund(payload.request.subject, STEM))}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="spdr_fund_history",
    publisher="State Street (SPDR)",
    homepage="https://www.ssga.com/us/en/intermediary/etfs",
    terms=TERMS,
    cadence="daily",
    tables=(FUND_HISTORY,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(file_pattern("navhist"),),
    issuer="spdr",
)
