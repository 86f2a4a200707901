"""Shared readers: cells to values, bytes to cells, a table in a sheet. What single publishers do is tested with their parsers."""

import io
import zipfile
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from orchestration.sources.cells import day, month_end, number, percent, required, text
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Table
from orchestration.sources.readers import Grid, open_zip, read_json, read_sheet, read_sheets, read_text, read_xml, unzip
from orchestration.sources.tables import column, labelled, melted, named_fund, one_day, read_csv, read_table, shaped

COLUMNS = (column("day", day("%Y-%m-%d"), "Date", "As Of"), column("close", number, "Close"), column("note", text, "Note", optional=True))


def payload(content: str | bytes) -> Payload:
    return Payload(Request("manual://test"), content if isinstance(content, bytes) else content.encode())


def archive(**members: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "/"), content)
    return memory.getvalue()


class TestNumbers:
    @pytest.mark.parametrize(
        ("served", "expected"),
        [
            ("1,234.50", 1234.5),
            ("$1,959.23", 1959.23),
            ("-$6,643,712.76", -6643712.76),
            ("(12.5)", -12.5),
            ("−3", -3),
            ("- 3", -3),
            ("$ 1,234", 1234),
            ("-$5", -5),
            ("( $5 )", -5),
            ("937 253", 937_253),
            ("1\u00a0234\u00a0567.8", 1_234_567.8),
            ("1.5E-3", 0.0015),
            (".5", 0.5),
            (" 7\u00a0", 7),
            (7, 7),
            (0.1, 0.1),
            ("0", 0),
            ("-0.00", 0),
        ],
    )
    def test_numbers_as_publishers_write_them(self, served: Any, expected: float) -> None:
        assert number([served]) == ([expected], [])

    @pytest.mark.parametrize("served", ["", "-", "--", "---", "N/A", ".", "nan", None])
    def test_marks_of_absence_are_null_and_not_zero(self, served: Any) -> None:
        (value,), bad = number([served])
        assert np.isnan(value)
        assert not bad

    @pytest.mark.parametrize("served", ["1.2.3", "abc", "12 apples", "1e999", "inf", float("inf"), "0x10", "5%"])
    def test_what_is_no_finite_number_is_bad(self, served: Any) -> None:
        assert number([served])[1] == [0]

    def test_per_cent_signs_are_dropped_and_a_bound_is_null(self) -> None:
        values, bad = percent(["9.65%", "9.65", "<0.01%", "100 %", "(0.05%)", "(0.05)%"])
        assert [-1 if np.isnan(value) else value for value in values] == [9.65, 9.65, -1, 100, -0.05, -0.05]
        assert not bad

    def test_a_required_null_is_bad(self) -> None:
        assert required(number)(["1", "-"])[1] == [1]


class TestDatesAndText:
    def test_a_date_may_be_text_or_the_spreadsheets_own(self) -> None:
        values, bad = day("%m/%d/%Y", "%d-%b-%Y")(["1/2/2020", "01/02/2020 ", "02-Jan-2020", datetime(2020, 1, 2, 16)])  # noqa: DTZ001
        assert values == [pd.Timestamp("2020-01-02")] * 4
        assert not bad

    def test_a_row_without_a_readable_date_is_bad(self) -> None:
        assert day("%Y-%m-%d")(["2020-02-30", "", None, "2020-02-29"])[1] == [0, 1, 2]

    def test_a_day_reads_the_same_the_second_time(self) -> None:
        convert = day("%Y-%m-%d")
        assert convert(["2020-02-28", "soon"]) == convert(["2020-02-28", "soon"])

    def test_months_become_their_last_day(self) -> None:
        values, bad = month_end("%Y-%m", "%b-%y")(["2024-02", "Feb-23", "soon"])
        assert ([value and value.day for value in values], bad) == ([29, 28, None], [2])

    def test_identifiers_stay_text(self) -> None:
        assert text(["005930", 13817101.0, " BRK.B ", "-"])[0] == ["005930", "13817101", "BRK.B", None]


