"""Checks of the data home for the person whose run does not start."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration import settings as environment
from orchestration.cli import main
from orchestration.reporting.doctor import Finding, examine


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with something published: bytes, and a manifest that knows them."""
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "contagion.duckdb").write_bytes(b"tables")
    manifest = {"as_of": "2026-02-04", "simulated": True, "file_sha256": hashlib.sha256(b"tables").hexdigest()}
    (tmp_path / "published" / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def published(home: Path) -> Finding:
    settings = environment.load({"CONTAGION_HOME": str(home), "CONTAGION_PROFILE": "sample"})
    return next(finding for finding in examine(settings) if finding.what == "published file")


def test_a_whole_file_is_fine_and_a_damaged_one_is_found(home: Path) -> None:
    assert published(home) == Finding("published file", True, "as of 2026-02-04")
    (home / "published" / "contagion.duckdb").write_bytes(b"table")
    assert published(home) == Finding(
        "published file", False, "its bytes are not those of manifest.json", "run `contagion run` again: it replaces the file whole"
    )


def test_headlines_of_a_damaged_file_are_one_line_and_no_traceback(home: Path) -> None:
    answer = CliRunner().invoke(main, ["brief"], env={"CONTAGION_HOME": str(home), "CONTAGION_PROFILE": "sample"})
    assert (answer.exit_code, answer.exception.__class__) == (1, SystemExit)
    assert answer.stderr.count("\n") == 1
    assert "not a valid DuckDB database file" in answer.stderr
