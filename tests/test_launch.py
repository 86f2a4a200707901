"""What a run and `contagion dev` prepare before they start, and how `contagion dev` begins and ends: with something in Dagster's place that is up at once."""

import os
import shutil
import signal
import socket
import sqlite3
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from orchestration import instance, launch
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
    (settings.dagster_home / instance.OPERATORS).write_text(text)


def test_without_a_file_of_the_operator_the_configuration_is_ours(settings: environment.Settings) -> None:
    instance.prepare_instance(settings)
    assert written(settings) == instance.INSTANCE


def test_what_the_operator_asks_for_survives_every_run(settings: environment.Settings) -> None:
    operators(settings, yaml.safe_dump(STORAGE))
    for _ in range(2):
        instance.prepare_instance(settings)
        assert written(settings) == {**instance.INSTANCE, **STORAGE}


def test_a_file_with_comments_alone_asks_for_nothing(settings: environment.Settings) -> None:
    operators(settings, "# nothing yet\n")
    instance.prepare_instance(settings)
    assert written(settings) == instance.INSTANCE


@pytest.mark.parametrize(("text", "found"), [("- storage", "found list"), ("storage: [", "expected YAML")])
def test_a_file_that_says_nothing_usable_is_named(settings: environment.Settings, text: str, found: str) -> None:
    operators(settings, text)
    with pytest.raises(SettingsError, match=rf"dagster\.local\.yaml: .*{found}"):
        instance.prepare_instance(settings)


def test_a_password_in_a_file_that_is_no_yaml_is_not_repeated(settings: environment.Settings) -> None:
    operators(settings, "storage:\n  postgres_url: postgresql+psycopg2://d:SECRET@127.0.0.1/d: x\n")
    with pytest.raises(SettingsError, match=r"expected YAML, found mapping values are not allowed here in line 2") as refused:
        instance.prepare_instance(settings)
    assert "SECRET" not in str(refused.value)


def test_documents_of_models_are_not_written_over_those_of_another_profile(settings: environment.Settings) -> None:
    instance.prepare_instance(settings)
    answer = CliRunner().invoke(main, ["docs", "--profile", "sample"], env={"CONTAGION_HOME": str(settings.home)})
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "holds the data of profile 'live', this run is 'sample'" in answer.stderr


def test_a_home_of_another_profile_is_refused(settings: environment.Settings, tmp_path: Path) -> None:
    instance.prepare_instance(settings)
    other = environment.load({"CONTAGION_HOME": str(tmp_path / "home"), "CONTAGION_PROFILE": "sample"})
    with pytest.raises(SettingsError, match="holds the data of profile 'live', this run is 'sample'"):
        instance.prepare_instance(other)


@pytest.mark.parametrize("command", ["run", "dev", "docs"])
def test_packages_without_the_project_around_them_say_so_and_write_nothing(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "DBT_PROJECT", tmp_path / "dbt_project")
    answer = CliRunner().invoke(main, [command], env={"CONTAGION_HOME": str(tmp_path / "home"), "CONTAGION_PROFILE": "sample"})
    assert answer.exit_code == 2
    assert answer.stderr.splitlines()[-1].startswith("expected a checkout of the project, found its packages alone in ")
    assert not (tmp_path / "home").exists()


def test_a_full_disk_is_said_before_anything_is_fetched(settings: environment.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=300 * 1024**2))
    with pytest.raises(OSError, match=r"expected 2 GB free in .*, found 0\.3; make room"):
        launch.run(settings, date(2026, 2, 4), date(2026, 2, 4), may_go_back=False)
    assert not (settings.home / "landing").exists()


@pytest.mark.parametrize(
    ("storage", "found"),
    [
        ({"sqlite": {"base_dir": {"env": "CONTAGION_NOT_SET"}}}, "CONTAGION_NOT_SET"),
        ({"custom": {"module": "no_such_package", "class": "Storage", "config": {}}}, "ModuleNotFoundError: No module named 'no_such_package'"),
    ],
)
def test_records_that_do_not_open_are_one_sentence(storage: dict[str, object], found: str, tmp_path: Path) -> None:
    folder = tmp_path / "dagster"
    folder.mkdir()
    (folder / instance.OPERATORS).write_text(yaml.safe_dump({"storage": storage}))
    answer = CliRunner().invoke(main, ["run", "--profile", "live", "--as-of", "2026-02-04"], env={"CONTAGION_HOME": str(tmp_path)})
    assert answer.exit_code == 1
    line = answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr
    assert line.startswith("the run could not start: Dagster's records: expected the storage of dagster.local.yaml to open, found ")
    assert found in line
    assert not (tmp_path / "landing").exists()


