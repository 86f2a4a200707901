"""Dagster's instance in the data home: its configuration, and its pages and daemon while `contagion dev` runs.

Knows no assets and imports nothing of Dagster, so that `contagion dev` has its children started before another command has imported.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from orchestration import settings as environment
from orchestration.settings import Settings, SettingsError

# Runs start at once and wait for each other at the data home's lock: a queue would only add a daemon they depend on.
INSTANCE = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "run_coordinator": {"module": "dagster.core.run_coordinator", "class": "DefaultRunCoordinator"},
}
OPERATORS = "dagster.local.yaml"  # beside dagster.yaml: what an operator wants otherwise, Postgres storage for one

LOOPBACK = "127.0.0.1"  # Dagster's pages have no login: nobody else may reach them
LAST_PORT = 65535
# Dagster advises another command with every start; that one wants a project of its own shape.
DEV = (sys.executable, "-W", "ignore:Function `dev_command`", str(Path(sys.executable).with_name("dagster")), "dev")

GRACE_S = 30.0  # for pages and daemon to end in order; then they are told by a signal, and by one that nobody can refuse
GRACE_OF_REST_S = 10.0


class PortError(OSError):
    """A port that cannot be served on: which one, why, what would do."""


def _instance(folder: Path) -> dict[str, Any]:
    """Dagster's configuration: ours, and above it, block by block, what the operator's file says."""
    path = folder / OPERATORS
    try:
        own = (yaml.safe_load(path.read_text()) if path.exists() else None) or {}
    except yaml.YAMLError as error:
        # Not YAML's own words: they quote the line, which may hold a password.
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}: expected YAML, found {getattr(error, 'problem', None) or 'another text'}{place}") from None
    if not isinstance(own, dict):
        raise SettingsError(f"{path}: expected blocks of a dagster.yaml such as `storage:`, found {type(own).__name__}; mend the file or remove it")
    return {**INSTANCE, **own}


def prepare_instance(settings: Settings) -> None:
    """Claim the data home and write Dagster's configuration into it: no telemetry, nothing outside this folder but what its operator asked for.

    Raises SettingsError where this is no checkout, the home is another profile's, or the operator's file cannot be used.
    """
    environment.require_checkout()
    environment.claim_home(settings)
    folder = settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    configuration = yaml.safe_dump(_instance(folder))
    path = folder / "dagster.yaml"
    if not path.exists() or path.read_text() != configuration:
        path.write_text(configuration)
    environment.export(settings)
    environment.export_dagster_home(settings)


def require_free(port: int) -> None:
    """Raises PortError where nothing can listen on this port of 127.0.0.1."""
    if not 1 <= port <= LAST_PORT:
        raise PortError(f"--port: expected a port from 1 to {LAST_PORT}, found {port}; for one --port 3000")
    with socket.socket() as probe:
        # A port whose last connections are still winding down is free; one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            raise PortError(f"--port: port {port} of {LOOPBACK} is for the superuser alone; choose one above 1023, for one --port 3000") from None
        except OSError:
            other = port + 1 if port < LAST_PORT else port - 1
            raise PortError(
                f"--port: port {port} of {LOOPBACK} is taken; end what holds it, perhaps an older `contagion dev`, or choose another: --port {other}"
            ) from None


def _answers(port: int) -> bool:
    # Not urllib: a proxy of the environment would be asked for what lies on this machine.
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/server_info")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End `dagster dev` and whatever it started: in order, and what is late by signals. Another Ctrl-C meanwhile waits no longer."""
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=GRACE_S)
    # A code server outlives its pages until it misses their heartbeat: most of a minute.
    for last_word in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, KeyboardInterrupt):
            os.killpg(process.pid, last_word)
            deadline = time.monotonic() + GRACE_OF_REST_S
            while _is_left(process.pid) and time.monotonic() < deadline:
                process.poll()
                time.sleep(0.1)


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Within, Ctrl-C, a service manager's SIGTERM and a closed terminal are all a KeyboardInterrupt.

    A shell that starts us with `&` leaves SIGINT ignored, and Dagster would then ignore SIGTERM too.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _brief(settings: Settings) -> str:
    written = sorted((settings.home / "briefs").glob("*.html"))
    return str(written[-1]) if written else "none yet: the job `daily` writes it, or `contagion run`"


def serve(settings: Settings, port: int, say: Callable[[str], None]) -> int:
    """Serve Dagster's pages and daemon on 127.0.0.1 until told to end; the exit status: 0 when told to, 1 when Dagster ended by itself.

    `say` takes a line when they start, when they can be opened, and when they end. The children are a session of their own, so that Ctrl-C reaches
    them through here alone, in order, and none is left. Raises PortError where the port is not free, SettingsError as `prepare_instance`.
    """
    require_free(port)
    prepare_instance(settings)
    url = f"http://{LOOPBACK}:{port}"
    command = [*DEV, "-w", str(environment.CHECKOUT / "workspace.yaml"), "-h", LOOPBACK, "-p", str(port)]
    inherited = environment.inherited()
    if settings.ui_url == environment.UI_URL:
        inherited["CONTAGION_UI_URL"] = url  # alerts of the daemon lead to these pages
    started = time.monotonic()
    with _signals_interrupt():
        say(f"starting   Dagster's pages and daemon on {settings.home} (profile {settings.profile})")
        process = subprocess.Popen(command, cwd=environment.CHECKOUT, env=inherited, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        try:
            while process.poll() is None and not _answers(port):
                time.sleep(0.25)
            if process.poll() is None:
                say(f"ready      {url} after {time.monotonic() - started:.0f} s; Ctrl-C ends it")
                say(f"brief      {_brief(settings)}")
                process.wait()
            say("ended      Dagster ended by itself; its last lines say why")
            return 1
        except KeyboardInterrupt:
            say("ending     pages and daemon")
            return 0
        finally:
            _end(process)
