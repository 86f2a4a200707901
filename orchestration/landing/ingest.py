"""One source, one run: fetch, archive, parse, gate, write vintages. Every step can be killed and repeated.

Bytes are archived before they are parsed. A payload that does not parse, or fails a critical expectation, enters none of
its tables; it is tried again on every run, since the parser or the suite may have been mended. Knows neither Dagster nor
Great Expectations: the gate is handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import pandas as pd

from orchestration import calendars, progress
from orchestration.landing.archive import Archive, Served
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.transports import Transport
from orchestration.landing.vintages import RawVintages, stamp
from orchestration.sources.contract import DEFECTS, Parsed, ParseError, Scope, Source, Table

PAYLOAD = "_payload"


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
    parsed: dict[str, Parsed] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Landing:
    """The three stores of a data home."""

    archive: Archive
    vintages: RawVintages
    quarantine: Quarantine

    def ingest(self, source: Source, transport: Transport, gate: Gate, scope: Scope) -> Outcome:
        """Bring in what the source serves for the session `scope.as_of`. Raises nothing a publisher can cause."""
        outcome = Outcome(source, calendars.cutoff_at(scope.as_of).isoformat())
        self._fetch(source, transport, scope, outcome)
        candidates = self._pending(source)
        for number, candidate in enumerate(candidates, start=1):
            self._parse(source, gate, candidate)
            progress.report(f"{source.publisher}: reading", number, len(candidates))
        for table in source.tables:
            self.vintages.ensure(table)
            self._judge(table, gate, candidates)
        good = [candidate for candidate in candidates if not candidate.reasons]
        self._write(source, self._with_later(source, gate, good), scope.as_of, outcome)
        self._close(source, candidates, outcome)
        return outcome

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

    def _pending(self, source: Source) -> list[_Candidate]:
        """Archived answers that were not accepted yet, oldest first."""
        verdicts = self.archive.verdicts(source.name)
        return [_Candidate(one) for one in self.archive.served(source.name) if verdicts.get(one.key, {}).get("verdict") != "accepted"]

    def _with_later(self, source: Source, gate: Gate, good: Sequence[_Candidate]) -> list[_Candidate]:
        """These, and what was accepted after them: beside an old payload that recovers, a later one may say something new again."""
        oldest: dict[str, str] = {}
        for candidate in good:
            oldest.setdefault(candidate.served.subject, candidate.served.fetched_at)
        verdicts = self.archive.verdicts(source.name)
        later = [
            _Candidate(one)
            for one in self.archive.served(source.name)
            if verdicts.get(one.key, {}).get("verdict") == "accepted" and one.fetched_at > oldest.get(one.subject, "9999")
        ]
        for candidate in later:
            self._parse(source, gate, candidate)
        return sorted([*good, *(candidate for candidate in later if not candidate.reasons)], key=lambda candidate: candidate.served.fetched_at)

    def _parse(self, source: Source, gate: Gate, candidate: _Candidate) -> None:
        try:
            parsed = dict(source.parse(self.archive.payload(candidate.served)))
        except ParseError as error:
            candidate.reasons.append(str(error))
            return
        except DEFECTS as error:
            # The payload waits until the parser is mended.
            candidate.reasons.append(f"expected a file the parser can read, found {type(error).__name__}: {error}; mend sources/{source.name}.py")
            return
        for table in source.tables:
            part = parsed[table.name]
            read, refused = len(part.rows), len(part.rejected)
            if refused and refused > gate.rejected_share_at_most(table) * (read + refused):
                example = part.rejected.iloc[0]
                found = f"{refused} of {read + refused} unreadable (line {example['line']}: {example['reason']})"
                candidate.reasons.append(f"expected readable lines, found {found}; look at rejected.csv")
        candidate.parsed = parsed

    def _judge(self, table: Table, gate: Gate, candidates: Sequence[_Candidate]) -> None:
        frames = [
            candidate.parsed[table.name].rows.assign(
                payload_sha256=candidate.served.sha256,
                _file=candidate.served.request.file_name,
                _fetched_on=pd.Timestamp(calendars.known_on_of_fetch(candidate.served.fetched)),
                **{PAYLOAD: number},
            )
            for number, candidate in enumerate(candidates)
            if table.name in candidate.parsed and not candidate.reasons
        ]
        if not frames:
            return
        rows = pd.concat(frames, ignore_index=True)
        for number, reasons in gate.judge(table, rows, self.vintages.latest(table, rows)).items():
            candidates[number].reasons.extend(reasons)

    def _write(self, source: Source, good: Sequence[_Candidate], as_of: date, outcome: Outcome) -> None:
        verdicts = self.archive.verdicts(source.name)
        accepted = [one for one in self.archive.served(source.name) if verdicts.get(one.key, {}).get("verdict") == "accepted"]
        accepted += [candidate.served for candidate in good]
        first: dict[str, tuple[str, str, str]] = {}
        for one in sorted(accepted, key=lambda one: one.fetched_at):
            first.setdefault(one.subject or one.url, one.key)
        for table in source.tables:
            stamped = [
                stamp(
                    source,
                    candidate.parsed[table.name].rows,
                    candidate.served.fetched,
                    candidate.served.sha256,
                    first=first[candidate.served.subject or candidate.served.url] == candidate.served.key,
                )
                for candidate in good
            ]
            outcome.rows_added[table.name] = self.vintages.append(table, stamped, calendars.cutoff_on(as_of))

    def _close(self, source: Source, candidates: Sequence[_Candidate], outcome: Outcome) -> None:
        """Quarantine, release, and put the verdicts in the journal: the last step, so that a killed run is repeated whole."""
        before = self.archive.verdicts(source.name)
        verdicts: dict[tuple[str, str, str], dict[str, Any]] = {}
        refused: list[tuple[_Candidate, bool]] = []
        for candidate in candidates:
            served = candidate.served
            if candidate.reasons:
                self.quarantine.put(source, served, self.archive.content(served), candidate.reasons)
                self.quarantine.put_rows(source, served, candidate.parsed)
                verdicts[served.key] = {"verdict": "quarantined", "reasons": candidate.reasons}
                refused.append((candidate, before.get(served.key, {}).get("verdict") != "quarantined"))
                continue
            if before.get(served.key, {}).get("verdict") == "quarantined":
                self.quarantine.release(source, served)
            verdicts[served.key] = {"verdict": "accepted"}
            outcome.accepted += 1
            self.quarantine.put_rows(source, served, candidate.parsed)
            for part in candidate.parsed.values():
                outcome.rows_rejected += len(part.rejected)
                outcome.notes += [note for note in part.notes if note not in outcome.notes]
        self.archive.record_verdicts(source.name, verdicts)
        outcome.refusals = self._refusals(source, refused)
        self.archive.record_outcome(source.name, self._record(outcome))

    def _refusals(self, source: Source, refused: Sequence[tuple[_Candidate, bool]]) -> list[Refusal]:
        verdicts = self.archive.verdicts(source.name)
        newest_good: dict[str, str] = {}
        for one in self.archive.served(source.name):
            if verdicts.get(one.key, {}).get("verdict") == "accepted":
                newest_good[one.subject or one.url] = one.fetched_at
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
