"""ICI fund flows: the real sheet of February 2017 as text, the same cells as a workbook, then what goes wrong."""

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.ici_fund_flows import FUND_FLOWS, SOURCE

COMBINED = (
    ("Investment Company Institute (SIMULATED)",),
    ("Millions, U.S. dollars",),
    (),
    ("Date", "Total LT MF and ETF flows", "", "Equity", "", "", "", "", "", "Hybrid", "", "Bond", "", "", "", "", "", "Commodity"),
    ("", "", "", "Total", "", "Domestic", "", "World", "", "", "", "Total", "", "Taxable", "", "Municipal"),
    (),
    ("Monthly fund flows",),
    ("01/31/2026 ", 104, "", 60, "", 20, "", 40, "", 1, "", 40, "", 30, "", 10, "", 3),
    (),
    ("Estimated weekly fund flows",),
    ("02/04/2026", -14, "", -20, "", -30, "", 10, "", 0, "", 5, "", 4, "", 1, "", 1),
    (),
    ("Note: Weekly fund flows are estimates and monthly data are collected separately.",),
)


def parse(content: bytes) -> Parsed:
    return SOURCE.parse(Payload(Request("manual://ici"), content))[FUND_FLOWS.name]


def book(*rows: tuple[Any, ...]) -> bytes:
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True, "default_date_format": "mm/dd/yyyy"}) as workbook:
        sheet = workbook.add_worksheet("Weekly MF & ETF Public Report")
        for index, row in enumerate(rows):
            for position, cell in enumerate(row):
                sheet.write(index, position, cell)
    return memory.getvalue()


def replaced(index: int, position: int, cell: Any) -> bytes:
    """The combined sheet with one cell changed."""
    row = (*COMBINED[index][:position], cell, *COMBINED[index][position + 1 :])
    return book(*COMBINED[:index], row, *COMBINED[index + 1 :])


def flows(parsed: Parsed, frequency: str, day: str) -> dict[str, float]:
    rows = parsed.rows[(parsed.rows["frequency"] == frequency) & (parsed.rows["observed_on"] == day)]
    return dict(zip(rows["category"], rows["flow_usd_mn"], strict=True))


@pytest.fixture(scope="module")
def text(real: Path) -> bytes:
    return (real / "ici/combined_flows_data_2017_asof20170215.txt").read_bytes()


def test_the_real_sheet_has_36_months_and_6_weeks_of_nine_categories(text: bytes) -> None:
    parsed = parse(text)
    assert parsed.rows.groupby("frequency").size().to_dict() == {"monthly": 36 * 9, "weekly": 6 * 9}
    assert (len(parsed.rejected), parsed.notes) == (0, ())
    week = {"total": 18323, "equity": 5492, "equity_domestic": 814, "equity_world": 4678, "hybrid": 155, "bond": 11615, "commodity": 1061}
    assert flows(parsed, "weekly", "2017-02-08").items() >= week.items()
    assert flows(parsed, "monthly", "2014-01-31")["total"] == 14114


def test_the_real_totals_reconcile_within_two_million(text: bytes) -> None:
    wide = parse(text).rows.pivot(index=["frequency", "observed_on"], columns="category", values="flow_usd_mn")
    assert (wide["total"] - wide[["equity", "hybrid", "bond", "commodity"]].sum(axis=1)).abs().max() <= 2
    assert (wide["equity"] - wide[["equity_domestic", "equity_world"]].sum(axis=1)).abs().max() <= 2
    assert (wide["bond"] - wide[["bond_taxable", "bond_municipal"]].sum(axis=1)).abs().max() <= 2


def test_the_same_cells_in_a_workbook_read_alike(text: bytes) -> None:
    cells = [line.split("\t") for line in text.decode("cp1252").replace('"', "").splitlines()]
    typed = [tuple(int(number) if (number := cell.replace(",", "")).lstrip("-").isdigit() else cell for cell in row) for row in cells]
    pd.testing.assert_frame_equal(parse(book(*typed)).rows, parse(text).rows)


def test_columns_are_found_by_their_labels_wherever_they_stand() -> None:
    shifted = book(*(("", *row[:1], "", *row[1:]) if row else () for row in COMBINED))
    pd.testing.assert_frame_equal(parse(shifted).rows, parse(book(*COMBINED)).rows)


