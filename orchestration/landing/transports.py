"""Three ways to an answer: the publishers themselves (http), a folder of what they served (mirror), our own archive (replay).

Only here are there retries: a failed Dagster step would skip all that is downstream. No parsing, no archiving.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import stamina

from orchestration import calendars
from orchestration.landing.archive import Answer, Archive
from orchestration.sources.contract import Request, Scope, Source

MAX_BODY_BYTES = 512 * 1024 * 1024
LONGEST_DOWNLOAD_SECONDS = 300
ATTEMPTS = 4
EXHAUSTED = f" after {ATTEMPTS} attempts"
PATIENCE = 2  # addresses of one host that may exhaust their attempts before the host is left alone until the next run
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


class Transport(Protocol):
    """Answers a source's requests for the session `scope.as_of`. `simulated` and `live` differ only in which is used."""

    name: str

    def answers(self, source: Source, scope: Scope, archive: Archive) -> Iterator[Answer]:
        """Answers in the order they were served, those without a body included."""


class MirrorError(ValueError):
    """A mirror that cannot be used: which file, what was expected, what was found."""


def _mirror_entries(folder: Path) -> list[dict[str, Any]]:
    index = folder / "mirror.json"
    try:
        entries = json.loads(index.read_text())["files"]
    except FileNotFoundError:
        raise MirrorError(f"{index}: expected the mirror's index, found no such file; give --mirror the folder that holds mirror.json") from None
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise MirrorError(f"{index}: expected {{'files': [{{'url', 'from', 'file'}}, …]}}, found {error}") from None
    for entry in entries:
        if not isinstance(entry, dict) or not {"url", "from"} <= entry.keys():
            raise MirrorError(f"{index}: expected 'url' and 'from' in every entry, found {str(entry)[:120]}")
        try:
            date.fromisoformat(str(entry["from"]))
        except ValueError:
            raise MirrorError(f"{index}: expected 'from' to be a date such as 2026-02-04, found {entry['from']!r}") from None
    return sorted(entries, key=lambda entry: str(entry["from"]))


@cache
def _morning(served_from: str) -> datetime:
    """The instant at which what a mirror serves from a day on counts as fetched."""
    return calendars.instant(calendars.session_on_or_after(date.fromisoformat(served_from)))


@dataclass
class Mirror:
    """A folder whose `mirror.json` says which address answered with which file, from which day on.

    A run for session D sees every version of every address with `from` on or before the date of D's cut-off, in order. A
    version counts as fetched at 06:00 New York on the first session from its `from` on, whenever the run takes place:
    one run over a year leaves the same as a year of daily runs.
    """

    folder: Path
    name: str = "mirror"
    _entries: list[dict[str, Any]] | None = None

    def answers(self, source: Source, scope: Scope, archive: Archive) -> Iterator[Answer]:
        if self._entries is None:
            self._entries = _mirror_entries(self.folder)
        fetch_day = calendars.cutoff_on(scope.as_of)
        claimed = source.claimed({entry["url"] for entry in self._entries}, scope)
        root = os.path.realpath(self.folder)
        answered: set[str] = set()
        for entry in self._entries:
            request = claimed.get(entry["url"])
            if request is None or date.fromisoformat(entry["from"]) > fetch_day:
                continue
            answered.add(request.url)
            yield self._answer(root, entry, request, _morning(entry["from"]))
        for request in source.requests(scope):
            if request.url not in answered:
                yield Answer(request, 404, calendars.cutoff_at(scope.as_of), problem="the mirror has no answer for this address by that day")

    def _answer(self, root: str, entry: Mapping[str, Any], request: Request, fetched_at: datetime) -> Answer:
        status = int(entry.get("status", 200))
        headers = {str(name).lower(): str(value) for name, value in entry.get("headers", {}).items()}
        if not 200 <= status < 300:
            return Answer(request, status, fetched_at, headers=headers, problem=f"answered with status {status}")
        path = os.path.realpath(os.path.join(root, str(entry.get("file", ""))))
        if os.path.commonpath((root, path)) != root:
            raise MirrorError(f"{self.folder / 'mirror.json'}: expected files inside the mirror, found {entry['file']!r}")
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            return Answer(request, 404, fetched_at, headers=headers, problem=f"the mirror lists {entry.get('file')!r}, which cannot be read: {error.strerror}")
        return Answer(request, status, fetched_at, content, headers)


@dataclass
class Replay:
    """What landing already holds: nothing is fetched, everything archived by the cut-off is judged again where it has to be."""

    name: str = "replay"

    def answers(self, source: Source, scope: Scope, archive: Archive) -> Iterator[Answer]:
        cutoff = calendars.cutoff_at(scope.as_of)
        held = [served for served in archive.served(source.name) if served.fetched <= cutoff]
        for served in held:
            yield Answer(served.request, served.status, served.fetched, archive.content(served), served.headers)
        addresses = {served.url for served in held}
        for request in source.requests(scope):
            if request.url not in addresses:
                yield Answer(request, 404, cutoff, problem="nothing was archived for this address by that day")


