"""Files that are either whole or absent: written beside, flushed to disk, renamed. Every write of landing goes through here.

Many files are flushed together: a disk takes thirty flushes in little more than the time of one, which is 5 ms on a laptop.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from orchestration import progress

BESIDE = ".unfinished"
FLUSHED_TOGETHER = 16


def _flush(path: Path) -> None:
    """What a file or a folder holds is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_all(paths: Collection[Path]) -> None:
    with ThreadPoolExecutor(min(FLUSHED_TOGETHER, len(paths))) as pool:
        list(pool.map(_flush, paths))


def _beside(path: Path) -> Path:
    """Where a file is written. The name is fixed: only one run at a time holds the data home, and what a killed run left is overwritten."""
    return path.parent / f".{path.name}{BESIDE}"


@contextmanager
def _put_in_place(written: Mapping[Path, Path]) -> Iterator[None]:
    """On leaving without an error, files beside their paths (path -> beside) are on the disk and become their paths; else they disappear."""
    try:
        yield
        if written:
            _flush_all(written.values())
            for path, beside in written.items():
                os.replace(beside, path)
            _flush_all({path.parent for path in written})
    except BaseException:
        for beside in written.values():
            beside.unlink(missing_ok=True)
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; on leaving without an error it becomes `path` at once, else it disappears."""
    beside = _beside(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _put_in_place({path: beside}):
        yield beside


@contextmanager
def whole_file_of_anyone(path: Path) -> Iterator[Path]:
    """As `whole_file`, outside the data home, where several may write at once: each beside under a name of its own, the last to end wins.

    A link is followed. What is there and no file (a device, a pipe) is written to directly.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        yield path
        return
    beside = path.parent / f".{path.name}.{os.getpid()}{BESIDE}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with _put_in_place({path: beside}):
        yield beside


@contextmanager
def whole_files() -> Iterator[Callable[[Path, bytes], None]]:
    """A function that writes files; on leaving without an error each becomes its path at once, else all that were not yet in place disappear."""
    written: dict[Path, Path] = {}
    folders: set[Path] = set()

    def write(path: Path, content: bytes) -> None:
        if path.parent not in folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.add(path.parent)
        written[path] = _beside(path)
        written[path].write_bytes(content)

    with _put_in_place(written):
        yield write


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to write files into; on leaving without an error it becomes `path`, which must not exist, at once, else it disappears with all in it."""
    beside = _beside(path)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
        _flush_all([beside, *beside.iterdir()])
        os.rename(beside, path)
        _flush(path.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def point(link: Path, folder: Path) -> None:
    """Make `link` a symbolic link to a folder beside it, at once: whoever follows it finds the old folder or the new one."""
    beside = _beside(link)
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.name, target_is_directory=True)
    os.replace(beside, link)
    _flush(link.parent)


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
    leftovers = list(folder.rglob(f".*{BESIDE}*"))
    for path in leftovers:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return leftovers


@contextmanager
def locked(path: Path) -> Iterator[IO[str]]:
    """Hold a lock that the kernel frees when this process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.report(f"waiting: another process holds {path.parent}", 0, 0)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
