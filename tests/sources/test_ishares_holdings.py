"""iShares holdings: the real IVV file of April 2023, then what goes wrong."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.ishares_holdings import HOLDINGS, SOURCE

PREAMBLE = '\ufeffiShares Test ETF (SIMULATED)\r\nFund Holdings as of,"{day}"\r\nInception Date,"May 15, 2000"\r\n\u00a0\r\n'
HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,{count},Price,Location,Exchange,Currency,FX Rate,Market Currency,Accrual Date\r\n"
)
APPLE = '"AAPL","APPLE INC","Information Technology","Equity","1,000.50","98.5","1,000.50","6.00","166.75","United States","NASDAQ","USD","1.00","USD","-"\r\n'
CASH = '"USD","USD CASH","Cash and/or Derivatives","Cash","-0.00","1.5","0.00","0.00","100.00","United States","-","USD","1.00","USD","-"\r\n'
END = "\u00a0\r\nThe content contained herein is owned or licensed by BlackRock and its third-party providers.\r\n"


def parse(content: str | bytes, subject: str = "IVV") -> Parsed:
    body = content if isinstance(content, bytes) else content.encode()
    return SOURCE.parse(Payload(Request("manual://ishares", subject), body))[HOLDINGS.name]


def file(*lines: str, day: str = "Dec 06, 2024", header: str = HEADER.format(count="Quantity"), end: str = END) -> str:
    return PREAMBLE.format(day=day) + header + "".join(lines or (APPLE, CASH)) + end


@pytest.fixture(scope="module")
def ivv(real: Path) -> bytes:
    return (real / "etf_ishares/IVV_holdings_2023-04.csv").read_bytes()


def test_the_real_file_has_507_lines_worth_305_billion(ivv: bytes) -> None:
    parsed = parse(ivv)
    assert (len(parsed.rows), len(parsed.rejected), parsed.notes) == (507, 0, ())
    assert set(parsed.rows["fund_id"]) == {"IVV"}
    assert set(parsed.rows["observed_on"]) == {pd.Timestamp("2023-04-06")}
    assert round(parsed.rows["market_value_usd"].sum(), 2) == 305_606_258_188.73
    assert parsed.rows["line"].to_list() == list(range(1, 508))


def test_the_real_future_has_no_value_and_a_large_notional(ivv: bytes) -> None:
    rows = parse(ivv).rows.set_index("ticker")
    future = rows.loc["ESM3", ["asset_class", "market_value_usd", "notional_usd", "shares"]]
    assert future.to_list() == ["Futures", 0, 911_312_600, 4411]
    assert rows.loc["AAPL", ["shares", "weight_pct", "sector", "currency"]].to_list() == [132_089_986, 7.12, "Information Technology", "USD"]


def test_columns_that_are_not_served_are_null_text(ivv: bytes) -> None:
    rows = parse(ivv).rows
    assert list(rows.columns) == list(HOLDINGS.columns)
    assert rows[["cusip", "isin", "sedol"]].isna().all(axis=None)
    assert all(rows[name].dtype == "str" for name in ("cusip", "isin", "sedol"))


def test_the_holdings_sheet_of_the_fund_download_reads_too(real: Path) -> None:
    rows = parse((real / "etf_ishares/iShares-Core-SP-500-ETF_fund.xls").read_bytes()).rows
    assert (len(rows), rows["observed_on"].iloc[0]) == (508, pd.Timestamp("2022-05-11"))


@pytest.mark.parametrize("count", ["Shares", "Quantity"])
def test_the_count_column_has_had_two_names(count: str) -> None:
    assert parse(file(header=HEADER.format(count=count))).rows["shares"].to_list() == [6, 0]


def test_at_the_end_of_2025_the_weight_was_headed_market_weight() -> None:
    header = (
        "Ticker,Name,Type,Sector,Asset Class,Market Value,Notional Value,Quantity,Price,Location,Exchange,Currency,FX Rate,Market Currency,Accrual Date,"
        "Notional Weight,Market Weight\r\n"
    )
    share = (
        '"AAPL","APPLE INC","EQUITY","IT","Equity","1,000.50","1,000.50","6.00","166.75","United States","NASDAQ","USD","1.00","USD","-","98.50","98.50"\r\n'
    )
    future = '"IXPZ5","FUTURE","FUTURES","Cash","Futures","0.00","15.2","1.00","15.2","-","-","USD","1.00","USD","-","1.50","-"\r\n'
    table = parse(file(share, future, day="Dec 11, 2025", header=header))
    assert table.rows["weight_pct"].tolist() == pytest.approx([98.5, float("nan")], nan_ok=True)
    assert table.notes == ()


@pytest.mark.parametrize("between", ["\u00a0\r\n", "\r\n", "Holdings are subject to change and are listed for information only\r\n"])
def test_rows_below_what_closes_the_table_are_not_lost_without_a_word(between: str) -> None:
    with pytest.raises(ParseError, match="nothing but notes below the table, found more of its rows from line 8 on"):
        parse(file(APPLE, between, CASH))


def test_a_file_that_says_everything_twice_is_read_once() -> None:
    whole = file()
    assert len(parse(whole + whole.removeprefix("\ufeff")).rows) == 2


@pytest.mark.parametrize("day", ["Apr 06, 2023", "06-Apr-2023", "04/06/2023", "2023-04-06"])
def test_the_day_is_read_in_each_format_it_was_served_in(day: str) -> None:
    assert parse(file(day=day)).rows["observed_on"].iloc[0] == pd.Timestamp("2023-04-06")


def test_a_bond_fund_has_par_values_and_identifiers_instead_of_tickers() -> None:
    header = "Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Par Value,CUSIP,ISIN,SEDOL,Price,Currency,Duration,YTM (%),Maturity\r\n"
    bond = '"TREASURY BOND","Treasuries","Fixed Income","2,119.15","4.52","2,119.15","2,243.00","912810TT5","US912810TT51","-","94.5","USD","16","4.5","-"\r\n'
    parsed = parse(file(bond, header=header))
    row = parsed.rows.iloc[0]
    assert row[["cusip", "isin", "shares"]].to_list() == ["912810TT5", "US912810TT51", 2243]
    assert row[["ticker", "sedol"]].isna().all()
    assert parsed.notes == ()


def test_an_unknown_column_is_kept_out_and_reported() -> None:
    header = HEADER.format(count="Shares").replace("Ticker,", "Ticker,Risk Score,")
    parsed = parse(file(APPLE.replace('"AAPL",', '"AAPL","7",'), header=header))
    assert parsed.notes == ("ignored columns: Risk Score",)


def test_identifiers_stay_text() -> None:
    assert parse(file(APPLE.replace("AAPL", "005930"), CASH)).rows["ticker"].to_list() == ["005930", "USD"]


def test_a_bad_cell_rejects_its_line_alone() -> None:
    parsed = parse(file(APPLE, APPLE.replace("98.5", "much")))
    assert len(parsed.rows) == 1
    assert parsed.rejected[["line", "reason"]].to_numpy().tolist() == [[7, "Weight (%): cannot read 'much'"]]


@pytest.mark.parametrize("content", [file(day="-"), file(day="-", header="", end="") + "\u00a0\r\n", PREAMBLE.format(day="-")])
def test_a_day_without_data_is_named_as_such_with_or_without_a_table(content: str) -> None:
    with pytest.raises(ParseError, match="the publisher has no data for that day"):
        parse(content)


@pytest.mark.parametrize("share", [0.0001, 0.002, 0.3, 0.9])
def test_a_file_cut_off_before_its_separator_is_refused(ivv: bytes, share: float) -> None:
    with pytest.raises(ParseError):
        parse(ivv[: int(ivv.rindex(b"\xc2\xa0\n") * share)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "an empty body"),
        ("<!DOCTYPE html><html><head><title>iShares</title></head></html>", "a web page titled 'iShares'"),
        ("You have exceeded the number of requests.\r\n", "You have exceeded"),
        (file(header=HEADER.format(count="Units")), r"none headed \['Shares'\]"),
        (file(header=HEADER.format(count="Shares").replace("Market Value", "Value")), r"none headed \['Market Value'\]"),
        (file(header=HEADER.format(count="Shares").replace("Ticker", "Symbol")), "Ticker, CUSIP, ISIN or SEDOL"),
        (file().replace("Fund Holdings as of", "Valid on"), "'Fund Holdings as of' and a day"),
        (PREAMBLE.format(day="Dec 06, 2024") + HEADER.format(count="Shares") + END, "no rows never means that everything was sold"),
    ],
)
def test_what_is_no_holdings_file_is_refused(content: str, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_the_fund_comes_from_the_request_or_the_files_name() -> None:
    assert parse(file(), "ivv").rows["fund_id"].iloc[0] == "IVV"
    assert parse(file(), "IVV_holdings_2023-04").rows["fund_id"].iloc[0] == "IVV"
    with pytest.raises(ParseError, match="a subject that names the fund"):
        parse(file(), "")


def test_addresses_name_the_fund_by_its_portfolio() -> None:
    scope = Scope(date(2024, 12, 6), funds=(Fund("IVV", "ishares", "239726"), Fund("SPY", "spdr")))
    (request,) = SOURCE.requests(scope)
    assert request.subject == "IVV"
    assert request.url.endswith("portfolioId=239726&userType=individual&component=holdings")
    dated = SOURCE.claim(f"{request.url}&asOfDate=20241206", scope)
    assert dated is not None
    assert dated.subject == "IVV"
    assert SOURCE.claim(request.url.replace("239726", "1"), scope) is None
    assert SOURCE.claim(request.url.replace("=holdings", "=fundDownload"), scope) is None


def test_holdings_are_published_the_same_evening() -> None:
    assert SOURCE.published_on(parse(file()).rows).iloc[0] == pd.Timestamp("2024-12-06")


def test_a_negative_price_of_a_share_refuses_the_whole_file(real: Path) -> None:
    body = (real / "etf_ishares" / "IVV_holdings_2023-04.csv").read_bytes()
    assert b'"164.66"' in body
    with pytest.raises(ParseError, match=r"expected prices of zero or more, found 1 below zero, first -164\.66 of APPLE INC"):
        SOURCE.parse(Payload(Request("holdings.csv", "IVV"), body.replace(b'"164.66"', b'"-164.66"', 1)))
