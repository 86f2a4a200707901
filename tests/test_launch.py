"""What a run prepares before it starts: the data home is claimed, Dagster's configuration is ours and, above it, the operator's."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from orchestration import launch
from orchestration import settings as environment
from orchestration.cli import main
from orchestration.settings import SettingsError

STORAGE = {"storage": {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> environment.Settings:
    for name in ("CONTAGION_PROFILE", "CONTAGION_HOME", "DBT_SEND_ANONYMOUS_USAGE_STATS", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "set by the run")  # so that monkeypatch takes back what a run exports
    return environment.load({"CONTAGION_HOME": str(tmp_path / "home"), "CONTAGION_PROFILE": "live"})


def written(settings: environment.Settings) -> dict[str, object]:
    configuration: dict[str, object] = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text())
    return configuration


def operators(settings: environment.Settings, text: str) -> None:
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / launch.OPERATORS).write_text(text)


def test_without_a_file_of_the_operator_the_configuration_is_ours(settings: environment.Settings) -> None:
    launch.prepare_instance(settings)
    assert written(settings) == launch.INSTANCE


def test_what_the_operator_asks_for_survives_every_run(settings: environment.Settings) -> None:
    operators(settings, yaml.safe_dump(STORAGE))
    for _ in range(2):
        launch.prepare_instance(settings)
        assert written(settings) == {**launch.INSTANCE, **STORAGE}


def test_a_file_with_comments_alone_asks_for_nothing(settings: environment.Settings) -> None:
    operators(settings, "# nothing yet\n")
    launch.prepare_instance(settings)
    assert written(settings) == launch.INSTANCE


@pytest.mark.parametrize(("text", "found"), [("- storage", "found list"), ("storage: [", "expected YAML")])
def test_a_file_that_says_nothing_usable_is_named(settings: environment.Settings, text: str, found: str) -> None:
    operators(settings, text)
    with pytest.raises(SettingsError, match=rf"dagster\.local\.yaml: .*{found}"):
        launch.prepare_instance(settings)


def test_a_home_of_another_profile_is_refused(settings: environment.Settings, tmp_path: Path) -> None:
    launch.prepare_instance(settings)
    other = environment.load({"CONTAGION_HOME": str(tmp_path / "home"), "CONTAGION_PROFILE": "sample"})
    with pytest.raises(SettingsError, match="holds the data of profile 'live', this run is 'sample'"):
        launch.prepare_instance(other)


def test_a_full_disk_is_said_before_anything_is_fetched(settings: environment.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=300 * 1024**2))
    with pytest.raises(OSError, match=r"expected 2 GB free in .*, found 0\.3; make room"):
        launch.run(settings, date(2026, 2, 4), date(2026, 2, 4), may_go_back=False)
    assert not (settings.home / "landing").exists()


def test_records_that_cannot_be_written_are_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("INSERT INTO event_logs", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(launch, "run", broken)
    answer = CliRunner().invoke(main, ["run", "--as-of", "2026-02-04"], env={"CONTAGION_HOME": str(tmp_path), "CONTAGION_PROFILE": "sample"})
    assert answer.exit_code == 1
    assert "the run could not go on: Dagster's records in" in answer.stderr
    assert "(database or disk is full); look at the disk" in answer.stderr
