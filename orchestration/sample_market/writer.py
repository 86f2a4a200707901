"""A process that writes the simulated market while the run that reads it starts: Dagster is loaded and dbt parses beside it, on the other core.

It says how far it is in lines on a pipe, and ends at its next line where nobody listens any more: a killed run leaves nothing running.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.sample_market.mirror import is_current, write_mirror

ERROR = "error"


@dataclass(frozen=True)
class Cost:
    """What it took: whether anything had to be written, seconds of wall clock, the most memory in MB that one process had."""

    written: bool
    seconds: float
    peak_mb: int


class Writer:
    """One mirror on its way. `start` it early and `wait` for it where it is needed; waiting starts what was not started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Begin to write, unless what is there is what would be written."""
        if self._process is None and not is_current(self.folder):
            self._process = subprocess.Popen([sys.executable, "-m", __name__, str(self.folder)], stdout=subprocess.PIPE, text=True)  # noqa: S603

    def wait(self, progress: Callable[[int, int], None]) -> Cost:
        """Until the mirror is there. progress: called with (files written, files in all). Raises OSError with the writer's own sentence where it failed."""
        self.start()
        if self._process is None:
            return Cost(written=False, seconds=0.0, peak_mb=0)
        process, self._process = self._process, None
        last: dict[str, object] = {}
        with process:
            for line in process.stdout or ():
                last = json.loads(line)
                if "done" in last:
                    progress(int(str(last["done"])), int(str(last["total"])))
        if process.returncode:
            raise OSError(f"the simulated market was not written: {last.get(ERROR) or f'its process ended with status {process.returncode}'}")
        return Cost(written=bool(last["written"]), seconds=float(str(last["seconds"])), peak_mb=int(str(last["peak_mb"])))


@cache
def writer_of(home: Path) -> Writer:
    """The one writer of a data home's market in this process: what begins it and what waits for it need not know each other."""
    return Writer(home / "mirror")


def _say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _progress() -> Callable[[int, int], None]:
    """One line for each hundredth of the way."""
    said = 0

    def progress(done: int, total: int) -> None:
        nonlocal said
        if 100 * done // total > said:
            said = 100 * done // total
            _say(done=done, total=total)

    return progress


def _write(folder: Path) -> None:
    started, written = time.monotonic(), not is_current(folder)
    write_mirror(folder, progress=_progress(), processes=os.cpu_count() or 1)
    peak_kb = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    _say(written=written, seconds=round(time.monotonic() - started, 1), peak_mb=round(peak_kb / 1024))


def main(folder: Path) -> None:
    """Write a mirror and say how far it is; ends the process with status 1 where it cannot, or where nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run; the writer follows it
    try:
        _write(folder)
    except BrokenPipeError:
        os._exit(1)  # the interpreter's own end would try once more to say what is left to say
    except (OSError, ValueError, RuntimeError) as error:
        with suppress(BrokenPipeError):
            _say(**{ERROR: " ".join(f"{type(error).__name__}: {error}".split())})
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
