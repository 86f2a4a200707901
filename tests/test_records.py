"""Dagster's files of events, held open while a run writes them."""

import uuid
from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs import records


@dg.asset
def number() -> int:
    return 1


@pytest.fixture
def job() -> dg.JobDefinition:
    return dg.Definitions([number], jobs=[dg.define_asset_job("numbers")]).resolve_job_def("numbers")


def test_the_log_of_a_run_is_copied_back_once_when_the_run_is_over(job: dg.JobDefinition, tmp_path: Path) -> None:
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        files = [tmp_path / "history" / "runs" / f"{name}.db" for name in ("index", run_id)]
        logs = [file.with_name(f"{file.name}-wal") for file in files]
        with records.held_open(instance, run_id):
            assert job.execute_in_process(instance=instance, run_id=run_id).success
            assert all(log.stat().st_size > 0 for log in logs)
        assert not any(log.exists() for log in logs)
        assert {event.dagster_event_type for event in instance.all_logs(run_id) if event.dagster_event} >= {dg.DagsterEventType.RUN_SUCCESS}


def test_records_that_are_kept_elsewhere_are_left_alone(job: dg.JobDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance, records.held_open(instance, "a run"):
        assert job.execute_in_process(instance=instance).success
    assert list(tmp_path.iterdir()) == []
