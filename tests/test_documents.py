"""What stands in the README and in docs/ is true of the house: each name exists, each command can be typed, each table and option is described.

What a page shows as output is held by `tests/pipeline`, which has a market to run it on. `python -m tests.documents` writes the parts that are made.
"""

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from orchestration.settings import CHECKOUT, DBT_PROJECT, SEEDS

from . import documents, readme

# Names that pages use and that are not ours, or that stand for any name: whose they are.
FOREIGN = {
    "auth_basic": "nginx",
    "proxy_pass": "nginx",
    "proxy_http_version": "nginx",
    "Upgrade": "a header of HTTP",
    "systemd": "an init system",
    "analyze": "systemd-analyze",
    "verify": "systemd-analyze verify",
    "marimo": "a notebook's program",
    "edit": "marimo edit",
    "UV_COMPILE_BYTECODE": "uv",
    "instance": "dagster instance migrate",
    "migrate": "dagster instance migrate",
    "psycopg2": "a driver of Postgres",
    "postgresql": "the scheme of its addresses",
    "hook": "an address of an alert",
    "DIR": "a place for a folder",
    "COMMAND": "a place for a command",
    "SELECT": "SQL",
    "TNA": "a symbol in a formula",
    "depth_": "the columns that begin so",
    "n_h": "a symbol in a formula",
    "s_t": "a symbol in a formula",
    "_since": "the columns that end so",
}
FOREIGN_PATHS = {
    ".venv/bin": "made by `make setup`",
    "../shared/real": "publishers' real files, beside the checkout",
    "/home": "of the machine",
    "/etc/contagion.env": "of the machine",
    "orchestration/sources/x.py": "a source that somebody adds",
    "expectations/suites/raw_x__topic.py": "its suite",
    "dbt_project/models/staging/x/stg_x__topic.sql": "its staging model",
}
PAGES = [pytest.param(page, id=str(page.relative_to(CHECKOUT))) for page in documents.pages()]
LINES = sorted({line for page in documents.pages() for line in (*documents.lines_in_text(page), *documents.lines_in_blocks(page))})


# ---------------------------------------------------------------- nothing is undocumented


def test_every_command_and_each_of_its_options_says_what_it_does() -> None:
    for name, command in documents.click_commands().items():
        assert command.help, name
        assert command.epilog, f"{name}: no example"
        assert [option.name for option in command.params if not isinstance(option, click.Argument) and not getattr(option, "help", None)] == [], name


def test_every_command_every_option_and_every_verb_of_make_is_on_the_page_of_commands() -> None:
    page = (documents.DOCS / "commands.md").read_text()
    for name, command in documents.click_commands().items():
        section = page.partition(f"### contagion {name}\n")[2].partition("\n### ")[0]
        assert " ".join((command.help or "").split()) in section, name
        missing = [word for option in command.params for word in option.opts if f"`{word.upper() if word.isidentifier() else word}`" not in section]
        assert missing == [], name
    verbs = documents.makefile_verbs()
    assert [verb for verb in verbs if f"`make {verb}`" not in page] == []
    (phony,) = re.findall(r"^\.PHONY: (.+)$", (CHECKOUT / "Makefile").read_text(), flags=re.MULTILINE)
    assert set(phony.split()) == set(verbs), "a verb of make without `## what it does`"


def test_every_setting_is_in_the_operating_manual() -> None:
    assert "CONTAGION_HOME" in documents.environment_variables()
    settings = (documents.DOCS / "operating.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert documents.environment_variables() - set(documents.SPAN.findall(settings)) == set()


def test_every_published_model_has_a_contract_and_so_no_column_but_those_described() -> None:
    """That each has a description and each number a unit is in test_catalog."""
    marts = documents.models()
    assert {path.stem for path in (DBT_PROJECT / "models" / "marts").rglob("*.sql")} == set(marts)
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())
    assert project["models"]["contagion"]["marts"]["+contract"] == {"enforced": True}
    assert [name for name, model in marts.items() if "contract" in model.get("config", {})] == []


