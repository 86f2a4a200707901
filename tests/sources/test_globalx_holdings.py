"""Global X holdings: a file in the publisher's layout, then what must be refused. No real file lies beside this checkout."""

from datetime import date

import pandas as pd
import pytest

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.globalx_holdings import HOLDINGS, SOURCE

SCOPE = Scope(date(2026, 2, 4), funds=(Fund("AIQ", "globalx"), Fund("BOTZ", "globalx")))
AIQ = Request("https://assets.globalxetfs.com/funds/holdings/aiq_full-holdings_20260205.csv", "AIQ")
DISCLAIMER = '"Holdings are subject to change; this line stands where the publisher puts its conditions of use."\n'
FILE = (
    "Global X Made-up Technology ETF\n"
    "Fund Holdings Data as of 02/04/2026\n"
    "% of Net Assets,Ticker,Name,SEDOL,Market Price ($),Shares Held,Market Value ($)\n"
    '60.10,005930 KS,SAMSUNG ELECTRONICS,6771720,45.10,"1,332.00","60,073.20"\n'
    '40.00,TECK/B CN,TECK RESOURCES,2879327,40.00,"1,000.00","40,000.00"\n'
    '-0.10,,CASH,,1.00,"-100.00","-100.00"\n' + DISCLAIMER
)


def parsed(content: str | bytes, request: Request = AIQ) -> Parsed:
    return SOURCE.parse(Payload(request, content.encode() if isinstance(content, str) else content))[HOLDINGS.name]


def test_a_file_in_the_publishers_layout_is_read_whole() -> None:
    table = parsed(FILE)
    rows = table.rows
    assert list(rows.columns) == list(HOLDINGS.columns)
    assert list(rows["ticker"].fillna("")) == ["005930 KS", "TECK/B CN", ""]
    assert list(rows["sedol"].fillna("")) == ["6771720", "2879327", ""]
    assert list(rows["shares"]) == [1332, 1000, -100]
    assert rows["market_value_usd"].sum() == pytest.approx(99_973.20)
    assert rows["weight_pct"].sum() == pytest.approx(100)
    assert set(rows["fund_id"]) == {"AIQ"}
    assert table.rejected.empty
    assert table.notes == ()


def test_the_date_in_the_file_beats_the_one_in_its_name() -> None:
    assert set(parsed(FILE).rows["observed_on"]) == {pd.Timestamp("2026-02-04")}


def test_without_a_date_in_the_file_the_name_is_used_and_noted() -> None:
    table = parsed(FILE.replace("Fund Holdings Data as of 02/04/2026\n", ""))
    assert set(table.rows["observed_on"]) == {pd.Timestamp("2026-02-05")}
    assert "name" in table.notes[-1]


def test_a_single_preamble_line_will_do() -> None:
    table = parsed(FILE.replace("ETF\nFund", "ETF | Fund"))
    assert set(table.rows["observed_on"]) == {pd.Timestamp("2026-02-04")}


def test_a_copy_without_the_disclaimer_is_read_if_its_last_line_is_complete() -> None:
    assert len(parsed(FILE.replace(DISCLAIMER, "")).rows) == 3
    with pytest.raises(ParseError, match="cut off"):
        parsed(FILE.replace(DISCLAIMER, "")[:-1])


@pytest.mark.parametrize("kept", [20, 60, 150, 220, 300, len(FILE) - 30])
def test_a_file_cut_off_anywhere_is_refused(kept: int) -> None:
    with pytest.raises(ParseError):
        parsed(FILE[:kept])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<!doctype html><title>Just a moment</title>",
        "Too many requests\n",
        FILE.replace("Shares Held", "Units"),
        FILE.replace("02/04/2026", "-"),
        "".join(FILE.splitlines(keepends=True)[:3]) + DISCLAIMER,
    ],
    ids=["empty", "web page", "refusal", "renamed column", "no date", "no rows"],
)
def test_what_is_no_holdings_file_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


def test_a_cell_that_cannot_be_read_rejects_its_line_alone() -> None:
    table = parsed(FILE.replace('"1,000.00"', "n.a.?"))
    assert list(table.rejected["line"]) == [5]
    assert len(table.rows) == 2


def test_zero_is_not_null() -> None:
    assert parsed(FILE.replace('"1,000.00"', "0")).rows["shares"][1] == 0


def test_the_address_carries_the_fund_and_the_day() -> None:
    assert [request.url.rpartition("/")[2] for request in SOURCE.requests(SCOPE)] == ["aiq_full-holdings_20260204.csv", "botz_full-holdings_20260204.csv"]
    claimed = SOURCE.claim(AIQ.url.replace("aiq", "bug"), SCOPE)
    assert claimed is not None
    assert claimed.subject == "BUG"


def test_a_saved_file_is_about_the_fund_in_its_stem() -> None:
    assert set(parsed(FILE, Request("x.csv", "aiq_full-holdings_20260204")).rows["fund_id"]) == {"AIQ"}