class TestText:
    def test_utf_8_with_any_number_of_marks_else_windows_1252(self) -> None:
        assert read_text(payload("\ufeff\ufeffCafé,1\n")).rows == [["Café", "1"]]
        assert read_text(payload("Café,1\n".encode("cp1252"))).rows == [["Café", "1"]]

    def test_tabs_and_commas_are_told_apart_by_count(self) -> None:
        assert read_text(payload('a\tb\n"1,000"\t2\n')).rows[1] == ["1,000", "2"]

    def test_a_quoted_cell_may_hold_a_line_break_and_must_close(self) -> None:
        grid = read_text(payload('a,b\n"one\ntwo",3\nx,y\n'))
        assert (grid.rows[1], grid.lines) == (["one\ntwo", "3"], [1, 3, 4])
        with pytest.raises(ParseError, match="closing quotes"):
            read_text(payload('a,b\n"one\ntwo,3\n'))

    @pytest.mark.parametrize(
        ("content", "found"), [(b" \n", "an empty body"), (b"\x00\x01\x02", "3 bytes that start with 00 01 02"), (b"<HTML>", "a web page")]
    )
    def test_what_is_no_text_is_refused(self, content: bytes, found: str) -> None:
        with pytest.raises(ParseError, match=found):
            read_text(payload(content))


class TestTables:
    def test_columns_are_found_by_heading_wherever_the_header_stands(self) -> None:
        parsed = read_table(read_text(payload("A title\n\nclose , AS OF,Extra\n1,2020-01-02,x\n\n2,2020-01-03,y\n")), COLUMNS)
        assert parsed.rows.to_numpy().tolist() == [[pd.Timestamp("2020-01-02"), 1.0, 1], [pd.Timestamp("2020-01-03"), 2.0, 2]]
        assert parsed.notes == ("ignored columns: Extra",)

    def test_a_missing_column_is_named(self) -> None:
        with pytest.raises(ParseError, match=r"expected columns \['Date', 'Close'\], found none headed \['Close'\]"):
            read_table(read_text(payload("Date,Last\n2020-01-02,1\n")), COLUMNS)

    def test_bad_cells_and_ragged_rows_are_rejected_with_their_line(self) -> None:
        parsed = read_csv(
            payload("Date,Close\n2020-01-02,1\n2020-01-03,one\n2020-01-06\n2020-01-07,1,5\n2020-01-08,2,\n"),
            {"Date": ("day", day("%Y-%m-%d")), "Close": ("close", number)},
        )
        assert parsed.rows["close"].to_list() == [1, 2]
        assert parsed.rejected["line"].to_list() == [3, 4, 5]
        assert parsed.rejected["reason"].to_list() == ["Close: cannot read 'one'", "expected 2 cells, found 1", "expected 2 cells, found 3"]

    def test_blank_headings_at_the_end_ask_for_no_cells(self) -> None:
        assert len(read_table(read_text(payload("Date,Close,,\n2020-01-02,1\n")), COLUMNS).rows) == 1

    @pytest.mark.parametrize(
        "content", ["Date,Close\n2020-01-02,1\n2020-01", "Date,Close\n2020-01-02,1\n2020-01-03,1.2", "Date,Close\n2020-01-02,1\n2020-01-03\n"]
    )
    def test_a_last_line_that_was_cut_off_is_an_error(self, content: str) -> None:
        with pytest.raises(ParseError, match=r"cut off\?"):
            read_table(read_text(payload(content)), COLUMNS)

    @pytest.mark.parametrize("closing", ["\u00a0\n", "\n", "This material is for information only and may change.\n"])
    def test_a_table_that_ends_at_a_blank_row_must_have_one(self, closing: str) -> None:
        table = "Date,Close\n2020-01-02,1\n"
        assert len(read_table(read_text(payload(table + closing + "more words")), COLUMNS, ends="blank row").rows) == 1
        with pytest.raises(ParseError, match=r"cut off\?"):
            read_table(read_text(payload(table)), COLUMNS, ends="blank row")

    def test_a_header_without_rows_is_an_error(self) -> None:
        with pytest.raises(ParseError, match="at least one row"):
            read_table(read_text(payload("Date,Close\n")), COLUMNS)


