"""Vanguard holdings: one CSV a fund and month, saved by hand from the fund's page.

Up to three sections (equity, fixed income, short-term reserves), each with its own columns and as-of line, some of them
empty. The first column is empty, `---` is null, disclaimers close the file. Small weights are served as `<0.01%`, so
weight_pct is computed here instead: market value over the file's total. For bonds, shares holds the face amount.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from orchestration.sources import shapes
from orchestration.sources.cells import number, percent, required, text
from orchestration.sources.columns import Columns, stacked
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source
from orchestration.sources.readers import Grid, Row, read_text
from orchestration.sources.releases import calendar_days_later
from orchestration.sources.tables import column, named_fund, one_day, one_value, read_table, shaped

HOLDINGS = shapes.holdings("vanguard", "Vanguard")

COLUMNS = (
    column("sedol", text, "SEDOL"),
    column("name", text, "HOLDINGS", "HOLDING NAME"),
    column("ticker", text, "TICKER"),
    column("market_value_usd", required(number), "MARKET VALUE*", "MARKET VALUE"),
    column("served_weight_pct", percent, "% OF FUNDS*", "% OF FUND*", optional=True),
)
# Rounded, and without the many lines below 0.01 %: 94.67 in the real file. Only their excess says something.
MOST_SERVED_WEIGHT = 110.0
# Short-term reserves come without a quantity.
QUANTITY = {
    "equity": (column("shares", number, "SHARES"), column("sector", text, "SUB-INDUSTRY", optional=True)),
    "fixed income": (column("shares", number, "FACEAMOUNT", "FACE AMOUNT"),),
}
# Columns that no table of ours has a place for.
KNOWN = ("COUNTRY", "SECURITYDEPOSITORYRECEIPTTYPE", "COUPONYIELD", "COUPON/YIELD", "MATURITY DATE")


def requests(scope: Scope) -> Iterable[Request]:
    """Vanguard has no stable public address: these are answered by a mirror of files saved by hand, never by the internet."""
    for fund in scope.funds_of("vanguard"):
        yield Request(f"manual://vanguard/{fund.fund_id}/holdings", fund.fund_id)


def _section(row: Row) -> tuple[str, str] | None:
    """(name, as-of date as served) where a row opens a section, else None."""
    words = ",".join(cell.strip() for cell in row if cell.strip())
    match = re.fullmatch(r"([A-Za-z][^,]*?),?\s*as of\s*(.*)", words, flags=re.IGNORECASE)
    return (match.group(1), match.group(2)) if match else None


def _fund(rows: list[Row], request: Request) -> str:
    """The fund's ticker, from the title `Total Stock Market ETF (VTI)`, else from the request."""
    titles = (re.search(r"\(([A-Z][A-Z.]{0,5})\)\s*$", row[0]) for row in rows if row)
    return next((title.group(1) for title in titles if title), "") or named_fund(request.subject)


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """One snapshot of one fund. Raises ParseError for a missing section, date or disclaimer, or dates that differ between sections."""
    grid = read_text(payload)
    openings = [(index, section[0], section[1]) for index, row in enumerate(grid.rows) if (section := _section(row)) is not None]
    if not openings:
        raise ParseError("a section line like 'Equity,as of 09/30/2025'", grid.head())
    fund_id = _fund(grid.rows[: openings[0][0]], payload.request)
    ends = [start for start, _, _ in openings[1:]] + [len(grid.rows)]

    tables: list[Parsed] = []
    lines_before = 0
    for (start, name, as_of), end in zip(openings, ends, strict=True):
        part = Grid(grid.lines[start + 1 : end], grid.rows[start + 1 : end], padded=False)
        table = read_table(
            part,
            (*COLUMNS, *QUANTITY.get(name.casefold(), ())),
            ends="disclaimer" if end == len(grid.rows) else "end of file",
            known=KNOWN,
            may_be_empty=True,
        )
        observed_on = one_day(as_of, f"a date like 09/30/2025 beside {name!r}", "%m/%d/%Y")
        lines = [line + lines_before for line in table.columns["line"]]
        same: Columns = {"asset_class": [name] * len(table), "observed_on": [observed_on] * len(table)}
        tables.append(replace(table, columns={**table.columns, **same, "line": lines}))
        lines_before += len(table) + len(table.rejected)
    rows = stacked([table.columns for table in tables if len(table)])
    if not rows:
        raise ParseError("a readable holding in one of the sections", "none", "no rows never means that everything was sold; wait for the next file")

    served_weights = np.nansum(np.array(rows.get("served_weight_pct", ()), dtype="float64"))
    if served_weights > MOST_SERVED_WEIGHT:
        raise ParseError(f"served weights that sum to at most {MOST_SERVED_WEIGHT:.0f}", f"{served_weights:.2f}")
    rejected = pd.concat([table.rejected for table in tables], ignore_index=True)
    values = np.array(rows["market_value_usd"])
    with np.errstate(divide="ignore", invalid="ignore"):
        rows["weight_pct"] = (100 * values / values.sum()).tolist()
    unread = tuple(dict.fromkeys(note for table in tables for note in table.notes))
    notes = (*unread, "weight_pct is market value over the file's total: the served weights are rounded and bounded ('<0.01%')")
    lines_of_all = Parsed(rows, rejected, notes)
    return {HOLDINGS.name: shaped(lines_of_all, HOLDINGS, fund_id=fund_id, observed_on=one_value(rows["observed_on"], "as-of date"))}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return calendar_days_later(rows["observed_on"], 15)  # month-ends appear on the product page about the middle of the next month


SOURCE = Source(
    name="vanguard_holdings",
    publisher="Vanguard",
    homepage="https://advisors.vanguard.com/investments/etfs",
    terms="free to look at and save by hand, no redistribution, no stable address",
    cadence="monthly",
    tables=(HOLDINGS,),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(r"manual://vanguard/(?P<subject>[A-Za-z.]+)/holdings",),
    issuer="vanguard",
)
