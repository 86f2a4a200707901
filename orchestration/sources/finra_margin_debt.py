"""FINRA margin statistics: one workbook, overwritten in place, every month since 1997, newest first.

Millions of dollars, which the file does not say. Before 2010-02 the cash column holds cash *and* margin credit and the
third column is empty: the null is kept, because the columns are not comparable across that seam (their sum is).
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources.cells import month_end, number, required
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import read_sheet
from orchestration.sources.releases import calendar_days_later
from orchestration.sources.tables import column, read_table, shaped

MARGIN_DEBT = Table(
    name="raw_finra__margin_debt",
    key=("observed_on",),
    columns={
        "observed_on": "DATE",
        "debit_balances_usd_mn": "DOUBLE",
        "free_credit_cash_usd_mn": "DOUBLE",
        "free_credit_margin_usd_mn": "DOUBLE",
    },
    description="Debit and free credit balances of customers' accounts at FINRA member firms, one row per month (its last day).",
)

COLUMNS = (
    column("observed_on", month_end("%Y-%m", "%b-%y", "%b-%Y", "%B %Y", "%b %Y", "%m/%Y", "%Y/%m", "%Y-%m-%d", "%m/%d/%Y"), "Year-Month", "Month/Year"),
    column("debit_balances_usd_mn", required(number), "Debit Balances in Customers' Securities Margin Accounts"),
    column("free_credit_cash_usd_mn", required(number), "Free Credit Balances in Customers' Cash Accounts"),
    column("free_credit_margin_usd_mn", number, "Free Credit Balances in Customers' Securities Margin Accounts"),
)


def requests(scope: Scope) -> Iterable[Request]:
    yield Request("https://www.finra.org/sites/default/files/2021-03/margin-statistics.xlsx")


def parse(payload: Payload) -> Mapping[str, Parsed]:
    sheet = read_sheet(payload)
    months = read_table(sheet, COLUMNS, ends="blank row" if sheet.padded else "end of file")  # a footnote may stand below the months
    return {MARGIN_DEBT.name: shaped(months, MARGIN_DEBT)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return calendar_days_later(rows["observed_on"], 21)  # the third week of the next month, by its end


SOURCE = Source(
    name="finra_margin_debt",
    publisher="FINRA",
    homepage="https://www.finra.org/rules-guidance/key-topics/margin-accounts/margin-statistics",
    terms="© FINRA; free download without key, one polite request a day; no redistribution",
    cadence="monthly",
    tables=(MARGIN_DEBT,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https://www\.finra\.org/sites/default/files/[\w./-]*margin-statistics[\w.-]*\.(?:xlsx?|csv)",),
    pause_seconds=5.0,
)