class TestWorkbooks:
    def test_a_sheet_is_found_by_name_in_any_case_in_xlsx_and_in_xml(self) -> None:
        memory = io.BytesIO()
        with xlsxwriter.Workbook(memory, {"in_memory": True}) as workbook:
            workbook.add_worksheet("Front").write(0, 0, "x")
            workbook.add_worksheet("Data").write_row(0, 0, ("a", 1))
        space = "urn:schemas-microsoft-com:office:spreadsheet"
        xml = (
            f'\ufeff\ufeff<?xml version="1.0"?><ss:Workbook xmlns:ss="{space}"><ss:Worksheet ss:Name="Data"><ss:Table><ss:Row>'
            '<ss:Cell><ss:Data ss:Type="String">S&P &amp; Co&nbsp;</ss:Data></ss:Cell><ss:Cell ss:Index="3"><ss:Data ss:Type="Number">1</ss:Data></ss:Cell>'
            "</ss:Row></ss:Table></ss:Worksheet></ss:Workbook>"
        )
        assert read_sheet(payload(memory.getvalue()), "data").rows == [["a", 1]]
        assert read_sheet(payload(xml), "DATA").rows == [["S&P & Co&nbsp;", "", "1"]]
        assert read_sheet(payload("a,1\n"), "data").rows == [["a", "1"]]
        with pytest.raises(ParseError, match="a sheet 'Other', found sheets"):
            read_sheet(payload(xml), "Other")
        with pytest.raises(ParseError, match="a sheet 'Other'"):
            read_sheets(payload(xml), "Other")

    def test_something_else_in_a_zip_is_no_workbook(self) -> None:
        with pytest.raises(ParseError, match="a readable workbook"):
            read_sheet(payload(archive(readme=b"hello")))


class TestArchives:
    def test_an_archive_that_expands_beyond_reason_is_not_opened(self) -> None:
        with pytest.raises(ParseError, match="an archive of reasonable size"):
            open_zip(archive(zeros=bytes(50_000_000)))

    def test_a_member_that_climbs_out_of_its_folder_is_not_opened(self) -> None:
        with pytest.raises(ParseError, match="plain member names"):
            open_zip(archive(**{"..__x": b"1"}))

    def test_the_one_member_that_fits_is_unpacked_and_text_stays_itself(self) -> None:
        assert unzip(payload(archive(**{"data.CSV": b"a,b\n", "readme.md": b""})), ".csv").content == b"a,b\n"
        assert unzip(payload("a,b\n"), ".csv").content == b"a,b\n"


class TestXml:
    @pytest.mark.parametrize(
        ("content", "found"),
        [
            ("<a><b>1</b>", r"cut off\?"),
            ("<c/>", "root c"),
            ('<!DOCTYPE a [<!ENTITY x "y">]><a><b>&x;</b></a>', "a document type declaration"),
            ("<html><body>no</body></html>", "a web page"),
            ("", "an empty body"),
        ],
    )
    def test_what_is_no_such_document_is_refused(self, content: str, found: str) -> None:
        with pytest.raises(ParseError, match=found):
            list(read_xml(payload(content), ("b",), "a"))

    def test_elements_come_in_order(self) -> None:
        assert [element.text for element in read_xml(payload("<a><b>1 & 2</b><b>3</b></a>"), ("b",), "a")] == ["1 & 2", "3"]


class TestPreambles:
    GRID = Grid([1, 2], [["Holdings:", "", "As of 13-Jun-2022"], ["Ticker Symbol:", ""]], padded=True)

    def test_a_label_is_answered_by_the_next_filled_cell(self) -> None:
        assert labelled(self.GRID, "holdings") == "As of 13-Jun-2022"
        assert labelled(self.GRID, "Ticker Symbol") == ""
        assert labelled(self.GRID, "Fund Name") is None

    def test_a_dash_for_a_day_means_that_there_is_no_data(self) -> None:
        assert one_day("Dec 06, 2024", "a day", "%b %d, %Y") == pd.Timestamp("2024-12-06")
        for cell, found in (("-", "no data for that day"), ("soon", "'soon'"), (None, "none")):
            with pytest.raises(ParseError, match=found):
                one_day(cell, "a day", "%b %d, %Y")


