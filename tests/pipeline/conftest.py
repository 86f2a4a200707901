"""Whole runs in this process: the homes that tests of the pipeline share, and how two are compared.

A whole run costs minutes, so a test takes the home that others take too. Each is made once a test session, by the worker that asks first:

    sample_home         the simulated market as of 2026-02-04, as `make run` leaves it; to be read only
    sample_home_copy    a home of the test's own in that state, to run again, publish from, tamper with; its mirror is written already
    undisturbed         a handful of real files as of 2025-09-30; to be read only
    copied              a home of the test's own in that state, with a mirror of its own
    next_days           the same home after the next sessions, in which one publisher serves a revised file (`tomorrow`); to be read only
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration import calendars, launch
from orchestration import settings as environment
from orchestration.defs import resources, transform
from orchestration.landing.vintages import RawVintages
from orchestration.reporting.outcome import RunReport
from orchestration.settings import DBT_PROJECT, SAMPLE_AS_OF
from orchestration.sources import all_sources
from orchestration.warehouse import build
from orchestration.warehouse.build import connect, tables
from orchestration.warehouse.publish import SCHEMA

# What a row knows is dated by these columns, the first that a table has; a row is "up to D" where it is not after D's cut-off.
KNOWLEDGE = ("last_known_on", "known_on", "known_from", "trade_date", "rebalanced_on")
STATES = ("source_status",)  # speak of the run's own session, not of a history

# The sessions after that of `undisturbed`, run as one range.
AFTER, NEXT = "2025-10-01", "2025-10-03"

# Written once and then only replaced by a rename (landing/files.py), never changed in place: a copy of a home may share them.
NEVER_CHANGED = ("landing", "raw", "mirror", "truth")


@dataclass
class Pipeline:
    """A data home and the mirror it reads."""

    home: Path
    mirror: Path | None
    profile: str = "live"
    is_shared: bool = False
    alert_urls: str = ""
    reports: list[RunReport] = field(default_factory=list)

    @property
    def published(self) -> Path:
        return self.home / "published" / "contagion.duckdb"

    def settings(self) -> environment.Settings:
        given = {"CONTAGION_PROFILE": self.profile, "CONTAGION_HOME": str(self.home), "CONTAGION_ALERT_URLS": self.alert_urls}
        return environment.load({**given, **({"CONTAGION_MIRROR": str(self.mirror)} if self.mirror else {})})

    def run(self, as_of: str, *, first: str | None = None, may_go_back: bool = True) -> RunReport:
        assert not self.is_shared, f"{self.home} is shared by tests and only read; one that runs takes a copy (sample_home_copy, copied)"
        last = date.fromisoformat(as_of)
        report = launch.run(self.settings(), date.fromisoformat(first) if first else last, last, may_go_back=may_go_back)
        self.reports.append(report)
        return report

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with connect(self.published) as connection:
            connection.execute("set search_path = 'marts'")
            return connection.execute(sql).fetchall()

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every published table, rows in one order, so that equal content is equal frames."""
        return frames(self.published)

    def copy(self, home: Path) -> "Pipeline":
        """A home in the state of this one that may be run; what is never changed in place is linked, not copied. Its mirror is this one's, or its own."""
        shutil.copytree(self.home, home, symlinks=True, ignore=lambda folder, _: NEVER_CHANGED if Path(folder) == self.home else ())
        for name in NEVER_CHANGED:
            if (self.home / name).is_dir():
                shutil.copytree(self.home / name, home / name, copy_function=os.link)
        return Pipeline(home, self.mirror, profile=self.profile)

    def digest(self) -> str:
        return hashlib.sha256(self.published.read_bytes()).hexdigest()

    def raw_files(self) -> dict[str, int]:
        """Everything that landing wrote, with the instant of writing."""
        folders = ("landing", "raw", "quarantine")
        return {str(path): path.stat().st_mtime_ns for folder in folders for path in (self.home / folder).rglob("*") if path.is_file()}


def frames(file: Path) -> dict[str, pd.DataFrame]:
    """Every published table of a file, sorted by all columns."""
    with connect(file) as connection:
        return {name: connection.execute(f'select * from "{SCHEMA}"."{name}" order by all').df() for name in tables(connection, SCHEMA)}


