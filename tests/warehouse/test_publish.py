"""A published file and its Parquet: what is copied, what it says of itself, what readers see while it is replaced, and what a kill leaves behind."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration import settings as environment
from orchestration.landing import files
from orchestration.reporting.doctor import Finding, examine
from orchestration.warehouse import build, publish
from orchestration.warehouse.publish import OlderThanPublishedError, parquet_folder, read_manifest

ROWS = [("a", date(2026, 2, 3), 1.5), ("b", None, None), ("c'\"ü", date(2026, 2, 4), -2.0)]


def make_build(path: Path, run_id: str, rows: list[tuple[Any, ...]] = ROWS) -> Path:
    """A build of two tables and a view, as dbt leaves it: commented, with the name of its database in the view."""
    path.unlink(missing_ok=True)
    with build.connect(path, read_only=False) as connection:
        connection.execute(f"create schema control; create schema marts; create table control.run_context as select '{run_id}' as run_id")
        connection.execute("create table marts.one (name varchar, day date, amount double); create table marts.gone as select 1 as x")
        if rows:
            connection.executemany("insert into marts.one values (?, ?, ?)", rows)
        connection.execute("create table marts.nested as select [1, 2] as list, {'a': date '2026-02-04'} as struct, 1.10::decimal(9, 2) as price")
        connection.execute("create view marts.seen as select name, amount from marts.one where amount > 0")
        for kind, name in (("table", "one"), ("table", "nested"), ("view", "seen")):
            connection.execute(f"comment on {kind} marts.{name} is 'What it''s about: {name}'")
        connection.execute("comment on column marts.one.day is 'Session.'; comment on column marts.seen.name is 'Of one.'")
    return path


def put(home: Path, run_id: str, rows: list[tuple[Any, ...]] = ROWS, *, as_of: str = "2026-02-04", simulated: bool = True) -> dict[str, Any]:
    path = make_build(home / "build.duckdb", run_id, rows)
    return publish.publish(
        path,
        home / "published" / "contagion.duckdb",
        marts=["one", "nested"],
        views=["seen"],
        run_id=run_id,
        as_of=date.fromisoformat(as_of),
        cutoff_on=date(2026, 2, 5),
        profile="sample" if simulated else "live",
        is_simulated=simulated,
        may_go_back=False,
        payloads={},
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_was_judged_is_copied_with_its_comments_and_nothing_else(tmp_path: Path) -> None:
    manifest = put(tmp_path, "first")
    assert manifest["tables"] == {"one": 3, "nested": 1}
    with build.connect(tmp_path / "published" / "contagion.duckdb") as connection:
        assert connection.execute("select * from marts.one").fetchall() == ROWS
        assert connection.execute("select * from marts.seen").fetchall() == [("a", 1.5)]
        comments = connection.execute(
            "select table_name, comment from duckdb_tables() union all select view_name, comment from duckdb_views() where not internal order by 1"
        ).fetchall()
        assert comments == [(name, f"{publish.SIMULATED}What it's about: {name}") for name in ("nested", "one", "seen")]
        columns = "select table_name, column_name, comment from duckdb_columns() where comment is not null order by 1"
        assert connection.execute(columns).fetchall() == [("one", "day", "Session."), ("seen", "name", "Of one.")]


def test_the_same_tables_stand_beside_it_as_parquet_that_says_what_it_is(tmp_path: Path) -> None:
    manifest = put(tmp_path, "first-run-of-many")
    folder = tmp_path / "published" / "parquet"
    assert folder.resolve() == parquet_folder(tmp_path / "published" / "contagion.duckdb")
    assert folder.resolve().name == "parquet-2026-02-04-first-ru"
    assert names(folder) == {"one.parquet", "nested.parquet"}
    assert duckdb.sql(f"from '{folder}/one.parquet'").fetchall() == ROWS
    assert pq.read_table(folder / "nested.parquet").to_pylist() == [{"list": [1, 2], "struct": {"a": date(2026, 2, 4)}, "price": Decimal("1.10")}]
    said = {key.decode(): text.decode() for key, text in pq.read_schema(folder / "one.parquet").metadata.items()}
    assert said["market"] == publish.SIMULATED.strip()
    assert (said["as_of"], said["run_id"], said["knowledge_cut_off"]) == ("2026-02-04", "first-run-of-many", "2026-02-05 06:00 America/New_York")
    assert said["description"] == f"{publish.SIMULATED}What it's about: one"
    for table, facts in manifest["parquet"]["files"].items():
        content = (folder / f"{table}.parquet").read_bytes()
        assert facts == {"rows": manifest["tables"][table], "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert pq.ParquetFile(folder / "one.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_real_data_is_not_called_simulated(tmp_path: Path) -> None:
    put(tmp_path, "first", simulated=False)
    assert b"market" not in pq.read_schema(tmp_path / "published" / "parquet" / "one.parquet").metadata


def test_a_reader_of_the_old_files_is_not_disturbed_and_older_ones_go(tmp_path: Path) -> None:
    put(tmp_path, "first")
    published = tmp_path / "published"
    before = (published / "parquet").resolve()
    put(tmp_path, "second", [])
    assert duckdb.sql(f"from '{before}/one.parquet'").fetchall() == ROWS
    assert duckdb.sql(f"from '{published}/parquet/one.parquet'").fetchall() == []
    assert names(published) == {"contagion.duckdb", "manifest.json", "parquet", "parquet-2026-02-04-first", "parquet-2026-02-04-second"}
    put(tmp_path, "third")
    assert not before.exists()
    assert names(published) == {"contagion.duckdb", "manifest.json", "parquet", "parquet-2026-02-04-second", "parquet-2026-02-04-third"}


def test_the_same_run_may_publish_again(tmp_path: Path) -> None:
    put(tmp_path, "first")
    assert put(tmp_path, "first")["parquet"]["folder"] == "parquet-2026-02-04-first-1"


def test_an_older_session_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, "first")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "published").rglob("*")}
    with pytest.raises(OlderThanPublishedError, match="expected a session from 2026-02-04 on"):
        put(tmp_path, "second", as_of="2026-02-03")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "published").rglob("*")} == before


def test_a_home_that_was_copied_with_its_links_followed_is_published_into(tmp_path: Path) -> None:
    put(tmp_path / "old", "first")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    assert not (tmp_path / "new" / "published" / "parquet").is_symlink()
    put(tmp_path / "new", "second")
    assert (tmp_path / "new" / "published" / "parquet").resolve().name == "parquet-2026-02-04-second"


# Where the process dies, and whose tables the file, the link and the manifest then show.
KILLS = {
    "while it writes Parquet": ("orchestration.warehouse.publish", "_sha256", 1, ("first", "first", "first")),
    "before the manifest": ("orchestration.landing.files", "write_json", 0, ("first", "first", "first")),
    "between manifest and file": ("orchestration.landing.files", "_flush_all", 2, ("first", "first", "second")),
    "between file and link": ("orchestration.landing.files", "point", 0, ("second", "first", "second")),
}
DYING = """
import importlib, os, signal, sys
from pathlib import Path
module, name, let_through = importlib.import_module(sys.argv[1]), sys.argv[2], int(sys.argv[3])
real, calls = getattr(module, name), [0]
def dying(*arguments, **options):
    calls[0] += 1
    if calls[0] > let_through:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)
