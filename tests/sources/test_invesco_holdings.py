"""Invesco holdings: the real file's facts, the layout without a date, then what must be refused."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.invesco_holdings import HOLDINGS, SOURCE

SCOPE = Scope(date(2025, 9, 26), funds=(Fund("QQQ", "invesco"), Fund("IVV", "ishares", "239726")))
QQQ = Request("https://www.invesco.com/us/financial-products/etfs/holdings/main/holdings/0?audienceType=Investor&action=download&ticker=QQQ", "QQQ")
FETCHED_AT = datetime(2026, 2, 5, 2, 30, tzinfo=UTC)  # still 4 February in New York
DATED = (
    "Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,Class of Shares,Sector,Date\n"
    'QQQ,67066G104,NVDA ,"1,000","90,000.50",90,NVIDIA Corp,Common Stock,Information Technology,02/03/2026\n'
    'QQQ,US0378331005,AAPL ,500,"9,000.00",9,Apple Inc,Common Stock,Information Technology,02/03/2026\n'
    "QQQ,-USD CASH-,,0,-100.00,-0.1,Cash,Currency,,02/03/2026\n"
)
UNDATED = "\n".join(line.rsplit(",", 1)[0] for line in DATED.splitlines()) + "\n"


def parsed(content: str | bytes, request: Request = QQQ) -> Parsed:
    return SOURCE.parse(Payload(request, content.encode() if isinstance(content, str) else content, FETCHED_AT))[HOLDINGS.name]


def test_the_real_file_is_read_whole(real: Path) -> None:
    table = parsed((real / "etf_invesco" / "qqq_holdings_b.csv").read_bytes())
    rows = table.rows
    assert len(rows) == 101
    assert table.rejected.empty
    assert set(rows["observed_on"]) == {pd.Timestamp("2025-09-26")}
    assert set(rows["fund_id"]) == {"QQQ"}
    assert rows["market_value_usd"].sum() == pytest.approx(382_844_077_627.21, abs=0.01)
    assert rows["weight_pct"].sum() == pytest.approx(99.999)
    assert list(rows.columns) == list(HOLDINGS.columns)
    first = rows.iloc[0]
    assert (first["ticker"], first["cusip"], first["shares"], first["market_value_usd"]) == ("NVDA", "67066G104", 204_259_829, 36_397_058_929.51)
    assert table.notes == ()


def test_a_closing_sentence_is_no_line_of_the_fund() -> None:
    note = "Holdings are subject to change and are not recommendations to buy or sell any security."
    table = parsed(f'{DATED}\n"{note}"\n')
    assert (len(table.rows), len(table.rejected)) == (3, 0)
    assert table.notes == ("1 closing line(s) of text left out",)
    with pytest.raises(ParseError, match=r"cut off\?"):
        parsed(f'{DATED}\n"{note}"')


def test_without_a_date_the_day_of_the_response_in_new_york_stands_in_and_is_noted() -> None:
    table = parsed(UNDATED)
    assert set(table.rows["observed_on"]) == {pd.Timestamp("2026-02-04")}
    assert any("2026-02-04" in note for note in table.notes)


def test_identifiers_go_where_they_belong_and_cash_may_be_negative() -> None:
    rows = parsed(DATED).rows
    assert list(rows["cusip"].fillna("")) == ["67066G104", "", ""]
    assert list(rows["isin"].fillna("")) == ["", "US0378331005", ""]
    assert list(rows["ticker"].fillna("")) == ["NVDA", "AAPL", ""]
    assert rows["market_value_usd"][2] == -100
    assert rows["shares"][2] == 0, "zero is not null"


@pytest.mark.parametrize("share_kept", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_refused(real: Path, share_kept: float) -> None:
    content = (real / "etf_invesco" / "qqq_holdings_b.csv").read_bytes()
    with pytest.raises(ParseError):
        parsed(content[: int(share_kept * len(content))])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html><body>Access denied</body></html>",
        "Rate limit exceeded\n",
        DATED.replace("MarketValue", "Worth"),
        DATED.splitlines(keepends=True)[0],
        DATED.replace("02/03/2026\nQQQ,-USD", "02/02/2026\nQQQ,-USD"),
    ],
    ids=["empty", "web page", "refusal", "renamed column", "no rows", "two days"],
)
def test_what_is_no_holdings_file_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


def test_a_cell_that_cannot_be_read_rejects_its_line_alone() -> None:
    table = parsed(DATED.replace('"90,000.50"', "lots"))
    assert list(table.rejected["line"]) == [2]
    assert list(table.rows["line"]) == [2, 3], "the others keep their place in the file"


def test_a_file_that_names_no_fund_needs_a_request_that_does() -> None:
    nameless = "\n".join(line.split(",", 1)[1] for line in DATED.splitlines()) + "\n"
    assert set(parsed(nameless).rows["fund_id"]) == {"QQQ"}
    with pytest.raises(ParseError, match="fund"):
        parsed(nameless, Request("holdings.csv"))


def test_only_its_own_funds_are_asked_for_and_any_ticker_is_claimed() -> None:
    assert list(SOURCE.requests(SCOPE)) == [QQQ]
    other = SOURCE.claim(QQQ.url.replace("QQQ", "RSP"), SCOPE)
    assert other is not None
    assert other.subject == "RSP"
