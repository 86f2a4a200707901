"""Where the real files and oracles lie, and what several rooms' tests share. Tests that need `../shared` skip visibly without it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
AXE = ROOT / ".ci" / "browser" / "node_modules" / "axe-core" / "axe.min.js"  # put there by .ci/run


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what}: continuous integration must run these tests")
    pytest.skip(what)


def _folder(name: str) -> Path:
    folder = SHARED / name
    return folder if folder.is_dir() else _missing(f"../shared/{name} is not beside this checkout")


@pytest.fixture(scope="session")
def real() -> Path:
    """Publishers' real files."""
    return _folder("real")


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Inputs with expected numbers."""
    return _folder("oracles")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, headless. Of a module, not of the session: while it is open no other code of this thread may run an event loop."""
    chromium = shutil.which("chromium") or _missing("chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])  # tests run as root in CI
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be evaluated in a page before `axe.run()`."""
    return (AXE if AXE.is_file() else _missing("axe-core is not installed (`npm install --prefix .ci/browser axe-core@4.14.1`)")).read_text()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: two workers finish together when the long files do not come last.

    Of them first the file that makes the sample home, then those that do without it: no worker waits for what another is making.
    """
    with_sample = list(dict.fromkeys(item.path for item in items if "sample_home" in getattr(item, "fixturenames", ())))

    def turn(item: pytest.Item) -> int:
        if item.path in with_sample:
            return 0 if item.path.name == "test_sample.py" else 2
        return 1 if "pipeline" in item.path.parts else 3

    items.sort(key=turn)
