"""What whole runs are tested on: a home is made once, a copy of it goes its own way, and nobody runs the one that others read."""

from pathlib import Path

import pytest

from orchestration.landing import files

from .conftest import Pipeline, made_once


def test_a_home_is_made_once_and_one_that_failed_is_made_again(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        assert not list(folder.iterdir())
        (folder / "half").write_text("done")
        if len(made) == 1:
            raise RuntimeError("killed half way")

    name = f"made_by_{worker_id}"
    with pytest.raises(RuntimeError, match="half way"):
        made_once(tmp_path_factory, worker_id, name, make)
    folders = {made_once(tmp_path_factory, worker_id, name, make) for _ in range(3)}
    assert (len(made), folders) == (2, {made[0]})


def test_what_a_copy_writes_does_not_reach_the_home_it_was_taken_from(tmp_path: Path) -> None:
    home = Pipeline(tmp_path / "home", None, profile="sample", is_shared=True)
    for name in ("landing/fred/served.jsonl", "raw/table/a.parquet", "build/contagion.duckdb", "PROFILE"):
        (home.home / name).parent.mkdir(parents=True, exist_ok=True)
        (home.home / name).write_text("before")
    copy = home.copy(tmp_path / "copy")
    assert (copy.profile, copy.is_shared) == ("sample", False)
    assert (copy.home / "raw/table/a.parquet").samefile(home.home / "raw/table/a.parquet")
    files.write_bytes(copy.home / "landing/fred/served.jsonl", b"after")  # as landing writes
    (copy.home / "build/contagion.duckdb").write_text("after")  # as DuckDB writes
    assert [path.read_text() for path in sorted(home.home.rglob("*")) if path.is_file()] == ["before"] * 4


def test_a_home_that_others_read_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="shared by tests and only read"):
        Pipeline(tmp_path, None, is_shared=True).run("2025-09-30")
    assert not list(tmp_path.iterdir())
