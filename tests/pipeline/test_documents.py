"""Every command of a page and of a command's own help is typed on the simulated market: it ends with status 0 and says something.

Not here: what the README shows (test_sample.py) and the answers of docs/queries.md (test_analyst.py). No run is started: `contagion run` and
`contagion dev` are typed up to the point where the run, or Dagster, would begin; the run behind `sample_home` is the one of `make run`.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration import instance, launch
from orchestration.cli import main
from orchestration.reporting.outcome import RunReport
from orchestration.sample_market.writer import Writer
from orchestration.settings import SAMPLE_AS_OF, Settings

from .. import documents, readme
from ..webhook import listening
from .conftest import Pipeline

pytestmark = pytest.mark.pipeline

# Run by their own tests, which look at what they write.
ELSEWHERE = {"contagion brief": "test_sample.py", "contagion docs": "test_analyst.py", "contagion catalog": "test_analyst.py"}
# What a page names in a data home and a first run on the simulated market does not leave there.
NOT_AT_FIRST = {
    "quarantine": "nothing was refused",
    "reason.json": "nothing was refused",
    "alerts": "nobody is told without an address",
    "docs": "`contagion docs` writes it",
    "docs/index.html": "`contagion docs` writes it",
    "dagster/dagster.local.yaml": "an operator's own",
    "dagster.local.yaml": "an operator's own",
}
# A file that a page calls by its publisher's name -> where the simulated market has one like it.
FILES = {
    "margin-statistics.xlsx": "finra/margin-statistics_*.xlsx",
    "IVV.xls": "ishares/IVV/fund_*.xls",
    "primary_doc.xml": "sec/IVV/nport_*.xml",
}


def is_name(line: str) -> bool:
    """Whether a page only names the command: it wants arguments, and none are given or `…` stands for them."""
    _, name, *rest = documents.typed(line)
    return "…" in line or (not rest and any(parameter.required for parameter in documents.click_commands()[name].params))


def lines() -> list[str]:
    """Command lines in the text of pages, each once, but for those that another test runs."""
    elsewhere = {shlex.join(documents.typed(command.replace("\n> ", " "))) for command, _ in readme.commands()} | set(ELSEWHERE)
    elsewhere |= {shlex.join(documents.typed(line)) for block in documents.scripts() for line in block.commands if line.startswith("contagion ")}
    found = {shlex.join(documents.typed(line)) for page in documents.pages() for line in documents.lines_in_text(page) if not is_name(line)}
    return sorted(found - elsewhere)


@pytest.fixture(scope="module")
def home(sample_home: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in the state of `sample_home` for all commands of this file; some write to it."""
    copy = sample_home.copy(tmp_path_factory.mktemp("documents") / "home")
    yield copy.home
    shutil.rmtree(copy.home)


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are typed: the files they name lie in it, and their variables are set."""
    inner, mirror = tmp_path / "inner", tmp_path / "files"  # a page says ../files
    for each in (inner, mirror):
        each.mkdir()
    (mirror / "mirror.json").write_text('{"files": []}')
    for name, pattern in FILES.items():
        shutil.copy(sorted((home / "mirror" / "SIMULATED").glob(pattern))[-1], inner / name)
    monkeypatch.chdir(inner)
    for name in documents.environment_variables():
        monkeypatch.setenv(name, "")  # so that monkeypatch takes back what a command exports
    monkeypatch.setenv("CONTAGION_HOME", str(home))
    return inner


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What would have begun: the sessions of each run, the port of the pages."""
    found: list[tuple[object, ...]] = []

    def run(settings: Settings, first: date, last: date, **_: bool) -> RunReport:
        found.append((settings.profile, first, last))
        return RunReport("none", first, last, published=True)

    def serve(settings: Settings, port: int, say: Callable[[str], None]) -> int:
        found.append((settings.profile, port))
        say("ready")
        return 0

    monkeypatch.setattr(launch, "run", run)
    monkeypatch.setattr(instance, "serve", serve)
    monkeypatch.setattr(Writer, "start", lambda _: None)
    return found


@pytest.mark.parametrize("line", lines())
def test_a_command_on_a_page_ends_well_and_says_something(folder: Path, begun: list[tuple[object, ...]], line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, name, *rest = shlex.split(line)
    before = set(folder.iterdir())
    with listening() as webhook:
        monkeypatch.setenv("CONTAGION_ALERT_URLS", webhook.url())
        result = CliRunner().invoke(main, [name, *rest])
    assert result.exit_code == 0, result.output
    assert result.output.strip() or begun or set(folder.iterdir()) - before
    if name == "run":
        days = [date.fromisoformat(word) for word in rest if re.fullmatch(r"\d{4}-\d\d-\d\d", word)]
        ((profile, first, last),) = begun
        assert profile == ("live" if "live" in rest else "sample")
        if days or profile == "sample":
            assert (first, last) == (min(days, default=SAMPLE_AS_OF), max(days, default=SAMPLE_AS_OF))
    elif name == "dev":
        assert begun == [("sample", int(rest[rest.index("--port") + 1]) if "--port" in rest else 3000)]
    elif "--test" in rest:
        assert len(webhook.messages) == 1


@pytest.mark.parametrize(("command", "file"), ELSEWHERE.items())
def test_what_is_run_by_another_test_is_run_there(command: str, file: str) -> None:
    assert f'readme.run("{command}")' in Path(__file__).with_name(file).read_text()


@pytest.mark.parametrize("block", documents.scripts(), ids=lambda block: block.where)
def test_a_script_on_a_page_runs_to_its_end(folder: Path, home: Path, block: documents.Block) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.run(["bash", "-eu", "-c", block.text], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip()


def test_the_operating_manual_lists_everything_in_a_data_home_and_pages_name_nothing_else(sample_home: Pipeline) -> None:
    home = sample_home.home
    assert {path.name for path in home.iterdir()} - documents.home_folders() == {"PROFILE"}  # said below the list
    named = {documents.within_home(path) for page in documents.pages() for path in documents.paths(page)} | documents.home_folders()
    missing = [name for name in named - set(NOT_AT_FIRST) - {"", "."} if not any(home.rglob(name) if name in documents.HOME_FILES else home.glob(name))]
    assert missing == []
    assert set(NOT_AT_FIRST) <= named
