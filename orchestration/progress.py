"""How far long work has come, for whoever watches. Work reports here; the command line draws; nobody has to listen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, int, int], None]

_listeners: list[Listener] = []


def report(what: str, done: int, total: int) -> None:
    """Say that `done` of `total` steps of `what` are finished."""
    for listener in _listeners:
        listener(what, done, total)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send reports to a listener for the duration of a block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
