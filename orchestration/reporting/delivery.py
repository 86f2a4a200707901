"""Messages to targets through Apprise, in a process of its own.

Addresses hold tokens, and what Apprise and the libraries under it log may hold addresses: all the child writes is thrown
away but its answers, which are made of fixed words. It also keeps a second of imports out of whoever sends, and can be ended
when a target hangs. Nothing here knows what a message says.
"""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, redirect_stdout
from typing import IO

SECONDS = 25.0  # a message; the tick of a Dagster sensor has sixty
UNANSWERED = f"no answer within {SECONDS:.0f} s"
UNREADABLE = "Apprise cannot read this address; see https://appriseit.com"
REFUSED = "not delivered"
ENDED = f"{REFUSED}: the sending process ended"


class Sender:
    """A child that sends. It is started with the first message, and again after one that took too long."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def send(self, urls: Mapping[int, str], title: str, body: str) -> dict[int, str]:
        """Send a message to numbered addresses, all at once; return, by number, why it did not arrive: empty where it did."""
        child = self._child or self._start()
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self._seconds, end)
        timer.start()
        try:
            message = {"urls": {str(number): url for number, url in urls.items()}, "title": title, "body": body}
            answers = self._ask(child, json.dumps(message).encode() + b"\n", len(urls))
        finally:
            timer.cancel()
        if len(answers) < len(urls):
            self.close()
        return {number: answers.get(number, UNANSWERED if late.is_set() else ENDED) for number in urls}

    @staticmethod
    def _ask(child: "subprocess.Popen[bytes]", line: bytes, count: int) -> dict[int, str]:
        """The answers that came, fewer than asked for where the child ended."""
        assert child.stdin is not None
        assert child.stdout is not None
        answers: dict[int, str] = {}
        try:
            child.stdin.write(line)
            child.stdin.flush()
            while len(answers) < count and (answer := child.stdout.readline()).endswith(b"\n"):
                number, reason = json.loads(answer)
                answers[int(number)] = str(reason)
        except BrokenPipeError:
            return answers
        return answers

    def _start(self) -> "subprocess.Popen[bytes]":
        # Addresses go through a pipe: no list of processes shows them.
        command = [sys.executable, "-m", __name__]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - this very module
        return self._child

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


@contextmanager
def sender(seconds: float = SECONDS) -> Iterator[Sender]:
    """A sender whose child is gone afterwards."""
    opened = Sender(seconds)
    try:
        yield opened
    finally:
        opened.close()


def _reason(lines: Iterable[str]) -> str:
    """Why a target did not take a message, in words of ours: a status is the only thing taken from what was logged."""
    kept = list(lines)
    status = next((found[1] for line in kept if (found := re.search(r"error=(\d{3})\b", line))), None)
    if status:
        return f"{REFUSED}: it answered with HTTP status {status}"
    return f"{REFUSED}: no connection" if any("onnection" in line for line in kept) else REFUSED


def _deliver(url: str, title: str, body: str) -> str:
    import apprise

    target = apprise.Apprise()
    if not target.add(url):
        return UNREADABLE
    result = target.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    return "" if result else _reason(entry.message for entry in result.logs())


def serve(requests: IO[str], answers: IO[str]) -> None:
    """The child: a message a line in, [number, reason] a line out, as soon as it is known."""
    for line in requests:
        message = json.loads(line)
        with ThreadPoolExecutor(len(message["urls"])) as pool:
            sent = {pool.submit(_deliver, url, message["title"], message["body"]): number for number, url in message["urls"].items()}
            for future in as_completed(sent):
                # A target's own defect is no reason to lose the others' answers; its text may hold the address, its type does not.
                defect = future.exception()
                reason = f"{REFUSED}: {type(defect).__name__}" if defect else future.result()
                answers.write(json.dumps([sent[future], reason]) + "\n")
                answers.flush()


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # what a target prints is no answer
        serve(sys.stdin, sys.__stdout__ or sys.stderr)
