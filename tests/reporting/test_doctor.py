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


def test_a_damaged_manifest_is_found_and_a_home_that_cannot_be_used_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "published" / "manifest.json").write_text("{")
    assert "expected the manifest of the published file, found Expecting" in published(home).found
    for unusable in (home / "published" / "contagion.duckdb", home / "published" / "contagion.duckdb" / "x"):
        settings = environment.load({"CONTAGION_HOME": str(unusable), "CONTAGION_PROFILE": "sample"})
        found = next(finding for finding in examine(settings) if finding.what == "data home")
        assert not found.is_fine
        assert found.found.endswith("contagion.duckdb is no folder that can be written to")


@pytest.mark.parametrize("folder", ["~nobody-of-that-name/x", "x" * 300])
def test_a_home_that_cannot_be_a_folder_is_one_line(folder: str) -> None:
    answer = CliRunner().invoke(main, ["status"], env={"CONTAGION_HOME": folder, "CONTAGION_PROFILE": "sample"})
    assert answer.exit_code == 2
    assert answer.stderr.startswith("CONTAGION_HOME: expected a folder, found ")


def test_headlines_of_a_damaged_file_are_one_line_and_no_traceback(home: Path) -> None:
    answer = CliRunner().invoke(main, ["brief"], env={"CONTAGION_HOME": str(home), "CONTAGION_PROFILE": "sample"})
    assert (answer.exit_code, answer.exception.__class__) == (1, SystemExit)
    assert answer.stderr.count("\n") == 1
    assert "not a valid DuckDB database file" in answer.stderr
