"""A window of many series: which of them can be used, and how a measure says that it has no answer.

The rule of connectedness and comovement: arguments that fit together and data that give no finite answer raise UndefinedError, whose `reason` goes
into the published table beside a null; arguments that do not fit together raise a plain ValueError. No measure and nothing of ours may come in;
thresholds are said by the caller.
"""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Reason: TypeAlias = Literal["too_few_series", "too_few_observations", "constant_series", "collinear_series", "missing_value", "overflow"]

ROUNDING = 1e-12  # relative, of squares: less than that is what a factorisation makes of nothing
MOTIONLESS = 1e-24  # relative, of squares: taking off its mean leaves 1e-32 to 1e-28 of a series that is one number


class UndefinedError(ValueError):
    """The data have no answer. reason: one of six words."""

    def __init__(self, reason: Reason, found: str) -> None:
        super().__init__(f"{reason.replace('_', ' ')}: {found}")
        self.reason: Reason = reason


def complete(window: Array) -> Array:
    """The rows of a window (sessions, series) that have a finite value of each series; the window itself where all have."""
    finite = np.isfinite(window)
    return window if finite.all() else window[finite.all(axis=1)]


def still(squares: Array, mean: Array, count: int) -> Flags:
    """Which series do not move: whose squared deviations (sums over `count` sessions) are rounding beside the level."""
    found: Flags = squares <= MOTIONLESS * count * np.square(mean)
    return found


def usable(window: Array, *, coverage: float, single_observation: float) -> Flags:
    """Which series of a window may be measured: those with a value on enough sessions, that move, and not by one observation alone.

    window: (sessions, series), NaN or infinite where there is no value. coverage: the least share of sessions with a value. single_observation: the
    largest share of a series' squared deviations from its mean that one session may have; above it that session is an error of data (a tick of 1e9 has
    all of it; 1987-10-19 had 59 % of its year's, the most in French's daily US market from 1926 to 2022).
    Our convention. ValueError unless the window has two dimensions.
    """
    window = np.asarray(window, dtype=np.float64)
    if window.ndim != 2:
        raise ValueError(f"expected a window (sessions, series), found shape {window.shape}")
    if not len(window):
        return np.zeros(window.shape[1], dtype=np.bool_)
    has_value = np.isfinite(window)
    each = np.ones(len(window))
    with np.errstate(over="ignore", invalid="ignore"):
        if has_value.all():
            has_enough = np.ones(window.shape[1], dtype=np.bool_)
            mean = each @ window / len(window)
            squares = np.square(window - mean)
        else:
            count = has_value.sum(axis=0)
            has_enough = count >= coverage * len(window)
            mean = each @ np.where(has_value, window, 0.0) / np.maximum(count, 1)
            squares = np.square(np.where(has_value, window, mean) - mean)
        total = each @ squares
        # a series too large to be squared has no finite total
        found: Flags = has_enough & np.isfinite(total) & ~still(total, mean, len(window)) & (squares.max(axis=0) <= single_observation * total)
    return found
