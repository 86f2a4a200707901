"""The sensors of Dagster's daemon: off until switched on, silent without an address, and one message for each thing whoever looks first."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration import settings as environment
from orchestration.defs import automation, resources, runs, verdicts
from orchestration.reporting import alerts, outbox

from .reporting.conftest import publish
from .webhook import Webhook, listening

DAY = date(2026, 2, 4)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with listening() as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published home that the environment names, with a target."""
    publish(tmp_path, DAY)
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    monkeypatch.setenv("CONTAGION_HOME", str(tmp_path))
    monkeypatch.setenv("CONTAGION_ALERT_URLS", webhook.url())
    return tmp_path


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def tick(kind: str, instance: dg.DagsterInstance, cursor: str | None = None) -> tuple[str, str | None]:
    """What a tick says, and the cursor it leaves."""
    sensor = next(sensor for sensor in automation.automation().sensors or [] if sensor.name == kind)
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        result = sensor.evaluate_tick(context)
    assert not result.run_requests
    return str(result.skip_message), result.cursor


@dg.asset(check_specs=[dg.AssetCheckSpec("gate", asset="payload")])
def payload(context: dg.AssetExecutionContext):
    """Stands for a publisher's table: its gate fails, or its step, as the run's tags want it."""
    if context.run.tags.get("wanted") == "broken":
        raise ValueError("expected a number,\nfound 'abc'")
    fine = context.run.tags.get("wanted") == "fine"
    check = dg.AssetCheckResult(passed=fine, check_name="gate", metadata={"found": "a file of another month"}, severity=dg.AssetCheckSeverity.ERROR)
    return dg.MaterializeResult(check_results=[check])


def ran(instance: dg.DagsterInstance, wanted: str) -> str:
    result = dg.materialize([payload], instance=instance, raise_on_error=False, tags={"wanted": wanted, **runs.tags(DAY, DAY)})
    return result.run_id


def test_there_is_a_sensor_of_each_kind_that_is_off_until_switched_on_and_starts_no_run() -> None:
    sensors = {sensor.name: sensor for sensor in automation.automation().sensors or []}
    assert set(sensors) == {"release_seen", "level_breached", "regime_changed", "run_failed"}
    for sensor in sensors.values():
        assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
        assert sensor.targets == []
        assert "CONTAGION_ALERT_URLS" in (sensor.description or "")


def test_without_an_address_they_say_so_and_write_nothing(home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONTAGION_ALERT_URLS")
    assert {tick(kind, instance)[0] for kind in alerts.KINDS} == {automation.NOT_CONFIGURED}
    assert not (home / "alerts").exists()


def test_each_tells_its_kind_alone_and_the_command_line_finds_it_done(home: Path, instance: dg.DagsterInstance, webhook: Webhook) -> None:
    assert tick("level_breached", instance)[0].startswith("sent: SIMULATED: Level breached on 2026-02-03")
    assert tick("level_breached", instance)[0] == "nothing new as of 2026-02-04"
    assert len(webhook.titles) == 1
    assert tick("regime_changed", instance)[0] == "sent: SIMULATED: Regime changed on 2026-02-03: stress → contagion"
    assert len(outbox.tell(environment.load()).sent) == 2  # the two releases
    assert tick("release_seen", instance)[0] == "nothing new as of 2026-02-04"
    assert len(webhook.titles) == len(set(webhook.titles)) == 4


def test_a_range_is_looked_at_from_its_first_session_and_not_before_its_run_is_over(home: Path, instance: dg.DagsterInstance, webhook: Webhook) -> None:
    run = instance.create_run_for_job(dg.define_asset_job("daily", selection="*").resolve(asset_graph=dg.Definitions([payload]).resolve_asset_graph()))
    instance.add_run_tags(run.run_id, runs.tags(date(2026, 1, 26), DAY))
    publish(home, DAY, run_id=run.run_id)
    assert "is not over yet" in tick("regime_changed", instance)[0]
    assert webhook.titles == []
    instance.report_run_failed(run)
    assert tick("regime_changed", instance)[0].count("Regime changed") == 2


def test_a_delivery_that_fails_fails_the_tick_and_the_next_one_is_patient(home: Path, instance: dg.DagsterInstance, webhook: Webhook) -> None:
    webhook.status = 503
    with pytest.raises(automation.UndeliveredError, match="HTTP status 503") as failed:
        tick("level_breached", instance)
    assert str(webhook.port) not in str(failed.value)
    assert tick("level_breached", instance)[0] == "nothing new as of 2026-02-04"
    assert webhook.tries == 1


def test_a_failed_run_is_told_once_with_its_reason_and_a_fine_one_never(home: Path, instance: dg.DagsterInstance, webhook: Webhook) -> None:
    broken, refused, fine = ran(instance, "broken"), ran(instance, "refused"), ran(instance, "fine")
    said, cursor = tick("run_failed", instance)
    assert said.count("Run failed of 2026-02-04") == 2
    bodies = [message["message"].splitlines()[1:] for message in webhook.messages]
    assert bodies == [
        ["payload: ValueError: expected a number, found 'abc'", f"http://127.0.0.1:3000/runs/{broken}"],
        ["payload: a file of another month", f"http://127.0.0.1:3000/runs/{refused}"],
    ]
    assert not [body for body in bodies if fine in str(body)]
    assert tick("run_failed", instance, cursor)[0].startswith("no run failed since")
    assert tick("run_failed", instance)[0].startswith("no run failed since")  # a sensor reset by hand finds the same runs again
    assert len(webhook.messages) == 2


def test_a_run_found_dead_failed_with_the_words_it_was_given(home: Path, instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(
        dg.define_asset_job("daily", selection="*").resolve(asset_graph=dg.Definitions([payload]).resolve_asset_graph()), tags=runs.tags(DAY, DAY)
    )
    instance.handle_run_event(run.run_id, dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "daily"))
    (home / "runs").mkdir()
    (home / "runs" / f"{run.run_id}.lock").touch()
    assert resources.fail_dead_runs(instance, home, "another") == [run.run_id]
    (failed,) = verdicts.failed_runs(instance, datetime.now(UTC) - timedelta(hours=1)).runs
    assert failed.session == DAY
    assert "The process of this run is gone" in failed.reasons[0]
