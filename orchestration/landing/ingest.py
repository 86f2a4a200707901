"""One source, one run: fetch, archive, parse, gate, write vintages. Every step can be killed and repeated.

Bytes are archived before they are parsed. A payload that does not parse, or fails a critical expectation, enters none of
its tables; it is tried again on every run, since the parser or the suite may have been mended. Knows neither Dagster nor
Great Expectations: the gate is handed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration import calendars, progress
from orchestration.landing import reading
from orchestration.landing.archive import Archive, Key, Served, Verdict
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.reading import PAYLOAD, Reader, Reading
from orchestration.landing.transports import Transport
from orchestration.landing.vintages import Arrival, Places, RawVintages, stamp
from orchestration.sources.columns import frame
from orchestration.sources.contract import Scope, Source, Table

Rows = dict[str, pa.Table]  # of each raw table, with `_payload`


class Gate(Protocol):
    """Judges candidate rows of one table; see `orchestration.defs.gates`."""

    def judge(self, table: Table, candidates: pd.DataFrame, previous: pd.DataFrame) -> dict[int, list[str]]:
        """Critical failures by payload number (`_payload`), a sentence each."""

    def rejected_share_at_most(self, table: Table) -> float:
        """The share of unreadable lines up to which a payload is still accepted."""


@dataclass(frozen=True)
class Refusal:
    """A payload in quarantine: which, why, whether it is new, and whether a later one of its address made up for it."""

    served: Served
    reasons: tuple[str, ...]
    is_new: bool
    is_superseded: bool

    def sentence(self, publisher: str) -> str:
        subject = f" ({self.served.subject})" if self.served.subject else ""
        return f"{publisher}, {self.served.request.file_name}{subject}: {'; '.join(self.reasons)}"


@dataclass
class Outcome:
    """How a run went for one source."""

    source: Source
    fetched_at: str = ""
    new_payloads: int = 0
    accepted: int = 0
    rows_added: dict[str, int] = field(default_factory=dict)
    rows_rejected: int = 0
    notes: list[str] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    asked: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_unavailable(self) -> bool:
        """No address of the source answered."""
        return self.asked > 0 and len(self.unavailable) == self.asked

    @property
    def blocking_refusals(self) -> list[Refusal]:
        """Refusals that this run has to own up to: new ones, and the newest answer of an address."""
        return [refusal for refusal in self.refusals if refusal.is_new or not refusal.is_superseded]

    @property
    def verdict(self) -> str:
        if any(not refusal.is_superseded for refusal in self.refusals):
            return "quarantined"
        return "unavailable" if self.is_unavailable else "ok"

    def reason(self) -> str:
        """One line a person understands, or nothing where all went well."""
        sentences = [refusal.sentence(self.source.publisher) for refusal in self.blocking_refusals]
        if self.unavailable:
            more = f" (and {len(self.unavailable) - 1} more)" if len(self.unavailable) > 1 else ""
            sentences.append(f"{self.source.publisher}: {len(self.unavailable)} of {self.asked} addresses gave nothing: {self.unavailable[0]}{more}")
        return "; ".join(sentences)


@dataclass
class _Candidate:
    """A payload on its way in."""

    served: Served
    reading: Reading
    reasons: list[str]


@dataclass(frozen=True)
class _Journal:
    """What is archived of a source, oldest first, and the last verdict on each."""

    served: Sequence[Served]
    verdicts: Mapping[Key, Verdict]

    def verdict(self, served: Served) -> str:
        return str(self.verdicts.get(served.key, {}).get("verdict", ""))

    def accepted(self) -> list[Served]:
        return [served for served in self.served if self.verdict(served) == "accepted"]


@dataclass(frozen=True)
class Landing:
    """The three stores of a data home, and, where a run has one, a second reader."""

    archive: Archive
    vintages: RawVintages
    quarantine: Quarantine
    helper: Reader | None = None

    def ingest(self, source: Source, transport: Transport, gate: Gate, scope: Scope) -> Outcome:
        """Bring in what the source serves for the session `scope.as_of`. Raises nothing a publisher can cause."""
        outcome = Outcome(source, calendars.cutoff_at(scope.as_of).isoformat())
        self._fetch(source, transport, scope, outcome)
        journal = _Journal(self.archive.served(source.name), self._verdicts(source))
        pending = [served for served in journal.served if journal.verdict(served) != "accepted"]
        candidates, rows = self._read(source, gate, pending)
        for table in source.tables:
            self.vintages.ensure(table)
            self._judge(table, gate, candidates, rows[table.name])
            pa.default_memory_pool().release_unused()  # Arrow keeps what frames give back
        later, more = self._read(source, gate, _after(candidates, journal), first=len(candidates))
        self._write(source, journal, [*candidates, *later], [rows, more], scope.as_of, outcome)
        self._close(source, journal, candidates, outcome)
        return outcome

    def _verdicts(self, source: Source) -> Mapping[Key, Verdict]:
        """The last verdict on each archived answer. Where no row is left (a home restored from its landing alone), nothing counts as accepted
        and every answer is read again."""
        verdicts = self.archive.verdicts(source.name)
        if any(self.vintages.count(table) for table in source.tables):
            return verdicts
        return {key: verdict for key, verdict in verdicts.items() if verdict["verdict"] != "accepted"}

    def _fetch(self, source: Source, transport: Transport, scope: Scope, outcome: Outcome) -> None:
        addresses: set[str] = set()
        failed: dict[str, str] = {}

        def watched() -> Any:
            for answer in transport.answers(source, scope, self.archive):
                addresses.add(answer.request.url)
                failed.pop(answer.request.url, None)
                if answer.problem:
                    failed[answer.request.url] = f"{answer.request.url}: {answer.problem}"
                if transport.name == "http":
                    outcome.fetched_at = answer.fetched_at.isoformat()
                progress.report(f"{source.publisher}: fetching", len(addresses), 0)
                yield answer

        outcome.new_payloads = len(self.archive.keep(source.name, watched()))
        outcome.asked = len(addresses)
        outcome.unavailable = list(failed.values())

    def _read(self, source: Source, gate: Gate, payloads: Sequence[Served], *, first: int = 0) -> tuple[list[_Candidate], Rows]:
        """Parse archived answers, numbered from `first` on; one with too many unreadable lines is refused."""

        def report(done: int) -> None:
            progress.report(f"{source.publisher}: reading", done, len(payloads))

        whole = reading.read(source, self.archive, payloads, first=first, helper=self.helper, report=report)
        candidates = [
            _Candidate(served, said, [*filter(None, [said.reason]), *_too_few_readable(source, gate, said)])
            for served, said in zip(payloads, whole.readings, strict=True)
        ]
        return candidates, whole.rows

    def _judge(self, table: Table, gate: Gate, candidates: Sequence[_Candidate], rows: pa.Table) -> None:
        if all(candidate.reasons for candidate in candidates):
            return
        judged, places = _rows_of(rows, [number for number, candidate in enumerate(candidates) if not candidate.reasons])
        served = [candidate.served for candidate in candidates]
        described = judged.assign(
            payload_sha256=pd.Categorical([one.sha256 for one in served]).take(places),
            _file=pd.Categorical([one.request.file_name for one in served]).take(places),
            _fetched_on=np.array([calendars.known_on_of_fetch(one.fetched) for one in served], dtype="datetime64[s]")[places],
            **{PAYLOAD: places},
        )
        for number, reasons in gate.judge(table, described, self.vintages.latest(table, judged)).items():
            candidates[number].reasons.extend(reasons)

    def _write(self, source: Source, journal: _Journal, candidates: Sequence[_Candidate], rows: Sequence[Rows], as_of: date, outcome: Outcome) -> None:
        """Add what accepted payloads say, in the order in which they were fetched."""
        good = sorted((number for number, candidate in enumerate(candidates) if not candidate.reasons), key=lambda number: candidates[number].served.fetched_at)
        first: dict[str, Key] = {}
        for one in sorted([*journal.accepted(), *(candidates[number].served for number in good)], key=lambda one: one.fetched_at):
            first.setdefault(one.subject or one.url, one.key)
        arrivals = [
            Arrival(one.fetched, one.sha256, is_first=first.get(one.subject or one.url) == one.key) for one in (candidate.served for candidate in candidates)
        ]
        for table in source.tables:
            # Each part is let go as soon as the next is made from it: a year of holdings is most of what a run holds in memory.
            added, places = _rows_of(pa.concat_tables([part.pop(table.name) for part in rows]), good)
            stamped = stamp(source, added, arrivals, places)
            del added
            outcome.rows_added[table.name] = self.vintages.append(table, stamped, calendars.cutoff_on(as_of))
            del stamped
            pa.default_memory_pool().release_unused()

    def _close(self, source: Source, journal: _Journal, candidates: Sequence[_Candidate], outcome: Outcome) -> None:
        """Quarantine, release, and put the verdicts in the journal: the last step, so that a killed run is repeated whole."""
        verdicts: dict[Key, Verdict] = {}
        refused: list[tuple[_Candidate, bool]] = []
        for candidate in candidates:
            served = candidate.served
            was_refused = journal.verdict(served) == "quarantined"
            if candidate.reasons:
                self.quarantine.put(source, served, self.archive.content(served), candidate.reasons)
                verdicts[served.key] = {"verdict": "quarantined", "reasons": candidate.reasons}
                refused.append((candidate, not was_refused))
            else:
                if was_refused:
                    self.quarantine.release(source, served)
                verdicts[served.key] = {"verdict": "accepted"}
                outcome.accepted += 1
                outcome.rows_rejected += sum(map(len, candidate.reading.rejected.values()))
            self.quarantine.put_rows(source, served, candidate.reading.rejected)
        outcome.notes = list(dict.fromkeys(note for candidate in candidates if not candidate.reasons for note in candidate.reading.notes))
        self.archive.record_verdicts(source.name, journal.verdicts, verdicts)
        outcome.refusals = self._refusals(_Journal(journal.served, {**journal.verdicts, **verdicts}), refused)
        self.archive.record_outcome(source.name, self._record(outcome))

    @staticmethod
    def _refusals(journal: _Journal, refused: Sequence[tuple[_Candidate, bool]]) -> list[Refusal]:
        newest_good = {one.subject or one.url: one.fetched_at for one in journal.accepted()}
        return [
            Refusal(
                served=candidate.served,
                reasons=tuple(candidate.reasons),
                is_new=is_new,
                is_superseded=newest_good.get(candidate.served.subject or candidate.served.url, "") > candidate.served.fetched_at,
            )
            for candidate, is_new in refused
        ]

    @staticmethod
    def _record(outcome: Outcome) -> dict[str, Any]:
        return {
            "fetched_at": outcome.fetched_at,
            "verdict": outcome.verdict,
            "reason": outcome.reason(),
            "asked": outcome.asked,
            "unavailable": len(outcome.unavailable),
            "quarantined": len(outcome.refusals),
        }


def _too_few_readable(source: Source, gate: Gate, said: Reading) -> list[str]:
    """A reason for each table of whose lines too many could not be read."""
    reasons = []
    for table in source.tables:
        rejected = said.rejected.get(table.name)
        if rejected is None:
            continue
        refused, read = len(rejected), said.rows[table.name]
        if refused > gate.rejected_share_at_most(table) * (read + refused):
            example = rejected.iloc[0]
            found = f"{refused} of {read + refused} unreadable (line {example['line']}: {example['reason']})"
            reasons.append(f"expected readable lines, found {found}; look at rejected.csv")
    return reasons


def _after(candidates: Sequence[_Candidate], journal: _Journal) -> list[Served]:
    """What was accepted after an answer that is good only now: beside an old payload that recovers, a later one may say something new again."""
    oldest: dict[str, str] = {}
    for candidate in candidates:
        if not candidate.reasons:
            oldest.setdefault(candidate.served.subject, candidate.served.fetched_at)
    return [one for one in journal.accepted() if one.fetched_at > oldest.get(one.subject, "9999")]


def _rows_of(rows: pa.Table, payloads: Sequence[int]) -> tuple[pd.DataFrame, Places]:
    """The rows of these payloads, one payload after the other, and the payload of each row."""
    places = rows[PAYLOAD].to_numpy()
    rank = np.full(max([*payloads, places.max(initial=0)]) + 1, -1)
    rank[np.array(payloads, dtype="int64")] = np.arange(len(payloads))
    wanted = np.flatnonzero(rank[places] >= 0)
    order = wanted[np.argsort(rank[places[wanted]], kind="stable")]
    in_order = len(order) == len(places) and bool((np.diff(order) == 1).all())
    values = rows.drop_columns([PAYLOAD])
    return frame(values if in_order else values.combine_chunks().take(order)), places[order]