def assert_same_tables(left: Mapping[str, pd.DataFrame], right: Mapping[str, pd.DataFrame]) -> None:
    assert left.keys() == right.keys()
    for name in left:
        # As objects: a column that is null throughout has no type of its own in pandas.
        plain = [table[name].astype(object).where(table[name].notna(), None) for table in (left, right)]
        pd.testing.assert_frame_equal(*plain, check_exact=True, obj=name)


def _rows(connection: duckdb.DuckDBPyConnection, catalog: str, table: str, session: str | None) -> str | None:
    """A query for the rows of a table that were complete at a session's cut-off, or for all; what ended later had not ended yet. None for a state."""
    columns = [
        str(name)
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ? order by column_index",
            [catalog, SCHEMA, table],
        ).fetchall()
    ]
    source = f'"{catalog}"."{SCHEMA}"."{table}"'
    if session is None:
        return f"select * from {source}"
    clock = next((column for column in KNOWLEDGE if column in columns), None)
    if table in STATES or clock is None:
        return None
    cutoff = calendars.cutoff_on(date.fromisoformat(session))
    shown = [
        f"case when known_until <= date '{cutoff}' then known_until end as known_until" if column == "known_until" else f'"{column}"' for column in columns
    ]
    return f"select {', '.join(shown)} from {source} where {clock} <= date '{session if clock == 'trade_date' else cutoff}'"


def compared(left: Path, right: Path, session: str | None = None) -> tuple[dict[str, int], int]:
    """Rows by table that only one of two files has (tables without such rows left out), and the rows compared; up to a session where one is given.

    Exact, and in DuckDB: the sample's tables are too long for frames of objects.
    """
    different, rows = {}, 0
    with connect(left) as connection:
        connection.execute(f"attach '{right}' as other (read_only)")
        own = str(connection.execute("select current_database()").fetchall()[0][0])
        names = {
            catalog: {
                str(name)
                for (name,) in connection.execute(
                    "select table_name from duckdb_tables() where database_name = ? and schema_name = ?", [catalog, SCHEMA]
                ).fetchall()
            }
            for catalog in (own, "other")
        }
        assert names[own] == names["other"]
        for table in sorted(names[own]):
            mine, theirs = (_rows(connection, catalog, table, session) for catalog in (own, "other"))
            if mine is None:
                continue
            found = f"select count(*) from (({mine} except all {theirs}) union all ({theirs} except all {mine}))"
            count = connection.execute(found).fetchall()[0][0]
            rows += connection.execute(f"select count(*) from ({mine})").fetchall()[0][0]
            if count:
                different[table] = count
    return different, rows


def cut_home(pipeline: "Pipeline", session: str, folder: Path) -> "Pipeline":
    """A home whose raw vintages hold only what was public at the session's cut-off; it has no mirror to fetch from."""
    cutoff = calendars.cutoff_on(date.fromisoformat(session))
    for source in all_sources().values():
        for table in source.tables:
            RawVintages(folder).ensure(table)
            for path in (pipeline.home / "raw" / table.name).glob("landed=2*/*.parquet"):
                rows = pq.read_table(path)
                kept = rows.filter(pc.less_equal(rows["known_on"], pa.scalar(cutoff, pa.date32())))
                target = folder / path.relative_to(pipeline.home)
                target.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(kept, target)
    return Pipeline(folder, None, profile=pipeline.profile)


