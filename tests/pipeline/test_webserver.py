"""The operator's side: the code location loads from workspace.yaml, and a run launched through GraphQL publishes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import instance
from orchestration.settings import CHECKOUT

from .conftest import Pipeline

LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename ... on PythonError { message } }
} } } }
"""
LAUNCH = """
mutation ($parameters: ExecutionParams!) {
  launchPipelineExecution(executionParams: $parameters) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } ... on InvalidSubsetError { message }
  }
}
"""
STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"


@pytest.fixture
def server(copied: Pipeline) -> Iterator[str]:
    """A webserver on a free port of 127.0.0.1, over the copied home."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    instance.prepare_instance(copied.settings())
    environment = {**os.environ, "CONTAGION_PROFILE": "live", "CONTAGION_HOME": str(copied.home), "CONTAGION_MIRROR": str(copied.mirror)}
    environment["DAGSTER_HOME"] = str(copied.home / "dagster")
    executable = Path(sys.executable).with_name("dagster-webserver")
    process = subprocess.Popen(
        [str(executable), "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ask(url: str, query: str, **variables: object) -> dict[str, object]:
    request = urllib.request.Request(url, json.dumps({"query": query, "variables": variables}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer
    data: dict[str, object] = answer["data"]
    return data


def when_ready(url: str) -> dict[str, object]:
    deadline = time.monotonic() + 120
    while True:
        try:
            found = ask(url, LOCATIONS)
        except OSError:
            found = {}
        entries = found.get("workspaceOrError", {}).get("locationEntries", [])  # type: ignore[attr-defined]
        if entries and all(entry["loadStatus"] == "LOADED" for entry in entries):
            return entries[0]  # type: ignore[no-any-return]
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


@pytest.mark.pipeline
def test_a_run_launched_through_graphql_publishes_the_session(server: str, copied: Pipeline) -> None:
    location = when_ready(server)
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation", location  # type: ignore[index]
    parameters = {
        "selector": {"repositoryLocationName": location["name"], "repositoryName": "__repository__", "pipelineName": "daily"},
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "2025-10-01"}]},
    }
    launched = ask(server, LAUNCH, parameters=parameters)["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched  # type: ignore[index]
    run = launched["run"]["runId"]  # type: ignore[index]
    deadline = time.monotonic() + 180
    status = ""
    while status not in ("SUCCESS", "FAILURE", "CANCELED"):
        assert time.monotonic() < deadline, status
        time.sleep(1)
        status = ask(server, STATUS, run=run)["runOrError"]["status"]  # type: ignore[index]
    assert status == "SUCCESS"
    manifest = json.loads((copied.home / "published" / "manifest.json").read_text())
    assert (manifest["run_id"], manifest["as_of"]) == (run, "2025-10-01")
