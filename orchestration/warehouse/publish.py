"""From a build to the file that analysts open: a snapshot beside it, then one rename.

Readers that hold the old file keep it; new ones get the new one; nobody ever waits or sees half of it. A manifest beside
it says which run, which knowledge, which payloads and which versions it was made of.

The same tables stand beside it as Parquet, for tools that do not read DuckDB: each publication writes a folder of its own,
`parquet` is a link to the newest, and the folder before it stays until the next publication, for those who are reading it.
A kill between the two renames leaves the new file and a link to the old folder: the manifest names the folder that
belongs to the file, and each Parquet file says in its metadata which run it is of.
"""

import hashlib
import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing import files
from orchestration.warehouse.build import check_owner, connect
from orchestration.warehouse.query import literal

SCHEMA = "marts"
VERSIONED = ("macro-contagion-indicators", "dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas", "pyarrow", "numpy")
PARQUET = "parquet"
SAID = ("as_of", "simulated")  # without them nobody could say what a figure is
SIMULATED = "SIMULATED market, not real prices or flows. "


class OlderThanPublishedError(RuntimeError):
    """The published file speaks of a newer session than this run; it stays."""


class ManifestError(OSError):
    """The manifest beside a published file says nothing usable: what was expected, what was found, what to do."""


def read_manifest(published: Path) -> dict[str, Any]:
    """The manifest beside a published file; empty where nothing is published. Raises ManifestError where the file has none that can be read."""
    path = published.with_name("manifest.json")
    if not published.is_file():
        return {}
    try:
        manifest = json.loads(path.read_bytes())
        missing = [name for name in SAID if name not in manifest] if isinstance(manifest, dict) else list(SAID)
        found = f"none of {', '.join(missing)}"
    except FileNotFoundError:
        manifest, missing, found = {}, list(SAID), "none"
    except (OSError, ValueError) as error:
        manifest, missing, found = {}, list(SAID), " ".join(str(error).split())
    if missing:
        raise ManifestError(f"{path}: expected the manifest of the published file, found {found}; run `contagion run` again: it writes both anew")
    return dict(manifest)


def manifest_before(published: Path) -> dict[str, Any]:
    """As `read_manifest`, for a run that will replace it: a damaged one keeps nobody from publishing."""
    try:
        return read_manifest(published)
    except ManifestError:
        return {}


def parquet_folder(published: Path) -> Path | None:
    """The folder of Parquet files that belongs to a published file, by its manifest; None where that names none or it is gone."""
    name = manifest_before(published).get(PARQUET, {}).get("folder")
    folder = published.with_name(str(name))
    return folder if name and folder.is_dir() else None


def _name(*parts: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _copy(connection: duckdb.DuckDBPyConnection, *, marts: Sequence[str], views: Sequence[str], notice: str) -> dict[str, int]:
    """Copy these marts of the attached `build` into this file, comments included; return rows by table.

    Only what was judged is copied: the build may still hold a table whose model is gone.
    """
    connection.execute(f"create schema {_name(SCHEMA)}")
    counts: dict[str, int] = {}
    for table in marts:
        connection.execute(f"create table {_name(SCHEMA, table)} as select * from {_name('build', SCHEMA, table)}")  # noqa: S608 - catalog names
        counts[table] = int(connection.execute(f"select count(*) from {_name(SCHEMA, table)}").fetchall()[0][0])  # noqa: S608 - catalog names
    definitions = connection.execute(
        "select view_name, sql, comment from duckdb_views() where database_name = 'build' and schema_name = ? and list_contains(?, view_name) order by 1",
        [SCHEMA, list(views)],
    ).fetchall()
    catalog = str(connection.execute("select current_database()").fetchall()[0][0])
    for view, sql, comment in definitions:
        # dbt writes the build's catalog into a view; without it the view works under whatever name an analyst attaches the file.
        connection.execute(str(sql).replace(_name("build") + ".", "").replace("build.", "").replace(f"{_name(catalog)}.", "").replace(f"{catalog}.", ""))
        connection.execute(f"comment on view {_name(SCHEMA, str(view))} is {literal(notice + str(comment or ''))}")
    for table, comment in connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = 'build' and schema_name = ? and list_contains(?, table_name)",
        [SCHEMA, list(marts)],
    ).fetchall():
        connection.execute(f"comment on table {_name(SCHEMA, table)} is {literal(notice + str(comment or ''))}")
    for table, column, comment in connection.execute(
        "select table_name, column_name, comment from duckdb_columns() where database_name = 'build' and schema_name = ? and comment is not null"
        " and list_contains(?, table_name)",
        [SCHEMA, [*marts, *views]],
    ).fetchall():
        connection.execute(f"comment on column {_name(SCHEMA, table, column)} is {literal(str(comment))}")
    return counts


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _new_folder(published: Path, as_of: date, run_id: str) -> Path:
    """A name for this publication's Parquet files that none has yet: a step that is repeated must not write into what is being read."""
    name = f"{PARQUET}-{as_of.isoformat()}-{run_id[:8]}"
    candidates = (published.with_name(f"{name}-{number}" if number else name) for number in itertools.count())
    return next(path for path in candidates if not path.exists())


