"""Global X holdings: one CSV a fund and day, at an address that carries the date.

Two preamble lines (the fund's name without its ticker, the as-of date), then the table, then a disclaimer. Tickers are
Bloomberg's (`005930 KS`), cash lines have none and may be negative. Where the file's date and the one in its name differ,
the file is right. A few copies come without the disclaimer: those must at least end with a line break.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from orchestration.sources import shapes
from orchestration.sources.cells import number, percent, text
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source
from orchestration.sources.readers import lone_text, read_text
from orchestration.sources.tables import column, find_header, named_fund, one_day, read_table, refuse_negative_prices, shaped

HOLDINGS = shapes.holdings("globalx", "Global X")
ADDRESS = "https://assets.globalxetfs.com/funds/holdings/{ticker}_full-holdings_{day:%Y%m%d}.csv"

COLUMNS = (
    column("weight_pct", percent, "% of Net Assets"),
    column("ticker", text, "Ticker"),
    column("name", text, "Name"),
    column("sedol", text, "SEDOL"),
    column("shares", number, "Shares Held"),
    column("market_value_usd", number, "Market Value ($)", "Market Value($)", "Market Value"),
    column("price", number, "Market Price ($)", "Market Price($)", optional=True),
)


def requests(scope: Scope) -> Iterable[Request]:
    for fund in scope.funds_of("globalx"):
        yield Request(ADDRESS.format(ticker=fund.fund_id.lower(), day=scope.as_of), fund.fund_id)


def _as_of(preamble: list[list[str]], request: Request) -> tuple[pd.Timestamp, tuple[str, ...]]:
    """The day the file speaks of: by its preamble, else by its name (with a note)."""
    said = " ".join(cell for row in preamble for cell in row)
    match = re.search(r"as of[\s:]*([A-Za-z]{3,9} \d{1,2}, \d{4}|\S+)", said, flags=re.IGNORECASE)
    if match:
        return one_day(match.group(1), "an as-of date like 02/04/2026", "%m/%d/%Y", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y"), ()
    named = re.search(r"_(\d{8})(?!\d)", f"{request.url} {request.subject}")
    if named is None:
        raise ParseError("'Fund Holdings Data as of' above the table", repr(said[:120]))
    return one_day(named.group(1), "a date like 20260204 in the file's name", "%Y%m%d"), ("no as-of date in the file: taken from its name",)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """One snapshot of the fund that the request is about. Raises ParseError where nothing names the fund or the day."""
    grid = read_text(payload)
    header, _ = find_header(grid, COLUMNS)
    fund_id = named_fund(payload.request.subject, r"(?P<fund>[a-z0-9]+)_full-holdings.*")
    observed_on, notes = _as_of(grid.rows[:header], payload.request)
    has_disclaimer = any(lone_text(row) for row in grid.rows[header:])
    table = read_table(grid, COLUMNS, ends="disclaimer" if has_disclaimer else "end of file", after=header)
    refuse_negative_prices(zip(table.columns.get("price", ()), table.columns["name"], strict=False))
    rows = shaped(table, HOLDINGS, fund_id=fund_id, observed_on=observed_on)
    return {HOLDINGS.name: replace(rows, notes=(*rows.notes, *notes))}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="globalx_holdings",
    publisher="Global X",
    homepage="https://www.globalxetfs.com/",
    terms="free download, no redistribution, no derivative works without permission",
    cadence="daily",
    tables=(HOLDINGS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"https://assets\.globalxetfs\.com/funds/holdings/(?P<subject>[A-Za-z0-9]+)_full-holdings(?:_\d{8})?\.csv",),
    issuer="globalx",
)
