"""What the UI says of dbt's tests: what was expected, in words, and the rows that fail."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs import dbt_checks
from orchestration.warehouse import build


def node(kind: str | None = None, *, name: str = "assets_are_an_interval", code: str = "", **given: Any) -> dict[str, Any]:
    return {"unique_id": "test.t", "name": name, "raw_code": code, **({"test_metadata": {"name": kind, "kwargs": given}} if kind else {})}


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (node("holds", expression="low <=\n  high"), "assets are an interval: low <= high, or unknown"),
        (node("grain", columns=["trade_date", "fund_id"]), "one row per trade_date, fund_id, none of them null"),
        (node("accepted_values", column_name="kind", values=["index", 2]), "kind one of index, 2"),
        (node("relationships", column_name="benchmark_id", field="series_id", to="ref('benchmarks')"), "each benchmark_id a series_id of benchmarks"),
        (node("finite", columns=["a", "b"]), "numbers or null in a, b"),
        (node("unique", column_name="a"), "a unique"),
        (node("not_null", column_name="a"), "a never null"),
        (node("not_negative", column_name="a"), "a not negative"),
        (node(code="-- low is below high\nselect 1"), "assets are an interval: low is below high"),
        (node(code="select 1"), "assets are an interval"),
    ],
)
def test_each_kind_of_test_says_what_it_expects(test: dict[str, Any], said: str) -> None:
    assert dbt_checks.expected(test) == said


@pytest.fixture
def built(tmp_path: Path) -> Path:
    path = tmp_path / "build.duckdb"
    with build.connect(path, read_only=False) as connection:
        connection.execute("create table t as select n, n - 2 as a from range(9) as r(n)")
    return path


def told(built: Path, result: dict[str, Any], *, passed: bool = False) -> dict[str, Any]:
    """Metadata of a check as the UI gets it, after dbt's own."""
    event = dg.AssetCheckResult(passed=passed, asset_key="t", check_name="c", metadata={"unique_id": "test.t"})
    manifest = {"nodes": {"test.t": node("not_negative", column_name="a")}}
    found = dbt_checks.explained(event, manifest, {"test.t": {"unique_id": "test.t", **result}} if result else {}, built)
    assert (found.passed, found.check_name, found.severity) == (passed, "c", dg.AssetCheckSeverity.ERROR)
    return {name: value.value for name, value in found.metadata.items()}


def test_a_test_that_passes_has_found_no_row(built: Path) -> None:
    assert told(built, {"status": "pass"}, passed=True) == {"expected": "a not negative", "found": "no row that fails", "unique_id": "test.t"}


def test_a_failed_test_shows_rows_of_its_own_query(built: Path) -> None:
    said = told(built, {"status": "fail", "failures": 2, "compiled_code": "select * from t where a < 0"})
    assert said["found"] == "2 rows that fail"
    assert said["failing_rows"].splitlines() == ["| n | a |", "|---|---|", "| 0 | -2 |", "| 1 | -1 |"]
    assert told(built, {"status": "fail", "failures": 1, "compiled_code": "select 1"})["found"] == "1 row that fails"


def test_a_failed_test_whose_rows_cannot_be_read_again_says_why(built: Path) -> None:
    said = told(built, {"status": "fail", "failures": 2, "compiled_code": "select * from gone"})
    assert said["found"] == "2 rows that fail"
    assert said["failing_rows"].startswith("cannot be shown: Catalog Error: Table with name gone does not exist")


@pytest.mark.parametrize(("result", "reason"), [({"status": "error", "message": "no\ncolumn a"}, "no column a"), ({}, "dbt gave no reason")])
def test_a_test_that_cannot_be_evaluated_is_not_called_rows_that_fail(built: Path, result: dict[str, Any], reason: str) -> None:
    said = told(built, result)
    assert said["found"] == f"that it cannot be evaluated: {reason}"
    assert "failing_rows" not in said


def test_a_run_of_dbt_that_dies_is_not_told_with_the_results_of_another(tmp_path: Path) -> None:
    (tmp_path / "run_results.json").write_text('{"results": [{"unique_id": "test.t", "status": "pass"}]}')
    assert dbt_checks.run_results(tmp_path) == {"test.t": {"unique_id": "test.t", "status": "pass"}}
    dbt_checks.forget_results(tmp_path)
    assert dbt_checks.run_results(tmp_path) == {}
    dbt_checks.forget_results(tmp_path)
