"""What Dagster shows and when it runs: the code location, groups, partitions, the schedule."""

from datetime import date, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration import calendars
from orchestration import settings as environment
from orchestration.definitions import build_definitions
from orchestration.defs import automation, gates, runs
from orchestration.settings import CHECKOUT
from orchestration.sources import all_sources
from orchestration.warehouse import build


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("definitions")
    return build_definitions(environment.load({"CONTAGION_PROFILE": "live", "CONTAGION_HOME": str(home)}))


def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_workspace_names_the_module_that_assembles_and_it_fits_on_a_screen() -> None:
    workspace = yaml.safe_load((CHECKOUT / "workspace.yaml").read_text())
    assert workspace == {"load_from": [{"python_module": "orchestration.definitions"}]}
    assert len((CHECKOUT / "orchestration" / "definitions.py").read_text().splitlines()) < 50


def test_every_asset_has_a_group_an_owner_and_a_description(definitions: dg.Definitions) -> None:
    for name, spec in specs(definitions).items():
        assert spec.group_name not in (None, "default"), name
        assert spec.description, name
        assert spec.owners, name


def test_the_graph_has_eight_groups_and_reads_from_left_to_right(definitions: dg.Definitions) -> None:
    found = specs(definitions)
    eight = ["publishers", "staging", "flows", "leverage", "spread", "mechanics", "contagion", "publication"]
    assert {spec.group_name for spec in found.values()} == set(eight)
    backwards = {
        f"{found[dep.asset_key.to_user_string()].group_name} → {spec.group_name}: {dep.asset_key.to_user_string()} → {name}"
        for name, spec in found.items()
        for dep in spec.deps
        if dep.asset_key.to_user_string() in found and eight.index(str(found[dep.asset_key.to_user_string()].group_name)) > eight.index(str(spec.group_name))
    }
    # The one step back: falls of margin debt are followed through the AI sentiment index, which is a number of the spread.
    assert backwards == {"spread → leverage: ai_sentiment_daily → int_margin_falls_followed"}


def test_every_mart_says_why_it_matters_and_every_asset_has_kinds_tags_and_described_columns(definitions: dg.Definitions) -> None:
    for name, spec in specs(definitions).items():
        if name in ("published", "brief"):
            continue
        assert spec.kinds, name
        assert spec.tags["layer"] in ("raw", "seed", "staging", "intermediate", "mart"), name
        if spec.tags["layer"] in ("raw", "mart"):
            columns = spec.metadata["dagster/column_schema"].columns
            assert not [column.name for column in columns if not column.description], name
        if spec.tags["layer"] == "mart":
            assert spec.metadata["why_it_matters"].value in (spec.description or ""), name


def test_there_is_one_asset_per_raw_table_and_staging_reads_it(definitions: dg.Definitions) -> None:
    found = specs(definitions)
    for source in all_sources().values():
        for table in source.tables:
            assert found[table.name].partitions_def is not None
            assert any(table.name == dep.asset_key.to_user_string() for spec in found.values() for dep in spec.deps), table.name
    assert "contagion" not in {name.split("/")[0] for name in found}


def test_everything_from_dbt_on_is_unpartitioned_and_the_file_and_its_page_come_last(definitions: dg.Definitions) -> None:
    found = specs(definitions)
    assert found["fund_flow_daily"].partitions_def is None
    assert found["published"].partitions_def is None
    assert [name for name, spec in found.items() if "published" in [dep.asset_key.to_user_string() for dep in spec.deps]] == ["brief"]
    assert not [name for name, spec in found.items() if "brief" in [dep.asset_key.to_user_string() for dep in spec.deps]]


def test_only_sessions_are_partitions() -> None:
    keys = set(
        runs.sessions_partitions(datetime(2026, 3, 1, tzinfo=calendars.NEW_YORK).date()).get_partition_keys(
            current_time=datetime(2026, 3, 1, tzinfo=calendars.NEW_YORK)
        )
    )
    assert {"2025-11-26", "2025-11-28", "2026-02-13"} <= keys
    assert not keys & {"2025-11-27", "2026-02-14", "2026-02-15", "2026-02-16"}


def fire(definitions: dg.Definitions, moment: datetime) -> dg.RunRequest | dg.SkipReason:
    schedule = definitions.resolve_schedule_def("every_morning")
    result = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=moment, repository_def=definitions.get_repository_def()))
    return result.run_requests[0] if result.run_requests else dg.SkipReason(result.skip_message)


