"""Trailing rank correlations (Spearman 1904) of two series, and by how many sessions one runs ahead of the other.

Ranks are kept doubled, as whole numbers, so that equal values can share their mean rank and every sum is exact in any order. Which series are
compared and over how many sessions is the caller's business and may not come in.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]


class Lead(NamedTuple):
    """sessions: the shift with the highest correlation after each row, positive where the first series runs ahead; 0 where `correlation` is NaN. correlation:
    at that shift. Both (rows,)."""

    sessions: Numbers
    correlation: Array


def centred_ranks(values: Array, window: int) -> Numbers:
    """Twice the rank of each value within its trailing window minus window + 1, so that a window sums to 0: (rows − window + 1, window).

    values: (rows,), finite; a series shorter than the window has no row. Equal values share their mean rank.
    ValueError for a window below 2 or values that are not finite.
    """
    values = np.asarray(values, dtype=np.float64)
    if window < 2 or not np.all(np.isfinite(values)):
        missing = int((~np.isfinite(values)).sum())
        raise ValueError(f"expected finite values and a window of at least 2, found {missing} that are not and a window of {window}")
    if len(values) < window:
        return np.empty((0, window), dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(values, window)
    order = np.argsort(windows, axis=1, kind="stable")
    ordered = np.take_along_axis(windows, order, axis=1)
    is_new = np.ones(ordered.shape, dtype=bool)
    is_new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    is_last = np.ones(ordered.shape, dtype=bool)
    is_last[:, :-1] = is_new[:, 1:]
    places = np.arange(window)
    first = np.maximum.accumulate(np.where(is_new, places, 0), axis=1)
    last = np.minimum.accumulate(np.where(is_last, places, window)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(ordered.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, first + last + 2 - (window + 1), axis=1)
    return ranks


def _correlation(one: Numbers, other: Numbers) -> Array:
    """Of centred ranks, row by row; NaN where one of them has no order."""
    product = np.einsum("ij,ij->i", one, other).astype(np.float64)
    squares = np.einsum("ij,ij->i", one, one).astype(np.float64) * np.einsum("ij,ij->i", other, other).astype(np.float64)
    found: Array = np.divide(product, np.sqrt(squares), out=np.full(len(product), np.nan), where=squares > 0)
    return found


def trailing_rank_correlation(one: Array, other: Array, window: int) -> Array:
    """Rank correlation over the `window` rows up to each row, (rows,); NaN before there are as many, and where a window is constant.

    one, other: (rows,), finite. ValueError as `centred_ranks`, or where lengths differ.
    """
    if len(one) != len(other):
        raise ValueError(f"expected two series of one length, found {len(one)} and {len(other)}")
    found: Array = np.full(len(one), np.nan)
    if len(one) >= window:
        found[window - 1 :] = _correlation(centred_ranks(one, window), centred_ranks(other, window))
    return found


def lead(one: Array, other: Array, window: int, most: int) -> Lead:
    """By how many sessions the first series runs ahead of the second, judged after each row by the rank correlation of their changes.

    one, other: levels (rows,), finite. window: changes that are compared. most: shifts from −most to most are tried; at shift k > 0 the first series' changes
    are taken k rows earlier, so that both windows end at or before the row. Of equal correlations the smallest shift counts, and of ±k the one in which
    the first runs ahead. No row before all shifts can be tried. ValueError as `trailing_rank_correlation`, or for a negative `most`.
    """
    if len(one) != len(other) or most < 0:
        raise ValueError(f"expected two series of one length and a shift of at least 0, found {len(one)}, {len(other)} and {most}")
    sessions, correlation = np.zeros(len(one), dtype=np.int64), np.full(len(one), np.nan)
    begin = window + most  # the first row with a full window of changes `most` rows earlier
    if len(one) <= begin:
        return Lead(sessions, correlation)
    first, second = centred_ranks(np.diff(one), window), centred_ranks(np.diff(other), window)
    rows = len(one) - begin
    best = np.full(rows, np.nan)
    shift_of = np.zeros(rows, dtype=np.int64)
    for shift in sorted(range(-most, most + 1), key=lambda k: (abs(k), -k)):
        earlier_first, earlier_second = most - max(shift, 0), most - max(-shift, 0)
        found = _correlation(first[earlier_first : earlier_first + rows], second[earlier_second : earlier_second + rows])
        is_better = np.isfinite(found) & ~(found <= best)
        best, shift_of = np.where(is_better, found, best), np.where(is_better, shift, shift_of)
    sessions[begin:], correlation[begin:] = shift_of, best
    return Lead(sessions, correlation)
