"""What a run prepares before it starts: the data home is claimed, Dagster's configuration is ours and, above it, the operator's."""

from pathlib import Path

import pytest
import yaml

from orchestration import launch
from orchestration import settings as environment
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
