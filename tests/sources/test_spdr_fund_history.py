"""SPDR history workbooks. No real one lies beside this checkout: the layout is the one SOURCES and other readers of these files describe."""

import io
from datetime import date
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.spdr_fund_history import FUND_HISTORY, SOURCE

HEADER = ("Date", "NAV", "Shares Outstanding", "Total Net Assets")
TITLE = (("Fund Name:", "Technology Select Sector SPDR"), ("Ticker Symbol:", "XLK"), ())
DAYS = (("16-Sep-2026", "146.62", "650,611,794", "95,392,701,236.28"), ("15-Sep-2026", 291.04, 325805897, 94822548260.88), ("22-Dec-1998", 32.5, "-", "-"))
DISCLAIMER = ("Before investing in a fund, consider its investment objectives, risks, charges and expenses (SIMULATED).",)


def parse(content: bytes, subject: str = "navhist-us-en-xlk") -> Parsed:
    return SOURCE.parse(Payload(Request("manual://spdr", subject), content))[FUND_HISTORY.name]


def book(*rows: tuple[Any, ...], header: tuple[str, ...] = HEADER, title: tuple[tuple[str, ...], ...] = TITLE) -> bytes:
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("navhist")
        for index, row in enumerate([*title, header, *(rows or (*DAYS, (), DISCLAIMER))]):
            sheet.write_row(index, 0, row)
    return memory.getvalue()


def test_days_read_alike_as_text_and_as_numbers() -> None:
    parsed = parse(book())
    assert parsed.rows["observed_on"].dt.strftime("%Y-%m-%d").to_list() == ["2026-09-16", "2026-09-15", "1998-12-22"]
    assert parsed.rows["nav_usd"].to_list() == [146.62, 291.04, 32.5]
    assert (set(parsed.rows["fund_id"]), len(parsed.rejected), parsed.notes) == ({"XLK"}, 0, ())


def test_a_share_count_that_was_not_published_is_null_and_zero_is_not() -> None:
    shares = parse(book(*DAYS, ("21-Dec-1998", 32.0, 0, 0))).rows["shares_outstanding"]
    assert shares.isna().to_list() == [False, False, True, False]
    assert shares.iloc[3] == 0


def test_distributions_are_not_in_the_file() -> None:
    assert parse(book()).rows["distribution_usd"].isna().all()


def test_the_fund_comes_from_the_sheet_then_from_the_files_name() -> None:
    assert parse(book(), "SPY").rows["fund_id"].iloc[0] == "XLK"
    assert parse(book(title=()), "navhist-us-en-gld").rows["fund_id"].iloc[0] == "GLD"
    assert parse(book(title=()), "gld").rows["fund_id"].iloc[0] == "GLD"


def test_a_bad_cell_rejects_its_day_and_an_extra_column_is_reported() -> None:
    parsed = parse(book((*DAYS[0], 1), ("15-Sep-2026", "about 291", 5, 6, 1), ("", 290, 5, 6, 1), header=(*HEADER, "Premium")))
    assert parsed.rejected["line"].to_list() == [6, 7]
    assert "NAV: cannot read 'about 291'" in parsed.rejected["reason"].to_list()
    assert parsed.notes == ("ignored columns: Premium",)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.99])
def test_a_truncated_workbook_is_refused(share: float) -> None:
    content = book()
    with pytest.raises(ParseError, match=r"cut off\?"):
        parse(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><title>404</title></html>", "a web page titled '404'"),
        (b"Too many requests\n", "Too many requests"),
        (book(header=("Date", "Net Asset Value", *HEADER[2:])), r"none headed \['NAV'\]"),
        (book((), DISCLAIMER), "at least one row below the header"),
    ],
)
def test_what_is_no_history_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_addresses_carry_the_ticker_in_lower_case() -> None:
    scope = Scope(date(2026, 9, 16), funds=(Fund("XLK", "spdr"), Fund("IVV", "ishares", "239726")))
    (request,) = SOURCE.requests(scope)
    assert request == Request("https://www.ssga.com/library-content/products/fund-data/etfs/us/navhist-us-en-xlk.xlsx", "XLK")
    assert SOURCE.claim(request.url.replace("navhist", "holdings-daily"), scope) is None
    rows = parse(book()).rows
    pd.testing.assert_series_equal(SOURCE.published_on(rows), rows["observed_on"])
