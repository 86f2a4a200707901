"""What a section of `benchmarks.metrics` is made of: costs in CPU seconds of this process, and the agreement without which none is printed.

A time alone says little about another machine: where there is a straight way to the same numbers it is timed in the same process, and the ratio is what
counts. No measurement of anything may come in.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Cost:
    """One line: what was measured, the figure with its unit, what it is aimed to stay under, and over a straight reference, where there is one."""

    what: str
    found: float
    unit: str
    aim: float | None = None
    over_reference: float | None = None


@dataclass(frozen=True)
class Section:
    """Measurements that belong together. measure: takes seconds, prints nothing, raises AssertionError where the fast way and the straight one disagree."""

    title: str
    measure: Callable[[], Sequence[Cost]]


def cpu_seconds(task: Callable[[], object], *, repeats: int = 3) -> float:
    """The least CPU seconds of `repeats` runs: what disturbs a run only adds to it."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        task()
        taken.append(time.process_time() - started)
    return min(taken)


def agree(found: npt.ArrayLike, straight: npt.ArrayLike, *, within: float) -> None:
    """AssertionError unless both are nowhere further apart than `within`, absolute, and neither is NaN."""
    difference = np.abs(np.asarray(found, dtype=float) - np.asarray(straight, dtype=float))
    if not (difference <= within).all():
        raise AssertionError(f"expected the straight reference to {within:g}, found {difference.max():g} away: no cost of a wrong number is printed")
