"""The data home as a run-scoped resource: one run at a time holds it, and dead runs are cleared when the next one begins."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

import dagster as dg

from orchestration import progress
from orchestration import settings as environment
from orchestration.defs import records
from orchestration.defs.judging import Judge
from orchestration.landing import files
from orchestration.landing.archive import Archive
from orchestration.landing.files import locked
from orchestration.landing.helper import Helper
from orchestration.landing.ingest import Landing, Outcome
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.transports import Http, Mirror, Replay, Transport
from orchestration.landing.vintages import RawVintages
from orchestration.sample_market.writer import writer_of
from orchestration.settings import Settings

REPLAY = "contagion/replay"
HOME_LOCK = ".lock"


@dataclass
class DataHome:
    """The stores of a data home, for the duration of one run. Its way to publishers is opened when first asked for: a run of the brief alone has none."""

    settings: Settings
    landing: Landing
    open_transport: Callable[[], Transport]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    judge: Judge = field(default_factory=Judge)

    @cached_property
    def transport(self) -> Transport:
        return self.open_transport()


def landing_of(home: Path, helper: Helper | None = None) -> Landing:
    return Landing(Archive(home), RawVintages(home), Quarantine(home), helper.read_batch if helper else None)


def market_cost(home: Path) -> Path:
    """Where a run that reads the simulated market says what writing it cost."""
    return home / "logs" / "simulated_market.json"


def _simulated_mirror(settings: Settings, run_id: str) -> Mirror:
    """The mirror of the simulated market, written where it is not there yet."""
    writer = writer_of(settings.home)
    cost = writer.wait(lambda done, total: progress.report("simulated market: writing files", done, total))
    files.write_json(market_cost(settings.home), {"run_id": run_id, **asdict(cost)})
    return Mirror(writer.folder)


def transport_of(settings: Settings, *, replay: bool, run_id: str) -> Transport:
    """Which way answers come: replay and a given mirror first, else the simulated mirror or the publishers."""
    if replay:
        return Replay()
    if settings.mirror is not None:
        return Mirror(settings.mirror)
    if settings.is_simulated:
        return _simulated_mirror(settings, run_id)
    return Http(sec_contact=settings.sec_contact)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    if not path.exists():
        return False
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def fail_dead_runs(instance: dg.DagsterInstance, home: Path, run_id: str) -> list[str]:
    """Mark runs as failed that say they are running and whose process is gone; return their ids.

    Every run holds a lock file of its own from its first step on. A run that has none after ten minutes never got there.
    """
    dead: list[str] = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        run = record.dagster_run
        mine = home / "runs" / f"{run.run_id}.lock"
        started = datetime.fromtimestamp(record.start_time or 0.0, UTC)
        if run.run_id == run_id or is_held(mine) or (not mine.exists() and datetime.now(UTC) - started < timedelta(minutes=10)):
            continue
        instance.report_run_failed(run, message="The process of this run is gone; the next run found it dead and took over.")
        mine.unlink(missing_ok=True)
        dead.append(run.run_id)
    return dead


def remember_child(home: Path, pid: int) -> None:
    """Write down the dbt process of this run, so that the next run can end it should this one be killed."""
    files.write_bytes(home / "dbt" / "child.pid", str(pid).encode())


def _command(pid: int) -> str:
    """The command line of a living process, or nothing."""
    if Path("/proc/self").exists():
        command = Path(f"/proc/{pid}/cmdline")
        return command.read_bytes().replace(b"\0", b" ").decode(errors="replace") if command.exists() else ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout  # noqa: S603, S607


def end_orphan(home: Path) -> int | None:
    """Kill the dbt process of a killed run: it outlives its parent and would still be writing the build. Returns its pid."""
    path = home / "dbt" / "child.pid"
    if not path.exists():
        return None
    pid = int(path.read_text())
    path.unlink()
    # The number may have been given to another process since: only a dbt of ours is killed.
    if str(Path(sys.executable).with_name("dbt")) not in _command(pid):
        return None
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return pid


@dg.resource(description="The data home: landing, build and published file, held by one run at a time.")
def data_home(context: dg.InitResourceContext) -> Iterator[DataHome]:
    settings = environment.load()
    environment.claim_home(settings)
    run = context.run
    if run is None or context.instance is None or context.log is None:
        raise RuntimeError("the data home belongs to a run; start one with `contagion run` or in the Dagster UI")
    own = settings.home / "runs" / f"{run.run_id}.lock"
    with records.held_open(context.instance, run.run_id), locked(own), locked(settings.home / HOME_LOCK):
        for dead in fail_dead_runs(context.instance, settings.home, run.run_id):
            context.log.warning(f"run {dead} was found dead and marked as failed")
        if orphan := end_orphan(settings.home):
            context.log.warning(f"ended dbt process {orphan} of a killed run")
        for leftover in files.sweep(settings.home):
            context.log.warning(f"removed what a killed run left: {leftover.relative_to(settings.home)}")
        helper, judge = Helper(), Judge()
        try:
            transport = partial(transport_of, settings, replay=run.tags.get(REPLAY) == "true", run_id=run.run_id)
            yield DataHome(settings, landing_of(settings.home, helper), transport, judge=judge)
        finally:
            helper.close()
            judge.close()
            own.unlink(missing_ok=True)