@pytest.mark.parametrize(
    ("morning", "session"),
    [
        ("2026-02-05", "2026-02-04"),  # a Thursday, for Wednesday
        ("2026-02-09", "2026-02-06"),  # a Monday, for Friday
        ("2025-11-28", "2025-11-26"),  # the day after Thanksgiving, for the day before it
        ("2026-02-17", "2026-02-13"),  # after Presidents' Day
    ],
)
def test_the_schedule_fires_on_a_session_for_the_session_before(definitions: dg.Definitions, morning: str, session: str) -> None:
    request = fire(definitions, datetime.fromisoformat(f"{morning}T06:30").replace(tzinfo=calendars.NEW_YORK))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == session
    assert request.tags[runs.SESSIONS] == session
    assert runs.as_of({**request.tags, runs.PARTITION: session}).isoformat() == session


@pytest.mark.parametrize("morning", ["2025-11-27", "2026-02-07", "2026-02-08", "2026-02-16"])
def test_the_schedule_is_silent_on_thanksgiving_weekends_and_holidays(definitions: dg.Definitions, morning: str) -> None:
    skipped = fire(definitions, datetime.fromisoformat(f"{morning}T06:30").replace(tzinfo=calendars.NEW_YORK))
    assert isinstance(skipped, dg.SkipReason)
    assert "is not a New York session" in str(skipped.skip_message)


def test_the_schedule_is_at_half_past_six_new_york_and_off_until_switched_on(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("every_morning")
    assert (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name) == ("30 6 * * *", "America/New_York", automation.DAILY)
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_daily_and_range_make_everything_and_brief_only_the_page(definitions: dg.Definitions) -> None:
    made = {
        name: {key.to_user_string() for key in definitions.resolve_job_def(name).asset_layer.selected_asset_keys}
        for name in (automation.DAILY, automation.RANGE, automation.BRIEF_ONLY)
    }
    everything = set(specs(definitions))
    assert made == {"daily": everything, "range": everything, "brief_only": {"brief"}}
    first, last = date(2026, 1, 26), date(2026, 2, 4)
    assert (automation.job_of(last, last), automation.job_of(first, last)) == ("daily", "range")
    assert all(definitions.resolve_job_def(name).description for name in made)


def test_a_run_is_called_by_its_sessions() -> None:
    first, last = date(2026, 1, 26), date(2026, 2, 4)
    assert runs.tags(last, last)[runs.SESSIONS] == "2026-02-04"
    assert runs.tags(first, last)[runs.SESSIONS] == "2026-01-26 to 2026-02-04, 8 sessions"


def test_a_single_session_and_a_range_say_which_session_the_run_is_for() -> None:
    first, last = date(2026, 2, 2), date(2026, 2, 4)
    assert runs.as_of(runs.tags(first, last)) == runs.as_of(runs.tags(last, last)) == last
    assert runs.as_of({}) is None


class TestRowFloor:
    def test_a_mart_may_not_be_shorter_than_in_the_published_file(self) -> None:
        assert gates.row_floor("m", {"m": 12}, frozenset({"raw_a"}), {"raw_a": "ok"}) == 12

    def test_a_mart_may_be_empty_where_its_model_says_why(self) -> None:
        nodes = {"model.m": {"resource_type": "model", "name": "m", "config": {"meta": {"may_be_empty": "a watch begins on its first day"}}}}
        assert gates.gives_reason({"nodes": nodes}, "m", "may_be_empty")
        assert not gates.gives_reason({"nodes": nodes}, "m", "may_shrink")
        assert not gates.gives_reason({"nodes": nodes}, "n", "may_be_empty")
        assert gates.row_floor("m", {}, frozenset({"raw_a"}), {"raw_a": "ok"}, empty_is_honest=True) == 0
        assert gates.row_floor("m", {"m": 12}, frozenset({"raw_a"}), {"raw_a": "ok"}, empty_is_honest=True) == 12

    def test_a_first_mart_may_be_empty_only_where_a_source_is_declared_absent(self) -> None:
        assert gates.row_floor("m", {}, frozenset({"raw_a"}), {"raw_a": "ok"}) == 1
        assert gates.row_floor("m", {}, frozenset({"raw_a", "raw_b"}), {"raw_a": "ok", "raw_b": "unavailable"}) == 0
        assert gates.row_floor("m", {}, frozenset({"raw_a"}), {"raw_a": "incomplete"}) == 0
        assert gates.row_floor("m", {}, frozenset({"raw_a", "raw_b"}), {"raw_a": "quarantined", "raw_b": "unavailable"}) == 1


def test_a_number_that_is_none_is_found_where_a_frame_shows_null(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    with build.connect(path, read_only=False) as connection:
        connection.execute("create schema marts; create table marts.m as select 'a' as name, cast('nan' as double) as x, null::double as y, 1.0::double as z")
        connection.execute("insert into marts.m values ('b', 1, cast('-inf' as double), 2)")
        connection.execute("create table marts.named as select 'a' as name; create table marts.whole as select 1.0::double as x")
        connection.execute("create view marts.seen as select x from marts.m")
    assert build.not_finite(path, "marts") == {"m": {"x": 1, "y": 1}, "whole": {}}
