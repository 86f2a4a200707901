"""Every source becomes assets, one per raw table, each with two checks: did the publisher answer, did the payloads pass the gate.

Both checks are non-blocking: one bad publisher stops nothing downstream, tables keep their last good vintage.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import dagster as dg

from orchestration import reference
from orchestration.defs import runs, shown
from orchestration.defs.gates import FirstGate
from orchestration.defs.resources import DataHome
from orchestration.landing.ingest import Outcome
from orchestration.landing.vintages import CLOCKS
from orchestration.sources import all_sources
from orchestration.sources.contract import Source, Table
from orchestration.warehouse import preview, publish

LATE_AFTER = {"daily": timedelta(days=5), "weekly": timedelta(days=16), "monthly": timedelta(days=45), "quarterly": timedelta(days=130)}
OWNERS = ["team:data"]


def _spec(source: Source, table: Table, meanings: shown.Meanings) -> dg.AssetSpec:
    return dg.AssetSpec(
        table.name,
        group_name="publishers",
        description=f"{table.description} Published by {source.publisher} ({source.homepage}); {source.terms}.",
        owners=OWNERS,
        kinds={"python", "parquet"},
        tags={"cadence": source.cadence, "layer": "raw"},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=LATE_AFTER[source.cadence]),
        metadata={
            "dagster/column_schema": shown.raw_schema(table, meanings),
            "publisher": source.publisher,
            "terms": source.terms,
            "homepage": dg.MetadataValue.url(source.homepage),
            "cadence": source.cadence,
        },
    )


def _publisher_check(outcome: Outcome, table: Table) -> dg.AssetCheckResult:
    """Passes where every address answered; a warning otherwise, since downstream runs on what is known."""
    metadata: dict[str, dg.MetadataValue] = {
        "expected": dg.MetadataValue.text(f"an answer from {outcome.asked} addresses"),
        "found": dg.MetadataValue.text(f"{outcome.asked - len(outcome.unavailable)} of {outcome.asked}"),
    }
    if outcome.unavailable:
        metadata["unavailable"] = dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in outcome.unavailable))
    return dg.AssetCheckResult(
        asset_key=table.name, check_name="publisher", passed=not outcome.unavailable, severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )


def _gate_check(outcome: Outcome, table: Table, gate: FirstGate) -> dg.AssetCheckResult:
    """Fails where a payload of this run, or the newest answer of an address, is in quarantine."""
    refusals = outcome.blocking_refusals
    old = len(outcome.refusals) - len(refusals)
    metadata: dict[str, dg.MetadataValue] = {
        "expected": dg.MetadataValue.text("payloads that parse and meet every critical expectation"),
        "found": dg.MetadataValue.text(
            "; ".join(refusal.sentence(outcome.source.publisher) for refusal in refusals)
            or f"{outcome.accepted} payloads accepted, {outcome.rows_rejected} lines rejected{f', {old} older ones still in quarantine' if old else ''}"
        ),
        **gate.metadata(table.name),
    }
    if refusals:
        metadata["quarantined"] = dg.MetadataValue.md("\n".join(f"- {refusal.sentence(outcome.source.publisher)}" for refusal in refusals))
    return dg.AssetCheckResult(asset_key=table.name, check_name="gate", passed=not refusals, severity=dg.AssetCheckSeverity.ERROR, metadata=metadata)


def _result(home: DataHome, outcome: Outcome, table: Table, gate: FirstGate, session: date) -> dg.MaterializeResult[None]:
    seen = preview.of_parquet(home.landing.vintages.paths(table), {**table.columns, **CLOCKS})
    return dg.MaterializeResult(
        table.name,
        metadata={
            **shown.rows(seen, is_simulated=home.settings.is_simulated),
            "as_of": session.isoformat(),
            "rows_added": outcome.rows_added.get(table.name, 0),
            "new_payloads": outcome.new_payloads,
            "payloads_accepted": outcome.accepted,
            "payloads_quarantined": len(outcome.refusals),
            "lines_rejected": outcome.rows_rejected,
            "transport": home.transport.name,
            **({"notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in outcome.notes))} if outcome.notes else {}),
            **({"market": "SIMULATED"} if home.settings.is_simulated else {}),
        },
        check_results=[_publisher_check(outcome, table), _gate_check(outcome, table, gate)],
    )


def _asset(source: Source, partitions: dg.PartitionsDefinition[str], meanings: Mapping[str, shown.Meanings]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=source.name,
        specs=[_spec(source, table, meanings.get(table.name, {})) for table in source.tables],
        check_specs=[
            dg.AssetCheckSpec(name, asset=table.name, blocking=False, description=description)
            for table in source.tables
            for name, description in (
                ("publisher", "The publisher answered at every address; otherwise downstream runs on what is known, with its age."),
                ("gate", "Every payload parses and meets the critical expectations; otherwise it is in quarantine and the table keeps its last good vintage."),
            )
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"data_home"},
    )
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        home: DataHome = context.resources.data_home
        session = date.fromisoformat(context.partition_key_range.end)
        gate = FirstGate(home.settings.home)
        outcome = home.landing.ingest(source, home.transport, gate, reference.scope(session))
        home.outcomes[source.name] = outcome
        for refusal in outcome.blocking_refusals:
            context.log.error(f"quarantined: {refusal.sentence(source.publisher)}")
        for sentence in outcome.unavailable[:3]:
            context.log.warning(f"unavailable: {sentence}")
        gate.write_docs(outcome, notice=publish.SIMULATED if home.settings.is_simulated else "")
        for table in source.tables:
            yield _result(home, outcome, table, gate, session)

    return raw


def assets(today: date, manifest: Mapping[str, Any]) -> Sequence[dg.AssetsDefinition]:
    """One multi-asset per source, partitioned by session; what its columns mean is read from the staging model, in dbt's manifest."""
    partitions, meanings = runs.sessions_partitions(today), shown.meanings(manifest)
    return [_asset(source, partitions, meanings) for source in all_sources().values()]