def test_records_that_cannot_be_written_are_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("INSERT INTO event_logs", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(launch, "run", broken)
    answer = CliRunner().invoke(main, ["run", "--as-of", "2026-02-04"], env={"CONTAGION_HOME": str(tmp_path), "CONTAGION_PROFILE": "sample"})
    assert answer.exit_code == 1
    assert "the run could not go on: Dagster's records in" in answer.stderr
    assert "(database or disk is full); look at the disk" in answer.stderr


# ---------------------------------------------------------------- contagion dev

# Answers as Dagster's pages do and has a child that refuses to end; both write down who they are.
STAND_IN = """
import http.server, os, pathlib, signal, subprocess, sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path(os.environ["CONTAGION_HOME"], "pids").write_text(f"{os.getpid()} {child.pid}")
pathlib.Path(os.environ["CONTAGION_HOME"], "ui").write_text(os.environ["CONTAGION_UI_URL"])

class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/server_info" else 404)
        self.end_headers()
    def log_message(self, *_): ...

try:
    http.server.HTTPServer((arguments["-h"], int(arguments["-p"])), Pages).serve_forever()
except KeyboardInterrupt:
    pathlib.Path(os.environ["CONTAGION_HOME"], "ended").touch()
"""


@pytest.fixture
def stand_in(settings: environment.Settings, monkeypatch: pytest.MonkeyPatch) -> environment.Settings:
    monkeypatch.setattr(instance, "DEV", (sys.executable, "-c", STAND_IN))
    monkeypatch.setattr(instance, "GRACE_OF_REST_S", 0.5)
    return settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_dev_says_what_it_starts_and_what_to_open_and_leaves_nothing_running(stand_in: environment.Settings, told: signal.Signals) -> None:
    port, lines, handlers = free_port(), list[str](), [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    def say(line: str) -> None:
        lines.append(line)
        if line.startswith("brief"):
            assert all(is_alive(int(pid)) for pid in (stand_in.home / "pids").read_text().split())
            os.kill(os.getpid(), told)

    assert instance.serve(stand_in, port, say) == 0
    assert [line.split()[0] for line in lines] == ["starting", "ready", "brief", "ending"]
    assert f"on {stand_in.home} (profile live)" in lines[0]
    assert f" http://127.0.0.1:{port} " in lines[1]
    assert lines[2].endswith("none yet: the job `daily` writes it, or `contagion run`")
    assert (stand_in.home / "ui").read_text() == f"http://127.0.0.1:{port}"
    assert (stand_in.home / "ended").exists(), "what is told to end in order may do so"
    assert not [pid for pid in (stand_in.home / "pids").read_text().split() if is_alive(int(pid))]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == handlers


def test_dev_names_the_newest_brief_of_the_home_and_does_not_ask_a_proxy_for_the_pages(stand_in: environment.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    (stand_in.home / "briefs").mkdir(parents=True)
    for day in ("2026-02-03", "2026-02-04"):
        (stand_in.home / "briefs" / f"{day}.html").touch()
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        if line.startswith("brief"):
            os.kill(os.getpid(), signal.SIGINT)

    instance.serve(stand_in, free_port(), say)
    assert lines[2] == f"brief      {stand_in.home / 'briefs' / '2026-02-04.html'}"


def test_dev_ends_with_status_1_where_dagster_ends_by_itself(settings: environment.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "DEV", (sys.executable, "-c", ""))
    lines: list[str] = []
    assert instance.serve(settings, free_port(), lines.append) == 1
    assert [line.split()[0] for line in lines] == ["starting", "ended"]


def test_dev_serves_on_this_machine_alone_and_what_this_checkout_defines(settings: environment.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []

    def starts(command: list[str], **_: object) -> None:
        started.append(tuple(command))
        raise SettingsError("seen")

    monkeypatch.setattr(instance.subprocess, "Popen", starts)
    with pytest.raises(SettingsError, match="seen"):
        instance.serve(settings, port := free_port(), lambda line: None)
    assert started == [(*instance.DEV, "-w", str(environment.CHECKOUT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port))]


def test_a_taken_port_is_refused_in_one_line_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = CliRunner().invoke(main, ["dev", "--port", str(port)], env={"CONTAGION_HOME": str(tmp_path / "home"), "CONTAGION_PROFILE": "sample"})
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.count("\n") == 1
    assert f"port {port} of 127.0.0.1 is taken" in answer.stderr
    assert "perhaps an older `contagion dev`, or choose another: --port" in answer.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(instance.PortError, match=f"--port: expected a port from 1 to 65535, found {port}"):
        instance.require_free(port)
