"""What the runner promises whatever the suite: failures go back to their payload, nothing passes for want of an answer."""

import ast
import math
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from expectations.runner import phrase, validate
from expectations.vocabulary import Suite, between, derive, expect, never_null, suite
from tests.expectations.conftest import candidate, candidates

PRICES = suite(
    never_null("price", "each line has one"),
    between("price", 0, 100, "0.5 to 80 in 2025"),
    between("price", 0, 50, "above 50 on one day of 2025", severity="warning"),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "a high below the price is a shifted column", column_A="high", column_B="price", or_equal=True),
    grain=("symbol", "line"),
    columns=("price", "high"),
)


def prices(*values: float | None, symbol: str = "A") -> pd.DataFrame:
    return pd.DataFrame({"symbol": symbol, "line": range(1, len(values) + 1), "price": pd.Series(values, dtype="float64"), "high": 99.0})


def test_failures_go_to_the_payload_whose_rows_fail() -> None:
    report = validate("raw_test", PRICES, candidates(prices(1, 2), prices(60, 2), prices(-1, 2), prices(None, 2)))
    assert report.critical_payloads() == {2, 3}
    assert [(failure.payload, failure.severity) for failure in report.failures] == [(1, "warning"), (2, "critical"), (2, "warning"), (3, "critical")]
    assert report.failures[0].file == "file_1.csv (00000000)"
    assert report.failures[0].found == "1 row: price 60 at A 1"
    assert report.failures[0].expected == "`price` at least 0 and at most 50"
    assert report.failures[0].reason == "above 50 on one day of 2025"


def test_keys_must_be_unique_within_a_payload_not_across_payloads() -> None:
    repeated = pd.concat([prices(1, 2), prices(3)], ignore_index=True)
    report = validate("raw_test", PRICES, candidates(prices(1, 2), repeated))
    assert report.critical_payloads() == {1}
    assert report.failures[0].found == "2 rows: A 1; A 1"


def test_a_null_says_nothing_where_two_columns_are_compared() -> None:
    assert validate("raw_test", PRICES, candidate(prices(1, 2).assign(high=math.nan))).passed


def test_a_missing_column_fails_every_payload_and_is_named() -> None:
    report = validate("raw_test", PRICES, candidates(prices(1), prices(2)).drop(columns="high"))
    assert report.critical_payloads() == {0, 1}
    found = [failure.found for failure in report.failures]
    assert "none named high" in found
    assert "that it cannot be evaluated: no column high" in found


def test_text_where_a_number_should_be_fails_as_critical_even_for_a_warning() -> None:
    warning = suite(between("price", 0, 1, "small", severity="warning"), grain=("symbol",))
    report = validate("raw_test", warning, candidate(pd.DataFrame({"symbol": ["A"], "price": ["one"]})))
    assert [failure.severity for failure in report.failures] == ["critical"]
    assert report.failures[0].found.startswith("that it cannot be evaluated")


def test_a_derivation_that_lacks_its_column_fails_with_the_reason() -> None:
    lacking = suite(between("step", 0, 1, "small"), grain=("symbol",), derived=(derive("step", "step_ratio", of="volume"),))
    report = validate("raw_test", lacking, candidate(prices(1)))
    assert report.critical_payloads() == {0}
    assert "volume" in report.failures[0].found


def test_an_infinite_figure_is_always_critical() -> None:
    open_ended = suite(between("price", 0, None, "positive"), grain=("symbol", "line"))
    assert validate("raw_test", open_ended, candidates(prices(1), prices(math.inf))).critical_payloads() == {1}


@pytest.mark.parametrize(("rows", "floor", "passed"), [(2, 2, True), (2, 3, False), (0, None, False), (0, 0, True), (1, None, True)])
def test_a_mart_shorter_than_its_floor_does_not_pass(rows: int, floor: int | None, passed: bool) -> None:
    report = validate("mart", PRICES, prices(*range(1, rows + 1)), row_floor=floor)
    assert report.passed is passed
    assert report.critical_payloads() == frozenset()
    assert [failure.payload for failure in report.failures] == ([] if passed else [None])


def test_a_table_level_expectation_that_fails_is_asked_of_each_payload() -> None:
    covered: Suite = suite(expect("ExpectColumnMaxToBeBetween", "highs stay below 10", column="price", max_value=10), grain=("symbol", "line"))
    report = validate("raw_test", covered, candidates(prices(1, 2), prices(3, 40), prices(5)))
    assert report.critical_payloads() == {1}
    assert report.failures[0].found == "40"


def test_markdown_counts_the_payloads_it_does_not_name() -> None:
    report = validate("raw_test", PRICES, candidates(*[prices(60, symbol="|") for _ in range(5)]))
    head, _, line = report.as_markdown().splitlines()
    assert head == "| expectation | expected | found | severity |"
    assert "and 2 more payloads" in line
    assert "price 60 at \\| 1" in line
    assert validate("raw_test", PRICES, candidate(prices(1))).as_markdown() == "All 10 expectations hold on 1 rows."


def test_a_failure_reads_as_a_sentence() -> None:
    report = validate("raw_test", PRICES, candidate(prices(-1)))
    assert report.failures[0].sentence() == "expected `price` at least 0 and at most 100, found 1 row: price -1 at A 1 (0.5 to 80 in 2025)"


def test_an_empty_frame_fails_its_floor_and_condemns_no_payload() -> None:
    report = validate("raw_test", PRICES, candidate(prices(1)).iloc[:0])
    assert [failure.payload for failure in report.failures] == [None]
    assert report.critical_payloads() == frozenset()
    assert not report.passed


def test_every_kind_of_expectation_used_reads_as_half_a_sentence() -> None:
    phrases = [phrase(expectation) for expectation in PRICES.expectations]
    assert phrases == [
        "columns symbol, line, price, high",
        "unique (symbol, line)",
        "`symbol` never null",
        "`line` never null",
        "`price` never null",
        "`price` at least 0 and at most 100",
        "`price` at least 0 and at most 50",
        "`high` at or above `price`",
    ]


def test_only_the_runner_imports_great_expectations_and_only_when_it_runs() -> None:
    root = Path(__file__).resolve().parents[2]
    importers = set()
    for path in [*(root / "expectations").rglob("*.py"), *(root / "orchestration").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "great_expectations" for name in names):
                importers.add(path.relative_to(root).as_posix())
    assert importers == {"expectations/runner.py"}
    lazy = "import sys, expectations.runner, expectations.docs; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", lazy], cwd=root, check=False).returncode == 0
    cheap = "import sys, expectations.suites; expectations.suites.load('raw_finra__margin_debt'); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", cheap], cwd=root, check=False).returncode == 0