class _TryAgainError(Exception):
    """An answer that may get better."""

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem)
        self.status = status


@dataclass
class Http:
    """The publishers themselves: one polite request an address, conditional where an answer is archived.

    endpoints: base addresses that stand in for others (tests answer as the publishers do, on this machine).
    """

    sec_contact: str = field(default="", repr=False)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 60.0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    name: str = "http"

    def answers(self, source: Source, scope: Scope, archive: Archive) -> Iterator[Answer]:
        stamina.instrumentation.set_on_retry_hooks([])  # what happened is said in the answer, not on the screen
        newest = archive.newest_by_url(source.name)
        exhausted: dict[str, int] = {}
        with httpx.Client(follow_redirects=True, timeout=self.timeout_seconds) as client:
            for position, request in enumerate(source.requests(scope)):
                host = urlsplit(request.url).netloc
                if exhausted.get(host, 0) >= PATIENCE:
                    yield Answer(request, 0, self.clock(), problem=f"not asked: {host} gave nothing at the {PATIENCE} addresses before")
                    continue
                if position:
                    self.sleep(source.pause_seconds)
                before = newest.get(request.url)
                answer = self._get(client, request, dict(before.headers) if before else {})
                exhausted[host] = exhausted.get(host, 0) + 1 if answer.problem.endswith(EXHAUSTED) else 0
                yield answer

    def address(self, url: str) -> str:
        """The address really asked: the publisher's, or what stands in for it."""
        parts = urlsplit(url)
        stand_in = self.endpoints.get(f"{parts.scheme}://{parts.netloc}")
        return url.replace(f"{parts.scheme}://{parts.netloc}", stand_in, 1) if stand_in else url

    def _headers(self, url: str, before: Mapping[str, str]) -> dict[str, str]:
        contact = self.sec_contact if urlsplit(url).netloc.endswith("sec.gov") else ""
        headers = {"User-Agent": f"macro-contagion-indicators/0.1 {contact}".strip().encode("ascii", "ignore").decode(), "Accept": "*/*"}
        lowered = {name.lower(): value for name, value in before.items() if value.isascii()}
        if "etag" in lowered:
            headers["If-None-Match"] = lowered["etag"]
        if "last-modified" in lowered:
            headers["If-Modified-Since"] = lowered["last-modified"]
        return headers

    def _get(self, client: httpx.Client, request: Request, before: Mapping[str, str]) -> Answer:
        scheme, host = urlsplit(request.url).scheme, urlsplit(request.url).netloc
        if scheme not in ("http", "https"):
            return Answer(request, 0, self.clock(), problem="no address to fetch from; save the file by hand and give its folder with --mirror")
        if host.endswith("sec.gov") and not self.sec_contact:
            return Answer(request, 0, self.clock(), problem="the SEC asks for a contact; set SEC_CONTACT to a name and an e-mail address")
        try:
            return self._get_with_retries(client, request, self._headers(request.url, before))
        except _TryAgainError as error:
            return Answer(request, error.status, self.clock(), problem=f"{error}{EXHAUSTED}")
        except httpx.HTTPError as error:
            return Answer(request, 0, self.clock(), problem=f"{type(error).__name__}{EXHAUSTED}")

    def _get_with_retries(self, client: httpx.Client, request: Request, headers: Mapping[str, str]) -> Answer:
        for attempt in stamina.retry_context(on=(httpx.TransportError, _TryAgainError), attempts=ATTEMPTS, wait_initial=1.0, wait_max=30.0, timeout=300.0):
            with attempt:
                return self._get_once(client, request, headers)
        raise AssertionError("stamina either returns or raises")

    def _get_once(self, client: httpx.Client, request: Request, headers: Mapping[str, str]) -> Answer:
        with client.stream("GET", self.address(request.url), headers=dict(headers)) as response:
            kept = {name.lower(): value for name, value in response.headers.items()}
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return Answer(request, response.status_code, self.clock(), headers=kept)
            if response.status_code in RETRIED:
                wait = kept.get("retry-after", "")
                if wait.isdigit():
                    self.sleep(min(float(wait), 60.0))
                raise _TryAgainError(f"answered with status {response.status_code}", response.status_code)
            if not response.is_success:
                return Answer(request, response.status_code, self.clock(), headers=kept, problem=f"answered with status {response.status_code}")
            body, deadline = bytearray(), time.monotonic() + LONGEST_DOWNLOAD_SECONDS
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > deadline:
                    raise _TryAgainError(f"a body that takes more than {LONGEST_DOWNLOAD_SECONDS} s was given up", response.status_code)
                if len(body) > MAX_BODY_BYTES:
                    return Answer(request, response.status_code, self.clock(), problem=f"a body of more than {MAX_BODY_BYTES:,} bytes was refused")
            return Answer(request, response.status_code, self.clock(), bytes(body), kept)
