"""Raw vintages: append-only Parquet, one file per table and run. An observation is never overwritten.

    raw/<table>/landed=<date>/<sha256>.parquet

A value table (prices, margin debt) gains a row where a value is new or changed. A snapshot table (holdings) gains the whole
payload of a (fund, day) where any line differs. Every row carries three clocks: `observed_on` (what day it speaks of),
`known_on` (the first New York date at whose 06:00 it was public), `fetched_at`. Folder names are never columns: every
reader passes `hive_partitioning=false`.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from orchestration import calendars
from orchestration.landing import files
from orchestration.sources.contract import Source, Table

Places: TypeAlias = npt.NDArray[np.int64]
CLOCKS = {"known_on": "DATE", "fetched_at": "TIMESTAMP", "vintage_kind": "VARCHAR", "payload_sha256": "VARCHAR"}
ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}


def schema(table: Table) -> pa.Schema:
    """The Parquet schema of a raw table, clocks included."""
    return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in {**table.columns, **CLOCKS}.items()])


@dataclass(frozen=True)
class Arrival:
    """When a payload was fetched, what its bytes are called, and whether it was the first of its subject."""

    fetched_at: datetime
    sha256: str
    is_first: bool


def stamp(source: Source, rows: pd.DataFrame, arrivals: Sequence[Arrival], places: Places) -> pd.DataFrame:
    """Rows with their clocks; `places` says, for each row, which arrival brought it.

    The first payload of a subject brings history: its rows were public on their release day (or, at the latest, when we
    fetched them) and are `reconstructed`. What a later payload adds was seen to appear: `observed`, known by that fetch.
    """
    fetched = np.array([calendars.known_on_of_fetch(arrival.fetched_at) for arrival in arrivals], dtype="datetime64[s]")
    known_on = fetched[places]
    for place in np.flatnonzero([arrival.is_first for arrival in arrivals]):
        its = places == place
        if its.any():
            released = calendars.known_on_of_release(source.published_on(rows[its])).to_numpy()
            known_on[its] = np.where(released < fetched[place], released, fetched[place])
    instants = np.array([arrival.fetched_at.astimezone(UTC).replace(tzinfo=None) for arrival in arrivals], dtype="datetime64[us]")
    kinds = pd.array(["reconstructed" if arrival.is_first else "observed" for arrival in arrivals], dtype="str")
    return rows.assign(
        known_on=known_on,
        _fetch_known_on=fetched[places],
        fetched_at=instants[places],
        vintage_kind=kinds.take(places),
        payload_sha256=pd.array([arrival.sha256 for arrival in arrivals], dtype="str").take(places),
    )


def _fingerprint(rows: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[int]":
    """A 64-bit hash of each row's values, to compare rows of this frame by; null equals null, 0.0 equals -0.0."""
    values: dict[str, np.ndarray] = {}
    for name in columns:
        if pd.api.types.is_float_dtype(rows[name]):
            values[name] = rows[name].to_numpy("float64") + 0.0
        elif pd.api.types.is_datetime64_any_dtype(rows[name]):
            values[name] = rows[name].to_numpy().astype("int64")
        else:
            values[name] = pd.factorize(rows[name])[0]
    return pd.Series(pd.util.hash_pandas_object(pd.DataFrame(values), index=False).to_numpy(), index=rows.index)


def _new_values(table: Table, ordered: pd.DataFrame) -> tuple["pd.Series[bool]", "pd.Series[bool]"]:
    """Which rows differ from the one before them under the same key, and which have none before them."""
    values = [name for name in table.columns if name not in table.key]
    prints = _fingerprint(ordered, values)
    keys = [ordered[name] for name in table.key]
    before = prints.groupby(keys, dropna=False, sort=False).shift(fill_value=0)
    unseen = prints.groupby(keys, dropna=False, sort=False).cumcount() == 0
    return unseen | (before != prints), unseen


def _new_snapshots(table: Table, ordered: pd.DataFrame) -> tuple["pd.Series[bool]", "pd.Series[bool]"]:
    """Which rows belong to a snapshot whose set of lines differs from the one before it, and which to one with none before it."""
    # A sum of hashes does not depend on the order of lines; the count guards against a doubled file.
    vintage = ordered.groupby([*table.snapshot, "fetched_at", "payload_sha256", "_candidate"], dropna=False, sort=False).ngroup().to_numpy()
    lines = _fingerprint(ordered, list(table.columns)).groupby(vintage).agg(["sum", "count"])
    vintages = ordered.loc[~pd.Series(vintage).duplicated(), list(table.snapshot)].reset_index(drop=True).join(lines)
    by_snapshot = vintages.groupby(list(table.snapshot), dropna=False, sort=False)
    earlier = by_snapshot[["sum", "count"]].shift(fill_value=0)
    is_unseen = (by_snapshot.cumcount() == 0).to_numpy()
    is_new = is_unseen | (earlier["sum"] != vintages["sum"]).to_numpy() | (earlier["count"] != vintages["count"]).to_numpy()
    return pd.Series(is_new[vintage], index=ordered.index), pd.Series(is_unseen[vintage], index=ordered.index)


