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
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from orchestration import calendars
from orchestration.landing import files
from orchestration.sources.contract import Source, Table

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


def stamp(source: Source, rows: pd.DataFrame, fetched_at: datetime, sha256: str, *, first: bool) -> pd.DataFrame:
    """Rows with their clocks.

    The first payload of a subject brings history: its rows were public on their release day (or, at the latest, when we
    fetched them) and are `reconstructed`. What a later payload adds was seen to appear: `observed`, known by that fetch.
    """
    fetched = pd.Timestamp(calendars.known_on_of_fetch(fetched_at))
    known_on = pd.Series(np.datetime64(fetched, "s"), index=rows.index)
    if first and len(rows):
        released = calendars.known_on_of_release(source.published_on(rows))
        known_on = released.where(released < fetched, fetched)
    return rows.assign(
        known_on=known_on,
        _fetch_known_on=fetched,
        fetched_at=pd.Timestamp(fetched_at).tz_convert("UTC").tz_localize(None),
        vintage_kind="reconstructed" if first else "observed",
        payload_sha256=sha256,
    )


def _fingerprint(rows: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[int]":
    """A 64-bit hash of each row's values; null equals null, 0.0 equals -0.0."""
    values = rows[list(columns)].copy()
    for name in values.columns:
        if pd.api.types.is_float_dtype(values[name]):
            values[name] = values[name].astype("float64") + 0.0
        elif pd.api.types.is_datetime64_any_dtype(values[name]):
            values[name] = values[name].astype("datetime64[s]").astype("int64")
        else:
            values[name] = values[name].astype("object").where(values[name].notna(), None)
    return pd.Series(pd.util.hash_pandas_object(values, index=False).to_numpy(), index=rows.index)


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
    vintage = [*table.snapshot, "fetched_at", "payload_sha256", "_candidate"]
    # A sum of hashes does not depend on the order of lines; the count guards against a doubled file.
    lines = ordered[vintage].assign(_print=_fingerprint(ordered, list(table.columns)))
    vintages = lines.groupby(vintage, dropna=False, sort=False)["_print"].agg(["sum", "count"]).reset_index()
    by_snapshot = vintages.groupby(list(table.snapshot), dropna=False, sort=False)
    earlier = by_snapshot[["sum", "count"]].shift(fill_value=0)
    vintages["_unseen"] = by_snapshot.cumcount() == 0
    vintages["_new"] = vintages["_unseen"] | (earlier["sum"] != vintages["sum"]) | (earlier["count"] != vintages["count"])
    flags = lines.merge(vintages, on=vintage, how="left")[["_new", "_unseen"]].set_axis(ordered.index)
    return flags["_new"], flags["_unseen"]


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
        arrow = ds.dataset(self._paths(table), schema=schema(table), format="parquet").to_table(filter=mine)
        rows: pd.DataFrame = arrow.to_pandas(date_as_object=False)
        return rows

    def _paths(self, table: Table) -> list[str]:
        self.ensure(table)
        return sorted(map(str, (self.folder / table.name).glob("*/*.parquet")))

    def count(self, table: Table) -> int:
        """Rows of all vintages."""
        return sum(pq.read_metadata(path).num_rows for path in self._paths(table))

    def last_row(self, table: Table) -> pd.DataFrame | None:
        """A row of the newest day that the table speaks of, or None where it is empty."""
        arrow = ds.dataset(self._paths(table), schema=schema(table), format="parquet").to_table(columns=list(table.columns))
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

    def append(self, table: Table, stamped: Sequence[pd.DataFrame], landed: date) -> int:
        """Write what the payloads (oldest first, each with its clocks) add; return the number of new rows.

        Rows are compared with the vintage before them in the order of fetching, so that it does not matter in how many
        runs payloads arrive, nor whether a killed run had already written some of them.
        """
        self.ensure(table)
        stamped = [rows for rows in stamped if len(rows)]
        if not stamped:
            return 0
        columns = [*table.columns, *CLOCKS]
        wanted = [*columns, "_fetch_known_on"]
        candidates = pd.concat([rows[wanted].assign(_order=number) for number, rows in enumerate(stamped)], ignore_index=True)
        existing = self.read(table, candidates).assign(_order=-1)
        merged = pd.concat([existing, candidates], ignore_index=True) if len(existing) else candidates
        for name, kind in {**table.columns, **CLOCKS}.items():
            if kind in ("DATE", "TIMESTAMP"):
                merged[name] = pd.to_datetime(merged[name]).astype("datetime64[us]")
        merged = merged.assign(_candidate=merged["_order"] >= 0).sort_values(["fetched_at", "_order"], kind="stable", ignore_index=True)
        is_new, is_unseen = _new_snapshots(table, merged) if table.snapshot else _new_values(table, merged)
        # A first payload may revise what another address had said before: that was seen to change, whatever the release rule.
        revised = merged["_candidate"] & ~is_unseen
        merged.loc[revised, "known_on"] = merged.loc[revised, "_fetch_known_on"].astype("datetime64[us]")
        merged.loc[revised, "vintage_kind"] = "observed"
        added = merged.loc[is_new & merged["_candidate"], columns]
        if len(added):
            self._write(table, added, landed)
        return len(added)

    def _write(self, table: Table, rows: pd.DataFrame, landed: date) -> None:
        parquet = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(rows, schema=schema(table), preserve_index=False), parquet, compression="zstd")
        name = f"{hashlib.sha256(parquet.getvalue()).hexdigest()}.parquet"
        files.write_bytes(self.folder / table.name / f"landed={landed.isoformat()}" / name, parquet.getvalue())
