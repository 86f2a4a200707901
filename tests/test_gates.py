"""What a gate shows of what it refuses: the failing rows of each expectation, critical ones first."""

import pandas as pd

from expectations.runner import validate
from expectations.vocabulary import between, suite
from orchestration.defs.gates import MOST_SAMPLES, _failing_rows
from tests.expectations.conftest import candidates

PRICES = suite(
    between("price", 0, 50, "above 50 on one day of 2025", severity="warning"),
    between("price", 0, 100, "0.5 to 80 in 2025"),
    grain=("symbol",),
    columns=("price",),
)


def frame(*prices: float) -> pd.DataFrame:
    return pd.DataFrame({"symbol": [f"S{place}" for place in range(len(prices))], "price": prices})


def judged(*prices: float) -> str:
    """What is shown of a mart with these prices."""
    metadata = _failing_rows(validate("m", PRICES, frame(*prices), row_floor=4))
    return str(metadata["failing_rows"].value) if metadata else ""


def test_failing_rows_stand_under_what_was_expected_of_them() -> None:
    assert judged(1, -3, 60, 5) == (
        "critical: expected `price` at least 0 and at most 100\n\n| symbol | price |\n|---|---|\n| S1 | -3 |\n\n"
        "warning: expected `price` at least 0 and at most 50\n\n| symbol | price |\n|---|---|\n| S1 | -3 |\n| S2 | 60 |"
    )


def test_what_refuses_one_payload_stands_before_what_is_odd_in_another() -> None:
    report = validate("raw_m", PRICES, candidates(frame(60.0), frame(-3.0)))
    titles = [line for line in str(_failing_rows(report)["failing_rows"].value).splitlines() if "expected" in line]
    assert [title.split(":")[0] for title in titles] == ["critical", "warning", "warning"]
    assert titles[0] == "critical: expected `price` at least 0 and at most 100 in file_1.csv (00000000)"


def test_a_table_in_which_no_single_row_is_at_fault_shows_none() -> None:
    assert judged(1, 2, 3) == ""
    assert judged(1, 2, 3, 4) == ""


def test_a_few_expectations_are_enough_and_the_rest_is_counted_elsewhere() -> None:
    many = suite(*(between("price", low, 100, f"{low} in 2025") for low in range(1, MOST_SAMPLES + 4)), grain=("symbol",))
    report = validate("m", many, frame(0.5))
    assert len(report.failures) == MOST_SAMPLES + 3
    assert str(_failing_rows(report)["failing_rows"].value).count("expected") == MOST_SAMPLES
