"""SEC Form N-PORT: one `primary_doc.xml`, a fund's holdings and monthly flows for a quarter, public 60 days after it ends.

Holdings (`invstOrSec`) sit in `invstOrSecs` beside `fundInfo`. `repPdDate` is the date reported on; `repPdEnd` is the end of
the fiscal year and is not read. Month 1 of the flows is the first of the three that end with `repPdDate`. Some filers
write redemptions as negative numbers: they are stored positive and flagged. `N/A` is null, and so is a CUSIP of zeros.
An amendment (`NPORT-P/A`) is the same form and replaces the filing; only a final filing may hold nothing.
`shares` is the balance in the filing's own unit: shares, principal or contracts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any, cast

import pandas as pd
from lxml import etree

from orchestration.sources import shapes
from orchestration.sources.cells import Cells, Converter, number, required, text
from orchestration.sources.columns import without
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import read_xml
from orchestration.sources.releases import calendar_days_later
from orchestration.sources.tables import one_day, rejects, shaped

_SHAPE = shapes.holdings("sec", "SEC")
HOLDINGS = replace(
    _SHAPE,
    name="raw_sec__nport_holdings",
    key=("series_id", "observed_on", "line"),
    snapshot=("series_id", "observed_on"),
    columns={**_SHAPE.columns, "series_id": "VARCHAR", "accession": "VARCHAR"},
    description="Holdings of a fund series at the end of a quarter (Form N-PORT), one row per line of the filing.",
)
FLOWS = Table(
    name="raw_sec__nport_flows",
    key=("series_id", "observed_on", "month"),
    columns={
        "series_id": "VARCHAR",
        "observed_on": "DATE",
        "month": "DATE",
        "sales_usd": "DOUBLE",
        "reinvestment_usd": "DOUBLE",
        "redemption_usd": "DOUBLE",
        "net_flow_usd": "DOUBLE",
        "is_redemption_negative_in_filing": "BOOLEAN",
    },
    description="Monthly sales, reinvestment and redemption of a fund series (Form N-PORT), one row per series and month (its last day).",
)

NPORT = "{http://www.sec.gov/edgar/nport}"
HEADER, GENERAL, FUND, HOLDING = (f"{NPORT}{name}" for name in ("headerData", "genInfo", "fundInfo", "invstOrSec"))
NOT_GIVEN = frozenset({"N/A", "NA", "NONE", "XXXX"})
MONTHS = ("mon1Flow", "mon2Flow", "mon3Flow")
FLOW_PARTS = ("sales", "reinvestment", "redemption")


def requests(scope: Scope) -> Iterable[Request]:
    """EDGAR's addresses hold an accession number that nobody can foresee: filings come from a mirror, one address a series."""
    for fund in scope.funds:
        if fund.series_id:
            yield Request(f"manual://sec/nport/{fund.series_id}", fund.series_id)


# ---------------------------------------------------------------- elements to cells


def _below(element: etree._Element, path: str) -> str:
    """The text of a descendant, by local names; '' where it is absent or not given."""
    found = element.findtext("/".join(f"{NPORT}{name}" for name in path.split("/"))) or ""
    return "" if found.strip().upper() in NOT_GIVEN else found.strip()


def _attribute(element: etree._Element, path: str, name: str) -> str:
    """An attribute of a descendant; '' where either is absent or not given."""
    found = element.find("/".join(f"{NPORT}{step}" for step in path.split("/")))
    value = "" if found is None else found.get(name, "").strip()
    return "" if value.upper() in NOT_GIVEN else value


def _notional(holding: etree._Element) -> str:
    """The notional amount of a derivative, where the filing gives it in dollars."""
    for contract in holding.iterfind(f"{NPORT}derivativeInfo/*"):
        if _below(contract, "curCd") == "USD" or _attribute(contract, "notionalAmt", "curCd") == "USD":
            return _below(contract, "notionalAmt")
    return ""


def _cells(holding: etree._Element) -> dict[str, str]:
    return {
        "ticker": _attribute(holding, "identifiers/ticker", "value"),
        "name": _below(holding, "name") or _below(holding, "title"),
        "cusip": _below(holding, "cusip"),
        "isin": _attribute(holding, "identifiers/isin", "value"),
        "asset_class": _below(holding, "assetCat") or _attribute(holding, "assetConditional", "assetCat"),
        "shares": _below(holding, "balance"),
        "market_value_usd": _below(holding, "valUSD"),
        "weight_pct": _below(holding, "pctVal"),
        "notional_usd": _notional(holding),
        "currency": _below(holding, "curCd") or _attribute(holding, "currencyConditional", "curCd"),
    }


def _identifier(cells: Cells) -> tuple[list[Any], list[int]]:
    """An identifier as text; one made of zeros says that there is none."""
    identifiers, bad = text(cells)
    return [identifier if identifier and identifier.strip("0") else None for identifier in identifiers], bad


CONVERTERS: Mapping[str, Converter] = {
    "ticker": text,
    "name": text,
    "cusip": _identifier,
    "isin": _identifier,
    "asset_class": text,
    "shares": number,
    "market_value_usd": required(number),
    "weight_pct": number,
    "notional_usd": number,
    "currency": text,
}


# ---------------------------------------------------------------- cells to rows


