"""What people open: the file of analysts, put in place only when this run's marts passed their gate, and the page that is written from it."""

from collections.abc import Sequence

import dagster as dg

from orchestration import calendars
from orchestration.defs import runs, shown
from orchestration.defs.raw import OWNERS
from orchestration.defs.resources import DataHome
from orchestration.reporting.brief import page
from orchestration.sources import all_sources
from orchestration.warehouse import build, preview, publish


def published(marts: Sequence[str], views: Sequence[str]) -> dg.AssetsDefinition:
    """The published file, downstream of every mart."""

    @dg.asset(
        name="published",
        deps=[dg.AssetKey(mart) for mart in marts],
        group_name="publication",
        description="The DuckDB file that analysts open (schema `marts`), replaced in one step once every mart has passed its gate; readers keep the old one.",
        owners=OWNERS,
        kinds={"duckdb"},
        required_resource_keys={"data_home"},
        freshness_policy=dg.FreshnessPolicy.cron(deadline_cron="0 8 * * 2-6", lower_bound_delta=runs.PUBLICATION_WINDOW, timezone="America/New_York"),
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        home: DataHome = context.resources.data_home
        settings = home.settings
        session = build.as_of(settings.build_file)
        archive = home.landing.archive
        manifest = publish.publish(
            settings.build_file,
            settings.published_file,
            marts=marts,
            views=views,
            run_id=context.run.run_id,
            as_of=session,
            cutoff_on=calendars.cutoff_on(session),
            profile=settings.profile,
            is_simulated=settings.is_simulated,
            may_go_back=context.run.tags.get(runs.MAY_GO_BACK) == "true",
            payloads={source: [key[2] for key, verdict in archive.verdicts(source).items() if verdict["verdict"] == "accepted"] for source in all_sources()},
        )
        seen = preview.of_build(settings.published_file, build.describe(settings.published_file), session)
        return dg.MaterializeResult(
            metadata={
                "preview": shown.contents(seen, is_simulated=settings.is_simulated),
                "as_of": session.isoformat(),
                "knowledge_cut_off": manifest["knowledge_cut_off"],
                "file": dg.MetadataValue.path(str(settings.published_file)),
                "file_sha256": manifest["file_sha256"],
                "tables": len(manifest["tables"]),
                "dagster/row_count": sum(manifest["tables"].values()),
                **({"market": "SIMULATED"} if settings.is_simulated else {}),
            }
        )

    return asset


def brief() -> dg.AssetsDefinition:
    """The morning brief, downstream of the published file: what is published stays published where this step fails."""

    @dg.asset(
        name="brief",
        deps=[dg.AssetKey("published")],
        group_name="publication",
        description="For a reader with five minutes: one HTML page a session in `briefs/`, with charts, their statements and where numbers come from.",
        owners=OWNERS,
        kinds={"html"},
        required_resource_keys={"data_home"},
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        settings = context.resources.data_home.settings
        path = page.write(settings)
        return dg.MaterializeResult(
            metadata={
                "preview": shown.headlines(settings.published_file, is_simulated=settings.is_simulated),
                "as_of": path.stem,
                "file": dg.MetadataValue.path(str(path)),
                "size_bytes": path.stat().st_size,
                **({"market": "SIMULATED"} if settings.is_simulated else {}),
            }
        )

    return asset
