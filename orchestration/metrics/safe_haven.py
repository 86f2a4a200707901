"""Whether a safe haven holds when shares fall worst: its slope on shares, with parts of its own for the worst tenth, twentieth and hundredth of days.

`r_haven = a + (c0 + c1·D10 + c2·D5 + c3·D1)·r_equity`, by least squares over rolling windows with autocorrelation-consistent errors (Baur & McDermott
2010, recalled; Newey & West 1987). A haven of zero or negative slope c0 + c1 + c2 + c3 holds on the worst days, one of positive slope falls with shares.
Which series, how long a window, which quantiles is said by the caller; files, frames, clocks and anything of ours may not come in.

Windows are all of one length, so that sums group the terms of a window the same way whatever comes after it.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

ROWS_AT_ONCE = 128  # windows that are worked on together: some megabytes
FLOOR = 1e-9  # 0.29 of 100 is 29, not the 28 that 28.999999999999996 is cut to
NEGLIGIBLE = 1e-12  # of a sum of squares: what a subtraction leaves of nothing

_complement = np.frompyfunc(math.erfc, 1, 1)


class Fit(NamedTuple):
    """After each observation, NaN where there is none. slopes: c0, c1, … (observations, parts). worst: their sum, the slope on the worst days.
    error: its standard error. p_value: the chance of a t-value as large as its own if the slope were zero (one-sided). falls: days of the window in
    each part's tail, count (observations, parts − 1), 0 before the first window."""

    slopes: Array
    worst: Array
    error: Array
    p_value: Array
    falls: npt.NDArray[np.int64]


def thresholds_before(returns: Array, window: int, shares: Sequence[float]) -> Array:
    """Before each observation, the values under which the stated shares of the `window` returns before it lie (observations, shares); NaN before.

    returns: fractions, none missing. shares: from 0 to below 1; of n values, ⌊share · n⌋ are at most a threshold's rank. Raises ValueError on a window
    of less than one observation and on other shares.
    """
    if window < 1 or not all(0 <= share < 1 for share in shares):
        raise ValueError(f"expected a window of at least 1 observation and shares from 0 to below 1, found {window} and {list(shares)}")
    returns = np.asarray(returns, dtype=np.float64)
    found: Array = np.full((len(returns), len(shares)), np.nan)
    ranks = [math.floor(share * window + FLOOR) for share in shares]
    ordered: list[float] = []
    values = returns.tolist()
    for place, value in enumerate(values):
        if place >= window:
            found[place] = [ordered[rank] for rank in ranks]
            del ordered[bisect_left(ordered, values[place - window])]
        insort(ordered, value)
    return found


def _windows(values: npt.NDArray[Any], window: int, first: int, last: int) -> npt.NDArray[Any]:
    """The windows that end with observations first to last (not included), one a row."""
    return np.lib.stride_tricks.sliding_window_view(values[first - window + 1 : last], window)


