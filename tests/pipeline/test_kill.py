"""`kill -9` at six named points, one after the other on one home; then a run ends where an undisturbed one ends.

Each run is a process of its own that kills itself at its point. Between them an analyst's process reads the published file.
"""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import CHECKOUT

from .conftest import Pipeline, assert_same_tables

SESSION = "2025-10-01"

# What to wrap, how many calls to let through first, and a word that a call must mention to count. The last call never happens.
POINTS = {
    "while fetching": ("orchestration.landing.transports", "Mirror._answer", 2, ""),
    "while archiving": ("orchestration.landing.archive", "files.write_bytes", 0, ""),
    "while writing vintages": ("orchestration.landing.vintages", "RawVintages._write", 0, ""),
    "in dbt": ("orchestration.progress", "report", 25, "dbt"),
    "in the mart gate": ("orchestration.defs.gates", "row_floor", 1, ""),
    "while publishing": ("orchestration.warehouse.publish", "_copy", 0, ""),
}

DRIVER = """
import functools, importlib, os, signal, sys
from datetime import date
from orchestration import launch, settings
module_name, path, let_through, word, session = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], date.fromisoformat(sys.argv[5])
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
report = launch.run(settings.load(), session, session, may_go_back=False)
print("SURVIVED", report.exit_status, report.errors)
"""

READER = """
import duckdb, sys
print(duckdb.connect(sys.argv[1], read_only=True).execute("select count(*) from marts.fund_flow_daily").fetchall()[0][0])
"""


def read_as_an_analyst(pipeline: Pipeline) -> int:
    process = subprocess.run([sys.executable, "-c", READER, str(pipeline.published)], capture_output=True, text=True, check=True, timeout=60)
    return int(process.stdout)


def tomorrow(pipeline: Pipeline) -> None:
    """The next session's file: there is something to fetch, archive and write."""
    assert pipeline.mirror is not None
    index = json.loads((pipeline.mirror / "mirror.json").read_text())
    entry = next(entry for entry in index["files"] if "ici/" in entry["file"])
    body = (pipeline.mirror / str(entry["file"])).read_bytes()
    assert b'"23,744"' in body
    index["files"].append({"url": entry["url"], "from": "2025-10-02", "file": "revised"})
    (pipeline.mirror / "revised").write_bytes(body.replace(b'"1,061"', b'"1,060"').replace(b'"18,323"', b'"18,322"'))
    (pipeline.mirror / "mirror.json").write_text(json.dumps(index))


@pytest.mark.pipeline
def test_a_run_after_six_kills_gives_the_tables_of_an_undisturbed_run(copied: Pipeline, tmp_path: Path) -> None:
    straight = Pipeline(tmp_path / "straight", None)
    shutil.copytree(copied.home, straight.home)
    tomorrow(copied)
    environment = {"CONTAGION_PROFILE": "live", "CONTAGION_HOME": str(copied.home), "CONTAGION_MIRROR": str(copied.mirror), "PATH": "/usr/bin:/bin"}
    before = read_as_an_analyst(copied)
    for point, (module, path, let_through, word) in POINTS.items():
        process = subprocess.run(
            [sys.executable, "-c", DRIVER, module, path, str(let_through), word, SESSION],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            start_new_session=True,
            check=False,
        )
        assert process.returncode == -signal.SIGKILL, (point, process.stdout[-500:], process.stderr[-2000:])
        assert read_as_an_analyst(copied) == before, point

    assert copied.run(SESSION, may_go_back=False).exit_status == 0
    assert not list(copied.home.rglob("*.unfinished*"))
    straight.mirror = copied.mirror
    assert straight.run(SESSION, may_go_back=False).exit_status == 0
    assert_same_tables(copied.frames(), straight.frames())
    assert {Path(path).relative_to(copied.home) for path in copied.raw_files()} == {Path(path).relative_to(straight.home) for path in straight.raw_files()}
