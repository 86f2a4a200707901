"""SEC Form N-PORT: the real filing's facts, then what must be refused, rejected or stored as null."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.sec_nport import FLOWS, HOLDINGS, SOURCE

SERIES = Request("manual://sec/nport/S000012000", "S000012000")
FILED = Request("https://www.sec.gov/Archives/edgar/data/311101/000131410123000012/primary_doc.xml")
FILING = """<?xml version="1.0" encoding="UTF-8"?>
<edgarSubmission xmlns="http://www.sec.gov/edgar/nport">
<headerData><submissionType>NPORT-P</submissionType></headerData>
<formData>
<genInfo><seriesId>S000099999</seriesId><repPdEnd>2026-06-30</repPdEnd><repPdDate>2025-12-31</repPdDate><isFinalFiling>N</isFinalFiling></genInfo>
<fundInfo>
<mon1Flow sales="100.50" reinvestment="0" redemption="-40.25"/>
<mon2Flow sales="N/A" reinvestment="1" redemption="2"/>
<mon3Flow sales="10" reinvestment="5" redemption="20"/>
</fundInfo>
<invstOrSecs>
<invstOrSec>
<name>TOYOTA MOTOR CORP</name><title>TOYOTA</title><cusip>000000000</cusip><identifiers><isin value="JP3633400001"/></identifiers>
<balance>10</balance><currencyConditional curCd="JPY" exchangeRt="150"/><valUSD>200.5</valUSD><pctVal>2.0</pctVal><assetCat>EC</assetCat>
</invstOrSec>
<invstOrSec>
<name>N/A</name><title>S&amp;P 500 FUTURE</title><cusip>N/A</cusip><identifiers><ticker value="N/A"/></identifiers>
<balance>0</balance><curCd>USD</curCd><valUSD>-5</valUSD><pctVal>N/A</pctVal><assetConditional desc="index future" assetCat="DE"/>
<derivativeInfo><futrDeriv derivCat="FUT"><notionalAmt>1000</notionalAmt><curCd>USD</curCd></futrDeriv></derivativeInfo>
</invstOrSec>
</invstOrSecs>
</formData>
</edgarSubmission>
"""
NO_HOLDINGS = FILING[: FILING.index("<invstOrSec>")] + FILING[FILING.index("</invstOrSecs>") :]


def parsed(content: str | bytes, request: Request = SERIES) -> Mapping[str, Parsed]:
    return SOURCE.parse(Payload(request, content.encode() if isinstance(content, str) else content))


def test_the_real_filing_is_read_whole(real: Path) -> None:
    tables = parsed((real / "sec_nport" / "nport_Dupree.xml").read_bytes())
    rows = tables[HOLDINGS.name].rows
    assert len(rows) == 55
    assert tables[HOLDINGS.name].rejected.empty
    assert round(rows["market_value_usd"].sum(), 2) == 40_455_026.70
    assert set(rows["observed_on"]) == {pd.Timestamp("2022-12-31")}, "the report date, not the end of the fiscal year"
    assert set(rows["series_id"]) == set(rows["fund_id"]) == {"S000012000"}
    assert list(rows.columns) == list(HOLDINGS.columns)
    first = rows.iloc[0]
    assert (first["cusip"], first["isin"], first["shares"], first["asset_class"]) == ("49151FGH7", "US49151FGH73", 755_000, "DBT")
    assert first["name"] == "KENTUCKY ST PPTY & BLDGS COMMN"


def test_month_1_of_the_real_filing_is_the_first_of_the_quarter(real: Path) -> None:
    rows = parsed((real / "sec_nport" / "nport_Dupree.xml").read_bytes())[FLOWS.name].rows
    assert list(rows["month"]) == [pd.Timestamp("2022-10-31"), pd.Timestamp("2022-11-30"), pd.Timestamp("2022-12-31")]
    first = rows.iloc[0]
    assert (first["sales_usd"], first["reinvestment_usd"], first["redemption_usd"]) == (141_189.21, 30_358.56, 681_940.53)
    assert first["net_flow_usd"] == pytest.approx(141_189.21 + 30_358.56 - 681_940.53)
    assert not rows["is_redemption_negative_in_filing"].any()
    assert list(rows.columns) == list(FLOWS.columns)


@pytest.mark.parametrize("sample", ["nport_sample_1.xml", "nport_sample_2.xml"])
def test_the_specifications_samples_hold_one_security(real: Path, sample: str) -> None:
    rows = parsed((real / "sec_nport" / sample).read_bytes())[HOLDINGS.name].rows
    assert list(rows["ticker"]) == ["3F708"]
    assert list(rows["market_value_usd"]) == [1134]


def test_a_redemption_given_as_a_negative_number_is_stored_positive_and_flagged() -> None:
    rows = parsed(FILING)[FLOWS.name].rows
    assert list(rows["redemption_usd"]) == [40.25, 2, 20]
    assert list(rows["is_redemption_negative_in_filing"]) == [True, False, False]
    assert rows["net_flow_usd"][0] == pytest.approx(60.25)
    assert rows["reinvestment_usd"][0] == 0, "zero is not null"


def test_what_is_not_given_is_null() -> None:
    tables = parsed(FILING)
    flows, holdings = tables[FLOWS.name].rows, tables[HOLDINGS.name].rows
    assert pd.isna(flows["sales_usd"][1])
    assert pd.isna(flows["net_flow_usd"][1])
    assert holdings["cusip"].isna().all(), "a CUSIP of zeros is none"
    assert pd.isna(holdings["ticker"][1])
    assert pd.isna(holdings["weight_pct"][1])
    assert holdings["shares"][1] == 0


def test_currency_asset_class_name_and_notional_are_found_in_either_form() -> None:
    rows = parsed(FILING)[HOLDINGS.name].rows
    assert list(rows["currency"]) == ["JPY", "USD"]
    assert list(rows["asset_class"]) == ["EC", "DE"]
    assert list(rows["name"]) == ["TOYOTA MOTOR CORP", "S&P 500 FUTURE"]
    assert list(rows["notional_usd"].fillna(-1)) == [-1, 1000]


def test_the_accession_number_comes_from_edgars_address() -> None:
    assert set(parsed(FILING, FILED)[HOLDINGS.name].rows["accession"]) == {"0001314101-23-000012"}
    assert parsed(FILING)[HOLDINGS.name].rows["accession"].isna().all()


def test_an_amendment_is_read_and_said_to_be_one() -> None:
    table = parsed(FILING.replace("NPORT-P<", "NPORT-P/A<"))[HOLDINGS.name]
    assert len(table.rows) == 2
    assert "NPORT-P/A" in table.notes[0]


def test_only_a_final_filing_may_hold_nothing() -> None:
    with pytest.raises(ParseError, match="holdings"):
        parsed(NO_HOLDINGS)
    tables = parsed(NO_HOLDINGS.replace("<isFinalFiling>N", "<isFinalFiling>Y"))
    assert tables[HOLDINGS.name].rows.empty
    assert len(tables[FLOWS.name].rows) == 3


@pytest.mark.parametrize("share_kept", [0.001, 0.02, 0.05, 0.5, 0.95, 0.999])
def test_a_filing_cut_off_anywhere_is_refused(real: Path, share_kept: float) -> None:
    content = (real / "sec_nport" / "nport_Dupree.xml").read_bytes()
    with pytest.raises(ParseError):
        parsed(content[: int(share_kept * len(content))])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<!DOCTYPE html><html><title>Request rate threshold exceeded</title></html>",
        "Request rate limit exceeded",
        FILING.replace("repPdDate", "reportDate"),
        FILING.replace("invstOrSec>", "holding>"),
        FILING.replace("mon2Flow", "month2Flow"),
        FILING.replace("NPORT-P<", "NCEN<"),
        FILING.replace("edgar/nport", "edgar/thirteenf"),
        FILING.replace("<edgarSubmission", '<!DOCTYPE x [<!ENTITY a "b">]><edgarSubmission'),
    ],
    ids=["empty", "web page", "refusal", "no report date", "renamed holdings", "renamed flow", "another form", "another schema", "entities"],
)
def test_what_is_no_filing_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


def test_a_cell_that_cannot_be_read_rejects_its_holding_alone() -> None:
    table = parsed(FILING.replace("200.5", "two hundred"))[HOLDINGS.name]
    assert list(table.rows["line"]) == [2], "the others keep their place in the filing"
    assert list(table.rejected["line"]) == [12]
    assert "'two hundred'" in table.rejected["reason"][0]


def test_a_flow_that_cannot_be_read_is_rejected_alone() -> None:
    table = parsed(FILING.replace('sales="10"', 'sales="ten"'))[FLOWS.name]
    assert len(table.rows) == 2
    assert "mon3Flow" in table.rejected["reason"][0]


def test_it_counts_as_public_sixty_days_after_the_quarter() -> None:
    assert set(SOURCE.published_on(parsed(FILING)[FLOWS.name].rows)) == {pd.Timestamp("2026-03-01")}


def test_series_are_asked_for_and_filings_on_edgar_are_claimed() -> None:
    scope = Scope(date(2023, 3, 1), funds=(Fund("KTSM", "dupree", series_id="S000012000"), Fund("QQQ", "invesco")))
    assert list(SOURCE.requests(scope)) == [SERIES]
    assert SOURCE.claim(FILED.url, scope) == FILED
    claimed = SOURCE.claim("manual://sec/nport/S000002594", scope)
    assert claimed is not None
    assert claimed.subject == "S000002594"
