"""Files that are either whole or absent: written beside, flushed to disk, renamed. Every write of landing goes through here.

Many files are written side by side: a disk takes thirty flushes in little more than the time of one, and a laptop's takes 5 ms for each.
"""

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BESIDE = ".unfinished"
SIDE_BY_SIDE = 8
MOST_WAITING = 64  # bodies in memory, at most


def _flush(path: Path) -> None:
    """What a file or a folder holds is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def whole_file(path: Path, *, flush_folder: bool = True) -> Iterator[Path]:
    """A path to write to; on leaving without an error it becomes `path` at once, else it disappears.

    The name is fixed, not random: only one run at a time holds the data home, and what a killed run left is overwritten.
    flush_folder: false where the caller flushes the folder, which may else forget the file when the power fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}{BESIDE}")
    try:
        yield beside
        _flush(beside)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if flush_folder:
        _flush(path.parent)


def write_bytes(path: Path, content: bytes, *, flush_folder: bool = True) -> None:
    with whole_file(path, flush_folder=flush_folder) as beside:
        beside.write_bytes(content)


@contextmanager
def side_by_side() -> Iterator[Callable[[Path, bytes], None]]:
    """A function that writes whole files, each path once; on leaving, all of them are in place and on the disk."""
    folders: set[Path] = set()
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

        def write(path: Path, content: bytes) -> None:
            folders.add(path.parent)
            waiting.append(pool.submit(write_bytes, path, content, flush_folder=False))
            if len(waiting) > MOST_WAITING:
                waiting.popleft().result()

        yield write
        for written in waiting:
            written.result()
        list(pool.map(_flush, folders))


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
