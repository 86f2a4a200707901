"""Keeps the README true: every `$ contagion …` in it is run, and its output is what stands below it.

`python -m tests.readme` writes the sample home and the outputs anew.
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
from orchestration.settings import CHECKOUT

README = CHECKOUT / "README.md"
BLOCK = re.compile(r"```console\n\$ (?P<command>contagion [^\n]*(?:\n> [^\n]*)*)\n(?P<output>.*?)```", flags=re.DOTALL)
RUN_BLOCK = re.compile(r"```console\n\$ make run\n(?P<output>.*?)```", flags=re.DOTALL)


def run(command: str) -> str:
    """The output of one command line of the README."""
    arguments = shlex.split(command.replace("\n> ", " "))[1:]
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(io.StringIO()):
        main(arguments, standalone_mode=False)
    return trimmed(output.getvalue())


def trimmed(text: str) -> str:
    """Without trailing blanks and the path of this checkout."""
    return "\n".join(line.rstrip() for line in text.replace(f"{CHECKOUT}/", "").splitlines()).strip("\n") + "\n"


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
    README.write_text(refreshed())
    sys.stdout.write(f"{len(commands())} outputs written to {README.name}\n")
