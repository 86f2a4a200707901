"""`kill -9` at six named points, one after the other on one home; then a run ends where an undisturbed one ends.

Each run is a process of its own that kills itself at its point. Meanwhile analysts read the published file in processes of
their own: one holds it open from the first kill to the end of the run, others open it after each kill.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.settings import CHECKOUT

from .conftest import AFTER, NEXT, Pipeline, assert_same_tables, tomorrow

# What to wrap, how many calls to let through first, and a word that a call must mention to count. The last call never happens.
POINTS = {
    "while fetching": ("orchestration.landing.transports", "Mirror._answer", 2, ""),
    "while archiving": ("orchestration.landing.archive", "files.write_bytes", 0, ""),
    "while writing vintages": ("orchestration.landing.vintages", "RawVintages._write", 0, ""),
    "in dbt": ("orchestration.progress", "report", 25, "dbt"),
    "in the mart gate": ("orchestration.defs.judging", "Judge.decide", 0, ""),
    "while publishing": ("orchestration.warehouse.publish", "_copy", 0, ""),
}

DRIVER = """
import functools, importlib, os, signal, sys
from datetime import date
from orchestration import launch, settings
module_name, path, let_through, word, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], *map(date.fromisoformat, sys.argv[5:])
owner = importlib.import_module(module_name)
*parents, name = path.split(".")
for parent in parents:
    owner = getattr(owner, parent)
real, calls = getattr(owner, name), [0]

@functools.wraps(real)
def dying(*arguments, **options):
    calls[0] += word in str(arguments)
    if calls[0] > let_through:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)

setattr(owner, name, dying)
report = launch.run(settings.load(), first, last, may_go_back=False)
print("SURVIVED", report.exit_status, report.errors)
"""

READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
def count():
    return connection.execute("select count(*), max(trade_date) from marts.fund_flow_daily").fetchall()[0]
before = count()
print(before, flush=True)
sys.stdin.readline()
print(count() == before, flush=True)
"""


class Analyst:
    """A process with the published file open; `found` is what it counted when it opened it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.found = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def finds_the_same(self) -> bool:
        """Whether the file that it opened still answers as it did. To be asked once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line() == "True\n"


@contextmanager
def analyst(pipeline: Pipeline) -> Iterator[Analyst]:
    with subprocess.Popen([sys.executable, "-c", READER, str(pipeline.published)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Analyst(process)


@pytest.mark.pipeline
def test_a_run_after_six_kills_gives_the_tables_of_an_undisturbed_run_and_the_reader_keeps_what_it_opened(copied: Pipeline, next_days: Pipeline) -> None:
    assert copied.mirror is not None
    tomorrow(copied.mirror)
    environment = {"CONTAGION_PROFILE": "live", "CONTAGION_HOME": str(copied.home), "CONTAGION_MIRROR": str(copied.mirror), "PATH": "/usr/bin:/bin"}
    before = copied.digest()
    with analyst(copied) as holder:
        assert holder.found.startswith("(")
        for point, (module, path, let_through, word) in POINTS.items():
            process = subprocess.run(
                [sys.executable, "-c", DRIVER, module, path, str(let_through), word, AFTER, NEXT],
                cwd=CHECKOUT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=600,  # seconds, for a busy machine
                start_new_session=True,
                check=False,
            )
            assert process.returncode == -signal.SIGKILL, (point, process.stdout[-500:], process.stderr[-2000:])
            with analyst(copied) as another:
                assert another.found == holder.found, point
                assert another.finds_the_same()

        assert copied.run(NEXT, first=AFTER, may_go_back=False).exit_status == 0  # a range is one run
        assert copied.digest() != before
        assert holder.finds_the_same()
        # Somebody who opens the file now sees the new one, beside the reader of the old.
        assert copied.query("select max(trade_date)::varchar from trading_session") == [(NEXT,)]
    assert not list(copied.home.rglob("*.unfinished*"))
    assert_same_tables(copied.frames(), next_days.frames())
    assert {Path(path).relative_to(copied.home) for path in copied.raw_files()} == {Path(path).relative_to(next_days.home) for path in next_days.raw_files()}