class RawVintages:
    """The raw tables of one data home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "raw"

    def ensure(self, table: Table) -> None:
        """An empty Parquet with the table's schema: a glob without files is an error to every reader."""
        path = self.folder / table.name / "landed=never" / "schema.parquet"
        if path.exists() and pq.read_schema(path).equals(schema(table)):
            return
        with files.whole_file(path) as beside:
            pq.write_table(schema(table).empty_table(), beside)

    def read(self, table: Table, candidates: pd.DataFrame | None = None) -> pd.DataFrame:
        """All vintages of a table, or only those of the subjects (first key column) that the candidates speak of."""
        subject = table.key[0]
        mine = None if candidates is None else ds.field(subject).isin(candidates[subject].dropna().unique().tolist())
        arrow = ds.dataset(self.paths(table), schema=schema(table), format="parquet").to_table(filter=mine)
        rows: pd.DataFrame = arrow.to_pandas(date_as_object=False)
        return rows

    def paths(self, table: Table) -> list[str]:
        """The Parquet files that make up a table: the empty one of its schema at least."""
        self.ensure(table)
        return sorted(map(str, (self.folder / table.name).glob("*/*.parquet")))

    def count(self, table: Table) -> int:
        """Rows of all vintages."""
        return sum(pq.read_metadata(path).num_rows for path in self.paths(table))

    def last_row(self, table: Table) -> pd.DataFrame | None:
        """A row of the newest day that the table speaks of, or None where it is empty."""
        arrow = ds.dataset(self.paths(table), schema=schema(table), format="parquet").to_table(columns=list(table.columns))
        if not arrow.num_rows:
            return None
        newest = pc.index(arrow["observed_on"], pc.max(arrow["observed_on"])).as_py()
        row: pd.DataFrame = arrow.slice(newest, 1).to_pandas(date_as_object=False)
        return row

    def latest(self, table: Table, candidates: pd.DataFrame) -> pd.DataFrame:
        """The newest vintage of each key (of each subject's newest snapshot): what a new payload is compared with."""
        rows = self.read(table, candidates).sort_values(["fetched_at"], kind="stable")
        if not table.snapshot:
            return rows.drop_duplicates(list(table.key), keep="last")
        subject = table.key[0]
        newest_day = rows.groupby(subject)["observed_on"].transform("max")
        rows = rows[rows["observed_on"] == newest_day]
        return rows[rows["fetched_at"] == rows.groupby(subject)["fetched_at"].transform("max")]

    def append(self, table: Table, stamped: pd.DataFrame, landed: date) -> int:
        """Write what payloads add; return the number of new rows. stamped: their rows with clocks, the payload fetched first before the others.

        Rows are compared with the vintage before them in the order of fetching, so that it does not matter in how many
        runs payloads arrive, nor whether a killed run had already written some of them.
        """
        self.ensure(table)
        if stamped.empty:
            return 0
        columns = [*table.columns, *CLOCKS]
        merged = stamped[[*columns, "_fetch_known_on"]].assign(_candidate=True)
        existing = self.read(table, stamped)
        if len(existing):
            merged = pd.concat([existing.assign(_candidate=False), merged], ignore_index=True)
        for name, kind in {**table.columns, **CLOCKS}.items():
            if kind in ("DATE", "TIMESTAMP"):
                merged[name] = pd.to_datetime(merged[name]).astype("datetime64[us]")
        if len(existing):
            merged = merged.sort_values("fetched_at", kind="stable", ignore_index=True)
        is_new, is_unseen = _new_snapshots(table, merged) if table.snapshot else _new_values(table, merged)
        # A first payload may revise what another address had said before: that was seen to change, whatever the release rule.
        revised = merged["_candidate"] & ~is_unseen
        merged.loc[revised, "known_on"] = merged.loc[revised, "_fetch_known_on"].astype("datetime64[us]")
        merged.loc[revised, "vintage_kind"] = "observed"
        is_added = is_new & merged["_candidate"]
        added = merged[columns] if is_added.all() else merged.loc[is_added, columns]  # a first run's year of rows is not copied
        if len(added):
            self._write(table, added, landed)
        return len(added)

    def _write(self, table: Table, rows: pd.DataFrame, landed: date) -> None:
        parquet = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(rows, schema=schema(table), preserve_index=False), parquet, compression="zstd")
        name = f"{hashlib.sha256(parquet.getvalue()).hexdigest()}.parquet"
        files.write_bytes(self.folder / table.name / f"landed={landed.isoformat()}" / name, parquet.getvalue())
