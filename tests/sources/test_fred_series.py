"""FRED series: the real files of September 2025, the API's answer, then what goes wrong."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.fred_series import OBSERVATIONS, SOURCE

ADDRESS = "https://fred.stlouisfed.org/graph/fredgraph.csv?id="


def parse(content: bytes, subject: str = "VIXCLS", url: str = "manual://fred") -> Parsed:
    return SOURCE.parse(Payload(Request(url, subject), content))[OBSERVATIONS.name]


@pytest.mark.parametrize(("series", "days", "first", "last", "missing"), [("VIXCLS", 6751, 26.17, 16.74, 223), ("DGS10", 6688, 4.69, 4.18, 286)])
def test_the_real_files_have_a_row_for_each_day_with_a_value(real: Path, series: str, days: int, first: float, last: float, missing: int) -> None:
    parsed = parse((real / f"fred/{series}_2025-09.csv").read_bytes(), subject="a_file")
    assert (len(parsed.rows), len(parsed.rejected), parsed.notes) == (days, 0, (f"{missing} missing values left out",))
    assert set(parsed.rows["series_id"]) == {series}
    assert (parsed.rows["value"].iloc[0], parsed.rows["value"].iloc[-1]) == (first, last)
    assert (parsed.rows["observed_on"].min(), parsed.rows["observed_on"].max()) == (pd.Timestamp("1999-01-04"), pd.Timestamp("2025-09-25"))


def test_old_and_new_headings_and_both_marks_of_a_missing_value_are_understood() -> None:
    old = parse(b"DATE,VIXCLS\n2020-01-01,.\n2020-01-02,12.47\n")
    new = parse(b"observation_date,VIXCLS\n2020-01-01,\n2020-01-02,12.47\n")
    pd.testing.assert_frame_equal(old.rows, new.rows)
    assert old.notes == new.notes == ("1 missing values left out",)


def test_a_value_of_zero_is_an_observation() -> None:
    assert parse(b"DATE,DFF\n2020-01-02,0\n2020-01-03,-0.00\n").rows["value"].to_list() == [0, 0]


def test_a_file_of_two_series_gives_both() -> None:
    rows = parse(b"observation_date,VIXCLS,DGS10\n2020-01-02,12.47,1.88\n2020-01-03,14.02,\n").rows
    assert rows.groupby("series_id")["value"].sum().to_dict() == {"DGS10": 1.88, "VIXCLS": pytest.approx(26.49)}


def test_the_api_gives_the_last_vintage_of_each_day() -> None:
    observations = [
        {"realtime_start": "2020-01-03", "realtime_end": "2020-01-31", "date": "2020-01-02", "value": "12.0"},
        {"realtime_start": "2020-02-01", "realtime_end": "9999-12-31", "date": "2020-01-02", "value": "12.5"},
        {"realtime_start": "2020-01-06", "realtime_end": "9999-12-31", "date": "2020-01-03", "value": "."},
    ]
    url = "https://api.stlouisfed.org/fred/series/observations?series_id=GDPNOW&file_type=json"
    parsed = parse(json.dumps({"count": 3, "observations": observations}).encode(), subject="", url=url)
    assert parsed.rows[["series_id", "value"]].to_numpy().tolist() == [["GDPNOW", 12.5]]
    assert parsed.notes == ("1 missing values left out",)


def test_the_series_of_a_nameless_column_is_the_one_asked_for() -> None:
    assert parse(b"DATE,VALUE\n2020-01-02,12.47\n").rows["series_id"].to_list() == ["VIXCLS"]


def test_an_answer_about_another_series_is_refused() -> None:
    with pytest.raises(ParseError, match=r"expected series \['VIXCLS'\], found columns \['DGS10'\]"):
        parse(b"observation_date,DGS10\n2020-01-02,1.88\n", url=f"{ADDRESS}VIXCLS")


def test_a_bad_cell_rejects_its_day_alone() -> None:
    parsed = parse(b"DATE,VIXCLS\n2020-01-02,12.47\n2020-13-03,14.0\n2020-01-06,high\n")
    assert len(parsed.rows) == 1
    assert parsed.rejected["line"].to_list() == [3, 4]


@pytest.mark.parametrize("size", [5, 300, 50_003, 100_001])
def test_a_file_cut_off_within_a_line_is_refused(real: Path, size: int) -> None:
    with pytest.raises(ParseError):
        parse((real / "fred/VIXCLS_2025-09.csv").read_bytes()[:size])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><head><title>Error</title></head></html>", "a web page titled 'Error'"),
        (b"Too Many Requests, please wait a moment\n", "Too Many Requests"),
        (b"day,VIXCLS\n2020-01-02,12.47\n", "a header of 'observation_date' and a series"),
        (b"DATE\n2020-01-02\n", "a header of 'observation_date' and a series"),
        (b"DATE,Close price\n2020-01-02,12.47\n", "a series id as heading"),
        (b"DATE,VIXCLS\n", "at least one row below the header"),
        (b"DATE,VIXCLS\n2020-01-02,\n2020-01-03,.\n", "at least one observation, found 2 days without a value"),
        (b'{"observations":[{"date":"2020-01-02","VIXCLS_20200103":"12.47"}]}', "'value' in each observation"),
        (b'{"error_code":400,"error_message":"Bad Request. The series does not exist."}', "The series does not exist"),
        (b'{"observations":[{"date":"2020-01-02","val', r"cut off\?"),
    ],
)
def test_what_is_no_series_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_a_file_that_names_no_series_is_refused() -> None:
    with pytest.raises(ParseError, match="a series id as heading, found none; the file does not say"):
        parse(b'{"observations":[{"date":"2020-01-02","value":"12.47"}]}', subject="")


def test_daily_series_are_published_on_the_next_weekday() -> None:
    rows = parse(b"DATE,VIXCLS\n2025-09-25,1\n2025-09-26,2\n2025-09-28,3\n").rows
    assert SOURCE.published_on(rows).dt.strftime("%m-%d").to_list() == ["09-26", "09-29", "09-29"]


def test_a_monthly_series_is_never_known_within_the_month_it_speaks_of() -> None:
    rows = parse(b"DATE,CPIAUCSL\n2025-05-01,1\n2025-06-01,2\n2025-07-01,3\n").rows
    assert SOURCE.published_on(rows).to_list()[-1] == pd.Timestamp("2025-08-31")
    assert SOURCE.published_on(parse(b"DATE,VIXCLS\n2025-09-25,1\n").rows).to_list() == [pd.Timestamp("2025-09-26")]


def test_one_address_a_series() -> None:
    scope = Scope(date(2025, 9, 26), series=("VIXCLS", "DGS10"))
    assert list(SOURCE.requests(scope)) == [Request(f"{ADDRESS}VIXCLS", "VIXCLS"), Request(f"{ADDRESS}DGS10", "DGS10")]
    other = SOURCE.claim(f"{ADDRESS}SP500&cosd=2020-01-01", scope)
    assert other is not None
    assert other.subject == "SP500"
