"""What the documents say about the house, held against the house: blocks of commands, names, links, and the parts that are made from the code.

`python -m tests.documents` writes those parts anew: the commands, the publishers, the seeds. No DuckDB, no run: `tests/pipeline` runs what needs a market.
"""

import ast
import csv
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
import yaml

from orchestration import reference
from orchestration.cli import main
from orchestration.settings import CHECKOUT, DBT_PROJECT, SAMPLE_AS_OF, SEEDS
from orchestration.sources import all_sources

DOCS = CHECKOUT / "docs"
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ +(?P<text>.+)$", flags=re.MULTILINE)
MADE = re.compile(r"(?P<open><!-- made by python -m tests\.documents: (?P<name>\w+) -->\n).*?(?P<close><!-- end -->)", flags=re.DOTALL)
NOT_RUN = "not-run:"
COMMANDS = ("sh", "bash", "console", "shell")
CODE = ("orchestration", "expectations", "benchmarks", "dbt_project", "deploy", "tests")
READ = {".py", ".sql", ".yml", ".csv", ".toml", ".service", ".timer"}
NO_CODE = {"documents.py", "test_documents.py"}  # what they except would otherwise exist by being excepted
ASSIGNED = re.compile(r"^(?:[A-Z_]+=(?:\"[^\"]*\"|\S+) +)+")
CHOICE = re.compile(r"(?<!\S)(\w+)(?:\|\w+)+(?!\S)")
HOME_FILES = {"mirror.json", "manifest.json", "reason.json", "contagion.duckdb", "dagster.yaml", "dagster.local.yaml"}  # as pages call them for short
PLACEHOLDERS = {"COMMAND": "status", "TABLE": "fund", "FILE": "answer.csv", "D": SAMPLE_AS_OF.isoformat()}


