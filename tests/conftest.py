"""Where the real files and oracles lie, and what several rooms' tests share. Tests that need `../shared` skip visibly without it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def _folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        missing = f"../shared/{name} is not beside this checkout"
        if os.environ.get("CI"):
            pytest.fail(f"{missing}: continuous integration must run these tests")
        pytest.skip(missing)
    return folder


@pytest.fixture(scope="session")
def real() -> Path:
    """Publishers' real files."""
    return _folder("real")


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Inputs with expected numbers."""
    return _folder("oracles")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: two workers finish together when the long files do not come last."""
    items.sort(key=lambda item: "pipeline" not in item.path.parts)
