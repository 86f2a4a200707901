"""The two gates. The first stands before rows enter the raw vintages, the second before publication.

Suites and their engine live in `expectations/`; here they meet landing and Dagster. The second gate also refuses emptiness:
a table that nobody filled passes every range check. And NaN: in a frame it is null.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pandas as pd

from expectations import suites
from orchestration.defs import judging
from orchestration.defs.resources import DataHome
from orchestration.landing.ingest import Outcome
from orchestration.reporting import markdown
from orchestration.sources import all_sources
from orchestration.sources.contract import Table
from orchestration.warehouse import build, publish

if TYPE_CHECKING:
    from expectations.runner import Failure, Report

INCOMPLETE = "incomplete"
MOST_SAMPLES = 5  # expectations whose failing rows are shown
Manifest = Mapping[str, Mapping[str, Mapping[str, object]]]
DECLARED_ABSENT = frozenset({"unavailable", "never_fetched", INCOMPLETE})


def _docs_metadata(pages: Mapping[str, Path], table: str) -> dict[str, dg.MetadataValue]:
    # A path, not a link: a browser opens no file from a page that a server sent.
    return {"data_docs": dg.MetadataValue.path(str(pages[table].resolve()))} if table in pages else {}


def _failing_rows(report: "Report") -> dict[str, dg.MetadataValue]:
    """The first rows that fail each expectation, under what was expected, critical ones first; nothing where no single row is at fault."""
    shown: dict[str, str] = {}
    for failure in sorted(report.failures, key=lambda failure: failure.severity):
        if failure.rows:
            where = f" in {failure.file}" if failure.file else ""
            columns = list(failure.rows[0])
            shown.setdefault(f"{failure.severity}: expected {failure.expected}{where}", markdown.table(columns, [list(row.values()) for row in failure.rows]))
    return {"failing_rows": dg.MetadataValue.md("\n\n".join(f"{title}\n\n{rows}" for title, rows in list(shown.items())[:MOST_SAMPLES]))} if shown else {}


def _sentence(failure: "Failure") -> str:
    return f"expected {failure.expected}, found {failure.found} ({failure.reason})"


class FirstGate:
    """The gate of one source's run: judges candidates, keeps the reports for the checks and the Data Docs."""

    def __init__(self, home: Path) -> None:
        self._docs = home / "data_docs"
        self._reports: dict[str, Report] = {}
        self._pages: dict[str, Path] = {}

    def judge(self, table: Table, candidates: pd.DataFrame, previous: pd.DataFrame) -> dict[int, list[str]]:
        from expectations.runner import validate

        report = validate(table.name, suites.load(table.name), candidates, previous=previous)
        self._reports[table.name] = report
        failures: dict[int, list[str]] = {}
        for failure in report.failures:
            if failure.severity == "critical" and failure.payload is not None:
                failures.setdefault(failure.payload, []).append(_sentence(failure))
        return failures

    def rejected_share_at_most(self, table: Table) -> float:
        return suites.load(table.name).rejected_share_at_most

    def write_docs(self, outcome: Outcome, *, notice: str) -> None:
        """Render the Data Docs of what was judged and of what was refused unread."""
        sentences = [refusal.sentence(outcome.source.publisher) for refusal in outcome.blocking_refusals]
        if self._reports or sentences:
            from expectations.docs import render

            refused = {table.name: sentences for table in outcome.source.tables} if sentences else {}
            self._pages = render(list(self._reports.values()), self._docs, refused=refused, notice=notice)

    def metadata(self, table: str) -> dict[str, dg.MetadataValue]:
        """Readable metadata for the table's gate check."""
        report = self._reports.get(table)
        if report is None:
            return {"judged": dg.MetadataValue.text("nothing new to judge"), **_docs_metadata(self._pages, table)}
        return {**_failing_rows(report), "expectations": dg.MetadataValue.md(report.as_markdown()), **_docs_metadata(self._pages, table)}


def upstream_sources(manifest: Manifest, mart: str) -> frozenset[str]:
    """Raw tables a model is built from, directly or not, by dbt's own lineage."""
    nodes, sources = manifest["nodes"], manifest["sources"]
    waiting = [name for name, node in nodes.items() if node["resource_type"] == "model" and node["name"] == mart]
    found: set[str] = set()
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in sources:
            found.add(str(sources[name]["name"]))
        elif name in nodes:
            depends = nodes[name].get("depends_on", {})
            waiting += [str(parent) for parent in (depends.get("nodes", []) if isinstance(depends, dict) else [])]
    return frozenset(found)


