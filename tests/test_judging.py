"""Marts judged in a process of their own: the same reports as here, and no process that outlives its run."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.defs import judging
from orchestration.defs.judging import Case, Judge
from orchestration.warehouse import build


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A build of run `mine` with two tables; one of them is wrong."""
    file = tmp_path / "build.duckdb"
    build.prepare(file, run_id="mine", as_of=date(2026, 2, 4), profile="live", is_simulated=False, outcomes=[])
    with build.connect(file, read_only=False) as connection:
        connection.execute("create schema marts")
        for table, close in (("trading_session", 1), ("volatility_daily", -1)):
            connection.execute(f"create table marts.{table} as select date '2026-02-04' as trade_date, {close}.0::double as vix_close")
    return Case(file, "marts", "mine", {"trading_session": 0, "volatility_daily": 2})


def test_another_process_reports_what_this_one_would(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    here = judging.reports(case)
    monkeypatch.setattr(judging, "reports", None)  # this process does not step in
    judge = Judge()
    judge.begin(case)
    found = judge.decide(case)
    assert found == here
    assert list(found) == ["trading_session", "volatility_daily"]
    assert "ExpectTableRowCountToBeBetween" in {failure.expectation.kind for failure in found["volatility_daily"].failures}
    assert found["volatility_daily"].result.results


def test_a_case_that_was_not_begun_is_decided_all_the_same(case: Case) -> None:
    judge = Judge()
    judge.begin(case)
    other = Case(case.build_file, case.schema, case.run_id, {"volatility_daily": 0})
    assert judge.decide(other) == judging.reports(other)


def test_the_build_of_another_run_is_not_judged(case: Case) -> None:
    with pytest.raises(build.ForeignBuildError, match="expected the build of run yours, found that of mine"):
        Judge().decide(Case(case.build_file, case.schema, "yours", case.least))


def test_a_table_that_is_not_there_is_named(case: Case) -> None:
    with pytest.raises(LookupError, match=r"expected a table marts\.fund in build\.duckdb"):
        Judge().decide(Case(case.build_file, case.schema, case.run_id, {"fund": 0}))


def test_a_process_that_is_gone_costs_time_and_nothing_else(case: Case) -> None:
    judge = Judge()
    judge.begin(case)
    assert judge.process is not None
    judge.process.kill()
    assert judge.decide(case) == judging.reports(case)


def test_the_process_ends_with_its_run_and_lets_go_of_the_build(case: Case) -> None:
    judge = Judge()
    judge.begin(case)
    assert judge.process is not None
    assert judge.process.stdin is not None
    judge.process.stdin.close()  # as the kernel does for a run that is killed
    assert judge.process.wait(60) == 1
    judge.close()
    with build.connect(case.build_file, read_only=False) as connection:
        connection.execute("create table of_the_next_run as select 1 as one")
