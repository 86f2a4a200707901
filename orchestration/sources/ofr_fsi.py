"""OFR Financial Stress Index: one CSV since 2000, the index beside its five categories and three regions.

The categories add to the index within 0.002 (rounding); the regions did so on every day but one (2018-11-01). It is what
our composite is compared with, never an input to it.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from orchestration.sources.cells import day, number
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import read_sheet
from orchestration.sources.releases import weekdays_later
from orchestration.sources.tables import column, melted, read_table, shaped

FSI = Table(
    name="raw_ofr__fsi",
    key=("component", "observed_on"),
    columns={"component": "VARCHAR", "observed_on": "DATE", "value": "DOUBLE"},
    description="The OFR Financial Stress Index and its contributions by category and region, one row per component and day.",
)

COMPONENTS = (
    "OFR FSI",
    "Credit",
    "Equity valuation",
    "Safe assets",
    "Funding",
    "Volatility",
    "United States",
    "Other advanced economies",
    "Emerging markets",
)
COLUMNS = (column("observed_on", day("%Y-%m-%d", "%m/%d/%Y"), "Date"), *(column(component, number, component) for component in COMPONENTS))


def requests(scope: Scope) -> Iterable[Request]:
    yield Request("https://www.financialresearch.gov/financial-stress-index/data/fsi.csv")


def parse(payload: Payload) -> Mapping[str, Parsed]:
    return {FSI.name: shaped(melted(read_table(read_sheet(payload), COLUMNS), "component", "value"), FSI)}


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return weekdays_later(rows["observed_on"], 2)  # the file of a morning ends two weekdays before


SOURCE = Source(
    name="ofr_fsi",
    publisher="Office of Financial Research",
    homepage="https://www.financialresearch.gov/financial-stress-index/",
    terms="work of the US government, free to use with the source named",
    cadence="daily",
    tables=(FSI,),
    requests=requests,
    parse=parse,
    published_on=published_on,
)
