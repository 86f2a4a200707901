"""iShares fund download: the real IVV file of May 2022, then what goes wrong."""

import io
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.ishares_fund_history import FUND_HISTORY, SOURCE

HEADER = ("As Of", "NAV per Share", "Ex-Dividends", "Shares Outstanding")
DAYS = (("May 11, 2022", "394.279541", "--", "707900000"), ("May 10, 2022", "400.5", "1.25", "0"))


def parse(content: bytes, subject: str = "IVV") -> Parsed:
    return SOURCE.parse(Payload(Request("manual://ishares", subject), content))[FUND_HISTORY.name]


def xml(*rows: tuple[str, ...], sheet: str = "Historical", disclaimer: str = "S&P 500 & others &copy;&nbsp;SIMULATED") -> bytes:
    def line(cells: tuple[str, ...]) -> str:
        return "<ss:Row>" + "".join(f'<ss:Cell><ss:Data ss:Type="String">{cell}</ss:Data></ss:Cell>' for cell in cells) + "</ss:Row>"

    sheets = {"Disclaimers": [(disclaimer,)], sheet: [*rows], "Performance": [("1 year", "5.0")]}
    tables = "".join(f'<ss:Worksheet ss:Name="{name}"><ss:Table>{"".join(map(line, lines))}</ss:Table></ss:Worksheet>' for name, lines in sheets.items())
    head = '\ufeff\ufeff<?xml version="1.0"?>\n<ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
    return f"{head}{tables}</ss:Workbook>".encode()


@pytest.fixture(scope="module")
def ivv(real: Path) -> bytes:
    return (real / "etf_ishares/iShares-Core-SP-500-ETF_fund.xls").read_bytes()


@pytest.fixture(scope="module")
def history(ivv: bytes) -> Parsed:
    return parse(ivv)


def test_the_real_file_has_5534_days_since_inception(history: Parsed) -> None:
    rows = history.rows.sort_values("observed_on")
    assert (len(rows), len(history.rejected), history.notes) == (5534, 0, ())
    assert (rows["observed_on"].iloc[0], rows["observed_on"].iloc[-1]) == (pd.Timestamp("2000-05-15"), pd.Timestamp("2022-05-11"))
    assert rows.iloc[-1][["nav_usd", "shares_outstanding"]].to_list() == [394.279541, 707_900_000]
    assert rows["observed_on"].is_unique


def test_the_real_flow_of_the_first_covid_weeks_comes_out(history: Parsed) -> None:
    rows = history.rows.sort_values("observed_on").set_index("observed_on")
    flow = (rows["shares_outstanding"].diff() * rows["nav_usd"] / 1e6).loc["2020-02-20":"2020-03-31"]
    assert (round(flow.sum(), 2), round(flow.min(), 2)) == (-4364.06, -3307.02)


def test_two_dashes_are_no_distribution_and_zero_shares_stay_zero() -> None:
    parsed = parse(xml(HEADER, *DAYS))
    assert parsed.rows["distribution_usd"].isna().to_list() == [True, False]
    assert parsed.rows["shares_outstanding"].to_list() == [707_900_000, 0]


def test_the_same_sheet_as_a_true_workbook_reads_alike() -> None:
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as workbook:
        workbook.add_worksheet("Disclaimers").write(0, 0, "SIMULATED")
        sheet = workbook.add_worksheet("Historical")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("May 11, 2022", 394.279541, "--", 707900000))
        sheet.write_row(2, 0, ("May 10, 2022", 400.5, 1.25, 0))
    pd.testing.assert_frame_equal(parse(memory.getvalue()).rows, parse(xml(HEADER, *DAYS)).rows)


def test_a_bad_cell_rejects_its_day_and_an_extra_column_is_reported() -> None:
    parsed = parse(xml((*HEADER, "Premium"), (*DAYS[0], "0.01"), ("May 32, 2022", "1", "--", "5", "0")))
    assert parsed.rejected[["line", "reason"]].to_numpy().tolist() == [[3, "As Of: cannot read 'May 32, 2022'"]]
    assert parsed.notes == ("ignored columns: Premium",)


@pytest.mark.parametrize("share", [0.000005, 0.01, 0.4, 0.97, 0.9999])
def test_a_truncated_download_is_refused(ivv: bytes, share: float) -> None:
    with pytest.raises(ParseError):
        parse(ivv[: int(len(ivv) * share)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><head><title>Just a moment</title></head></html>", "a web page titled 'Just a moment'"),
        (b"Too many requests\n", "Too many requests"),
        (xml(HEADER, *DAYS, sheet="History"), "a sheet 'Historical', found sheets"),
        (xml(("As Of", "Net Asset Value", *HEADER[2:]), *DAYS), r"none headed \['NAV per Share'\]"),
        (xml(HEADER), "at least one row below the header"),
    ],
)
def test_what_is_no_fund_download_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_an_entity_bomb_is_not_opened() -> None:
    bomb = xml(HEADER, *DAYS).replace(b'<?xml version="1.0"?>', b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>')
    with pytest.raises(ParseError, match="a document type declaration"):
        parse(bomb)


def test_the_fund_is_the_one_that_was_asked_for() -> None:
    scope = Scope(date(2022, 5, 11), funds=(Fund("IVV", "ishares", "239726"),))
    (request,) = SOURCE.requests(scope)
    assert (request.subject, request.url.rpartition("&")[2]) == ("IVV", "component=fundDownload")
    rows = parse(xml(HEADER, *DAYS), "ivv").rows
    assert set(rows["fund_id"]) == {"IVV"}
    assert SOURCE.published_on(rows).to_list() == rows["observed_on"].to_list()