class TestRows:
    TABLE = Table("raw_x__y", ("name",), {"name": "VARCHAR", "value": "DOUBLE", "code": "VARCHAR", "observed_on": "DATE"}, "")

    def test_rows_take_the_tables_columns_and_types(self) -> None:
        rows = shaped(Parsed({"value": [1.0, np.nan], "line": [1, 2]}), self.TABLE, name="a").rows
        assert list(rows.columns) == list(self.TABLE.columns)
        assert rows["name"].to_list() == ["a", "a"]
        assert rows.dtypes.astype(str).to_list() == ["str", "float64", "str", "datetime64[s]"]

    def test_missing_values_are_counted_and_left_out(self) -> None:
        wide = {"observed_on": [datetime(2020, 1, 2), datetime(2020, 1, 3)], "a": [1.0, np.nan], "b": [0.0, 2.0], "line": [1, 2]}  # noqa: DTZ001
        long = melted(Parsed(wide, notes=("first",)), "series", "value")
        assert long.rows[["series", "value"]].to_numpy().tolist() == [["a", 1.0], ["b", 0.0], ["b", 2.0]]
        assert long.notes == ("first", "1 missing values left out")

    def test_a_fund_is_named_by_the_subject_or_the_stem_of_a_file(self) -> None:
        stem = r"(?P<fund>[a-z]+)_holdings.*"
        assert [named_fund(subject, stem) for subject in ("ivv", "IVV_holdings_2023-04")] == ["IVV", "IVV"]
        with pytest.raises(ParseError, match="a subject that names the fund"):
            named_fund("")


class TestWhatMustNotPassForANumber:
    @pytest.mark.parametrize("cell", ["16,74", "918144,5", "1,23,456", "12,3456"])
    def test_a_decimal_comma_is_unreadable_not_a_thousand(self, cell: str) -> None:
        assert number([cell])[1] == [0]

    @pytest.mark.parametrize("cell", ["918144 1", "1,000.00 1", "12 34", "1 000 1", "1,234 5"])
    def test_a_footnotes_mark_is_not_the_last_digit(self, cell: str) -> None:
        assert number([cell])[1] == [0]

    def test_a_whole_number_of_thousands_of_digits_is_refused_in_a_sentence(self) -> None:
        with pytest.raises(ParseError, match="a JSON document, found Exceeds the limit"):
            read_json(payload(f"[{'9' * 5000}]"))

    def test_a_missing_number_of_json_is_missing_and_not_unreadable(self) -> None:
        values, bad = number([None, float("nan"), 0.0])
        assert ([bool(np.isnan(value)) for value in values], bad) == ([True, True, False], [])

    def test_two_columns_of_one_name_are_refused(self) -> None:
        with pytest.raises(ParseError, match="expected one column headed 'close', found 2 of them"):
            read_table(read_text(payload("As of,Close,Close\n2020-01-02,1,2\n")), COLUMNS)

    def test_a_layout_none_of_whose_lines_can_be_read_is_one_error(self) -> None:
        lines = "".join(f"2020-01-{day:02},x\n" for day in range(1, 21))
        with pytest.raises(ParseError, match="all 20 unreadable, the first: Close: cannot read 'x'"):
            read_table(read_text(payload(f"As of,Close\n{lines}")), COLUMNS)

    @pytest.mark.parametrize("cell", ['<row><c r="XFD1048576">', '<row><c t="n" r="US0378331005">', "<row><c r='b4000000000'>", '<row r="4000000000"><c>'])
    def test_a_cell_in_the_last_corner_of_a_sheet_is_not_opened(self, cell: str) -> None:
        book = io.BytesIO()
        with zipfile.ZipFile(book, "w") as archive:
            archive.writestr("xl/anywhere/sheet1.xml", f"<worksheet><sheetData>{cell}<v>1</v></c></row></sheetData></worksheet>")
        with pytest.raises(ParseError, match="expected a sheet of reasonable size"):
            read_sheets(payload(book.getvalue()))
