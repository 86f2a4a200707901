"""How a run ended, read from its events: what `contagion run` prints and what the sensor of failed runs tells.

Dagster calls a run successful whose non-blocking checks failed; to us it failed where a payload was quarantined.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from orchestration.defs import runs
from orchestration.reporting.alerts import FailedRun
from orchestration.reporting.outcome import CheckFailure

TELLING = {dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


@dataclass(frozen=True)
class Ended:
    """Runs that ended since an instant and failed, oldest first, and until when the instance was read."""

    runs: list[FailedRun]
    until: datetime


def _failure(evaluation: dg.AssetCheckEvaluation) -> CheckFailure:
    found = evaluation.metadata.get("found") or evaluation.metadata.get("unavailable")
    text = str(found.value) if found is not None else (evaluation.description or "see the check in the Dagster UI")
    is_error = evaluation.severity == dg.AssetCheckSeverity.ERROR
    return CheckFailure(evaluation.asset_key.to_user_string(), evaluation.check_name, is_error, text)


def _root_cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    message = error.message.strip() if error is not None else "no reason given"
    return f"{event.step_key}: {' '.join(message.split())[:500]}"


def read(events: Iterable[dg.DagsterEvent]) -> tuple[list[CheckFailure], list[str]]:
    """Checks that did not pass, and the root causes of steps that failed, one line each, in the order of the events."""
    failures: list[CheckFailure] = []
    errors: list[str] = []
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION and not event.asset_check_evaluation_data.passed:
            failures.append(_failure(event.asset_check_evaluation_data))
        elif event.is_step_failure:
            errors.append(_root_cause(event))
    return failures, errors


def failed_runs(instance: dg.DagsterInstance, since: datetime) -> Ended:
    """The runs that ended after an instant and failed, for Dagster or for us. A run that somebody cancelled did not."""
    records = instance.get_run_records(dg.RunsFilter(statuses=ENDED, updated_after=since), order_by="update_timestamp", ascending=True)
    found: list[FailedRun] = []
    for record in records:
        run = record.dagster_run
        events = [entry.dagster_event for entry in instance.all_logs(run.run_id, of_type=TELLING) if entry.dagster_event is not None]
        failures, errors = read(events)
        refused = [f"{failure.asset}: {failure.found}" for failure in failures if failure.is_error]
        # A run that was found dead has no step that failed: there the run's own last word says why.
        ended = [event.message or "the run failed" for event in events if event.is_run_failure and not errors]
        if reasons := [" ".join(reason.split()) for reason in dict.fromkeys([*errors, *refused, *ended])]:
            found.append(FailedRun(run.run_id, runs.as_of(run.tags), tuple(reasons)))
    return Ended(found, max((record.update_timestamp for record in records), default=since))