def pages() -> list[Path]:
    """The README and everything in docs/."""
    return [CHECKOUT / "README.md", *sorted(DOCS.glob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, why it is not run where it is not, its text."""

    page: Path
    line: int
    language: str
    reason: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def is_run(self) -> bool:
        return NOT_RUN not in self.reason

    @property
    def commands(self) -> list[str]:
        """The lines a person types: those after `$ ` of a console, every line of a script that is no comment."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "console":
            return [line[2:] for line in self.text.replace("\n> ", " ").splitlines() if line.startswith("$ ")]
        return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page."""
    text = page.read_text()
    found = []
    for match in FENCE.finditer(text):
        language, _, rest = match["info"].strip().partition(" ")
        found.append(Block(page, text[: match.start()].count("\n") + 1, language, rest.strip(), match["text"]))
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def spans(page: Path) -> list[str]:
    """What a page sets in type, fenced blocks left out."""
    return [span.replace("\\|", "|") for span in SPAN.findall(prose(page))]


def paths(page: Path) -> list[str]:
    """What a page sets in type that can only be a path: parts between strokes, or a name with the ending of a file."""
    strokes, ending = r"(?=.*[a-z]{3})[\w.<>*-]*(?:/[\w.<>*-]*)+", r"[\w.-]+\.(?:py|sql|ya?ml|csv|json|md|toml|lock|service|timer|html|duckdb|log)"
    return [span for span in spans(page) if re.fullmatch(f"{strokes}|{ending}", span)]


def table_under(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head, a text a cell."""
    section = page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def home_folders() -> set[str]:
    """Files and folders of a data home, as the operating manual lists them."""
    return {name for row in table_under(DOCS / "operating.md", "The data home") for name in SPAN.findall(row[0])}


def is_of_house(path: str) -> bool:
    """Whether a path on a page leads to something in the checkout; `<theme>` and its like stand for any name."""
    pattern = re.sub(r"<\w+>", "*", path).strip("/")
    return pattern in paths_of_house() or ("*" in pattern and any(CHECKOUT.glob(pattern)))


def within_home(path: str) -> str:
    """A path as it is called within a data home, `<day>` and its like as `*`; nothing where it leads into the checkout or elsewhere."""
    if is_of_house(path):
        return ""
    inner = re.sub(r"<\w+>", "*", re.sub(r"^data/(?:<profile>|sample|live)(?:/|$)", "", path)).strip("/")
    if not inner and path.startswith("data/"):
        return "."
    return inner if inner.split("/")[0] in home_folders() or inner in HOME_FILES else ""


def lines_in_text(page: Path) -> list[str]:
    """Every `contagion` command line in the text of a page; names of commands without more are among them."""
    return [span for span in spans(page) if re.match(r"contagion ", ASSIGNED.sub("", span))]


def lines_in_blocks(page: Path) -> list[str]:
    """Every `contagion` command line in the blocks of a page, run or not, continued lines as one."""
    lines = [line.removeprefix(".venv/bin/") for block in blocks(page) if block.language in COMMANDS for line in block.commands]
    return [line for line in lines if line.startswith("contagion ")]


def scripts() -> list[Block]:
    """Blocks of shell that `tests/pipeline/test_documents.py` runs."""
    return [block for page in pages() for block in blocks(page) if block.language in COMMANDS and block.language != "console" and block.is_run]


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-") for heading in HEADING.findall(prose(page))}


# ---------------------------------------------------------------- what there is


def click_commands() -> dict[str, click.Command]:
    return dict(sorted(main.commands.items()))


def makefile_verbs() -> dict[str, str]:
    """Verb -> what `make` says it does."""
    return dict(re.findall(r"^([a-z]+):[^#\n]*## *(.+)$", (CHECKOUT / "Makefile").read_text(), flags=re.MULTILINE))


def environment_variables() -> set[str]:
    """Every variable that the one reader of the environment reads or writes."""
    return set(re.findall(r"\"([A-Z][A-Z0-9]*_[A-Z0-9_]+)\"", (CHECKOUT / "orchestration" / "settings.py").read_text()))


@cache
def models(layer: str = "marts") -> dict[str, dict[str, Any]]:
    """dbt models of a layer as their yml says, by name."""
    files = sorted((DBT_PROJECT / "models" / layer).rglob("*.yml"))
    return {model["name"]: model for path in files for model in yaml.safe_load(path.read_text()).get("models", [])}


@cache
def columns() -> dict[str, set[str]]:
    """Columns of everything with a name: dbt models as their yml says, seeds by their header, raw tables by their contract."""
    found = {name: {column["name"] for column in model.get("columns", [])} for layer in ("marts", "staging") for name, model in models(layer).items()}
    for path in sorted(SEEDS.glob("*.csv")):
        with path.open(newline="") as lines:
            found[path.stem] = set(next(csv.reader(lines)))
    raw = {
        table.name: {*table.columns, "known_on", "fetched_at", "vintage_kind", "payload_sha256"} for source in all_sources().values() for table in source.tables
    }
    return found | raw


@cache
def words_of_code() -> frozenset[str]:
    """Every word of the code, its seeds and its configuration: a name that is not among them exists nowhere."""
    paths = [path for folder in CODE for path in (CHECKOUT / folder).rglob("*") if path.suffix in READ and path.name not in NO_CODE]
    texts = [path.read_text() for path in [*paths, CHECKOUT / "Makefile", CHECKOUT / "pyproject.toml"]]
    return frozenset({path.stem for path in paths}.union(*(re.findall(r"\w+", text) for text in texts)))


@cache
def paths_of_house() -> frozenset[str]:
    """Files and folders of the checkout, each also by what it is called within dbt_project and orchestration."""
    skipped = {"data", "node_modules", "__pycache__", "target"}
    found = set()
    for folder, folders, files in os.walk(CHECKOUT):
        folders[:] = [name for name in folders if name == ".ci" or (name not in skipped and not name.startswith("."))]
        for name in (*folders, *files):
            parts = (Path(folder) / name).relative_to(CHECKOUT).parts
            found |= {"/".join(parts[start:]) for start in range(len(parts))}
    return frozenset(found)


@cache
def texts_of_code() -> frozenset[str]:
    """Every text that the code can say, with `…` for what differs."""
    found = set()
    for path in (path for folder in ("orchestration", "expectations") for path in (CHECKOUT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


def is_said(message: str) -> bool:
    """Whether the code says a quoted message: each of its fixed parts stands whole in one text. `expected …, found …` is put together from parts too."""
    parts = [part.strip(" .,") for part in re.split(r"…|[():;]|\bexpected\b|, found\b", message)]
    return all(any(part in text for text in texts_of_code()) for part in parts if part)


@cache
def seeds() -> dict[str, dict[str, Any]]:
    """Seeds as their yml says, by name."""
    return {seed["name"]: seed for seed in yaml.safe_load((SEEDS / "seeds.yml").read_text())["seeds"]}


# ---------------------------------------------------------------- what is made from it


def _usage(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return f"`{(parameter.name or '').upper()}`"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return names
    kind = "\\|".join(parameter.type.choices) if isinstance(parameter.type, click.Choice) else (parameter.metavar or parameter.type.name.upper())
    return f"{names} {kind}"


def _meaning(parameter: click.Parameter) -> str:
    said = getattr(parameter, "help", None) or ("Has to be given." if parameter.required else "May be left out.")
    shown = getattr(parameter, "show_default", False) and parameter.default is not None
    return " ".join(f"{said} {f'Default: `{parameter.default}`.' if shown else ''}".split())


def commands_section() -> str:
    """Every command of `contagion` and every verb of `make`, as they describe themselves."""
    lines = []
    for name, command in click_commands().items():
        lines += [f"### contagion {name}", "", " ".join((command.help or "").split()), ""]
        parameters = [parameter for parameter in command.params if parameter.name != "help"]
        if parameters:
            lines += ["| option | what it does |", "|---|---|", *(f"| {_usage(parameter)} | {_meaning(parameter)} |" for parameter in parameters), ""]
        if command.epilog:
            lines += ["Examples:", "", *(f"- `{line.strip()}`" for line in command.epilog.strip().splitlines()), ""]
    lines += ["### make", "", "| verb | what it does |", "|---|---|", *(f"| `make {verb}` | {meaning} |" for verb, meaning in makefile_verbs().items()), ""]
    return "\n".join(lines) + "\n"


def publishers_section() -> str:
    """Every source as its contract says: who, how often, how many addresses a run asks, with which pause, under which terms."""
    scope = reference.scope(SAMPLE_AS_OF)
    lines = []
    for source in all_sources().values():
        requests = list(source.requests(scope))
        pause = f", {source.pause_seconds:g} s apart" if len(requests) > 1 else ""
        tables = ", ".join(f"`{table.name}`" for table in source.tables)
        by_hand = all(request.url.startswith("manual:") for request in requests)
        asked = "nothing; its files are saved by hand" if by_hand else f"{len(requests)} {'addresses' if len(requests) > 1 else 'address'} a run{pause}"
        lines += [
            f"### {source.name}",
            "",
            f"- Publisher: {source.publisher}, <{source.homepage}>",
            f"- Cadence: {source.cadence}. Fills {tables}.",
            f"- Asked: {asked}. For example {f'`{requests[0].url}`' if by_hand else f'<{requests[0].url}>'}",
            f"- Terms, as the contract states them: {source.terms}.",
            "",
        ]
    return "\n".join(lines) + "\n"


def seeds_section() -> str:
    """Every seed and its columns, as the yml beside them says."""
    lines = []
    for name, seed in sorted(seeds().items()):
        said = [(column["name"], " ".join(column["description"].split()).replace("|", "\\|")) for column in seed["columns"]]
        rows = [f"| `{column}` | {text} |" for column, text in said]
        lines += [f"### {name}", "", " ".join(seed["description"].split()), "", "| column | what it says |", "|---|---|", *rows, ""]
    return "\n".join(lines) + "\n"


SECTIONS = {"commands": commands_section, "publishers": publishers_section, "seeds": seeds_section}


def refreshed(text: str) -> str:
    """A page with its made parts as the code has them now."""
    return MADE.sub(lambda match: f"{match['open']}\n{SECTIONS[match['name']]()}{match['close']}", text)


def made_parts() -> Iterator[tuple[Path, str]]:
    """(page, name) of every part that is made."""
    for page in pages():
        for match in MADE.finditer(page.read_text()):
            yield page, match["name"]


def typed(command: str) -> list[str]:
    """The words of a `contagion` command line as a shell would hand them over: variables before it left out, of alternatives the first, places filled."""
    line = CHOICE.sub(r"\1", ASSIGNED.sub("", command)).split(" > ")[0].split(" | ")[0]
    return [PLACEHOLDERS.get(word, word) for word in shlex.split(line, comments=True)]


def parsed(command: str) -> None:
    """Read one `contagion` command line as the command line would, without running it. Raises click.ClickException on a name that does not exist."""
    _, name, *rest = typed(command)
    if name not in main.commands:
        raise click.UsageError(f"no such command: {name}")
    if rest and rest != ["--help"]:
        main.commands[name].make_context(name, rest)


if __name__ == "__main__":
    for page in pages():
        page.write_text(refreshed(page.read_text()))
    sys.stdout.write(f"{len(list(made_parts()))} parts written\n")
