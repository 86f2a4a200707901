"""Files that are either whole or absent: written beside, flushed to disk, renamed. Every write of landing goes through here."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BESIDE = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; on leaving without an error it becomes `path` at once, else it disappears.

    The name is fixed, not random: only one run at a time holds the data home, and what a killed run left is overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}{BESIDE}")
    try:
        yield beside
        descriptor = os.open(beside, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_bytes(path: Path, content: bytes) -> None:
    with whole_file(path) as beside:
        beside.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    write_bytes(path, (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


def write_json_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    write_bytes(path, "".join(json.dumps(record, sort_keys=True) + "\n" for record in records).encode())


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def sweep(folder: Path) -> list[Path]:
    """Remove what killed runs left half-written; say what was removed. Call only while holding the lock."""
    leftovers = [path for path in folder.rglob(f".*{BESIDE}*") if path.is_file()]
    for path in leftovers:
        path.unlink()
    return leftovers
