"""Start a job in this process and say how it ended. What `contagion run` and the tests share.

Dagster reports success after a failed non-blocking check, so the exit status is read from the check evaluations. Alerts are
told when the run is over and its cost is known: what cannot be delivered is a warning, and no run waits for it.
"""

import json
import resource
import shutil
import time
import uuid
from contextlib import redirect_stdout
from datetime import UTC, date, datetime

import dagster as dg

from orchestration.defs import automation, records, resources, runs, verdicts
from orchestration.instance import prepare_instance
from orchestration.reporting import outbox
from orchestration.reporting.doctor import ENOUGH_DISK
from orchestration.reporting.outcome import RunReport
from orchestration.settings import Settings


def _cost() -> tuple[float, float]:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return cpu, max(own.ru_maxrss, children.ru_maxrss) / 1024


def run(settings: Settings, first: date, last: date, *, may_go_back: bool, replay: bool = False) -> RunReport:
    """Run the job of the sessions from first to last in this process: `daily` of one, `range` of several."""
    started, (cpu_before, _), begun = time.monotonic(), _cost(), datetime.now(UTC)
    prepare_instance(settings)
    if (free := shutil.disk_usage(settings.home).free) < ENOUGH_DISK:
        # On a full disk Dagster's own records fail first, in a hundred lines that do not say so.
        raise OSError(
            f"expected {ENOUGH_DISK / 1024**3:.0f} GB free in {settings.home}, found {free / 1024**3:.1f}; make room (docs/operating.md says what may go)"
        )
    from orchestration.definitions import build_definitions

    job = build_definitions(settings).resolve_job_def(automation.job_of(first, last))
    run_tags = {**runs.tags(first, last, may_go_back=may_go_back), **({resources.REPLAY: "true"} if replay else {})}
    # dbt's own lines go to a log: on the screen there are progress bars and, in the end, the result.
    log = settings.home / "logs" / "dbt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    run_id = str(uuid.uuid4())
    with records.opened() as instance, records.held_open(instance, run_id), log.open("w") as lines, redirect_stdout(lines):
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=run_tags,
            partition_key=last.isoformat() if first == last else None,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        failed = verdicts.failed_runs(instance, begun).runs if settings.alert_urls else []
    report = RunReport(
        result.run_id, first, last, published=any(event.asset_key == dg.AssetKey("published") for event in result.get_asset_materialization_events())
    )
    report.failures, report.errors = verdicts.read(result.all_events)
    market = resources.market_cost(settings.home)
    if market.exists() and (cost := json.loads(market.read_text()))["run_id"] == result.run_id:
        report.market = f"written in {cost['seconds']:.0f} s, peak {cost['peak_mb']:,} MB" if cost["written"] else "as it was written before"
    cpu, report.peak_mb = _cost()
    report.seconds, report.cpu_seconds = time.monotonic() - started, cpu - cpu_before
    try:
        report.told = outbox.tell(settings, first=first, failed=failed)
    except (OSError, ValueError, LookupError, RuntimeError) as error:  # QueryError and a damaged journal or manifest among them
        report.told.problems.append(f"alerts were not looked for: {' '.join(str(error).split())}")
    return report