def _export(connection: duckdb.DuckDBPyConnection, folder: Path, counts: Mapping[str, int], described: Mapping[str, str]) -> dict[str, dict[str, int | str]]:
    """Write each table as a Parquet file whose metadata says what it is of; return rows, bytes and hash by table."""
    comments = dict(connection.execute("select table_name, comment from duckdb_tables() where schema_name = ?", [SCHEMA]).fetchall())
    found: dict[str, dict[str, int | str]] = {}
    for table, rows in counts.items():
        path = folder / f"{table}.parquet"
        metadata = ", ".join(f"{_name(key)}: {literal(text)}" for key, text in {**described, "description": str(comments[table])}.items())
        connection.execute(f"copy {_name(SCHEMA, table)} to {literal(str(path))} (format parquet, compression zstd, kv_metadata {{{metadata}}})")
        found[table] = {"rows": rows, "bytes": path.stat().st_size, "sha256": _sha256(path)}
    return found


def _swap_folder(link: Path, folder: Path) -> None:
    """Point the link at a new folder; the one it pointed at stays for its readers, all older ones go."""
    before = link.resolve() if link.is_symlink() else None
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)  # a home that was copied link by link: the copy's own folder is in the way
    files.point(link, folder)
    for path in link.parent.glob(f"{PARQUET}-*"):
        if path not in (folder, before):
            shutil.rmtree(path)


def publish(
    build: Path,
    published: Path,
    *,
    marts: Sequence[str],
    views: Sequence[str],
    run_id: str,
    as_of: date,
    cutoff_on: date,
    profile: str,
    is_simulated: bool,
    may_go_back: bool,
    payloads: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Snapshot these tables and views of this run's build and put them in place of the published file; return the manifest.

    The manifest is written just before the rename: killed in between, it speaks of a newer session than the file and so
    keeps an older one from taking its place until the run is repeated.
    Raises ForeignBuildError where the build is another run's, OlderThanPublishedError where the published file is of a
    later session and the run was not asked for an older one by name.
    """
    before = manifest_before(published)
    if before and date.fromisoformat(before["as_of"]) > as_of and not may_go_back:
        raise OlderThanPublishedError(
            f"expected a session from {before['as_of']} on, found {as_of}; the published file stays (an older one is published only with --as-of)"
        )
    with connect(build) as connection:
        check_owner(connection, run_id)
    link, folder = published.with_name(PARQUET), _new_folder(published, as_of, run_id)
    cut_off = f"{cutoff_on.isoformat()} 06:00 America/New_York"
    described = {"run_id": run_id, "profile": profile, "as_of": as_of.isoformat(), "knowledge_cut_off": cut_off}
    if is_simulated:
        described["market"] = SIMULATED.strip()
    with files.whole_file(published) as beside:
        beside.unlink(missing_ok=True)
        with connect(beside, read_only=False) as connection:
            connection.execute(f"attach {literal(str(build))} as build (read_only)")
            counts = _copy(connection, marts=marts, views=views, notice=SIMULATED if is_simulated else "")
            connection.execute("detach build")
            with files.whole_folder(folder) as unfinished:
                exported = _export(connection, unfinished, counts, described)
        manifest = {
            "run_id": run_id,
            "profile": profile,
            "simulated": is_simulated,
            "as_of": as_of.isoformat(),
            "knowledge_cut_off": cut_off,
            "file": published.name,
            "file_sha256": _sha256(beside),
            "tables": counts,
            PARQUET: {"folder": folder.name, "files": exported},
            "payloads": {source: sorted(set(hashes)) for source, hashes in payloads.items()},
            "versions": {package: version(package) for package in VERSIONED},
        }
        files.write_json(published.with_name("manifest.json"), manifest)
    _swap_folder(link, folder)
    return manifest
