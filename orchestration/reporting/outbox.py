"""Tells each alert once: a journal in the data home says what was found, what was sent and what waits. Finding is `alerts`', sending `delivery`'s.

    alerts/journal.jsonl    one line an event: noted, sending, sent, failed, given up; and up to which session a kind was looked for

`contagion run` and the sensors of Dagster's daemon look at the same home: whoever comes first holds the lock, the other finds
it done. The journal is appended to, never rewritten beside itself: a run that starts meanwhile sweeps such files away.
A process that dies while sending leaves `sending` behind, and the alert is sent again with a remark: of a broken level two
messages are better than none. No address is written down, only its place in CONTAGION_ALERT_URLS.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration import reference
from orchestration.landing import files
from orchestration.reporting import alerts, delivery
from orchestration.reporting.alerts import Alert, FailedRun
from orchestration.reporting.outcome import Told
from orchestration.settings import Settings
from orchestration.warehouse.publish import read_manifest

REPEATED = "Perhaps told before: the process that sent this died before it knew.\n"


@dataclass
class Entry:
    """What became of an alert. `waiting`: targets (numbers from 1) that have not taken it; `problem`: why, of the last try."""

    alert: Alert
    noted_at: datetime
    waiting: set[int]
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    is_sending: bool = False
    is_given_up: bool = False
    problem: str = ""

    @property
    def state(self) -> str:
        """sent, waiting or given up."""
        return "given up" if self.is_given_up else "waiting" if self.waiting else "sent"


class Journal:
    """The journal of a data home. To write, hold its lock; to read, whole lines are enough."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "alerts"
        self.path = self.folder / "journal.jsonl"
        self.handled: dict[str, date] = {}
        self.entries: dict[str, Entry] = {}
        for record in self._records():
            self._apply(record)

    def _records(self) -> Iterator[dict[str, Any]]:
        content = self.path.read_bytes() if self.path.exists() else b""
        yield from map(json.loads, content[: content.rfind(b"\n") + 1].splitlines())

    def _apply(self, record: dict[str, Any]) -> None:
        at, what = datetime.fromisoformat(record["at"]), record["what"]
        if what == "handled":
            self.handled[record["kind"]] = date.fromisoformat(record["as_of"])
            return
        if what == "noted":
            told = record["alert"]
            session = date.fromisoformat(told["session"]) if told["session"] else None
            self.entries[told["key"]] = Entry(Alert(**{**told, "session": session}), at, set(record["targets"]))
            return
        entry = self.entries[record["key"]]
        entry.is_sending = what == "sending"
        if what == "sending":
            entry.tried_at = at
        elif what == "sent":
            entry.waiting.discard(record["target"])
            entry.sent_at = at
        elif what == "failed":
            entry.problem = f"target {record['target']}: {record['reason']}"
        else:
            entry.is_given_up = True

    def write(self, what: str, **fields: Any) -> None:
        """Append an event and have it on the disk. A line that a killed process left unfinished goes first."""
        record = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "what": what, **fields}
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as journal:
            journal.seek(0)
            content = journal.read()
            journal.truncate(content.rfind(b"\n") + 1)
            journal.write(json.dumps(record, default=str, ensure_ascii=False).encode() + b"\n")
            journal.flush()
            os.fsync(journal.fileno())
        self._apply(json.loads(json.dumps(record, default=str)))

    def waiting(self) -> list[Entry]:
        """What is still to be sent, oldest first."""
        return [entry for entry in self.entries.values() if entry.state == "waiting"]


def tell(
    settings: Settings,
    kinds: Sequence[str] = alerts.KINDS,
    *,
    first: date | None = None,
    failed: Sequence[FailedRun] = (),
    patience: timedelta = timedelta(0),
) -> Told:
    """Find what the published file and these failed runs have to tell, and tell what was not told before.

    kinds: what to look for and to send. first: where a range began. patience: what failed more recently is not tried yet.
    Does and writes nothing where no address is configured. Raises QueryError where the published file lacks a table.
    """
    told = Told()
    if not settings.alert_urls:
        return told
    with files.locked(settings.home / "alerts" / ".lock"):
        journal = Journal(settings.home)
        _note(settings, journal, kinds, first, failed)
        silent: set[int] = set()
        with delivery.sender() as sender:
            for entry in journal.waiting():
                if entry.alert.kind in kinds and (entry.tried_at is None or datetime.now(UTC) - entry.tried_at >= patience):
                    _send(settings, journal, sender, entry, silent, told)
    return told


def _note(settings: Settings, journal: Journal, kinds: Sequence[str], first: date | None, failed: Sequence[FailedRun]) -> None:
    """Write down what is new, and up to where was looked, in that order: killed in between, the next look finds it again."""
    as_of = read_manifest(settings.published_file).get("as_of")  # before looking: what is published meanwhile is looked at next time
    found = [alerts.failed(settings, run) for run in failed]
    looked = [kind for kind in kinds if kind in alerts.PUBLISHED_KINDS]
    for kind in looked:
        found += alerts.due(settings, kind, handled=journal.handled.get(kind), first=first)
    for alert in found:
        if alert.key not in journal.entries:
            journal.write("noted", alert=asdict(alert), targets=list(range(1, len(settings.alert_urls) + 1)))
    for kind in looked:
        if as_of and (kind not in journal.handled or journal.handled[kind] < date.fromisoformat(as_of)):
            journal.write("handled", kind=kind, as_of=as_of)


def _send(settings: Settings, journal: Journal, sender: delivery.Sender, entry: Entry, silent: set[int], told: Told) -> None:
    """Send an alert to the targets that have not taken it. A target that was `silent` is not waited for again."""
    key, title = entry.alert.key, entry.alert.title
    too_old = datetime.now(UTC) - entry.noted_at > timedelta(days=reference.parameter("alert_retry_days"))
    urls = {number: url for number, url in enumerate(settings.alert_urls, 1) if number in entry.waiting and number not in silent}
    if too_old or not entry.waiting & set(range(1, len(settings.alert_urls) + 1)):
        journal.write("given up", key=key)
        told.problems.append(f"given up: {title} ({entry.problem or 'its target is no longer configured'})")
        return
    if not urls:
        told.problems.append(f"waits: {title} (its target gave no answer to the one before)")
        return
    remark = REPEATED if entry.is_sending else ""
    journal.write("sending", key=key)
    for number, problem in sender.send(urls, title, remark + entry.alert.body).items():
        if problem:
            journal.write("failed", key=key, target=number, reason=problem)
            told.problems.append(f"not delivered, tried again on the next run: {title} (target {number}: {problem.removeprefix(delivery.REFUSED + ': ')})")
        else:
            journal.write("sent", key=key, target=number)
        if problem == delivery.UNANSWERED:
            silent.add(number)
    if not entry.waiting:
        told.sent.append(title)


def test(settings: Settings) -> dict[int, str]:
    """Send a test message to every target; return, by number, why it did not arrive: empty where it did. The journal knows nothing of it."""
    alert = alerts.trial(settings)
    with delivery.sender() as sender:
        return sender.send(dict(enumerate(settings.alert_urls, 1)), alert.title, alert.body)
