"""FINRA margin statistics: the real workbook of February 2025, then what goes wrong."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.finra_margin_debt import MARGIN_DEBT, SOURCE

HEADER = (
    "Year-Month",
    "Debit Balances in Customers' Securities Margin Accounts",
    "Free Credit Balances in Customers' Cash Accounts",
    "Free Credit Balances in Customers' Securities Margin Accounts",
)
ROWS = (("2010-02", 100, 20, 30), ("2010-01", 99.5, 50, ""))
BUSY = b"Too many requests. Please slow down and try again later.\n"


def parse(content: bytes) -> Parsed:
    return SOURCE.parse(Payload(Request("manual://finra"), content))[MARGIN_DEBT.name]


def book(*rows: tuple[Any, ...]) -> bytes:
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Customer Margin Balances")
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    return memory.getvalue()


@pytest.fixture(scope="module")
def workbook(real: Path) -> bytes:
    return (real / "finra_margin/margin-statistics_2025-02.xlsx").read_bytes()


def test_the_real_workbook_has_338_months_of_known_sums(workbook: bytes) -> None:
    parsed = parse(workbook)
    rows = parsed.rows.set_index("observed_on")
    assert (len(rows), len(parsed.rejected), parsed.notes) == (338, 0, ())
    assert (rows.index.min(), rows.index.max()) == (pd.Timestamp("1997-01-31"), pd.Timestamp("2025-02-28"))
    assert rows.loc["2025-02-28"].to_list() == [918144, 183278, 176051]
    assert rows["debit_balances_usd_mn"].sum() == 135_707_653


def test_the_margin_column_is_null_before_february_2010_and_never_zero(workbook: bytes) -> None:
    rows = parse(workbook).rows.set_index("observed_on").sort_index()
    assert rows.loc["2010-01-31"].to_list()[:2] == [266455, 281035]
    assert rows.loc[:"2010-01-31", "free_credit_margin_usd_mn"].isna().all()
    assert rows.loc["2010-02-28":, "free_credit_margin_usd_mn"].notna().all()


def test_every_month_equals_the_oracle(workbook: bytes, oracles: Path) -> None:
    expected = pd.read_csv(oracles / "finra_margin/finra_margin_vintage_2025-03.csv")
    rows = parse(workbook).rows.sort_values("observed_on")
    assert rows["observed_on"].dt.strftime("%Y-%m").to_list() == expected["ym"].to_list()
    for ours, theirs in (("debit_balances_usd_mn", "debit"), ("free_credit_cash_usd_mn", "cc"), ("free_credit_margin_usd_mn", "cm")):
        pd.testing.assert_series_equal(rows[ours].reset_index(drop=True), expected[theirs].astype("float64"), check_names=False)


def test_a_title_above_an_extra_column_and_curly_apostrophes_do_not_matter() -> None:
    curly = tuple(heading.replace("'", "’") for heading in HEADER)
    parsed = parse(book(("SIMULATED margin statistics",), (), (*curly[:2], "Members", *curly[2:]), ("2010-02", 100, 7, 20, 30)))
    assert parsed.rows.iloc[0].to_list() == [pd.Timestamp("2010-02-28"), 100, 20, 30]
    assert parsed.notes == ("ignored columns: Members",)


def test_the_same_cells_as_text_and_as_spreadsheet_dates_read_alike() -> None:
    header = ",".join(f'"{heading}"' for heading in HEADER)
    as_text = parse(f'{header}\r\n2010-02,"1,100",20,30\r\n2010-01,99.5,50,\r\n'.encode())
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True, "default_date_format": "yyyy-mm"}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for index, (month, *figures) in enumerate(((date(2010, 2, 1), 1100, 20, 30), (date(2010, 1, 1), 99.5, 50, "")), start=1):
            sheet.write_datetime(index, 0, month)
            sheet.write_row(index, 1, figures)
    pd.testing.assert_frame_equal(as_text.rows, parse(memory.getvalue()).rows)


def test_a_bad_cell_sends_its_month_alone_to_the_rejected_rows() -> None:
    parsed = parse(book(HEADER, *ROWS, ("2009-12", "n.m.", 50, ""), ("2009-11", "", 50, ""), ("Total", 1, 2, 3)))
    assert len(parsed.rows) == 2
    assert parsed.rejected["line"].to_list() == [4, 5, 6]
    assert "cannot read 'n.m.'" in parsed.rejected["reason"].iloc[0]


def test_months_below_a_blank_row_or_a_note_are_not_lost_without_a_word() -> None:
    for between in ((), ("* Figures before February 2010 are not comparable with later ones",)):
        with pytest.raises(ParseError, match="nothing but notes below the table, found more of its rows from line 4 on"):
            parse(book(HEADER, ROWS[0], between, ROWS[1]))


def test_months_may_be_written_as_words() -> None:
    assert parse(book(HEADER, ("Feb 2010", 100, 20, 30), ("January 2010", 99.5, 50, ""))).rows["observed_on"].tolist() == [
        pd.Timestamp("2010-02-28"),
        pd.Timestamp("2010-01-31"),
    ]


def test_a_zero_is_not_a_null() -> None:
    assert parse(book(HEADER, ("2010-02", 100, 0, 0))).rows.iloc[0].to_list()[2:] == [0, 0]


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_workbook_is_refused_in_one_sentence(workbook: bytes, share: float) -> None:
    with pytest.raises(ParseError, match=r"cut off\?") as refused:
        parse(workbook[: int(len(workbook) * share)])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty body"),
        (b"<!DOCTYPE html><html><title>Access denied</title></html>", "a web page titled 'Access denied'"),
        (BUSY, "Too many requests"),
        (book(("Year-Month", "Debit Balances", *HEADER[2:]), *ROWS), "none headed"),
        (book(HEADER), "none"),
    ],
)
def test_what_is_no_margin_statistics_is_refused(content: bytes, found: str) -> None:
    with pytest.raises(ParseError, match=found):
        parse(content)


def test_a_month_is_published_21_days_after_its_end(workbook: bytes) -> None:
    rows = parse(workbook).rows.head(1)
    assert SOURCE.published_on(rows).to_list() == [pd.Timestamp("2025-03-21")]


def test_the_address_is_the_one_finra_overwrites_in_place() -> None:
    scope = Scope(date(2025, 3, 31))
    (request,) = SOURCE.requests(scope)
    assert request.url == "https://www.finra.org/sites/default/files/2021-03/margin-statistics.xlsx"
    assert SOURCE.claim("https://www.finra.org/sites/default/files/2026-01/margin-statistics.xlsx", scope) is not None
