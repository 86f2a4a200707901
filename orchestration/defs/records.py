"""Dagster's own records: opened for a run, and those in SQLite held open while it writes them.

Dagster opens and closes a file of events for each of the some two thousand lines it writes. The last connection to close makes SQLite copy its
write-ahead log back and wait for the disk, every time; with one more connection open nobody is last, and the log is copied back once, in the end.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

INDEX = "index"  # the file of events across runs, as Dagster names it


def opened() -> dg.DagsterInstance:
    """The records of DAGSTER_HOME. Raises OSError where the storage an operator chose does not open: its package, its address, its server."""
    try:
        return dg.DagsterInstance.get()
    except Exception as error:  # each storage raises classes of its own, of packages that are not here
        cause: BaseException = error
        while (deeper := cause.__cause__ or cause.__context__) is not None:
            cause = deeper
        sentence = " ".join(str(cause).split()).partition(" Stack Trace:")[0]
        raise OSError(
            f"Dagster's records: expected the storage of dagster.local.yaml to open, found {type(cause).__name__}: {sentence}; "
            "docs/operating.md says what Postgres needs"
        ) from error


@contextmanager
def held_open(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Hold the events of a run and their index open. Where an operator keeps them elsewhere, in Postgres for one, there is nothing to hold."""
    storage = instance.event_log_storage
    files = [storage.path_for_shard(name) for name in (INDEX, run_id)] if isinstance(storage, SqliteEventLogStorage) else []
    with ExitStack() as held:
        for file in files:
            # Closed by whichever thread ends the run.
            connection = held.enter_context(closing(sqlite3.connect(file, check_same_thread=False)))
            connection.execute("pragma journal_mode = wal")
            connection.execute("select count(*) from sqlite_master").fetchone()  # opens the log, which a mode alone does not
        yield
