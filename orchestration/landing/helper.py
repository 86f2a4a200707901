"""A second process that reads batches, so that both cores of a small machine work. It is asked for parsed payloads, reads the archive, writes nothing.

Between the two processes is a socket that the kernel closes when either ends, however it ends: a killed run leaves no helper
behind, and a helper that is gone costs time and nothing else. It is a program of its own rather than a fork or a spawn:
Dagster has threads, and its main module would be imported once more.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from orchestration.landing.archive import Archive, Served
from orchestration.landing.reading import Batch, read_batch
from orchestration.sources import all_sources
from orchestration.sources.contract import Source

IDLE_SECONDS = 30.0  # of a helper that nobody asks: it gives its memory back


class Helper:
    """The second process of a run. It is started when first asked, and again when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection[object, object] | None = None

    def read_batch(self, source: Source, archive: Archive, first: int, payloads: Sequence[Served]) -> Batch | None:
        """As `reading.read_batch`; None where no help is to be had."""
        if os.cpu_count() == 1 or all_sources().get(source.name) is not source:
            return None
        try:
            line = self._line or self._start()
            line.send((source.name, archive, first, payloads))
            answer = line.recv()
        except (EOFError, OSError):
            self.close()
            return None
        return answer if isinstance(answer, Batch) else None

    def _start(self) -> "Connection[object, object]":
        self._line, theirs = Pipe()
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)  # noqa: S603
        theirs.close()
        return self._line

    def close(self) -> None:
        """Hang up; the process ends after the batch it is reading."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.wait()
        self._line = self._process = None


def _serve(line: "Connection[object, tuple[str, Archive, int, Sequence[Served]]]") -> None:
    """Answer until nobody asks."""
    while line.poll(IDLE_SECONDS):
        name, archive, first, payloads = line.recv()
        line.send(read_batch(all_sources()[name], archive, first, payloads))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run; the helper follows it
    try:
        _serve(Connection(sys.stdin.fileno()))
    except (EOFError, OSError):
        sys.exit()
