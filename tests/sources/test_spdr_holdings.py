"""SPDR holdings: the real SPY workbooks of September 2025 and May 2024, then what goes wrong."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.spdr_holdings import HOLDINGS, SOURCE

HEADER = ("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency")
NVIDIA = ("NVIDIA CORP", "NVDA", "67066G104", "2379504", 99.5, "-", 1000.5, "USD")
CASH = ("US DOLLAR", "-", "999USDZ92", "-", "0.5", "-", "1,774.25", "USD")
DISCLAIMER = ("Before investing, consider the funds’ investment objectives, risks, charges and expenses (SIMULATED).",)


def parse(content: bytes, subject: str = "holdings-daily-us-en-xlk") -> Parsed:
    return SOURCE.parse(Payload(Request("manual://spdr", subject), content))[HOLDINGS.name]


def book(*rows: tuple[Any, ...], day: tuple[Any, ...] = ("Holdings:", "As of 13-Jun-2022"), header: tuple[str, ...] = HEADER, ticker: str = "XLK") -> bytes:
    memory = io.BytesIO()
    title = [("Fund Name:", "Technology Select Sector SPDR"), *([("Ticker Symbol:", ticker)] if ticker else []), day, ()]
    with xlsxwriter.Workbook(memory, {"in_memory": True, "default_date_format": "dd-mmm-yyyy"}) as workbook:
        sheet = workbook.add_worksheet("holdings")
        for index, row in enumerate([*title, header, *(rows or (NVIDIA, CASH, (), DISCLAIMER))]):
            for position, cell in enumerate(row):
                sheet.write(index, position, cell)
    return memory.getvalue()


@pytest.fixture(scope="module")
def spy(real: Path) -> bytes:
    return (real / "etf_ssga/holdings-daily-us-en-spy_2025.xlsx").read_bytes()


def test_the_real_workbook_has_504_lines(spy: bytes) -> None:
    parsed = parse(spy)
    rows = parsed.rows
    assert (len(rows), len(parsed.rejected), parsed.notes) == (504, 0, ())
    assert set(rows["fund_id"]) == {"SPY"}
    assert set(rows["observed_on"]) == {pd.Timestamp("2025-09-30")}
    assert round(rows["shares"].sum(), 2) == 6_060_939_396.43
    assert round(rows["weight_pct"].sum(), 6) == 100.245898
    assert rows.iloc[0][["ticker", "cusip", "sedol"]].to_list() == ["NVDA", "67066G104", "2379504"]


def test_values_that_are_not_served_are_null_and_not_zero(spy: bytes) -> None:
    rows = parse(spy).rows
    assert rows[["market_value_usd", "notional_usd", "sector", "isin"]].isna().all(axis=None)
    cash = rows[rows["cusip"] == "999USDZ92"].iloc[0]
    assert cash["shares"] == 1_774_232_891.43
    assert pd.isna(cash["ticker"])


def test_the_day_in_the_real_sheet_beats_the_one_in_its_name(real: Path) -> None:
    rows = parse((real / "etf_ssga/holdings-daily-us-en-spy_2025b.xlsx").read_bytes()).rows
    assert (len(rows), rows["observed_on"].iloc[0]) == (504, pd.Timestamp("2024-05-10"))
    assert round(rows["weight_pct"].sum(), 6) == 99.938924


def test_numbers_may_be_text_and_lines_end_at_the_first_empty_row() -> None:
    parsed = parse(book())
    assert parsed.rows["weight_pct"].to_list() == [99.5, 0.5]
    assert parsed.rows["shares"].to_list() == [1000.5, 1774.25]
    assert parsed.rows["line"].to_list() == [1, 2]


def test_a_disclaimer_without_an_empty_row_before_it_is_no_line() -> None:
    assert len(parse(book(NVIDIA, DISCLAIMER)).rows) == 1


@pytest.mark.parametrize(
    "day", [("Holdings:", "", "As of 13-Jun-2022"), ("Holdings", "as of  13-Jun-2022"), ("Holdings:", date(2022, 6, 13)), ("Holdings:", "As of 2022-06-13")]
)
def test_the_day_is_found_wherever_it_stands_beside_its_label(day: tuple[Any, ...]) -> None:
    assert parse(book(day=day)).rows["observed_on"].iloc[0] == pd.Timestamp("2022-06-13")


def test_an_isin_is_not_taken_for_a_cusip() -> None:
    row = parse(book(("NESTLE SA", "NESN", "CH0038863350", "7123870", 1.0, "Staples", 5, "CHF"))).rows.iloc[0]
    assert row["isin"] == "CH0038863350"
    assert pd.isna(row["cusip"])


def test_identifiers_stay_text_where_the_sheet_stored_numbers() -> None:
    row = parse(book(("ALCOA", "AA", 13817101.0, "0021234", 1.0, "-", 5, "USD"))).rows.iloc[0]
    assert row[["cusip", "sedol"]].to_list() == ["13817101", "0021234"]


def test_a_bad_cell_rejects_its_line_and_an_extra_column_is_reported() -> None:
    parsed = parse(book((*NVIDIA, 5), (*CASH[:6], "many", "USD", 5), header=(*HEADER, "Score")))
    assert parsed.rejected[["line", "reason"]].to_numpy().tolist() == [[7, "Shares Held: cannot read 'many'"]]
    assert parsed.notes == ("ignored columns: Score",)


@pytest.mark.parametrize("share", [0.001, 0.4, 0.8, 0.999])
def test_a_truncated_workbook_is_refused(spy: bytes, share: float) -> None:
    with pytest.raises(ParseError, match=r"cut off\?"):
        parse(spy[: int(len(spy) * share)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<!doctype html><html><title>Page not found</title></html>", "a web page titled 'Page not found'"),
        (b"Too many requests\n", "Too many requests"),
        (book(header=(*HEADER[:4], "Proportion", *HEADER[5:])), r"none headed \['Weight'\]"),
        (book(header=("Name", "Symbol", *HEADER[2:])), r"none headed \['Ticker'\]"),
        (book(day=("Holdings:", "As of -")), "the publisher has no data for that day"),
        (book(day=("Valid:", "13-Jun-2022")), "'Holdings:' and a day"),
        (book((), DISCLAIMER), "no rows never means that everything was sold"),
    ],
)
def test_what_is_no_holdings_workbook_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_the_fund_comes_from_the_sheet_then_from_the_files_name() -> None:
    assert parse(book(), "SPY").rows["fund_id"].iloc[0] == "XLK"
    assert parse(book(ticker="")).rows["fund_id"].iloc[0] == "XLK"


def test_addresses_carry_the_ticker_in_lower_case() -> None:
    scope = Scope(date(2025, 9, 30), funds=(Fund("SPY", "spdr"),))
    (request,) = SOURCE.requests(scope)
    assert request.url == "https://www.ssga.com/library-content/products/fund-data/etfs/us/holdings-daily-us-en-spy.xlsx"
    other = SOURCE.claim("https://www.ssga.com/us/en/intermediary/etfs/library-content/products/fund-data/etfs/us/holdings-daily-us-en-xli.xlsx", scope)
    assert other is not None
    assert other.subject == "XLI"
    rows = parse(book()).rows
    assert SOURCE.published_on(rows).to_list() == rows["observed_on"].to_list()
