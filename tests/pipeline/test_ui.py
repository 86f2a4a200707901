"""The operator's side: one webserver over one home, asked through GraphQL and looked at in headless Chromium.

The session that GraphQL launches has a bad payload in it, so that there is a gate to see fail; all tests of a page come after it.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from orchestration import instance
from orchestration.defs.automation import BRIEF_ONLY
from orchestration.defs.groups import GROUPS
from orchestration.settings import CHECKOUT

from .conftest import Pipeline
from .test_faults import heavy_weights, serve

pytestmark = pytest.mark.pipeline

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


SESSION = "2025-10-01"
REFUSED = "raw_ark__holdings"
DRAWN = "margin_leverage_monthly"
A_RUN = 300_000  # milliseconds that a run may take on a busy machine
LOOKING = 30_000  # milliseconds until a page of the UI shows what it has


@dataclass(frozen=True)
class Served:
    """A home under a webserver, and the run of its session that GraphQL launched there."""

    url: str
    pipeline: Pipeline
    location: dict[str, object]
    run: str
    status: str


@pytest.fixture(scope="module")
def tampered(undisturbed: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A home of this module's own whose mirror answers the session with a file of holdings that no gate lets through."""
    assert undisturbed.mirror is not None
    folder = tmp_path_factory.mktemp("ui")
    pipeline = undisturbed.copy(folder / "home")
    pipeline.mirror = Path(shutil.copytree(undisturbed.mirror, folder / "mirror"))
    serve(pipeline, "ARKK", heavy_weights)
    return pipeline


@pytest.fixture(scope="module")
def server(tampered: Pipeline) -> Iterator[str]:
    """The address of a webserver on a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    instance.prepare_instance(tampered.settings())
    environment = {**os.environ, "CONTAGION_PROFILE": "live", "CONTAGION_HOME": str(tampered.home), "CONTAGION_MIRROR": str(tampered.mirror)}
    environment["DAGSTER_HOME"] = str(tampered.home / "dagster")
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
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ask(url: str, query: str, **variables: object) -> dict[str, object]:
    request = urllib.request.Request(f"{url}/graphql", json.dumps({"query": query, "variables": variables}).encode(), {"Content-Type": "application/json"})
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


@pytest.fixture(scope="module")
def served(server: str, tampered: Pipeline) -> Served:
    """The server after the session's run."""
    location = when_ready(server)
    parameters = {
        "selector": {"repositoryLocationName": location["name"], "repositoryName": "__repository__", "pipelineName": "daily"},
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": SESSION}]},
    }
    launched = ask(server, LAUNCH, parameters=parameters)["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched  # type: ignore[index]
    run = launched["run"]["runId"]  # type: ignore[index]
    deadline = time.monotonic() + A_RUN / 1000
    status = ""
    while status not in ("SUCCESS", "FAILURE", "CANCELED"):
        assert time.monotonic() < deadline, status
        time.sleep(1)
        status = ask(server, STATUS, run=run)["runOrError"]["status"]  # type: ignore[index]
    return Served(server, tampered, location, run, status)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window as wide as an operator's."""
    opened = browser.new_page(viewport={"width": 1600, "height": 1000})
    opened.set_default_timeout(LOOKING)
    yield opened
    opened.close()


def shows(place: Locator, text: str) -> None:
    """Wait until the UI shows this text there."""
    expect(place).to_contain_text(text, timeout=LOOKING)


def entry(page: Page, key: str) -> Locator:
    """The row of a metadata table that has this key, where the page shows it first."""
    return page.locator("tr").filter(has=page.locator("td:first-child").get_by_text(key, exact=True)).first


def test_a_run_launched_through_graphql_publishes_the_session(served: Served) -> None:
    assert served.location["locationOrLoadError"]["__typename"] == "RepositoryLocation", served.location  # type: ignore[index]
    assert served.status == "SUCCESS"
    manifest = json.loads((served.pipeline.home / "published" / "manifest.json").read_text())
    assert (manifest["run_id"], manifest["as_of"]) == (served.run, SESSION)


def test_the_graph_shows_all_eight_groups_from_publishers_to_publication(served: Served, page: Page) -> None:
    page.goto(f"{served.url}/asset-groups")
    nodes = page.locator("foreignObject.group")
    expect(nodes).to_have_count(len(GROUPS), timeout=LOOKING)
    places = {str(node.text_content()): node.bounding_box() for node in nodes.all()}
    assert places.keys() == set(GROUPS)
    left = {name: box["x"] for name, box in places.items() if box and 0 <= box["x"] < 1600 and 0 <= box["y"] < 1000}
    assert left.keys() == set(GROUPS), "not all of them are on the screen"
    in_order = sorted(left, key=left.__getitem__)
    assert (in_order[:2], in_order[-2:]) == (["publishers", "staging"], ["contagion", "publication"])


def test_a_failing_gate_shows_what_was_expected_and_what_was_found(served: Served, page: Page) -> None:
    (refusal,) = served.pipeline.home.glob("quarantine/ark_holdings/*/reason.json")
    reasons = json.loads(refusal.read_text())["reasons"]
    assert any("weight" in reason for reason in reasons), reasons
    page.goto(f"{served.url}/assets/{REFUSED}?view=checks&checkDetail=gate")
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible(timeout=LOOKING)
    shows(entry(page, "expected"), "payloads that parse and meet every critical expectation")
    for reason in reasons:
        shows(entry(page, "found"), reason)


def test_a_mart_shows_its_chart_its_rows_and_why_it_matters(served: Served, page: Page) -> None:
    ((rows, last),) = served.pipeline.query(f"select count(*), max(month) from {DRAWN}")
    page.goto(f"{served.url}/assets/{DRAWN}")
    shows(entry(page, "as_of"), SESSION)
    expect(page.get_by_text("Why it matters.").first).to_be_visible(timeout=LOOKING)
    shows(entry(page, "last_day"), f"{last} (month)")
    shows(page.get_by_text("Row count").locator(".."), f"{rows:,}")
    entry(page, "chart").get_by_text("Show Markdown").click()
    picture = page.get_by_role("img", name="An area of margin debt by month")
    expect(picture).to_be_visible(timeout=LOOKING)
    assert picture.evaluate("picture => picture.complete && picture.naturalWidth") > 700
    expect(page.get_by_text("SIMULATED")).to_have_count(0)


def test_a_run_started_from_a_click_materialises_to_the_end(served: Served, page: Page) -> None:
    path = served.pipeline.home / "briefs" / f"{SESSION}.html"
    written = path.stat().st_mtime_ns
    page.goto(f"{served.url}/locations/{served.location['name']}/jobs/{BRIEF_ONLY}")
    expect(page.locator("foreignObject").get_by_text("brief", exact=True)).to_be_visible(timeout=LOOKING)
    page.get_by_role("button", name=re.compile("Materialize$")).click()
    expect(page.get_by_text("Launched run")).to_be_visible(timeout=A_RUN)
    page.get_by_text("View", exact=True).click()
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=A_RUN)
    expect(page.get_by_text("Succeeded (1)")).to_be_visible(timeout=LOOKING)
    assert path.stat().st_mtime_ns > written
