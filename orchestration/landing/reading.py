"""Archived payloads to rows, many at a time: one Arrow table per raw table and batch, and what is to be said of each payload.

A payload that cannot be read is an answer too, never an exception. What follows from it is not decided here, nor is anything
written.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from orchestration.landing.archive import Archive, Served
from orchestration.sources.columns import arrow
from orchestration.sources.contract import DEFECTS, Parsed, ParseError, Source

PAYLOAD = "_payload"  # the column that says which payload of a run a row belongs to, by its number
# What is read at once: a tenth of a second's work.
BATCH = 64
BATCH_BYTES = 2_000_000
MANY_BATCHES = 6  # from here on a helper is worth the half second it takes to start


@dataclass(frozen=True)
class Reading:
    """What came of one payload: the reason why it could not be read, or, by table, how many rows and which rejected lines."""

    reason: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What came of several payloads: a reading for each, and the rows of each table, in order, with their `_payload`."""

    readings: tuple[Reading, ...]
    rows: dict[str, pa.Table]


# Reads payloads whose numbers begin with the third argument; None where it cannot.
Reader: TypeAlias = Callable[[Source, Archive, int, Sequence[Served]], Batch | None]
Report: TypeAlias = Callable[[int], None]


def _parse(source: Source, archive: Archive, served: Served) -> tuple[Reading, Mapping[str, Parsed]]:
    try:
        parsed = source.parse(archive.payload(served))
        parts = {table.name: parsed[table.name] for table in source.tables}
    except ParseError as error:
        return Reading(str(error)), {}
    except DEFECTS as error:
        return Reading(_defect(source, error)), {}
    rows = {name: len(part) for name, part in parts.items()}
    rejected = {name: part.rejected for name, part in parts.items() if len(part.rejected)}
    return Reading("", rows, rejected, tuple(dict.fromkeys(note for part in parts.values() for note in part.notes))), parts


def _defect(source: Source, error: Exception) -> str:
    return f"expected a file the parser can read, found {type(error).__name__}: {error}; mend sources/{source.name}.py"


def read_batch(source: Source, archive: Archive, first: int, payloads: Sequence[Served]) -> Batch:
    """Parse payloads whose numbers begin with `first`."""
    read = [_parse(source, archive, served) for served in payloads]
    rows: dict[str, pa.Table] = {}
    try:
        for table in source.tables:
            kinds = {**table.columns, PAYLOAD: "INTEGER"}
            columns: dict[str, list[Any]] = {name: [] for name in kinds}
            for number, (_, parts) in enumerate(read, start=first):
                if table.name in parts:
                    part = parts[table.name]
                    for name in table.columns:
                        columns[name].extend(part.columns[name])
                    columns[PAYLOAD].extend([number] * len(part))
            rows[table.name] = arrow(columns, kinds)
    except DEFECTS as error:
        if len(payloads) == 1:
            return Batch((Reading(_defect(source, error)),), nothing(source))
        # One of them holds a value that its column cannot: it is found by reading each alone.
        return together(source, [read_batch(source, archive, number, [served]) for number, served in enumerate(payloads, start=first)])
    return Batch(tuple(reading for reading, _ in read), rows)


def nothing(source: Source) -> dict[str, pa.Table]:
    """No rows, of each table."""
    kinds = {table.name: {**table.columns, PAYLOAD: "INTEGER"} for table in source.tables}
    return {name: arrow({column: [] for column in columns}, columns) for name, columns in kinds.items()}


def together(source: Source, batches: Sequence[Batch]) -> Batch:
    """Batches one after the other."""
    readings = tuple(reading for batch in batches for reading in batch.readings)
    return Batch(readings, {name: pa.concat_tables([none, *(batch.rows[name] for batch in batches)]) for name, none in nothing(source).items()})


def _batches(payloads: Sequence[Served]) -> Iterator[tuple[int, list[Served]]]:
    """Payloads that are read at once, and the place of the first of them."""
    batch: list[Served] = []
    for place, served in enumerate(payloads):
        if len(batch) == BATCH or (batch and sum(one.size for one in batch) + served.size > BATCH_BYTES):
            yield place - len(batch), batch
            batch = []
        batch.append(served)
    if batch:
        yield len(payloads) - len(batch), batch


def read(
    source: Source, archive: Archive, payloads: Sequence[Served], *, first: int = 0, helper: Reader | None = None, report: Report = lambda done: None
) -> Batch:
    """Parse payloads whose numbers begin with `first`, in their order.

    helper: reads batches in another process; asked where there are many, and what it does not read is read here.
    report: called with the number of payloads that are read.
    """
    todo = deque((first + place, batch) for place, batch in _batches(payloads))
    done: dict[int, Batch] = {}

    def work(reader: Reader) -> None:
        while todo:
            try:
                number, batch = todo.popleft()
            except IndexError:  # the other one was faster
                return
            answer = reader(source, archive, number, batch)
            if answer is None:
                todo.appendleft((number, batch))
                return
            done[number] = answer
            if reader is read_batch:
                report(sum(len(batch.readings) for batch in list(done.values())))

    if helper is None or len(todo) < MANY_BATCHES:
        work(read_batch)
    else:
        with ThreadPoolExecutor(1) as pool:
            helped = pool.submit(work, helper)
            try:
                work(read_batch)
            except BaseException:
                todo.clear()
                raise
            helped.result()
            work(read_batch)
            report(len(payloads))
    return together(source, [done[number] for number in sorted(done)])
