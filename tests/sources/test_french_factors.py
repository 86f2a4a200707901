"""Kenneth French's daily factors: the real file of June 2022, as text and zipped, then what goes wrong."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.french_factors import FACTORS, SOURCE

HEAD = "This file was created using the 202206 CRSP database.\r\nMissing data are indicated by -99.99 or -999.\r\n\r\n"
TAIL = "\r\nCopyright 2022 Kenneth R. French\r\n"


def parse(content: bytes) -> Parsed:
    return SOURCE.parse(Payload(Request("manual://french"), content))[FACTORS.name]


def file(*lines: str, head: str = HEAD, tail: str = TAIL) -> bytes:
    return (head + "".join(f"{line}\r\n" for line in lines) + tail).encode()


def zipped(content: bytes, *names: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return memory.getvalue()


@pytest.fixture(scope="module")
def served(real: Path) -> bytes:
    return (real / "french/F-F_Research_Data_Factors_daily_2022.CSV").read_bytes()


def test_the_real_file_reaches_from_1926_to_june_2022(served: bytes) -> None:
    parsed = parse(served)
    wide = parsed.rows.pivot(index="observed_on", columns="factor", values="daily_return")
    assert (len(parsed.rejected), parsed.notes, wide.notna().all(axis=None)) == (0, (), True)
    assert (wide.index[0], wide.index[-1]) == (pd.Timestamp("1926-07-01"), pd.Timestamp("2022-06-30"))
    assert wide.loc["2022-06-30", ["Mkt-RF", "SMB", "HML", "RF"]].to_list() == pytest.approx([-0.0095, 0.0043, -0.0015, 0.00003], abs=1e-15)
    assert wide["Mkt-RF"].idxmin() == pd.Timestamp("1987-10-19")


def test_the_zipped_file_reads_like_its_content(served: bytes) -> None:
    pd.testing.assert_frame_equal(parse(zipped(served, "F-F_Research_Data_Factors_daily.CSV")).rows, parse(served).rows)


def test_every_named_column_is_a_factor() -> None:
    rows = parse(file(",Mom   ", "20220629,   -0.20", "20220630,    0.43")).rows
    assert rows[["factor", "daily_return"]].to_numpy().tolist() == [["Mom", -0.002], ["Mom", 0.0043]]
    five = parse(file(",Mkt-RF,SMB,HML,RMW,CMA,RF", "20220630,1,2,3,4,5,6")).rows
    assert five["factor"].to_list() == ["Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF"]


def test_the_five_factor_file_ends_with_its_last_day() -> None:
    header, days = ",Mkt-RF,SMB,HML,RMW,CMA,RF", ("20220629,1,2,3,4,5,6", "20220630,-1,-2,-3,-4,-5,-6")
    assert len(parse(file(header, *days, tail="")).rows) == 12
    whole = file(header, *days, tail="")
    for kept in (len(whole) - 1, len(whole) - 2, len(whole) - 8):
        with pytest.raises(ParseError, match=r"cut off\?"):
            parse(whole[:kept])


def test_a_second_table_would_give_a_day_two_returns() -> None:
    twice = file(",A,B", "20220629,1,2", "", "  Average Equal Weighted Returns -- Daily", ",A,B", "20220629,3,4")
    with pytest.raises(ParseError, match="one table of daily returns, found a second header in line 8"):
        parse(twice)


def test_minus_99_is_missing_and_zero_is_not() -> None:
    parsed = parse(file(",SMB,HML", "20220629,-99.99,0.00", "20220630,-999,-1.50"))
    assert parsed.rows["daily_return"].to_list() == [0, -0.015]
    assert parsed.notes == ("2 missing values left out",)


def test_a_bad_cell_rejects_its_day_alone() -> None:
    parsed = parse(file(",SMB,HML", "20220629,0.1,x", "20220630,0.1,0.2", "20220631,0.1,0.2"))
    assert parsed.rejected["line"].to_list() == [5, 7]
    assert len(parsed.rows) == 2


@pytest.mark.parametrize("size", [100, 220, 5_000, 900_000, 1_162_700])
def test_a_file_without_its_copyright_line_was_cut_off(served: bytes, size: int) -> None:
    with pytest.raises(ParseError):
        parse(served[:size])


@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
def test_a_truncated_archive_is_refused(served: bytes, share: float) -> None:
    content = zipped(served, "F-F.CSV")
    with pytest.raises(ParseError, match=r"cut off\?"):
        parse(content[: int(len(content) * share)])


def test_a_damaged_archive_is_refused(served: bytes) -> None:
    content = bytearray(zipped(served, "F-F.CSV"))
    content[1000:1100] = bytes(100)
    with pytest.raises(ParseError, match="a readable archive"):
        parse(bytes(content))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><title>Tuck</title></html>", "a web page titled 'Tuck'"),
        (b"Service temporarily over quota\n", "a header with an empty first cell"),
        (file(",Mkt-RF,SMB", "192607,0.1,0.2"), "the file of daily returns"),
        (file("day,Mkt-RF,SMB", "20220630,0.1,0.2"), "a header with an empty first cell"),
        (file(",Mkt-RF"), "at least one row"),
        (zipped(b"x", "a.csv", "b.csv"), "an archive with one file"),
        (zipped(b"x", "readme.md"), "an archive with one file"),
    ],
)
def test_what_are_no_daily_factors_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_a_release_is_dated_60_days_after_the_end_of_its_month() -> None:
    rows = parse(file(",HML", "20220601,0.1", "20220630,0.2")).rows
    assert SOURCE.published_on(rows).to_list() == [pd.Timestamp("2022-08-29")] * 2


def test_the_other_daily_files_of_the_library_are_claimed() -> None:
    scope = Scope(date(2022, 8, 31))
    (request,) = SOURCE.requests(scope)
    assert request.url.endswith("/F-F_Research_Data_Factors_daily_CSV.zip")
    assert SOURCE.claim(request.url.replace("Research_Data_Factors", "Momentum_Factor"), scope) is not None
    assert SOURCE.claim(request.url.replace("_daily", ""), scope) is None
