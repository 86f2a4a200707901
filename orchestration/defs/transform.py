"""dbt as Dagster assets: one per seed and model, its tests as checks. dbt runs once, in a process of its own, on the build file."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets
from packaging.version import Version

from orchestration import calendars, progress
from orchestration import settings as environment
from orchestration.defs import dbt_checks, gates, groups, lineage, resources, runs, shown
from orchestration.defs.raw import OWNERS
from orchestration.landing import files
from orchestration.landing.vintages import CLOCKS
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.sources import all_sources
from orchestration.sources.contract import Source, Table
from orchestration.warehouse import build, preview, publish

DBT = Path(sys.executable).with_name("dbt")

# Unit tests are about the code, not about the day, and the grain of a mart is judged by the gate behind: the test suite runs both.
JUDGED_LATER = "tag:grain,path:models/marts"
BUILD = ["build", "--exclude-resource-type", "unit_test"]


class DbtProjectError(RuntimeError):
    """The dbt project does not parse; carries dbt's own last lines."""


def project_hash(project: Path) -> str:
    """A hash of everything in the dbt project that dbt reads: a stale manifest dies in mid-run, so each state has its own."""
    digest = hashlib.sha256()
    ignored = {"target", "logs", "dbt_packages"}
    for path in sorted(path for path in project.rglob("*") if path.is_file() and not ignored & set(path.relative_to(project).parts)):
        if path.name != ".user.yml":
            digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _parsed(settings: Settings) -> Path:
    """Where what dbt has parsed is kept. It names seeds by absolute paths, so that a checkout that was moved needs a folder of its own."""
    return settings.home / "dbt" / hashlib.sha256(str(DBT_PROJECT.resolve()).encode()).hexdigest()[:8]


def target_path(settings: Settings) -> Path:
    """Where dbt keeps its artefacts: one folder for parsing and building, so that a build need not parse again."""
    return _parsed(settings) / "target"


def manifest_path(settings: Settings) -> Path:
    """The manifest of the project as it is now; parsed once for each state of the project."""
    project = DBT_PROJECT
    path = _parsed(settings) / project_hash(project) / "manifest.json"
    if path.exists():
        return path
    target = target_path(settings)
    command = [str(DBT), "parse", "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target), "--log-path", str(target)]
    environment.export(settings)
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if process.returncode:
        raise DbtProjectError(f"expected a dbt project that parses, found: {' '.join(process.stdout.split()[-60:])}")
    files.write_bytes(path, (target / "manifest.json").read_bytes())
    return path


def _is_judged_later(node: Mapping[str, Any]) -> bool:
    """Whether JUDGED_LATER selects a node."""
    return "grain" in node["tags"] and str(node["original_file_path"]).startswith("models/marts")


class Translator(DagsterDbtTranslator):
    """Asset = table = file: a model's key is its name, a source's key is its raw table."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_code_references=False))
        self._groups = groups.by_node(manifest)
        self._meanings = shown.meanings(manifest)

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey(dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return self._groups.get(dbt_resource_props["unique_id"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return shown.description(dbt_resource_props)

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        return {"layer": shown.layer(dbt_resource_props)}

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        return shown.definition(dbt_resource_props, self._meanings.get(dbt_resource_props["name"], {}))

    def get_partition_mapping(self, dbt_resource_props: Mapping[str, Any], dbt_parent_resource_props: Mapping[str, Any]) -> dg.PartitionMapping | None:
        # Tables are built for the run's last session; without this Dagster lists all 6,700 partitions once for each raw table.
        return dg.LastPartitionMapping() if dbt_parent_resource_props["resource_type"] == "source" else None

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        # A check that no run evaluates would stand in the UI for ever as one that nobody asked for.
        node = manifest["nodes"][unique_id]
        spec = None if _is_judged_later(node) else super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(description=f"Expected: {dbt_checks.expected(node)}.") if spec else None

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS


def _next_release(source: Source, table: Table, home: resources.DataHome) -> date | None:
    """When the next observation should be known, by the source's own release rule; None before there is a first."""
    last = home.landing.vintages.last_row(table)
    if last is None:
        return None
    following = calendars.next_observation(last["observed_on"].iloc[0].date(), source.cadence)
    released = source.published_on(last.assign(observed_on=pd.Timestamp(following)))
    known: date = calendars.known_on_of_release(released).iloc[0].date()
    return known


def source_outcomes(home: resources.DataHome) -> list[build.SourceOutcome]:
    """How fetching last went, one row a source and raw table."""
    rows: list[build.SourceOutcome] = []
    for source in all_sources().values():
        outcome = home.landing.archive.outcome(source.name)
        for table in source.tables:
            home.landing.vintages.ensure(table)
            rows.append(
                build.SourceOutcome(
                    source=source.name,
                    publisher=source.publisher,
                    cadence=source.cadence,
                    table_name=table.name,
                    outcome=outcome.get("verdict", "never_fetched"),
                    reason=outcome.get("reason") or None,
                    last_fetched_at=home.landing.archive.last_fetch(source.name),
                    quarantined_payloads=outcome.get("quarantined", 0),
                    next_release_on=_next_release(source, table, home),
                )
            )
    return rows


def _table_columns(shapes: Mapping[str, build.Shape]) -> dict[str, Mapping[str, str]]:
    """Columns and types of everything a model can read: what dbt built, and the raw tables below."""
    raw = {table.name: {**table.columns, **CLOCKS} for source in all_sources().values() for table in source.tables}
    return {**raw, **{name: shape.columns for name, shape in shapes.items()}}


@dataclass(frozen=True)
class _Built:
    """What is known of a build after dbt has closed it: what its events are told with."""

    home: resources.DataHome
    manifest: Mapping[str, Any]
    session: date
    shapes: Mapping[str, build.Shape]
    previews: Mapping[str, preview.Preview]
    pictures: Mapping[str, dg.MetadataValue]
    lineage: Mapping[str, lineage.Lineage]
    meanings: Mapping[str, shown.Meanings]
    results: Mapping[str, Mapping[str, Any]]

    def told(self, event: Any) -> Any:
        """The event of a table with its content, of a test with what it expected and found; any other event as it is."""
        if isinstance(event, dg.AssetCheckResult):
            return dbt_checks.explained(event, self.manifest, self.results, self.home.settings.build_file)
        if not isinstance(event, dg.Output) or event.output_name not in self.previews:
            return event
        name = event.output_name
        metadata = {
            **({"chart": self.pictures[name]} if name in self.pictures else {}),
            **shown.rows(self.previews[name], is_simulated=self.home.settings.is_simulated),
            "as_of": self.session.isoformat(),
            "dagster/column_schema": shown.schema(self.shapes[name].columns, self.meanings.get(name, {})),
        }
        if self.lineage.get(name):
            metadata["dagster/column_lineage"] = lineage.as_metadata(self.lineage[name], _table_columns(self.shapes).keys())
        # The UI shows entries in this order: what a reader wants before what dbt says of itself.
        return event.with_metadata({**metadata, **event.metadata})


def _look_at(home: resources.DataHome, manifest: Mapping[str, Any], session: date, *, is_whole: bool) -> _Built:
    """is_whole: dbt came to its end. Of a build that did not, no lineage is read (it would be kept, and with holes) and no chart drawn."""
    file, target, is_simulated = home.settings.build_file, target_path(home.settings), home.settings.is_simulated
    shapes = build.describe(file)
    kept = manifest_path(home.settings).with_name("lineage.json")
    return _Built(
        home=home,
        manifest=manifest,
        session=session,
        shapes=shapes,
        previews=preview.of_build(file, shapes, session),
        pictures=shown.pictures(file, is_simulated=is_simulated) if is_whole else {},
        lineage=lineage.of_project(manifest, target / "compiled", _table_columns(shapes), kept) if is_whole else {},
        meanings=shown.meanings(manifest),
        results=dbt_checks.run_results(target),
    )


def _steps(manifest: Mapping[str, Any]) -> int:
    """How many nodes `dbt build` will report."""
    return sum(node["resource_type"] in ("model", "seed", "test") and not _is_judged_later(node) for node in manifest["nodes"].values())


def _with_progress(events: Iterator[Any], expected: int) -> Iterator[Any]:
    for done, event in enumerate(events, start=1):
        progress.report("dbt: building tables", min(done, expected), expected)
        yield event


def _public(manifest: Mapping[str, Any], *, views: bool) -> list[str]:
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == publish.SCHEMA)
    return sorted(model["name"] for model in models if (model["config"]["materialized"] == "view") == views)