def test_every_published_table_is_in_the_map_of_documents_and_on_the_page_of_its_theme() -> None:
    for row in documents.table_under(documents.DOCS / "README.md", "Themes and their tables"):
        (page,) = documents.LINK.findall(row[0])
        assert set(documents.SPAN.findall(row[2])) <= set(documents.spans(documents.DOCS / page)), page
    named = [name for row in documents.table_under(documents.DOCS / "README.md", "Themes and their tables") for name in documents.SPAN.findall(row[2])]
    assert sorted(named) == sorted(documents.models())


def test_every_published_table_is_in_the_readme() -> None:
    assert set(documents.models()) - set(documents.spans(CHECKOUT / "README.md")) == set()


def test_every_seed_and_each_of_its_columns_is_described_where_it_stands() -> None:
    seeds = documents.seeds()
    assert {path.stem for path in SEEDS.glob("*.csv")} == set(seeds)
    for name, seed in seeds.items():
        assert seed["description"], name
        assert {column["name"] for column in seed["columns"] if column.get("description")} == documents.columns()[name], name


def test_every_document_is_in_the_map_and_the_readme_leads_to_it() -> None:
    assert "docs/README.md" in documents.LINK.findall(readme.README.read_text())
    there = {path.name for path in documents.DOCS.iterdir() if path.suffix in (".md", ".py")} - {"README.md"}
    assert there - set(documents.LINK.findall((documents.DOCS / "README.md").read_text())) == set()


def test_the_tour_names_every_room_of_the_house() -> None:
    packages = [path for path in (CHECKOUT / "orchestration").iterdir() if path.stem not in ("__init__", "__pycache__")]
    folders = [CHECKOUT / name for name in ("expectations", "benchmarks", "tests", "deploy", "docs")]
    rooms = [*packages, *folders, *(path for path in DBT_PROJECT.iterdir() if path.is_dir() and path.name not in ("target", "logs"))]
    assert len(rooms) > 20
    named = set(documents.spans(documents.DOCS / "house.md"))
    as_written = {f"{path.relative_to(CHECKOUT)}{'/' if path.is_dir() else ''}" for path in rooms}
    assert sorted(as_written - named) == []


# ---------------------------------------------------------------- nothing is out of date


@pytest.mark.parametrize("page", PAGES)
def test_parts_that_are_made_from_the_code_are_as_the_code_is(page: Path) -> None:
    assert documents.refreshed(page.read_text()) == page.read_text(), "write them anew: python -m tests.documents"


