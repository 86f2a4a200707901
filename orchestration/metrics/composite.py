"""One index out of several pillars of stress, in the way of the ECB's composite indicator: stress counts for more where pillars are stressed together.

Each pillar is a percentile of its own past. They are put together like assets into a portfolio: the index is the variance of a portfolio whose
weights are w∘s and whose correlations are those of the pillars, as an exponentially weighted mean tells them today (Holló, Kremer & Lo Duca 2012,
CISS). So it is the sum of one part a pillar, w_i²·s_i², and one part of their moving together. What a pillar is made of, how many are enough and
how its quantiles are called is the caller's business and may not come in.

Time is the first axis, the pillar the second; NaN is a pillar that is not known. Everything runs forwards: no row depends on a later one, but for
the first block of an estimate, of which its own rows say so.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.int64]

MEDIAN = 0.5  # of a percentile, whatever it is of
NO_REGIME = -1


class Composite(NamedTuple):
    """index_value: (sessions,), NaN below the minimum of pillars; between 0 and 1, unless pairs that are known on different sessions have correlations that no
    sessions could have together, when it can fall below 0. contributions: w_i²·s_i², (sessions, pillars), NaN for a pillar that is out.
    cross: what pairs add, (sessions,), negative where they offset one another. is_in: which pillars are counted, (sessions, pillars)."""

    index_value: Array
    contributions: Array
    cross: Array
    is_in: Flags


def recursive_percentile(values: Array, first_block: int, *, ties: str = "highest") -> Array:
    """Share of the values so far that are at or below each value, (observations,), fractions; NaN stays NaN and takes no part.

    first_block: so many first observations are ranked within their whole block, as the paper starts its recursion; they look ahead as far as the
    block's end, and a caller who may not do so leaves them out. A series shorter than the block has no percentile. ties: "highest" counts all that
    are equal, as an empirical distribution function does; "mean" counts half of the equal ones beside itself, so that a value which half
    of all days share does not look extreme on each of them. ValueError for another word or a block below 1.
    """
    if ties not in ("highest", "mean") or first_block < 1:
        raise ValueError(f"expected ties to be highest or mean and a block of at least 1, found {ties} and {first_block}")
    found: Array = np.full(len(values), np.nan)
    values = np.asarray(values, dtype=np.float64)
    places = np.flatnonzero(np.isfinite(values))
    if len(places) < first_block:
        return found

    def share(value: float) -> float:
        above = bisect_right(ordered, value)
        rank = above if ties == "highest" else (bisect_left(ordered, value) + 1 + above) / 2
        return rank / len(ordered)

    series = values[places].tolist()
    ordered = sorted(series[:first_block])
    shares = [share(value) for value in series[:first_block]]
    for value in series[first_block:]:
        insort(ordered, value)
        shares.append(share(value))
    found[places] = shares
    return found


def known_percentile(values: Array, minimum: int) -> Array:
    """Percentiles as a session could know them, (observations,), equal values at their mean rank: NaN for those that came before there were so many.

    minimum: observations, NaN not counted. ValueError below 1.
    """
    found = recursive_percentile(values, minimum, ties="mean")
    found[np.cumsum(np.isfinite(values)) < minimum] = np.nan
    return found


def ewma_correlation(pillars: Array, decay: float, first_block: int) -> Array:
    """Exponentially weighted correlations of pillars after each session, (sessions, pillars, pillars); NaN before a pair has a block of common sessions.

    pillars: percentiles (sessions, pillars). decay: weight of yesterday's estimate, λ; the rest is that of today's product of distances from 1/2, the
    median of a percentile. first_block: so many first sessions on which both are known give the moments the recursion starts from, as their covariance
    about the means. A session on which one is missing leaves the pair as it was; a pair's variances rest on its own common sessions, so that a correlation
    lies within [-1, 1] when histories differ. A pillar that never left the median has correlation 0. ValueError unless 0 < decay < 1 and 2 <= block.
    """
    if not 0 < decay < 1 or first_block < 2:
        raise ValueError(f"expected a decay between 0 and 1 and a block of at least 2 sessions, found {decay} and {first_block}")
    pillars = np.asarray(pillars, dtype=np.float64)
    if pillars.ndim != 2:
        raise ValueError(f"expected pillars (sessions, pillars), found shape {pillars.shape}")
    sessions, count = pillars.shape
    is_known = np.isfinite(pillars)
    distance = np.where(is_known, pillars - MEDIAN, 0.0)
    begins = np.full((count, count), sessions)
    first_product, first_square = np.zeros((count, count)), np.zeros((count, count))
    for row in range(count):
        for column in range(count):
            common = np.flatnonzero(is_known[:, row] & is_known[:, column])[:first_block]
            if len(common) == first_block:
                begins[row, column] = common[-1]
                first_product[row, column] = _covariance(distance[common, row], distance[common, column])
                first_square[row, column] = _covariance(distance[common, row], distance[common, row])
    product, square = np.zeros((count, count)), np.zeros((count, count))
    found: Array = np.full((sessions, count, count), np.nan)
    for session in range(int(begins.min(initial=sessions)), sessions):
        today = distance[session]
        moves = (is_known[session][:, None] & is_known[session][None, :]) & (begins < session)
        product = np.where(moves, decay * product + (1 - decay) * (today[:, None] * today[None, :]), product)
        square = np.where(moves, decay * square + (1 - decay) * (today * today)[:, None], square)
        starts = begins == session
        product, square = np.where(starts, first_product, product), np.where(starts, first_square, square)
        scale = np.sqrt(square) * np.sqrt(square.T)
        correlation = np.divide(product, scale, out=np.zeros_like(product), where=scale > 0)
        np.fill_diagonal(correlation, 1.0)
        found[session] = np.where(begins <= session, np.clip(correlation, -1.0, 1.0), np.nan)
    return found


def _covariance(one: Array, other: Array) -> float:
    """Sample covariance about the means, divided by the number of rows; sums from the first row to the last."""
    count = len(one)
    mean_of_one, mean_of_other = one.cumsum()[-1] / count, other.cumsum()[-1] / count
    return float(((one - mean_of_one) * (other - mean_of_other)).cumsum()[-1] / count)


def composite(pillars: Array, correlation: Array, weights: Array, minimum: int) -> Composite:
    """(w∘s)'C(w∘s) after each session, split into one part a pillar and one of pairs; the parts add up to the index to the last bits.

    pillars: percentiles s (sessions, pillars). correlation: C (sessions, pillars, pillars). weights: w (pillars,), shares; those of the pillars that are
    known are scaled to add up to 1. minimum: pillars below which there is no index. A pillar is counted once its correlations with all that came
    before it are known. ValueError where shapes differ or a weight is not positive.
    """
    pillars, correlation, weights = (np.asarray(values, dtype=np.float64) for values in (pillars, correlation, weights))
    if pillars.ndim != 2 or not pillars.shape[1]:
        raise ValueError(f"expected pillars (sessions, pillars), at least one, found shape {pillars.shape}")
    sessions, count = pillars.shape
    if correlation.shape != (sessions, count, count) or weights.shape != (count,) or not np.all(weights > 0):
        raise ValueError(f"expected correlations and positive weights of {count} pillars, found {correlation.shape} and {weights}")
    is_ready = np.isfinite(pillars) & np.isfinite(np.diagonal(correlation, axis1=1, axis2=2))
    first = np.where(is_ready, np.arange(sessions)[:, None], sessions).min(axis=0, initial=sessions)
    is_in: Flags = np.zeros_like(is_ready)
    order = np.argsort(first, kind="stable")
    for place, pillar in enumerate(order):
        fits = is_ready[:, pillar].copy()
        for earlier in order[:place]:
            fits &= ~is_in[:, earlier] | np.isfinite(correlation[:, pillar, earlier])
        is_in[:, pillar] = fits
    is_in &= (is_in.sum(axis=1) >= minimum)[:, None]
    counted = np.where(is_in, weights, 0.0)
    total = counted.cumsum(axis=1)[:, -1]
    stress = np.where(is_in, pillars, 0.0) * counted / np.where(total > 0, total, np.nan)[:, None]
    own, cross = np.zeros(sessions), np.zeros(sessions)
    for row in range(count):
        own = own + stress[:, row] * stress[:, row]
        for column in range(row + 1, count):
            pair = stress[:, row] * stress[:, column]
            cross = cross + 2 * np.where(pair == 0, 0.0, pair * correlation[:, row, column])
    is_there = is_in.any(axis=1)
    return Composite(
        index_value=np.where(is_there, own + cross, np.nan),
        contributions=np.where(is_in, stress * stress, np.nan),
        cross=np.where(is_there, cross, np.nan),
        is_in=is_in,
    )


def regimes(percentile: Array, is_transmitted: Flags, entries: Sequence[float], *, needs_transmission: int, up: int, down: int, margin: float) -> Numbers:
    """The regime of each session, from 0 to the number of entries, with hysteresis; NO_REGIME where the percentile is NaN.

    percentile: of the index in its own past (sessions,). is_transmitted: sessions on which stress is shown to be passed on. entries: percentiles from which
    regimes 1, 2, … begin, rising. needs_transmission: the lowest regime that is entered and kept only while stress is passed on. up: so many sessions in
    a row above the regime lead to the lowest of what they point to. down: so many in a row more than `margin` below its entry, or without the transmission it
    needs, lead to the highest of what they point to. A session without percentile neither counts nor interrupts. The first known session begins
    in regime 0. ValueError unless entries rise, sessions are at least 1 and both series are of one length.
    """
    if not all(one < other for one, other in pairwise([-math.inf, *entries])) or up < 1 or down < 1:
        raise ValueError(f"expected rising entries and at least 1 session up and down, found {list(entries)}, {up} and {down}")
    percentile = np.asarray(percentile, dtype=np.float64)
    if len(is_transmitted) != len(percentile):
        raise ValueError(f"expected two series of one length, found {len(percentile)} percentiles and {len(is_transmitted)} sessions of transmission")
    found = np.full(len(percentile), NO_REGIME, dtype=np.int64)
    regime = 0
    above: list[int] = []
    below: list[int] = []
    for session, share in enumerate(percentile.tolist()):
        if share != share:
            continue
        passes_on = bool(is_transmitted[session])
        pointed = bisect_right(entries, share)
        pointed = pointed if passes_on else min(pointed, needs_transmission - 1)
        is_below = regime > 0 and (share < entries[regime - 1] - margin or (regime >= needs_transmission and not passes_on))
        above = [*above, pointed] if pointed > regime else []
        below = [*below, pointed] if is_below else []
        if len(above) == up:
            regime, above, below = min(above), [], []
        elif len(below) == down:
            regime, above, below = min(max(below), regime - 1), [], []
        found[session] = regime
    return found