def build_only(pipeline: Pipeline, session: str) -> Path:
    """The file in which dbt builds the marts of a home's raw vintages for a session: no fetching, no gates, no publication."""
    settings, last = pipeline.settings(), date.fromisoformat(session)
    build.prepare(settings.build_file, run_id="test", as_of=last, profile=settings.profile, is_simulated=settings.is_simulated, outcomes=[])
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(pipeline.home / "dbt")]
    command = [str(transform.DBT), "build", *project, "--log-level-file", "none", "--exclude-resource-type", "test", "unit_test"]
    process = subprocess.run(command, env={**os.environ, "CONTAGION_HOME": str(pipeline.home)}, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout[-3000:]
    return settings.build_file


def write_mirror(folder: Path, entries: list[dict[str, object]], contents: Mapping[str, bytes]) -> Path:
    """A mirror of these contents (name in the mirror -> bytes)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "mirror.json").write_text(json.dumps({"files": entries}))
    return folder


def real_entries(real: Path, *wanted: str) -> list[dict[str, object]]:
    """Entries of the real mirror whose file contains one of the words."""
    entries: list[dict[str, object]] = json.loads((real / "mirror.json").read_text())["files"]
    return [entry for entry in entries if any(word in str(entry["file"]) for word in wanted)]


def tomorrow(mirror: Path) -> None:
    """A file of the next session for a mirror of `small_mirror`'s files: there is something to fetch, archive and write."""
    index = json.loads((mirror / "mirror.json").read_text())
    entry = next(entry for entry in index["files"] if "ici/" in entry["file"])
    body = (mirror / str(entry["file"])).read_bytes()
    assert b'"23,744"' in body
    index["files"].append({"url": entry["url"], "from": "2025-10-02", "file": "revised"})
    (mirror / "revised").write_bytes(body.replace(b'"1,061"', b'"1,060"').replace(b'"18,323"', b'"18,322"'))
    (mirror / "mirror.json").write_text(json.dumps(index))


def made_once(tmp_path_factory: pytest.TempPathFactory, worker: str, name: str, make: Callable[[Path], None]) -> Path:
    """A folder of this test session, made by the worker that asks first; any other waits for it. One that could not be made is tried again."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker == "master" else base.parent) / name
    made = folder.with_name(f"{name}.made")
    with resources.locked(folder.with_name(f"{name}.lock")):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


def run_cleanly(pipeline: Pipeline, as_of: str, *, first: str | None = None) -> None:
    report = pipeline.run(as_of, first=first)
    assert report.exit_status == 0, (report.errors, report.failures)


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Pipeline:
    """The simulated market as of the day of its story, run from nothing once a test session. Read only: `run` refuses."""
    home = made_once(tmp_path_factory, worker_id, "sample_home", lambda folder: run_cleanly(Pipeline(folder, None, profile="sample"), SAMPLE_AS_OF.isoformat()))
    return Pipeline(home, None, profile="sample", is_shared=True)


@pytest.fixture
def sample_home_copy(sample_home: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    """A home of the test's own in the state of `sample_home`, half a second and 0.5 GB; gone after the test."""
    yield sample_home.copy(tmp_path / "home")
    shutil.rmtree(tmp_path / "home")


@pytest.fixture(scope="session")
def small_mirror(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handful of real files: enough for every mart to have rows, quick to run."""
    folder = tmp_path_factory.mktemp("small_mirror")
    entries = real_entries(real, "finra_margin", "fund.xls", "spy_2025", "ARKK", "ici/", "IVV_holdings")
    return write_mirror(folder, entries, {str(entry["file"]): (real / str(entry["file"])).read_bytes() for entry in entries})


@pytest.fixture(scope="session")
def undisturbed(small_mirror: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Pipeline:
    """One clean run on the small mirror: what disturbed runs are compared with. Read only: `run` refuses."""
    home = made_once(tmp_path_factory, worker_id, "undisturbed", lambda folder: run_cleanly(Pipeline(folder, small_mirror), "2025-09-30"))
    return Pipeline(home, small_mirror, is_shared=True)


@pytest.fixture
def copied(undisturbed: Pipeline, tmp_path: Path) -> Pipeline:
    """A home in the state after the clean run, with a mirror of its own to tamper with."""
    assert undisturbed.mirror is not None
    pipeline = undisturbed.copy(tmp_path / "home")
    pipeline.mirror = Path(shutil.copytree(undisturbed.mirror, tmp_path / "mirror"))
    return pipeline


@pytest.fixture(scope="session")
def next_days(undisturbed: Pipeline, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Pipeline:
    """The clean run's home after a clean run of the next sessions: where disturbed ones have to arrive. Read only: `run` refuses."""

    def make(folder: Path) -> None:
        pipeline = undisturbed.copy(folder / "home")
        pipeline.mirror = Path(shutil.copytree(str(undisturbed.mirror), folder / "mirror"))
        tomorrow(pipeline.mirror)
        run_cleanly(pipeline, NEXT, first=AFTER)

    folder = made_once(tmp_path_factory, worker_id, "next_days", make)
    return Pipeline(folder / "home", folder / "mirror", is_shared=True)
