"""How an estimate is scored against the truth: rank statistics in plain numpy. No tables, no files."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def ranks(values: Array) -> Array:
    """Average ranks from 1; ties share theirs."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values))
    rank[order] = np.arange(1, len(values) + 1)
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    shared: Array = (np.bincount(group, weights=rank) / count)[group]
    return shared


def both(*columns: Array) -> list[Array]:
    """The columns where every one of them has a value."""
    there = np.all([np.isfinite(column) for column in columns], axis=0)
    return [column[there] for column in columns]


def rank_correlation(estimate: Array, truth: Array) -> float:
    """Spearman's rho over the days on which both have a value; nan below ten days or without variation."""
    estimate, truth = both(estimate, truth)
    if len(truth) < 10 or np.ptp(estimate) == 0 or np.ptp(truth) == 0:
        return float("nan")
    return float(np.corrcoef(ranks(estimate), ranks(truth))[0, 1])


def partial_rank_correlation(estimate: Array, truth: Array, given: Array) -> float:
    """Spearman's rho of what is left of both after a linear fit of ranks on the ranks of a third."""
    estimate, truth, given = both(estimate, truth, given)
    first, second = rank_correlation(estimate, given), rank_correlation(truth, given)
    return (rank_correlation(estimate, truth) - first * second) / float(np.sqrt((1 - first**2) * (1 - second**2)))


def auc(score: Array, is_event: Array) -> float:
    """Area under the curve: the chance that an event's score is above a calm day's, ties counting half."""
    score, is_event = both(score, is_event.astype(float))
    events = is_event > 0
    count, calm = int(events.sum()), int((~events).sum())
    if not count or not calm:
        return float("nan")
    return float((ranks(score)[events].sum() - count * (count + 1) / 2) / (count * calm))


def sums(values: Array, length: int) -> Array:
    """Sums over consecutive stretches; a stretch with a missing value has none."""
    whole = len(values) // length * length
    added: Array = values[:whole].reshape(-1, length).sum(axis=1)
    return added
