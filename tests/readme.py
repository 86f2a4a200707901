"""Keeps documents true: every `$ contagion …` of the README and every question of docs/queries.md is run, and its output is what stands below it.

`python -m tests.readme` writes the sample home and all outputs anew; `python -m tests.readme queries` the answers of docs/queries.md alone, from the
home that is there. A question is a block of SQL or Python, its answer the block of text after it; `data/sample` in it is the home.
"""

import io
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from orchestration.cli import main
from orchestration.settings import CHECKOUT, load

README = CHECKOUT / "README.md"
QUERIES = CHECKOUT / "docs" / "queries.md"
HOME = "data/sample"
BLOCK = re.compile(r"```console\n\$ (?P<command>contagion [^\n]*(?:\n> [^\n]*)*)\n(?P<output>.*?)```", flags=re.DOTALL)
RUN_BLOCK = re.compile(r"```console\n\$ make run\n(?P<output>.*?)```", flags=re.DOTALL)
QUESTION = re.compile(r"```(?P<language>sql|python)\n(?P<question>.*?)```\n\n```text\n(?P<answer>.*?)```", flags=re.DOTALL)


def run(command: str) -> str:
    """The output of one command line of the README."""
    return printed(shlex.split(command.replace("\n> ", " "))[1:])


def printed(arguments: list[str]) -> str:
    """What `contagion` with these arguments writes to standard output. Raises AssertionError with its complaint where it fails."""
    output, complaint = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(complaint):
            main(arguments, standalone_mode=False)
    except SystemExit as end:
        raise AssertionError(f"contagion {shlex.join(arguments)}: {complaint.getvalue()}") from end
    return trimmed(output.getvalue())


def trimmed(text: str) -> str:
    """Without trailing blanks and the path of this checkout."""
    return "\n".join(line.rstrip() for line in text.replace(f"{CHECKOUT}/", "").splitlines()).strip("\n") + "\n"


def answer(language: str, question: str) -> str:
    """What a question of docs/queries.md is answered with: SQL by `contagion query`, Python by what it prints."""
    home = str(load().home)
    question = question.replace(HOME, home)
    if language == "sql":
        return printed(["query", question]).replace(home, HOME)
    process = subprocess.run([sys.executable, "-c", question], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return trimmed(process.stdout.replace(home, HOME))


def questions(page: Path = QUERIES) -> list[tuple[str, str, str]]:
    """(language, question, answer as written) of every question."""
    return [(match["language"], match["question"], match["answer"]) for match in QUESTION.finditer(page.read_text())]


def answered(page: Path = QUERIES) -> str:
    """The page with every answer written anew."""

    def again(match: re.Match[str]) -> str:
        return f"```{match['language']}\n{match['question']}```\n\n```text\n{answer(match['language'], match['question'])}```"

    return QUESTION.sub(again, page.read_text())


def commands(readme: Path = README) -> list[tuple[str, str]]:
    """(command, output as written) of every block."""
    return [(match["command"], match["output"]) for match in BLOCK.finditer(readme.read_text())]


def shown_run(readme: Path = README) -> str:
    """What the README shows of `make run`."""
    match = RUN_BLOCK.search(readme.read_text())
    return match["output"] if match else ""


def refreshed(readme: Path = README) -> str:
    """The README with every output written anew, that of `make run` as a newcomer sees it: from nothing, with its cost on this machine."""
    shutil.rmtree(CHECKOUT / "data" / "sample", ignore_errors=True)
    process = subprocess.run(["make", "run"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    text = RUN_BLOCK.sub(lambda _: f"```console\n$ make run\n{trimmed(process.stdout)}```", readme.read_text())
    return BLOCK.sub(lambda match: f"```console\n$ {match['command']}\n{run(match['command'])}```", text)


if __name__ == "__main__":
    if sys.argv[1:] != ["queries"]:
        README.write_text(refreshed())
        sys.stdout.write(f"{len(commands())} outputs written to {README.name}\n")
    QUERIES.write_text(answered())
    sys.stdout.write(f"{len(questions())} answers written to {QUERIES.name}\n")
