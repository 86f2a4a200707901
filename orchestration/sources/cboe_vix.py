"""Cboe VIX history: one CSV, rewritten every evening, back to 1990.

Dates are M/D/YYYY, zero-padded as served and unpadded once somebody's spreadsheet has touched them. Until 1992 open,
high and low repeat the close. The file has rows for a few days on which New York is closed (2026-07-03). Histories of
some other indices (VVIX) have one column, the close, headed by the index; older files say `VIX Open`.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources.cells import day, number, required
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import blank, cell_text, read_text
from orchestration.sources.tables import column, read_table, shaped

INDEX_HISTORY = Table(
    name="raw_cboe__index_history",
    key=("symbol", "observed_on"),
    columns={"symbol": "VARCHAR", "observed_on": "DATE", "open": "DOUBLE", "high": "DOUBLE", "low": "DOUBLE", "close": "DOUBLE"},
    description="Daily levels of the Cboe volatility index, one row per index and day.",
)


def requests(scope: Scope) -> Iterable[Request]:
    yield Request("https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv", subject="VIX")


def parse(payload: Payload) -> Mapping[str, Parsed]:
    grid = read_text(payload)
    # The file does not name its index; a saved file is called `VIX_History…`.
    symbol = payload.request.subject.upper().partition("_HISTORY")[0]
    days = column("observed_on", day("%m/%d/%Y", "%Y-%m-%d"), "DATE")
    if [cell_text(cell).upper() for cell in next((row for row in grid.rows if not blank(row)), [])] == ["DATE", symbol]:
        history = read_table(grid, (days, column("close", required(number), symbol)))
    else:
        prices = (column(name, number if name != "close" else required(number), name.upper(), f"{symbol} {name}") for name in ("open", "high", "low", "close"))
        history = read_table(grid, (days, *prices))
    return {INDEX_HISTORY.name: shaped(history, INDEX_HISTORY, symbol=symbol)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return rows["observed_on"]  # the same evening


SOURCE = Source(
    name="cboe_vix",
    publisher="Cboe",
    homepage="https://www.cboe.com/tradable_products/vix/vix_historical_data/",
    terms="free download, no redistribution",
    cadence="daily",
    tables=(INDEX_HISTORY,),
    requests=requests,
    parse=parse,
    published_on=published_on,
)