def gives_reason(manifest: Manifest, mart: str, key: str) -> bool:
    """Whether a model's meta gives a reason why no row (`may_be_empty`: a watch that has not begun) or fewer rows (`may_shrink`) may be an honest answer."""
    for node in manifest["nodes"].values():
        config = node.get("config", {})
        if node["resource_type"] == "model" and node["name"] == mart and isinstance(config, Mapping):
            return bool(config.get("meta", {}).get(key))
    return False


def row_floor(mart: str, published: Mapping[str, int], sources_of_mart: frozenset[str], outcomes: Mapping[str, str], *, empty_is_honest: bool = False) -> int:
    """The fewest rows a mart may have: as many as the last published file of an earlier or equal session.

    Without one it must not be empty, unless its model says why it may be, or a source of it is declared absent (as a whole
    or at some address: the symbols a mart needs may be among them) and none is in quarantine.
    """
    if mart in published:
        return published[mart]
    if empty_is_honest:
        return 0
    verdicts = {outcomes.get(table, "never_fetched") for table in sources_of_mart}
    return 0 if verdicts & DECLARED_ABSENT and "quarantined" not in verdicts else 1


def outcomes_by_table(home: DataHome) -> dict[str, str]:
    """How fetching last went, by raw table: the source's verdict, `incomplete` where some of its addresses gave nothing."""
    verdicts: dict[str, str] = {}
    for source in all_sources().values():
        outcome = home.landing.archive.outcome(source.name)
        verdict = outcome.get("verdict", "never_fetched")
        verdicts.update({table.name: INCOMPLETE if verdict == "ok" and outcome.get("unavailable") else verdict for table in source.tables})
    return verdicts


def case_of(home: DataHome, marts: Sequence[str], manifest: Manifest, run_id: str) -> judging.Case:
    """What the second gate asks of a finished build."""
    file = home.settings.build_file
    before = publish.manifest_before(home.settings.published_file)
    published = before.get("tables", {}) if before and before["as_of"] <= build.as_of(file).isoformat() else {}
    floors = {mart: rows for mart, rows in published.items() if not gives_reason(manifest, mart, "may_shrink")}
    outcomes = outcomes_by_table(home)
    least = {
        mart: row_floor(mart, floors, upstream_sources(manifest, mart), outcomes, empty_is_honest=gives_reason(manifest, mart, "may_be_empty"))
        for mart in marts
    }
    return judging.Case(file, publish.SCHEMA, run_id, least)


def mart_gate(marts: Sequence[str], manifest: Manifest) -> dg.AssetChecksDefinition:
    """One blocking check a mart, all in one step; publication waits for it."""

    @dg.multi_asset_check(
        name="mart_gate",
        specs=[
            dg.AssetCheckSpec(
                "suite",
                asset=mart,
                blocking=True,
                description="The mart meets its suite and is no shorter than in the last published file; otherwise nothing is published.",
            )
            for mart in marts
        ],
        required_resource_keys={"data_home"},
        can_subset=False,
    )
    def gate(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from expectations.docs import render

        home: DataHome = context.resources.data_home
        settings = home.settings
        case = case_of(home, marts, manifest, context.run.run_id)
        reports = home.judge.decide(case)
        has_data = any(report.rows for mart, report in reports.items() if upstream_sources(manifest, mart) and mart != "source_status")
        unreal = build.not_finite(settings.build_file, publish.SCHEMA)
        pages = render(list(reports.values()), settings.home / "data_docs", notice=publish.SIMULATED if settings.is_simulated else "")
        for mart, report in reports.items():
            critical = [failure for failure in report.failures if failure.severity == "critical"]
            warnings = [failure for failure in report.failures if failure.severity == "warning"]
            sentences = [_sentence(failure) for failure in critical]
            found = unreal.get(mart, {})
            sentences += [f"expected numbers or null in {column}, found NaN or infinity in {count:,} rows" for column, count in found.items()]
            if not has_data and mart == "source_status":
                sentences.append("expected at least one table with data, found every table empty; nothing is published")
            for sentence in sentences:
                context.log.error(f"blocked: {mart}: {sentence}")
            yield dg.AssetCheckResult(
                asset_key=mart,
                check_name="suite",
                passed=not sentences and not warnings,
                severity=dg.AssetCheckSeverity.ERROR if sentences else dg.AssetCheckSeverity.WARN,
                metadata={
                    "expected": dg.MetadataValue.text(f"{report.evaluated} expectations to hold on {case.least[mart]:,} rows or more, every number finite"),
                    "found": dg.MetadataValue.text("; ".join(sentences or map(_sentence, warnings)) or f"that all hold on {report.rows:,} rows"),
                    **({"blocks": dg.MetadataValue.text("publication: analysts keep the last published file")} if sentences else {}),
                    "dagster/row_count": report.rows,
                    **_failing_rows(report),
                    "expectations": dg.MetadataValue.md(report.as_markdown()),
                    **_docs_metadata(pages, mart),
                },
            )

    return gate