setattr(module, name, dying)
sys.path.insert(0, sys.argv[5])
from test_publish import put
put(Path(sys.argv[4]), "second", [])
"""


@pytest.mark.parametrize("point", KILLS)
def test_after_a_kill_nothing_is_half_there_and_the_manifest_tells_what_belongs_together(tmp_path: Path, point: str) -> None:
    module, name, let_through, (file_of, link_of, manifest_of) = KILLS[point]
    put(tmp_path, "first")
    published = tmp_path / "published" / "contagion.duckdb"
    arguments = [sys.executable, "-c", DYING, module, name, str(let_through), str(tmp_path), str(Path(__file__).parent)]
    assert subprocess.run(arguments, check=False, timeout=60).returncode == -signal.SIGKILL
    rows = {"first": 3, "second": 0}
    with build.connect(published) as connection:
        assert connection.execute("select count(*) from marts.one").fetchall() == [(rows[file_of],)]
    manifest, folder = read_manifest(published), parquet_folder(published)
    assert manifest["run_id"] == manifest_of
    assert folder is not None
    for linked, run_id in ((published.with_name("parquet"), link_of), (folder, manifest_of)):
        assert names(linked) == {"one.parquet", "nested.parquet"}
        assert pq.read_schema(linked / "one.parquet").metadata[b"run_id"].decode() == run_id
        assert pq.read_metadata(linked / "one.parquet").num_rows == rows[run_id]
    # The file is the manifest's, or the hash says that it is not.
    assert (hashlib.sha256(published.read_bytes()).hexdigest() == manifest["file_sha256"]) == (file_of == manifest_of)
    put(tmp_path, "third")
    assert published.with_name("parquet").resolve().name == "parquet-2026-02-04-third"
    left = {path.name for path in published.parent.glob("parquet-*")}
    assert left == {"parquet-2026-02-04-third", f"parquet-2026-02-04-{link_of}"}


def test_doctor_sees_a_link_that_belongs_to_another_run(tmp_path: Path) -> None:
    settings = environment.load({"CONTAGION_HOME": str(tmp_path), "CONTAGION_PROFILE": "sample"})

    def parquet() -> Finding:
        return next(finding for finding in examine(settings) if finding.what == "Parquet files")

    assert parquet().is_fine  # nothing is published yet
    put(tmp_path, "first")
    assert (parquet().is_fine, parquet().found) == (True, "parquet is parquet-2026-02-04-first")
    before = (tmp_path / "published" / "parquet").resolve()
    put(tmp_path, "second")
    files.point(tmp_path / "published" / "parquet", before)
    assert not parquet().is_fine
    assert "the manifest names parquet-2026-02-04-second" in parquet().advice


def test_the_manifest_is_json_that_names_every_file(tmp_path: Path) -> None:
    put(tmp_path, "first")
    manifest = json.loads((tmp_path / "published" / "manifest.json").read_text())
    assert set(manifest["parquet"]["files"]) == set(manifest["tables"])


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"{}"])
def test_a_damaged_manifest_keeps_nobody_from_publishing(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "first")
    published = tmp_path / "published" / "contagion.duckdb"
    published.with_name("manifest.json").write_bytes(content)
    with pytest.raises(publish.ManifestError, match="run `contagion run` again: it writes both anew"):
        read_manifest(published)
    put(tmp_path, "second")
    assert read_manifest(published)["run_id"] == "second"
