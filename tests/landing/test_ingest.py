"""From answers to vintages: what enters, what waits in quarantine, and that any step may die."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.landing import files
from orchestration.landing.archive import Archive
from orchestration.landing.ingest import Landing
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.transports import Replay
from orchestration.landing.vintages import RawVintages
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Table

from .conftest import LINES, SOURCE, VALUES, OpenGate, Scripted, body

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 2, day) for day in (2, 3, 4, 5))
FIRST = body(("2026-01-29", "x", 1), ("2026-01-30", "x", 2))
SECOND = body(("2026-01-29", "x", 1), ("2026-01-30", "x", 2.5), ("2026-02-02", "x", 3))
BROKEN = b"<html><title>Busy</title></html>"


def rows_of(landing: Landing, table: Table = VALUES) -> list[tuple[object, ...]]:
    rows = landing.vintages.read(table).sort_values(["observed_on", "known_on", "fetched_at"])
    return [(f"{row.observed_on:%m-%d}", row.value, f"{row.known_on:%m-%d}", row.vintage_kind) for row in rows.itertuples()]


def test_the_first_payload_brings_history_and_later_ones_only_what_is_new_or_changed(landing: Landing, scope: Scope) -> None:
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, FIRST), (TUESDAY, SECOND)]), OpenGate(), scope)
    assert outcome.rows_added == {VALUES.name: 4, LINES.name: 4}
    assert rows_of(landing) == [
        ("01-29", 1.0, "01-30", "reconstructed"),
        ("01-30", 2.0, "01-31", "reconstructed"),
        ("01-30", 2.5, "02-03", "observed"),
        ("02-02", 3.0, "02-03", "observed"),
    ]


def test_one_run_over_two_days_leaves_what_two_daily_runs_leave(tmp_path: Path, scope: Scope) -> None:
    def fresh(name: str) -> Landing:
        return Landing(Archive(tmp_path / name), RawVintages(tmp_path / name), Quarantine(tmp_path / name))

    once, daily = fresh("once"), fresh("daily")
    once.ingest(SOURCE, Scripted([(MONDAY, FIRST), (TUESDAY, SECOND)]), OpenGate(), scope)
    daily.ingest(SOURCE, Scripted([(MONDAY, FIRST)]), OpenGate(), scope)
    daily.ingest(SOURCE, Scripted([(MONDAY, FIRST), (TUESDAY, SECOND)]), OpenGate(), scope)
    for table in (VALUES, LINES):
        assert rows_of(once, table) == rows_of(daily, table)


def test_a_home_restored_from_its_landing_alone_gives_the_same_rows(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    served = [(MONDAY, FIRST), (TUESDAY, BROKEN), (WEDNESDAY, SECOND)]
    landing.ingest(SOURCE, Scripted(served), OpenGate(), scope)
    shutil.copytree(tmp_path / "landing", tmp_path / "copy" / "landing")
    restored = Landing(Archive(tmp_path / "copy"), RawVintages(tmp_path / "copy"), Quarantine(tmp_path / "copy"))
    restored.ingest(SOURCE, Replay(), OpenGate(), scope)
    for table in (VALUES, LINES):
        assert len(rows_of(landing, table)) == 4
        assert rows_of(restored, table) == rows_of(landing, table)
    assert restored.archive.verdicts(SOURCE.name) == landing.archive.verdicts(SOURCE.name)
    assert restored.ingest(SOURCE, Replay(), OpenGate(), scope).rows_added == {VALUES.name: 0, LINES.name: 0}


def test_the_same_bytes_twice_write_nothing(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    landing.ingest(SOURCE, Scripted([(MONDAY, FIRST)]), OpenGate(), scope)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, FIRST), (TUESDAY, FIRST)]), OpenGate(), scope)
    assert outcome.new_payloads == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_line_that_is_gone_from_a_snapshot_makes_a_new_vintage_of_the_whole(landing: Landing, scope: Scope) -> None:
    two, one = body(("2026-01-30", "x", 1), ("2026-01-30", "y", 2)), body(("2026-01-30", "y", 2))
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, two), (TUESDAY, one)]), OpenGate(), scope)
    assert outcome.rows_added[LINES.name] == 3
    newest = landing.vintages.latest(LINES, pd.DataFrame({"name": ["A"]}))
    assert newest["held"].tolist() == ["y"]


def test_a_page_instead_of_data_is_archived_and_quarantined_with_its_reason(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    landing.ingest(SOURCE, Scripted([(MONDAY, FIRST)]), OpenGate(), scope)
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, FIRST), (TUESDAY, BROKEN)]), OpenGate(), scope)
    assert outcome.verdict == "quarantined"
    assert "found a web page titled 'Busy'" in outcome.reason()
    (refusal,) = outcome.refusals
    assert landing.archive.content(refusal.served) == BROKEN
    assert (landing.quarantine.folder(SOURCE, refusal.served) / "values.csv").read_bytes() == BROKEN
    assert len(rows_of(landing)) == 2


def test_a_payload_that_fails_the_gate_enters_none_of_its_tables(landing: Landing, scope: Scope) -> None:
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, body(("2026-01-30", "x", 5000)))]), OpenGate(), scope)
    assert outcome.rows_added == {VALUES.name: 0, LINES.name: 0}
    assert "expected values up to 1000.0" in outcome.reason()


def test_a_quarantined_payload_is_tried_again_and_leaves_once_the_suite_is_mended(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    script = Scripted([(MONDAY, body(("2026-01-30", "x", 5000)))])
    assert landing.ingest(SOURCE, script, OpenGate(), scope).refusals[0].is_new
    assert not landing.ingest(SOURCE, script, OpenGate(), scope).refusals[0].is_new
    outcome = landing.ingest(SOURCE, script, OpenGate(highest=9000), scope)
    assert (outcome.verdict, outcome.rows_added[VALUES.name]) == ("ok", 1)
    assert not list((tmp_path / "quarantine").rglob("*.json"))


def test_an_old_payload_that_recovers_does_not_hide_what_came_after_it(tmp_path: Path, scope: Scope) -> None:
    """Monday 1, Tuesday 5000 (refused at first), Wednesday 1 again: afterwards Wednesday must still say 1."""
    bodies = [(MONDAY, body(("2026-01-30", "x", 1))), (TUESDAY, body(("2026-01-30", "x", 5000))), (WEDNESDAY, body(("2026-01-30", "x", 1)))]

    def ingest(name: str, *gates: OpenGate) -> list[tuple[object, ...]]:
        home = tmp_path / name
        landing = Landing(Archive(home), RawVintages(home), Quarantine(home))
        for gate in gates:
            landing.ingest(SOURCE, Scripted(bodies), gate, scope)
        return rows_of(landing)

    assert ingest("mended", OpenGate(), OpenGate(highest=9000)) == ingest("straight", OpenGate(highest=9000))


def test_a_refusal_that_a_later_answer_made_up_for_is_owned_up_to_once(landing: Landing, scope: Scope) -> None:
    script = Scripted([(MONDAY, BROKEN), (TUESDAY, FIRST)])
    assert len(landing.ingest(SOURCE, script, OpenGate(), scope).blocking_refusals) == 1
    again = landing.ingest(SOURCE, script, OpenGate(), scope)
    assert (len(again.refusals), again.blocking_refusals, again.verdict) == (1, [], "ok")


def test_single_unreadable_lines_go_to_quarantine_alone_up_to_the_limit(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    mostly_good = body(*[(f"2026-01-{number:02}", "x", number) for number in range(10, 19)], ("2026-01-30", "bad", "12x"))
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, mostly_good)]), OpenGate(), scope)
    assert (outcome.accepted, outcome.rows_rejected) == (1, 1)
    (rejected,) = (tmp_path / "quarantine").rglob("rejected.csv")
    assert "cannot read '12x'" in rejected.read_text()
    outcome = landing.ingest(SOURCE, Scripted([(TUESDAY, body(("2026-01-30", "x", "12x")))]), OpenGate(), scope)
    assert "expected readable lines, found 1 of 1 unreadable" in outcome.reason()


def test_a_publisher_that_does_not_answer_is_unavailable_and_changes_nothing(landing: Landing, scope: Scope) -> None:
    landing.ingest(SOURCE, Scripted([(MONDAY, FIRST)]), OpenGate(), scope)
    outcome = landing.ingest(SOURCE, Scripted([(TUESDAY, None)]), OpenGate(), scope)
    assert (outcome.verdict, outcome.refusals, len(rows_of(landing))) == ("unavailable", [], 2)


def test_a_defect_of_the_parser_quarantines_the_payload_and_stops_nobody(landing: Landing, scope: Scope) -> None:
    def broken(payload: Payload) -> dict[str, Parsed]:
        raise RecursionError("too deep")

    outcome = landing.ingest(replace(SOURCE, parse=broken), Scripted([(MONDAY, FIRST)]), OpenGate(), scope)
    assert outcome.verdict == "quarantined"
    assert "found RecursionError: too deep; mend sources/test_values.py" in outcome.reason()


def test_what_another_address_revises_was_seen_to_change_even_in_its_first_payload(landing: Landing, scope: Scope) -> None:
    """ICI starts a new address each January: what it brings is history, what it changes is news."""

    def ingest(url: str, morning: date, *rows: tuple[str, str, float | str]) -> None:
        source = replace(SOURCE, requests=lambda scope: [Request(url)])
        landing.ingest(source, Scripted([(morning, body(*rows))]), OpenGate(), scope)

    ingest("https://example.org/2025.csv", MONDAY, ("2026-01-29", "x", 1))
    ingest("https://example.org/2026.csv", WEDNESDAY, ("2026-01-29", "x", 1.5), ("2026-01-30", "x", 2))
    assert rows_of(landing) == [
        ("01-29", 1.0, "01-30", "reconstructed"),
        ("01-29", 1.5, "02-04", "observed"),
        ("01-30", 2.0, "01-31", "reconstructed"),
    ]


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def _dies_on_write(monkeypatch: pytest.MonkeyPatch, matches: Callable[[Path], bool], *, before_rename: bool) -> None:
    """Die at the first write to a path that matches, either before its bytes are in place or just after."""
    real = files.os.replace
    state = {"armed": True}

    def replace(source: object, target: Path) -> None:
        hit = state["armed"] and matches(Path(target))
        if hit and before_rename:
            state["armed"] = False
            raise Killed
        real(source, target)
        if hit:
            state["armed"] = False
            raise Killed

    monkeypatch.setattr(files.os, "replace", replace)


POINTS: dict[str, Callable[[Path], bool]] = {
    "while archiving bytes": lambda path: "objects" in path.parts,
    "while writing the journal of answers": lambda path: path.name == "served.jsonl",
    "while writing the first vintage": lambda path: VALUES.name in path.parts and path.parent.name != "landed=never",
    "while writing the second vintage": lambda path: LINES.name in path.parts and path.parent.name != "landed=never",
    "while writing to quarantine": lambda path: "quarantine" in path.parts,
    "while writing verdicts": lambda path: path.name == "verdicts.jsonl",
    "while writing the outcome": lambda path: path.name == "outcome.json",
}


@pytest.mark.parametrize("before_rename", [True, False], ids=["before the rename", "after the rename"])
@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_anywhere_leaves_nothing_half_written_and_the_next_completes_it(
    tmp_path: Path, scope: Scope, monkeypatch: pytest.MonkeyPatch, point: str, before_rename: bool
) -> None:
    script = Scripted([(MONDAY, FIRST), (TUESDAY, BROKEN), (WEDNESDAY, SECOND)])

    def fresh(name: str) -> Landing:
        return Landing(Archive(tmp_path / name), RawVintages(tmp_path / name), Quarantine(tmp_path / name))

    undisturbed, killed = fresh("undisturbed"), fresh("killed")
    undisturbed.ingest(SOURCE, script, OpenGate(), scope)
    with monkeypatch.context() as patched:
        _dies_on_write(patched, POINTS[point], before_rename=before_rename)
        with pytest.raises(Killed):
            killed.ingest(SOURCE, script, OpenGate(), scope)
    files.sweep(tmp_path / "killed")
    killed.ingest(SOURCE, script, OpenGate(), scope)
    for table in (VALUES, LINES):
        pd.testing.assert_frame_equal(
            *(landing.vintages.read(table).sort_values(["observed_on", "known_on"], ignore_index=True) for landing in (undisturbed, killed))
        )
    assert {path.relative_to(tmp_path / "killed") for path in (tmp_path / "killed").rglob("*") if path.is_file()} == {
        path.relative_to(tmp_path / "undisturbed") for path in (tmp_path / "undisturbed").rglob("*") if path.is_file()
    }


def test_a_run_killed_while_fetching_has_archived_nothing_half(tmp_path: Path, scope: Scope) -> None:
    landing = Landing(Archive(tmp_path), RawVintages(tmp_path), Quarantine(tmp_path))

    class Dying(Scripted):
        def answers(self, *arguments: object) -> object:  # type: ignore[override]
            yield from list(super().answers(*arguments))[:1]  # type: ignore[arg-type]
            raise Killed

    with pytest.raises(Killed):
        landing.ingest(SOURCE, Dying([(MONDAY, FIRST), (TUESDAY, SECOND)]), OpenGate(), scope)
    assert landing.archive.served(SOURCE.name) == []
    outcome = landing.ingest(SOURCE, Scripted([(MONDAY, FIRST), (TUESDAY, SECOND)]), OpenGate(), scope)
    assert outcome.rows_added[VALUES.name] == 4