def test_each_made_part_stands_on_one_page() -> None:
    assert sorted(name for _, name in documents.made_parts()) == sorted(documents.SECTIONS)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for target in documents.LINK.findall(documents.prose(page)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (anchor and anchor not in documents.anchors(there)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_a_page_is_one_of_the_house_or_of_the_data_home(page: Path) -> None:
    """Those of a data home are looked up in one by tests/pipeline/test_documents.py."""
    named = set(documents.paths(page)) - set(FOREIGN_PATHS)
    assert [path for path in named if not documents.is_of_house(path) and not documents.within_home(path)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_name_on_a_page_exists(page: Path) -> None:
    known, columns = documents.words_of_code(), documents.columns()
    paths = set(documents.paths(page))
    gone = []
    for span in set(documents.spans(page)) - paths:
        words = re.findall(r"\w+", span)
        gone += [(span, word) for word in words if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{2,}", word) and word not in known and word not in FOREIGN]
        if (named := re.fullmatch(r"(\w+)\.(\w+)", span)) and named[1] in columns and named[2] not in columns[named[1]]:
            gone.append((span, named[2]))
    assert gone == []


def test_no_name_is_excepted_that_no_page_uses() -> None:
    words = {word for page in documents.pages() for span in documents.spans(page) for word in re.findall(r"\w+", span)}
    assert set(FOREIGN) - words == set()
    assert set(FOREIGN_PATHS) - {path for page in documents.pages() for path in documents.paths(page)} == set()


@pytest.mark.parametrize("line", LINES)
def test_every_command_on_a_page_can_be_typed(line: str) -> None:
    documents.parsed(line)


@pytest.mark.parametrize("line", ["contagion run --as-off 2026-02-04", "contagion runn", "contagion query --format xml 'select 1'", "contagion run --as-of x"])
def test_a_command_that_cannot_be_typed_is_noticed(line: str) -> None:
    with pytest.raises(click.ClickException):
        documents.parsed(line)


@pytest.mark.parametrize("page", PAGES)
def test_verbs_of_make_and_modules_to_start_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    verbs = re.findall(r"(?:^|`|\n)(?:\$ )?make (?:-C \S+ )?([a-z]+)(?=`|\n)", text)
    assert set(verbs) <= set(documents.makefile_verbs())
    for module, options in re.findall(r"python -m ([\w.]+)([^`\n]*)", text):
        path = CHECKOUT / f"{module.replace('.', '/')}.py"
        assert "__main__" in path.read_text(), module
        assert [option for option in re.findall(r"--[\w-]+", options) if f'"{option}"' not in path.read_text()] == [], module


@pytest.mark.parametrize("page", PAGES)
def test_a_block_of_commands_is_run_by_a_test_or_says_why_not(page: Path) -> None:
    shown = {command.replace("\n> ", " ") for command, _ in readme.commands()} | {"make run"}
    for block in documents.blocks(page):
        assert block.language, f"{block.where}: say what language this is; `text` is one"
        if block.language not in documents.COMMANDS:
            continue
        subprocess.run(["bash", "-n"], input=block.text if block.language != "console" else "", text=True, check=True)
        if not block.is_run:
            assert len(block.reason.partition(documents.NOT_RUN)[2].split()) > 1, f"{block.where}: not run, and why?"
        elif block.language == "console":
            assert page == readme.README, f"{block.where}: outputs are held in the README alone"
            assert set(block.commands) <= shown, block.where
        else:
            assert block in documents.scripts(), block.where


@pytest.mark.parametrize("row", documents.table_under(documents.DOCS / "operating.md", "When something fails"), ids=lambda row: row[0][:60])
def test_the_messages_in_the_operating_manual_are_those_of_the_code(row: list[str]) -> None:
    messages = documents.SPAN.findall(row[0])
    assert messages or '"' in row[0]  # between quotation marks: what other programs say
    assert [message for message in messages if not message.startswith("contagion ") and not documents.is_said(message)] == []


def test_a_message_that_nobody_says_is_noticed() -> None:
    assert documents.is_said("expected … GB free in …, found …; make room")
    assert not documents.is_said("expected … GB free in …, found …; make some room")


# ---------------------------------------------------------------- what an operator installs


@pytest.mark.parametrize("unit", sorted((CHECKOUT / "deploy").glob("*.service")), ids=lambda unit: unit.name)
def test_units_start_commands_that_can_be_typed_as_whom_the_manual_makes(unit: Path) -> None:
    said = dict(re.findall(r"^(\w+)=(.+)$", unit.read_text(), flags=re.MULTILINE))
    program, *rest = shlex.split(said["ExecStart"])
    manual = (documents.DOCS / "operating.md").read_text()
    assert program == f"{said['WorkingDirectory']}/.venv/bin/contagion"
    documents.parsed(shlex.join(["contagion", *rest]))
    assert f"/var/lib/{said['StateDirectory']} {said['User']}\n" in manual
    assert f" {said['EnvironmentFile']} <<" in manual
    assert f"/deploy/{unit.name} " in manual


def test_the_container_is_made_of_files_that_are_there() -> None:
    lines = (CHECKOUT / "deploy" / "Containerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert {"orchestration", "expectations", "dbt_project", "workspace.yaml", "requirements.lock"} <= set(copied)
    assert [name for name in copied if not (CHECKOUT / name).exists()] == []
