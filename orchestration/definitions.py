"""What Dagster loads: assembles, nothing else."""

import json
from datetime import datetime

import dagster as dg

from orchestration import calendars, settings
from orchestration.defs import gates, publication, raw, resources, transform
from orchestration.defs.automation import automation


def build_definitions(current: settings.Settings) -> dg.Definitions:
    """All definitions for one data home."""
    manifest = json.loads(transform.manifest_path(current).read_text())
    marts = transform.marts(manifest)
    assets = dg.Definitions(
        assets=[
            *raw.assets(datetime.now(calendars.NEW_YORK).date(), manifest),
            transform.dbt_models(manifest),
            publication.published(marts, transform.public_views(manifest)),
            publication.brief(),
        ],
        asset_checks=[gates.mart_gate(marts, manifest)],
        resources={"data_home": resources.data_home, "dbt": transform.dbt_resource()},
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(assets, automation())


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the data home that the environment names, built when Dagster asks for them."""
    return build_definitions(settings.load())
