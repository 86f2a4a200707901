"""SEC Form N-PORT: one `primary_doc.xml`, a fund's holdings and monthly flows for a quarter, public 60 days after it ends.

Holdings (`invstOrSec`) sit in `invstOrSecs` beside `fundInfo`. `repPdDate` is the date reported on; `repPdEnd` is the end of
the fiscal year and is not read. Month 1 of the flows is the first of the three that end with `repPdDate`. Some filers
write redemptions as negative numbers: they are stored positive and flagged. `N/A` is null, and so is a CUSIP of zeros.
An amendment (`NPORT-P/A`) is the same form and replaces the filing; only a final filing may hold nothing.
`shares` is the balance in the filing's own unit: shares, principal or contracts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

import pandas as pd
from lxml import etree

from orchestration.sources import shapes
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope, Source, Table
from orchestration.sources.readers import Cells, Converter, Mask, number, one_day, read_xml, rejects, required, shaped, text
from orchestration.sources.releases import calendar_days_later

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


def _identifier(cells: Cells) -> tuple[Cells, Mask]:
    """An identifier as text; one made of zeros says that there is none."""
    identifiers, bad = text(cells)
    return identifiers.mask(identifiers.str.fullmatch("0+", na=False), None), bad


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
    served = pd.DataFrame(cells, columns=list(CONVERTERS), dtype="object")
    converted = {name: convert(served[name]) for name, convert in CONVERTERS.items()}
    bad = pd.DataFrame({name: unreadable for name, (_, unreadable) in converted.items()})
    rows = pd.DataFrame({name: values for name, (values, _) in converted.items()}).assign(line=range(1, len(served) + 1))
    broken = bad.any(axis=1)
    if not broken.any():
        return Parsed(rows)
    first = bad[broken].idxmax(axis=1)
    rejected = rejects(
        [lines[place] for place in first.index],
        [f"{name}: cannot read {served.at[place, name]!r}" for place, name in first.items()],
        [" | ".join(row) for row in served[broken].itertuples(index=False)],
    )
    return Parsed(rows[~broken].reset_index(drop=True), rejected)


def _flows(fund: Mapping[str, Mapping[str, str]], report_date: pd.Timestamp) -> Parsed:
    """Three months of flows; net_flow_usd = sales + reinvestment − abs(redemption), null where one of them is not given."""
    missing = [month for month in MONTHS if month not in fund]
    if missing:
        raise ParseError(f"elements {list(MONTHS)} in fundInfo", f"none named {missing}")
    served = pd.DataFrame([fund[month] for month in MONTHS], columns=list(FLOW_PARTS), dtype="object")
    served = served.mask(served.apply(lambda cells: cells.str.strip().str.upper().isin(NOT_GIVEN)), "")
    converted = {name: number(served[name]) for name in served}
    bad = pd.DataFrame({name: unreadable for name, (_, unreadable) in converted.items()}).any(axis=1)
    sales, reinvestment, redemption = (values for values, _ in converted.values())
    ends = pd.Series([report_date + pd.offsets.MonthEnd(0) - pd.offsets.MonthEnd(months) for months in (2, 1, 0)]).astype("datetime64[s]")
    rows = pd.DataFrame(
        {
            "observed_on": report_date,
            "month": ends,
            "sales_usd": sales,
            "reinvestment_usd": reinvestment,
            "redemption_usd": redemption.abs(),
            "net_flow_usd": sales + reinvestment - redemption.abs(),
            "is_redemption_negative_in_filing": (redemption < 0).astype("boolean").mask(redemption.isna()),
        }
    )
    if not bad.any():
        return Parsed(rows)
    places = [int(place) for place in rows.index[bad]]
    rejected = rejects(
        [place + 1 for place in places],
        [f"{MONTHS[place]}: a flow that cannot be read" for place in places],
        [" | ".join(row) for row in served[bad].itertuples(index=False)],
    )
    return Parsed(rows[~bad].reset_index(drop=True), rejected)


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
    holdings = _holdings(cells, lines)
    rows = holdings.rows.assign(series_id=series_id, fund_id=series_id, observed_on=report_date, accession="-".join(accession.groups()) if accession else None)
    flows = _flows(fund, report_date)
    return {
        HOLDINGS.name: Parsed(shaped(rows, HOLDINGS), holdings.rejected, notes),
        FLOWS.name: Parsed(shaped(flows.rows.assign(series_id=series_id), FLOWS), flows.rejected, notes),
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
