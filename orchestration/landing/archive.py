"""The archive of bytes: every body that was ever served, once, by content; and the journals that say what came from where.

    landing/objects/<ab>/<sha256>        the bytes
    landing/<source>/served.jsonl        which address answered what, and when (written before anything is parsed)
    landing/<source>/verdicts.jsonl      what became of each: accepted or quarantined, with the reason
    landing/<source>/outcome.json        how the last run went for this source

A journal is rewritten whole beside itself and renamed, so a killed run leaves the journal of before.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from orchestration.landing import files
from orchestration.sources.contract import Payload, Request

Key: TypeAlias = tuple[str, str, str]  # of an archived answer: address, instant, hash
Verdict: TypeAlias = dict[str, Any]  # `verdict` (accepted or quarantined), `reasons`, and the parts of the key
KEPT_HEADERS = ("content-type", "content-length", "etag", "last-modified")


@dataclass(frozen=True)
class Answer:
    """What a transport got for one request: a body, or a sentence that says why there is none."""

    request: Request
    status: int
    fetched_at: datetime
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Served:
    """One archived answer. `fetched_at` is ISO text in UTC: the journals sort and compare by it."""

    url: str
    subject: str
    fetched_at: str
    sha256: str
    size: int
    status: int
    headers: Mapping[str, str]

    @property
    def key(self) -> Key:
        return self.url, self.fetched_at, self.sha256

    @property
    def request(self) -> Request:
        return Request(self.url, self.subject)

    @property
    def fetched(self) -> datetime:
        return datetime.fromisoformat(self.fetched_at)


class Archive:
    """The archive of one data home. Single writer: the run that holds the lock."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "landing"

    def _journal(self, source: str, name: str) -> Path:
        return self.folder / source / name

    def _object(self, sha256: str) -> Path:
        return self.folder / "objects" / sha256[:2] / sha256

    def served(self, source: str) -> list[Served]:
        """Every archived answer of a source, oldest first; of the same instant, in the order they came."""
        records = [Served(**record) for record in files.read_json_lines(self._journal(source, "served.jsonl"))]
        return sorted(records, key=lambda served: served.fetched_at)

    def content(self, served: Served) -> bytes:
        return self._object(served.sha256).read_bytes()

    def payload(self, served: Served) -> Payload:
        return Payload(served.request, self.content(served), served.fetched)

    def keep(self, source: str, answers: Iterable[Answer]) -> list[Served]:
        """Archive the bodies that are new and return them. The same bytes twice from one address are nothing new."""
        known = self.served(source)
        keys = {served.key for served in known}
        by_url: dict[str, list[Served]] = {}
        for served in known:
            by_url.setdefault(served.url, []).append(served)
        new: list[Served] = []
        digests: set[str] = set()
        with files.whole_files() as write:
            for answer in answers:
                if answer.content is None:
                    continue
                served = self._entry(answer, answer.content)
                of_address = by_url.setdefault(served.url, [])
                earlier = next((other for other in reversed(of_address) if other.fetched_at <= served.fetched_at), None)
                if served.key in keys or (earlier is not None and earlier.sha256 == served.sha256):
                    continue
                path = self._object(served.sha256)
                if served.sha256 not in digests and not path.exists():
                    write(path, answer.content)
                digests.add(served.sha256)
                new.append(served)
                of_address.append(served)
                keys.add(served.key)
        if new:
            files.write_json_lines(self._journal(source, "served.jsonl"), map(vars, [*known, *new]))
        return new

    @staticmethod
    def _entry(answer: Answer, content: bytes) -> Served:
        return Served(
            url=answer.request.url,
            subject=answer.request.subject,
            fetched_at=answer.fetched_at.isoformat(),
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            status=answer.status,
            headers={name: value for name, value in answer.headers.items() if name.lower() in KEPT_HEADERS},
        )

    def newest_by_url(self, source: str) -> dict[str, Served]:
        return {served.url: served for served in self.served(source)}

    def verdicts(self, source: str) -> dict[Key, Verdict]:
        """The last verdict on each archived answer, by its key."""
        records = files.read_json_lines(self._journal(source, "verdicts.jsonl"))
        return {(record["url"], record["fetched_at"], record["sha256"]): record for record in records}

    def record_verdicts(self, source: str, before: Mapping[Key, Verdict], verdicts: Mapping[Key, Verdict]) -> None:
        """Merge verdicts into what the journal held before; unchanged ones write nothing."""
        named = ("url", "fetched_at", "sha256")
        merged = {**before, **{key: {**dict(zip(named, key, strict=True)), **verdict} for key, verdict in verdicts.items()}}
        if merged != before:
            files.write_json_lines(self._journal(source, "verdicts.jsonl"), merged.values())

    def outcome(self, source: str) -> dict[str, Any]:
        path = self._journal(source, "outcome.json")
        outcome: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return outcome

    def last_fetch(self, source: str) -> datetime | None:
        """When the source last answered at any address, be it with the same bytes."""
        outcome = self.outcome(source)
        instants = [served.fetched_at for served in self.served(source)[-1:]]
        if outcome.get("unavailable", 0) < outcome.get("asked", 0):
            instants.append(outcome["fetched_at"])
        return datetime.fromisoformat(max(instants)) if instants else None

    def record_outcome(self, source: str, outcome: dict[str, Any]) -> None:
        if outcome != self.outcome(source):
            files.write_json(self._journal(source, "outcome.json"), outcome)
