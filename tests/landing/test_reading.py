"""Many payloads to rows: in batches, in one process or two, and one bad payload among them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.landing import reading
from orchestration.landing.archive import Answer, Archive, Served
from orchestration.landing.helper import Helper
from orchestration.landing.reading import BATCH, MANY_BATCHES, PAYLOAD, Batch, read, read_batch
from orchestration.settings import CHECKOUT
from orchestration.sources import all_sources
from orchestration.sources.contract import Parsed, Payload, Request, Source

from .conftest import LINES, SOURCE, VALUES

VIX = all_sources()["cboe_vix"]
MANY = BATCH * MANY_BATCHES + 1
two_cores = pytest.mark.skipif(os.cpu_count() == 1, reason="a second process helps nobody on one core")


def archived(home: Path, bodies: Sequence[bytes]) -> tuple[Archive, list[Served]]:
    archive = Archive(home)
    morning = datetime(2020, 1, 2, 11, tzinfo=UTC)
    archive.keep(VIX.name, [Answer(Request("https://example.org/vix", "VIX"), 200, morning + timedelta(days=day), body) for day, body in enumerate(bodies)])
    return archive, archive.served(VIX.name)


def vix(close: float, day: date = date(2020, 1, 2)) -> bytes:
    return f"DATE,OPEN,HIGH,LOW,CLOSE\n{day:%m/%d/%Y},1,2,1,{close}\n".encode()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, list[Served]]:
    return archived(tmp_path_factory.mktemp("many"), [vix(number) if number % 100 else b"<html>" for number in range(MANY)])


@pytest.fixture
def helper() -> Iterator[Helper]:
    helper = Helper()
    yield helper
    helper.close()


def closes(batch: Batch) -> list[tuple[int, float]]:
    (rows,) = batch.rows.values()
    return list(zip(rows[PAYLOAD].to_pylist(), rows["close"].to_pylist(), strict=True))


def test_payloads_keep_their_order_and_numbers_and_a_bad_one_its_reason(many: tuple[Archive, list[Served]]) -> None:
    archive, served = many
    reports: list[int] = []
    batch = read(VIX, archive, served, first=7, report=reports.append)
    assert closes(batch) == [(number + 7, float(number)) for number in range(MANY) if number % 100]
    assert [number for number, said in enumerate(batch.readings) if "a web page" in said.reason] == list(range(0, MANY, 100))
    assert reports == [*range(BATCH, MANY, BATCH), MANY]


@two_cores
def test_two_processes_read_what_one_reads(many: tuple[Archive, list[Served]], helper: Helper) -> None:
    archive, served = many
    helped: list[int] = []

    def watched(source: Source, archive: Archive, first: int, payloads: Sequence[Served]) -> Batch | None:
        helped.append(first)
        return helper.read_batch(source, archive, first, payloads)

    alone = read(VIX, archive, served)
    together = read(VIX, archive, served, helper=watched)
    assert helped
    assert together.readings == alone.readings
    assert all(together.rows[name].equals(alone.rows[name]) for name in alone.rows)


def test_few_payloads_are_not_worth_a_process(many: tuple[Archive, list[Served]]) -> None:
    archive, served = many

    def nobody(*arguments: object) -> None:
        raise AssertionError("asked for help")

    assert len(read(VIX, archive, served[:BATCH], helper=nobody).readings) == BATCH


@two_cores
def test_a_helper_that_dies_costs_nothing_but_time(many: tuple[Archive, list[Served]], helper: Helper) -> None:
    archive, served = many
    assert helper.read_batch(VIX, archive, 0, served[:2]) is not None

    def dying(source: Source, archive: Archive, first: int, payloads: Sequence[Served]) -> Batch | None:
        assert helper._process is not None
        helper._process.kill()
        return helper.read_batch(source, archive, first, payloads)

    assert len(read(VIX, archive, served, helper=dying).readings) == MANY
    assert helper.read_batch(VIX, archive, 0, served[:2]) is not None, "it is started again"


def test_a_source_that_another_process_cannot_know_is_read_here(many: tuple[Archive, list[Served]], helper: Helper) -> None:
    archive, served = many
    assert helper.read_batch(replace(VIX, publisher="ours alone"), archive, 0, served[:2]) is None


ORPHAN = """
import os, signal, sys
from pathlib import Path
from orchestration.landing.archive import Archive
from orchestration.landing.helper import Helper
from orchestration.sources import all_sources
helper = Helper()
archive = Archive(Path(sys.argv[1]))
assert helper.read_batch(all_sources()["cboe_vix"], archive, 0, archive.served("cboe_vix")[:2]) is not None
print(helper._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@two_cores
def test_a_killed_run_leaves_no_helper_behind(many: tuple[Archive, list[Served]]) -> None:
    command = [sys.executable, "-c", ORPHAN, str(many[0].folder.parent)]
    process = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    pid = int(process.stdout)
    state = ["ps", "-o", "stat=", "-p", str(pid)]
    for _ in range(100):
        if subprocess.run(state, capture_output=True, text=True, check=False).stdout.strip()[:1] in ("", "Z"):  # gone, or dead and not yet buried
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


def test_a_value_that_no_column_can_hold_is_a_defect_of_its_payload_alone(tmp_path: Path) -> None:
    def parse(payload: Payload) -> dict[str, Parsed]:
        names = [payload.content.decode("utf-8", "surrogateescape")]
        columns = {"name": names, "observed_on": [datetime(2020, 1, 2)], "value": [1.0], "line": [1], "held": [None]}  # noqa: DTZ001
        return {table.name: Parsed({name: columns[name] for name in table.columns}) for table in (VALUES, LINES)}

    archive, served = archived(tmp_path, [b"one", b"tw\xff", b"three"])
    batch = read_batch(replace(SOURCE, parse=parse), archive, 0, served)
    assert [said.reason[:75] for said in batch.readings] == ["", "expected a file the parser can read, found UnicodeEncodeError: 'utf-8' code", ""]
    assert batch.rows[VALUES.name]["name"].to_pylist() == ["one", "three"]
    assert batch.rows[LINES.name][PAYLOAD].to_pylist() == [0, 2]


def test_large_payloads_are_read_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, served = archived(tmp_path, [vix(number) for number in range(5)])
    monkeypatch.setattr(reading, "BATCH_BYTES", 2 * len(vix(0)))
    reports: list[int] = []
    assert [close for _, close in closes(read(VIX, archive, served, report=reports.append))] == [0, 1, 2, 3, 4]
    assert reports == [2, 4, 5]