def test_dates_may_be_the_spreadsheets_own() -> None:
    parsed = parse(replaced(10, 0, datetime(2026, 2, 3)))  # noqa: DTZ001 - a spreadsheet's date has no zone
    assert flows(parsed, "weekly", "2026-02-03")["equity"] == -20
    assert flows(parsed, "weekly", "2026-02-03")["hybrid"] == 0


def test_a_mutual_fund_sheet_with_more_columns_and_without_commodities_reads() -> None:
    parsed = parse(
        book(
            ("Date", "Total long-term", "", "Equity", "", "", "", "", "", "Hybrid", "", "Bond"),
            ("", "", "", "Total equity", "", "Domestic", "", "", "World", "", "", "Total bond", "Taxable", "", "Municipal"),
            ("", "", "", "", "", "Total domestic", "Large cap", "", "Total world", "", "", "", "Total taxable", "High yield", ""),
            ("Monthly Net New Cash Flow",),
            ("01/31/2026", 100, "", 60, "", 20, 15, "", 40, 1, "", 39, 30, 5, 9),
            ("Estimated Weekly Net New Cash Flow",),
            ("02/04/2026", 10, "", 6, "", 2, 1, "", 4, 1, "", 3, 2, 1, 1),
        )
    )
    assert flows(parsed, "monthly", "2026-01-31") == {
        "total": 100,
        "equity": 60,
        "equity_domestic": 20,
        "equity_world": 40,
        "hybrid": 1,
        "bond": 39,
        "bond_taxable": 30,
        "bond_municipal": 9,
    }
    assert parsed.notes == ("ignored columns: equity large cap, bond high yield", "no columns for: commodity")


def test_a_bad_cell_rejects_its_line_and_a_missing_one_is_counted() -> None:
    parsed = parse(replaced(7, 3, "n.m."))
    assert parsed.rejected[["line", "reason"]].to_numpy().tolist() == [[8, "equity: cannot read 'n.m.'"]]
    assert flows(parsed, "weekly", "2026-02-04")["total"] == -14
    assert parse(replaced(10, 17, "")).notes == ("weekly: 1 missing values left out",)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.7])
def test_text_that_was_cut_off_is_refused(text: bytes, share: float) -> None:
    used = text[: text.index(b"Note:")]
    with pytest.raises(ParseError):
        parse(used[: int(len(used) * share)])


def test_text_without_its_closing_note_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError, match="a 'Note:' that closes the sheet"):
        parse(text[: text.index(b'"Note:')])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><title>Sorry</title></html>", "a web page titled 'Sorry'"),
        (b"Rate limit exceeded, try again in an hour\n", "Rate limit exceeded"),
        (replaced(1, 0, "Billions of dollars"), "flows in millions of dollars, found 'billions' above the table"),
        (replaced(3, 3, "Stocks"), "a column for 'equity'"),
        (replaced(4, 5, "U.S."), "a column for 'equity_domestic'"),
        (replaced(3, 17, "Gold"), "a column for 'commodity'"),
        (replaced(3, 0, "Period"), "a header that begins with 'Date'"),
        (replaced(9, 0, "Latest figures"), "one block of monthly and one of weekly flows"),
        (book(*COMBINED[:8]), "'weekly fund flows'"),
        (book(*COMBINED)[:3000], r"cut off\?"),
    ],
)
def test_what_is_no_flow_sheet_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_weeks_are_published_after_12_days_and_months_after_30() -> None:
    rows = parse(book(*COMBINED)).rows
    published = dict(zip(rows["frequency"], SOURCE.published_on(rows), strict=True))
    assert published == {"monthly": pd.Timestamp("2026-03-02"), "weekly": pd.Timestamp("2026-02-16")}


def test_two_years_are_asked_for_and_any_year_is_claimed() -> None:
    scope = Scope(date(2026, 2, 13))
    assert [request.url[-8:] for request in SOURCE.requests(scope)] == ["2025.xls", "2026.xls"]
    assert SOURCE.claim("https://www.ici.org/combined_flows_data_2017.xls", scope) is not None
    assert SOURCE.claim("https://www.ici.org/etf_flows_data_2026.xls", scope) is None
