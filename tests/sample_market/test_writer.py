"""The process that writes the market beside a run that starts."""

import json
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from orchestration.sample_market import mirror, writer
from orchestration.sample_market.writer import Cost, Writer


@pytest.fixture
def served() -> list[mirror.Answer]:
    """Fifty files in three folders, each with its number in it."""

    def content(number: int) -> bytes:
        return f"file {number}".encode()

    return [mirror.Answer(f"https://example.org/{number}", date(2026, 2, 4), f"folder {number % 3}/{number}", partial(content, number)) for number in range(50)]


def test_a_mirror_that_is_there_is_not_written_and_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "is_current", lambda _: True)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert Writer(tmp_path / "mirror").wait(lambda *_: None) == Cost(written=False, seconds=0.0, peak_mb=0)


def test_a_writer_that_fails_says_why_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"the simulated market was not written: FileExistsError: .*home"):
        Writer(tmp_path / "home" / "mirror").wait(lambda *_: None)


def _program(folder: Path, *, after: str) -> list[str]:
    """A writer of three files that takes no market."""
    return [
        sys.executable,
        "-c",
        f"""
import json, sys
from pathlib import Path
from orchestration.sample_market import writer
def write(folder, *, progress, processes):
    for done in range(1, 4):
        progress(done, 3)
    {after}
writer.write_mirror = write
writer.main(Path({str(folder)!r}))
""",
    ]


def test_progress_and_the_cost_come_line_by_line(tmp_path: Path) -> None:
    said = subprocess.run(_program(tmp_path / "mirror", after="pass"), capture_output=True, text=True, check=True).stdout.splitlines()
    *steps, cost = map(json.loads, said)
    assert steps == [{"done": done, "total": 3} for done in (1, 2, 3)]
    assert cost["written"] is True
    assert cost["peak_mb"] > 10


def test_a_writer_that_nobody_listens_to_ends(tmp_path: Path) -> None:
    process = subprocess.Popen(
        _program(tmp_path / "mirror", after="[progress(done, 1000) for done in range(1000, 10**6)]; import time; time.sleep(600)"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_file_is_written_once_by_however_many_processes(tmp_path: Path, served: list[mirror.Answer], processes: int) -> None:
    steps: list[tuple[int, int]] = []
    mirror.render_all(tmp_path, served, processes, lambda done, total: steps.append((done, total)))
    written = {path.relative_to(tmp_path / mirror.FILES).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {answer.file: answer.render() for answer in served}
    assert steps == sorted(steps)
    assert steps[-1] == (len(served), len(served))


def test_a_process_that_cannot_write_fails_the_writer(tmp_path: Path, served: list[mirror.Answer]) -> None:
    (tmp_path / mirror.FILES / served[1].file).mkdir(parents=True)
    with pytest.raises(OSError, match="a process that writes files ended with status 1"):
        mirror.render_all(tmp_path, served, 2, lambda *_: None)