def marts(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the public tables: models in schema `marts` that are materialised as tables."""
    return _public(manifest, views=False)


def public_views(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the public views."""
    return _public(manifest, views=True)


class Dbt(DbtCliResource):
    """dbt as this project runs it: the executable beside this Python, whatever PATH says."""

    @cached_property
    def _cli_version(self) -> Version:
        # The executable beside this Python is of the installed package; asking it (`dbt --version`) costs 3.5 CPU s a run.
        return Version(version("dbt-core"))


def dbt_resource() -> DbtCliResource:
    flags = ["--no-use-colors", "--log-level-file", "none"]
    return Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(DBT), global_config_flags=flags)


def dbt_models(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """All seeds and models as one step that runs `dbt build` once."""

    @dbt_assets(
        manifest=manifest, exclude=JUDGED_LATER, dagster_dbt_translator=Translator(manifest), name="dbt_models", required_resource_keys={"data_home", "dbt"}
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        home: resources.DataHome = context.resources.data_home
        dbt: DbtCliResource = context.resources.dbt
        environment.export(home.settings)
        session = runs.as_of(context.run.tags) or home.settings.as_of or calendars.latest_closed_session(datetime.now(UTC))
        build.prepare(
            home.settings.build_file,
            run_id=context.run.run_id,
            as_of=session,
            profile=home.settings.profile,
            is_simulated=home.settings.is_simulated,
            outcomes=source_outcomes(home),
        )
        dbt_checks.forget_results(target_path(home.settings))
        invocation = dbt.cli(BUILD, context=context, target_path=target_path(home.settings), raise_on_error=False)
        resources.remember_child(home.settings.home, invocation.process.pid)
        # Events are handed on after dbt has closed the file, so that it can be looked at; dbt's own failure is raised after them: each shows its reason.
        events = list(_with_progress(invocation.stream(), _steps(manifest)))
        error = invocation.get_error()
        if error is None:
            home.judge.begin(gates.case_of(home, marts(manifest), manifest, context.run.run_id))
        yield from map(_look_at(home, manifest, session, is_whole=error is None).told, events)
        if error:
            raise error

    return models