def rolling_fit(haven: Array, equity: Array, thresholds: Array, *, window: int, lags: int, least_falls: int) -> Fit:
    """The regression over the last `window` observations, after each observation.

    haven, equity: returns, fractions, none missing (observations). thresholds: of each observation, known before it (observations, tails), from the
    mildest tail to the worst; a day is in a tail where shares return less. lags: autocorrelations of the Bartlett kernel. least_falls: days that each
    stretch between two thresholds must have in a window, and the rest of the days too, or there is no fit; nor is there where shares stood still on all of
    them. A stretch has a slope of its own, and c1, c2, … are the steps between slopes: so one wild day is in one column.
    Raises ValueError where arrays differ in length or a window is no longer than what is estimated from it.
    """
    haven, equity, thresholds = (np.asarray(values, dtype=np.float64) for values in (haven, equity, thresholds))
    count, tails = thresholds.shape
    parts = tails + 2
    if not len(haven) == len(equity) == count:
        raise ValueError(f"expected returns and thresholds of one length, found {len(haven)}, {len(equity)} and {count}")
    if window <= parts:
        raise ValueError(f"expected a window of more than {parts} observations, found {window}")
    worst, error, p_value = (np.full(count, np.nan) for _ in range(3))
    fit = Fit(np.full((count, tails + 1), np.nan), worst, error, p_value, np.zeros((count, tails), dtype=np.int64))
    if count < window:
        return fit
    is_fall = equity[:, None] < thresholds
    stretches = np.concatenate([np.ones((count, 1), dtype=bool), is_fall], axis=1).sum(axis=1)
    design = np.concatenate([np.ones((count, 1)), equity[:, None] * (stretches[:, None] == np.arange(1, tails + 2))], axis=1)

    ends = np.arange(window - 1, count)
    chosen = np.eye(parts)[-1]  # the worst days' slope
    # every window is added up by itself: a difference of running sums would keep what a wild value leaves behind for ever
    for start in range(0, len(ends), ROWS_AT_ONCE):
        rows = ends[start : start + ROWS_AT_ONCE]
        first, last = int(rows[0]), int(rows[-1]) + 1
        moves = _windows(haven, window, first, last).copy()
        columns = np.stack([_windows(design[:, part], window, first, last) for part in range(parts)], axis=2)
        stretch = _windows(stretches, window, first, last)
        fit.falls[rows] = np.stack([(stretch > tail).sum(axis=1) for tail in range(1, tails + 1)], axis=1)
        days = np.stack([(stretch == tail).sum(axis=1) for tail in range(1, tails + 2)], axis=1)
        squares, products = columns.swapaxes(1, 2) @ columns, (columns.swapaxes(1, 2) @ moves[:, :, None])[:, :, 0]
        lengths = np.sqrt(np.diagonal(squares, axis1=1, axis2=2))
        sums, all_squares = squares[:, 0, 1:].sum(axis=1), np.square(lengths[:, 1:]).sum(axis=1)
        moved = all_squares - sums**2 / window
        sizes = (moves**2).sum(axis=1)
        variation = sizes - moves.sum(axis=1) ** 2 / window
        is_measured = (days >= least_falls).all(axis=1) & (lengths > 0).all(axis=1)
        good = np.flatnonzero(is_measured & (variation > NEGLIGIBLE * sizes) & (moved > NEGLIGIBLE * all_squares))
        if not len(good):
            continue
        # in units of each column's own length: a wild day would leave nothing of the others
        unit = lengths[good]
        scaled = squares[good] / unit[:, :, None] / unit[:, None, :]
        estimate = np.linalg.solve(scaled, (products[good] / unit)[:, :, None])[:, :, 0] / unit
        direction = np.linalg.solve(scaled, (chosen / unit)[:, :, None])[:, :, 0] / unit
        left = moves[good] - (columns[good] @ estimate[:, :, None])[:, :, 0]
        score = (columns[good] @ direction[:, :, None])[:, :, 0] * left
        variance = (score**2).sum(axis=1)
        for lag in range(1, lags + 1):
            variance += 2 * (1 - lag / (lags + 1)) * (score[:, lag:] * score[:, :-lag]).sum(axis=1)
        # residuals of an exact fit are noise of subtraction
        is_exact = (left**2).sum(axis=1) <= NEGLIGIBLE * variation[good]
        deviation = np.where(is_exact, np.nan, np.sqrt(np.maximum(variance, 0.0) * window / (window - parts)))
        fit.slopes[rows[good]] = np.diff(estimate[:, 1:], axis=1, prepend=0.0)
        fit.worst[rows[good]] = estimate[:, -1]
        fit.error[rows[good]] = np.where(deviation > 0, deviation, np.nan)
    with np.errstate(invalid="ignore"):
        t_value = fit.worst / fit.error
    is_tested = np.isfinite(t_value)
    fit.p_value[is_tested] = 0.5 * np.asarray(_complement(t_value[is_tested] / math.sqrt(2)), dtype=np.float64)
    return fit
