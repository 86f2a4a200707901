"""Invesco holdings: one CSV a fund and day.

Tickers carry trailing blanks. The identifier is a CUSIP, or an ISIN, or an in-house code for cash. One layout has no
as-of date: the day of the response (New York) stands in for it, and the notes say so.
"""

import re
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import pandas as pd

from orchestration.sources import shapes
from orchestration.sources.cells import day, number, percent, required, text
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source
from orchestration.sources.readers import read_text
from orchestration.sources.tables import column, named_fund, one_value, read_table, shaped

HOLDINGS = shapes.holdings("invesco", "Invesco")
ADDRESS = "https://www.invesco.com/us/financial-products/etfs/holdings/main/holdings/0?audienceType=Investor&action=download&ticker={fund_id}"
NEW_YORK = ZoneInfo("America/New_York")
IDENTIFIERS = {"cusip": re.compile(r"[0-9A-Z]{8}[0-9A-Z]?"), "isin": re.compile(r"[A-Z]{2}[0-9A-Z]{9}[0-9]")}

COLUMNS = (
    column("fund_id", required(text), "Fund Ticker", optional=True),
    column("identifier", text, "Security Identifier"),
    column("ticker", text, "Holding Ticker", "Ticker"),
    column("shares", number, "Shares/Par Value", "Shares/Par", "Shares"),
    column("market_value_usd", number, "MarketValue", "Market Value", "Market Value ($)"),
    column("weight_pct", percent, "Weight", "Weight (%)"),
    column("name", text, "Name"),
    column("asset_class", text, "Class of Shares", optional=True),
    column("sector", text, "Sector", optional=True),
    column("observed_on", day("%m/%d/%Y", "%Y-%m-%d"), "Date", "As of Date", optional=True),
)


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("invesco"):
        yield Request(ADDRESS.format(fund_id=fund.fund_id), fund.fund_id)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """One snapshot of one fund. Raises ParseError where lines disagree on the fund or the day, or nothing names the fund."""
    table = read_table(read_text(payload), COLUMNS)
    served, notes = table.columns, table.notes
    fund_id = one_value(served["fund_id"], "fund") if "fund_id" in served else named_fund(payload.request.subject, r"(?P<fund>[a-z]+)_holdings.*")
    if "observed_on" in served:
        observed_on = one_value(served["observed_on"], "as-of date")
    else:
        if any("date" in note.casefold() for note in notes):
            raise ParseError("a column headed 'Date'", notes[0])
        observed_on = pd.Timestamp(payload.fetched_at.astimezone(NEW_YORK).date())
        notes = (*notes, f"no as-of date in the file: observed_on is the day of the response, {observed_on:%Y-%m-%d}")
    identified = {name: [code if code and pattern.fullmatch(code) else None for code in served["identifier"]] for name, pattern in IDENTIFIERS.items()}
    lines = Parsed({**served, **identified}, table.rejected, notes)
    return {HOLDINGS.name: shaped(lines, HOLDINGS, fund_id=fund_id.upper(), observed_on=observed_on)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="invesco_holdings",
    publisher="Invesco",
    homepage="https://www.invesco.com/us/en/solutions/invesco-etfs.html",
    terms="free download, no redistribution",
    cadence="daily",
    tables=(HOLDINGS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https://www\.invesco\.com/us/financial-products/etfs/holdings/main/holdings/0\?(?:.*&)?ticker=(?P<subject>[A-Za-z0-9.]+)(?:&.*)?",),
    issuer="invesco",
)
