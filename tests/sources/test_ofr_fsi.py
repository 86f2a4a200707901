"""OFR Financial Stress Index: the real file of September 2025, then what goes wrong."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.ofr_fsi import COMPONENTS, FSI, SOURCE

HEADER = ",".join(("Date", *COMPONENTS))
DAY = "2025-09-10,-2.31,-1.059,-0.361,-0.281,-0.109,-0.5,-1.136,-0.828,0"


def parse(content: bytes) -> Parsed:
    return SOURCE.parse(Payload(Request("manual://ofr"), content))[FSI.name]


def file(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(scope="module")
def served(real: Path) -> bytes:
    return (real / "ofr/fsi_2025-09.csv").read_bytes()


@pytest.fixture(scope="module")
def wide(served: bytes) -> pd.DataFrame:
    return parse(served).rows.pivot(index="observed_on", columns="component", values="value")


def test_the_real_file_equals_the_oracle(wide: pd.DataFrame, oracles: Path) -> None:
    expected = json.loads((oracles / "ofr_fsi/expected.json").read_text())
    assert len(wide) == expected["rows"]
    assert (wide.index[0], wide.index[-1]) == (pd.Timestamp(expected["first"]), pd.Timestamp(expected["last"]))
    assert (wide["OFR FSI"].idxmax(), wide["OFR FSI"].max()) == (pd.Timestamp("2008-10-10"), 29.32)
    assert wide.loc[expected["peak"]["date"]].drop("OFR FSI").to_dict() == expected["peak"]["parts"]
    assert wide.loc[expected["covid_peak"]["date"], "OFR FSI"] == expected["covid_peak"]["value"]
    assert wide.loc["2020-03-23", "OFR FSI"] == 10.054


def test_the_real_categories_add_up_to_the_index(wide: pd.DataFrame) -> None:
    gap = (wide[list(COMPONENTS[1:6])].sum(axis=1) - wide["OFR FSI"]).abs()
    assert gap.max() <= 0.002 + 1e-9


def test_a_missing_component_is_left_out_and_zero_is_kept() -> None:
    parsed = parse(file(HEADER, DAY, DAY.replace("-0.361", "").replace("-10", "-11")))
    assert (len(parsed.rows), parsed.notes) == (17, ("1 missing values left out",))
    assert parsed.rows.loc[parsed.rows["component"] == "Emerging markets", "value"].to_list() == [0, 0]


def test_a_bad_cell_rejects_its_day_and_an_extra_column_is_reported() -> None:
    parsed = parse(file(f"{HEADER},Crypto", f"{DAY},1", f"{DAY.replace('-2.31', 'low')},1"))
    assert parsed.rejected[["line", "reason"]].to_numpy().tolist() == [[3, "OFR FSI: cannot read 'low'"]]
    assert parsed.notes == ("ignored columns: Crypto",)


@pytest.mark.parametrize("size", [3, 60, 200_000, 495_770])
def test_a_file_cut_off_within_a_line_is_refused(served: bytes, size: int) -> None:
    with pytest.raises(ParseError):
        parse(served[:size])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><title>Maintenance</title></html>", "a web page titled 'Maintenance'"),
        (b"Request limit reached\n", "Request limit reached"),
        (file(HEADER.replace("Funding", "Liquidity"), DAY), r"none headed \['Funding'\]"),
        (file(HEADER), "at least one row"),
    ],
)
def test_what_is_no_stress_index_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def test_a_day_is_published_two_weekdays_later() -> None:
    rows = parse(file(HEADER, DAY.replace("-10", "-12"))).rows
    assert set(SOURCE.published_on(rows)) == {pd.Timestamp("2025-09-16")}
    assert [request.url for request in SOURCE.requests(Scope(date(2025, 9, 15)))] == ["https://www.financialresearch.gov/financial-stress-index/data/fsi.csv"]