def _holdings(cells: list[dict[str, str]], lines: list[int]) -> Parsed:
    """The lines of a filing; `lines` says where in the file each stands."""
    served = {name: [holding[name] for holding in cells] for name in CONVERTERS}
    values: dict[str, Sequence[Any]] = {"line": range(1, len(cells) + 1)}
    reasons: dict[int, str] = {}
    for name, convert in CONVERTERS.items():
        values[name], bad = convert(served[name])
        for place in bad:
            reasons.setdefault(place, f"{name}: cannot read {served[name][place]!r}")
    places = sorted(reasons)
    contents = [" | ".join(cells[place][name] for name in CONVERTERS) for place in places]
    rejected = rejects([lines[place] for place in places], [reasons[place] for place in places], contents)
    return Parsed(without(values, reasons.keys()), rejected)


def _flows(fund: Mapping[str, Mapping[str, str]], report_date: pd.Timestamp) -> Parsed:
    """Three months of flows; net_flow_usd = sales + reinvestment − abs(redemption), null where one of them is not given."""
    missing = [month for month in MONTHS if month not in fund]
    if missing:
        raise ParseError(f"elements {list(MONTHS)} in fundInfo", f"none named {missing}")
    served = {part: ["" if fund[month][part].strip().upper() in NOT_GIVEN else fund[month][part] for month in MONTHS] for part in FLOW_PARTS}
    (sales, _), (reinvestment, _), (redemption, _) = converted = [number(served[part]) for part in FLOW_PARTS]
    flows = list(zip(sales, reinvestment, redemption, strict=True))
    columns = {
        "observed_on": [report_date] * len(MONTHS),
        "month": [report_date + pd.offsets.MonthEnd(0) - pd.offsets.MonthEnd(months) for months in (2, 1, 0)],
        "sales_usd": sales,
        "reinvestment_usd": reinvestment,
        "redemption_usd": [abs(redeemed) for redeemed in redemption],
        "net_flow_usd": [sold + reinvested - abs(redeemed) for sold, reinvested, redeemed in flows],
        "is_redemption_negative_in_filing": [None if isnan(redeemed) else redeemed < 0 for redeemed in redemption],
    }
    places = sorted({place for _, bad in converted for place in bad})
    reasons = [f"{MONTHS[place]}: a flow that cannot be read" for place in places]
    contents = [" | ".join(served[part][place] for part in FLOW_PARTS) for place in places]
    return Parsed(without(columns, places), rejects([place + 1 for place in places], reasons, contents))


def parse(payload: Payload) -> Mapping[str, Parsed]:
    """Holdings and flows of one filing.

    Raises ParseError for another form, a filing cut off before its end, one without report date, flows or series, and one without
    holdings that is not the series' last: a parser that finds none in such a filing is wrong.
    """
    form = series_id = report_day = ""
    is_final = False
    fund: dict[str, dict[str, str]] | None = None
    cells: list[dict[str, str]] = []
    lines: list[int] = []
    for element in read_xml(payload, (HEADER, GENERAL, FUND, HOLDING), f"{NPORT}edgarSubmission"):
        if element.tag == HOLDING:
            cells.append(_cells(element))
            lines.append(cast(int, element.sourceline))
        elif element.tag == HEADER:
            form = _below(element, "submissionType")
            series_id = series_id or _below(element, "filerInfo/seriesClassInfo/seriesId")
        elif element.tag == GENERAL:
            series_id = _below(element, "seriesId") or series_id
            report_day = _below(element, "repPdDate")
            is_final = _below(element, "isFinalFiling").upper() in {"Y", "TRUE"}
        else:
            fund = {month: {name: flow.get(name, "") for name in FLOW_PARTS} for month in MONTHS if (flow := element.find(f"{NPORT}{month}")) is not None}

    if not form.startswith("NPORT"):
        raise ParseError("a submission of type NPORT-P or NPORT-P/A", repr(form))
    if fund is None:
        raise ParseError("fundInfo in formData", "none")
    series_id = series_id or payload.request.subject
    if not series_id:
        raise ParseError("seriesId in genInfo", "none", "say which series the filing is about")
    report_date = one_day(report_day, "repPdDate like 2022-12-31 in genInfo", "%Y-%m-%d")
    if not cells and not is_final:
        raise ParseError("holdings (invstOrSec) in a filing that is not final", "none", "no holdings never means that everything was sold; look at the file")

    accession = re.search(r"/(\d{10})-?(\d{2})-?(\d{6})(?:/|$)", payload.request.url)
    notes = (f"{form}: replaces the filing it amends",) if form.endswith("/A") else ()
    if not cells:
        notes = (*notes, "a final filing without holdings")
    holdings, flows = _holdings(cells, lines), _flows(fund, report_date)
    filing = {"fund_id": series_id, "series_id": series_id, "observed_on": report_date, "accession": "-".join(accession.groups()) if accession else None}
    return {
        HOLDINGS.name: replace(shaped(holdings, HOLDINGS, **filing), notes=notes),
        FLOWS.name: replace(shaped(flows, FLOWS, series_id=series_id), notes=notes),
    }


def published_on(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    return calendar_days_later(rows["observed_on"], 60)  # the third month of a quarter is made public 60 days after it ends


SOURCE = Source(
    name="sec_nport",
    publisher="SEC",
    homepage="https://www.sec.gov/dera/data/form-n-port-data-sets",
    terms="public domain; a user agent with a contact, at most 10 requests a second",
    cadence="quarterly",
    tables=(HOLDINGS, FLOWS),
    requests=requests,
    parse=parse,
    published_on=published_on,
    claims=(
        r"manual://sec/nport/(?P<subject>S\d{9})",
        r"https://www\.sec\.gov/Archives/edgar/data/\d+/\d{18}/primary_doc\.xml",
    ),
    pause_seconds=0.2,
)
