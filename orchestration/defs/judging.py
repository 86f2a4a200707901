"""Marts against their suites, in a process of its own that begins as soon as dbt has closed the build: it judges while Dagster writes down what dbt did.

What follows from a report is said in `gates`. The process reads the build, so it must not outlive its run: it ends when its input is closed.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.warehouse import build

if TYPE_CHECKING:
    from expectations.runner import Report


@dataclass(frozen=True)
class Case:
    """What is to be judged: tables of a schema of one run's build, and the least number of rows of each."""

    build_file: Path
    schema: str
    run_id: str
    least: Mapping[str, int]


def reports(case: Case) -> dict[str, "Report"]:
    """A report a table. Raises ForeignBuildError where the build is another run's, LookupError where a table or its suite is missing."""
    from expectations import suites
    from expectations.runner import validate

    frames = build.read_tables(case.build_file, case.schema, list(case.least), run_id=case.run_id)
    return {table: validate(table, suites.load(table), frame, row_floor=case.least[table]) for table, frame in frames}


class Judge:
    """One process for one case at a time. `begin` early and `decide` where the reports are needed; deciding begins what was not begun."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._case: Case | None = None

    def begin(self, case: Case) -> None:
        self.close()
        self._case = case
        self.process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                pickle.dump(case, self.process.stdin)
                self.process.stdin.flush()

    def decide(self, case: Case) -> dict[str, "Report"]:
        """As `reports`; what the process cannot say, this one finds out itself."""
        if self.process is None or self._case != case:
            self.begin(case)
        try:
            answer = pickle.load(self.process.stdout) if self.process is not None and self.process.stdout is not None else None  # noqa: S301 - our own
        except (EOFError, OSError, pickle.UnpicklingError):
            answer = None
        self.close()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, dict) else reports(case)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self.process, self._case = self.process, None, None
        if process is not None:
            process.kill()
            with process:
                pass


def _end_with_the_run() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Answer one case on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run
    # What anything prints goes to the log: the answer has standard output for itself.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    case = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent's
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    answer: object
    try:
        answer = reports(case)
    except (build.ForeignBuildError, LookupError) as error:
        answer = error
    pickle.dump(answer, answers)
    answers.close()
    os._exit(0)  # the thread holds standard input


if __name__ == "__main__":
    main()
