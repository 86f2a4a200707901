"""Data Docs are whole, offline, name the payloads that failed, and keep the pages of tables this run did not touch."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from expectations.docs import render
from expectations.runner import validate
from expectations.vocabulary import between, suite
from tests.expectations.conftest import candidates

SUITE = suite(between("price", 0, 100, "0.5 to 80 in 2025 <measured>"), grain=("symbol",))
AT = datetime(2025, 10, 1, 10, tzinfo=UTC)


def rows(price: float) -> pd.DataFrame:
    return pd.DataFrame({"symbol": ["A"], "price": [price]})


def test_a_page_names_the_refused_payload_the_example_and_the_reason(tmp_path: Path) -> None:
    pages = render([validate("raw_test", SUITE, candidates(rows(1), rows(-7)))], tmp_path, at=AT)
    page = pages["raw_test"].read_text(encoding="utf-8")
    assert pages == {"raw_test": tmp_path / "raw_test.html"}
    for words in (
        "Refused: file_1.csv (00000000).",
        "price -7 at A",
        "0.5 to 80 in 2025 &lt;measured&gt;",
        "values must be greater than or equal to",
        "2025-10-01",
    ):
        assert words in page
    for foreign in ("http://", "https://", "<script", "<link", "<img"):
        assert foreign not in page


def test_the_index_keeps_tables_of_earlier_runs(tmp_path: Path) -> None:
    render([validate("raw_first", SUITE, candidates(rows(1))), validate("raw_second", SUITE, candidates(rows(1)))], tmp_path, at=AT)
    before = (tmp_path / "raw_first.html").read_bytes()
    render([validate("raw_second", SUITE, candidates(rows(-1)))], tmp_path, at=AT)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "raw_first.html").read_bytes() == before
    assert index.index("raw_first.html") < index.index("passed</span>") < index.index("raw_second.html") < index.index("critical</span>")
    assert "file_0.csv (00000000)" in index
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_page_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render([validate("raw_test", SUITE, candidates(rows(1)))], tmp_path, at=AT)
    before = (tmp_path / "raw_test.html").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        render([validate("raw_test", SUITE, candidates(rows(-1)))], tmp_path, at=AT)
    assert (tmp_path / "raw_test.html").read_bytes() == before


def test_a_broken_index_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{", encoding="utf-8")
    render([validate("raw_test", SUITE, candidates(rows(1)))], tmp_path, at=AT)
    assert "raw_test.html" in (tmp_path / "index.html").read_text(encoding="utf-8")
