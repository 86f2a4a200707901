"""The composite: the oracle's numbers, brute force on random pillars with gaps, regimes by hand, and no past row that moves when a session is added."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestration.metrics.composite import NO_REGIME, Array, composite, ewma_correlation, known_percentile, recursive_percentile, regimes

DECAY, BLOCK = 0.93, 60
RULES: Any = {"entries": [0.6, 0.8, 0.93, 0.98], "needs_transmission": 3, "up": 2, "down": 5, "margin": 0.05}


# ---------------------------------------------------------------- the oracle


def test_the_index_and_its_cross_part_meet_the_oracle(oracles: Path) -> None:
    expected = json.loads((oracles / "ciss" / "expected.json").read_text())
    with (oracles / "ciss" / "synthetic_subindices_raw.csv").open(newline="") as lines:
        raw = [[float(row[name]) for name in expected["weights"]] for row in csv.DictReader(lines)]
    pillars = np.column_stack([recursive_percentile(series, BLOCK) for series in np.array(raw).T])
    weights = np.array(list(expected["weights"].values()))
    found = composite(pillars, ewma_correlation(pillars, DECAY, BLOCK), weights, 4)
    assert np.isnan(found.index_value[: BLOCK - 1]).all()
    for session, point in expected["points"].items():
        at = int(session)
        assert found.index_value[at] == pytest.approx(point["CISS"], abs=expected["tol"])
        assert found.cross[at] == pytest.approx(point["cross_corr_contrib"], abs=expected["tol"])
        assert (weights @ pillars[at]) ** 2 == pytest.approx(point["perfect_corr_bound"], abs=expected["tol"])
    bound = (pillars @ weights) ** 2
    assert np.all(found.index_value[BLOCK - 1 :] <= bound[BLOCK - 1 :] + 1e-12)
    assert np.all(found.index_value[BLOCK - 1 :] >= 0)


# ---------------------------------------------------------------- percentiles


def brute_percentile(values: Array, block: int, ties: str) -> Array:
    found = np.full(len(values), np.nan)
    for at in range(len(values)):
        seen = values[np.isfinite(values)]
        so_far = values[: at + 1][np.isfinite(values[: at + 1])]
        history = seen[: max(block, len(so_far))]
        if np.isfinite(values[at]) and len(seen) >= block:
            equal = np.sum(history == values[at])
            found[at] = (np.sum(history < values[at]) + (equal if ties == "highest" else (equal + 1) / 2)) / len(history)
    return found


@pytest.mark.parametrize("ties", ["highest", "mean"])
def test_a_percentile_is_the_share_of_the_past_ties_and_gaps_included(ties: str) -> None:
    values = np.round(np.random.default_rng(2).normal(size=200), 1)
    values[[0, 5, 77, 199]] = np.nan
    assert recursive_percentile(values, 30, ties=ties) == pytest.approx(brute_percentile(values, 30, ties), abs=1e-15, nan_ok=True)


def test_a_day_that_half_of_all_days_equal_is_not_extreme() -> None:
    values = np.array([0.0, 1.0] * 50)
    assert recursive_percentile(values, 10, ties="mean")[98] == pytest.approx(0.25, abs=0.01)
    assert recursive_percentile(values, 10)[98] == pytest.approx(0.5, abs=0.01)


def test_a_constant_series_stands_at_the_median_and_a_short_one_nowhere() -> None:
    assert recursive_percentile(np.full(100, 3.0), 10, ties="mean")[-1] == pytest.approx(0.505)
    assert np.isnan(recursive_percentile(np.arange(9.0), 10)).all()
    assert len(recursive_percentile(np.empty(0), 10)) == 0


def test_what_a_session_could_not_know_is_left_out() -> None:
    values = np.array([5.0, np.nan, 1.0, 3.0, 3.0])
    assert known_percentile(values, 3) == pytest.approx([np.nan, np.nan, np.nan, 2 / 3, (2 + 3) / 2 / 4], nan_ok=True)
    assert np.isnan(known_percentile(values, 5)).all()


@pytest.mark.parametrize(("block", "ties"), [(0, "highest"), (5, "lowest")])
def test_a_block_of_nothing_or_another_word_is_refused(block: int, ties: str) -> None:
    with pytest.raises(ValueError, match="expected ties"):
        recursive_percentile(np.arange(9.0), block, ties=ties)


# ---------------------------------------------------------------- correlations and the index


@pytest.fixture
def pillars() -> Array:
    """400 sessions of six pillars that move together; one starts on session 100, one misses ten days, one ends on session 300."""
    random = np.random.default_rng(4)
    drawn = np.clip(0.5 + 0.25 * random.normal(size=(400, 1)) + 0.15 * random.normal(size=(400, 6)), 0.01, 1)
    drawn[:100, 2] = np.nan
    drawn[200:210, 4] = np.nan
    drawn[300:, 5] = np.nan
    return drawn


def brute_correlation(pillars: Array, one: int, other: int, session: int) -> float:
    common = [at for at in range(session + 1) if np.isfinite(pillars[at, [one, other]]).all()]
    if len(common) < BLOCK:
        return float("nan")
    moments = np.cov(pillars[common[:BLOCK]][:, [one, other]].T, ddof=0)
    for at in common[BLOCK:]:
        distance = pillars[at, [one, other]] - 0.5
        moments = DECAY * moments + (1 - DECAY) * np.outer(distance, distance)
    return float(moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1]))


@pytest.mark.parametrize("session", [58, 59, 158, 159, 205, 299, 399])
def test_correlations_rest_on_the_sessions_on_which_both_are_known(pillars: Array, session: int) -> None:
    found = ewma_correlation(pillars, DECAY, BLOCK)[session]
    for one in range(6):
        for other in range(one + 1, 6):
            assert found[one, other] == pytest.approx(brute_correlation(pillars, one, other, session), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("session", [60, 120, 160, 205, 399])
def test_the_index_is_the_quadratic_form_of_the_known_pillars_with_their_weights_scaled(pillars: Array, session: int) -> None:
    weights = np.array([1, 2, 3, 1, 2, 1]) / 10
    correlation = ewma_correlation(pillars, DECAY, BLOCK)
    found = composite(pillars, correlation, weights, 4)
    known = np.flatnonzero(np.isfinite(pillars[session]) & np.isfinite(np.diagonal(correlation[session])))
    assert found.is_in[session].nonzero()[0].tolist() == known.tolist()
    stress = weights[known] / weights[known].sum() * pillars[session, known]
    assert found.index_value[session] == pytest.approx(stress @ correlation[session][np.ix_(known, known)] @ stress, abs=1e-14)
    assert found.contributions[session, known] == pytest.approx(stress**2, abs=1e-15)
    assert np.nansum(found.contributions[session]) + found.cross[session] == pytest.approx(found.index_value[session], abs=1e-15)


def test_below_the_minimum_of_pillars_there_is_no_index(pillars: Array) -> None:
    pillars[350:, [0, 1]] = np.nan
    found = composite(pillars, ewma_correlation(pillars, DECAY, BLOCK), np.full(6, 1 / 6), 4)
    assert np.isnan(found.index_value[350:]).all()
    assert not found.is_in[350:].any()
    assert np.isfinite(found.index_value[BLOCK:350]).all()


def test_two_pillars_that_are_never_known_together_are_not_counted_together() -> None:
    pillars = np.random.default_rng(6).uniform(size=(300, 3))
    pillars[:150, 1] = np.nan
    pillars[150:, 2] = np.nan
    pillars[299, 2] = 0.9
    found = composite(pillars, ewma_correlation(pillars, DECAY, BLOCK), np.full(3, 1 / 3), 2)
    assert found.is_in[299].tolist() == [True, False, True]
    assert np.isfinite(found.index_value[299])


def test_pillars_that_never_leave_the_median_or_are_the_same_have_defined_correlations() -> None:
    same = np.random.default_rng(8).uniform(size=100)
    pillars = np.column_stack([same, same, np.full(100, 0.5)])
    correlation = ewma_correlation(pillars, DECAY, BLOCK)
    assert correlation[-1] == pytest.approx(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]), abs=1e-12)


@pytest.mark.parametrize(("decay", "block"), [(0.0, 60), (1.0, 60), (0.9, 1)])
def test_a_decay_that_forgets_all_or_nothing_is_refused(pillars: Array, decay: float, block: int) -> None:
    with pytest.raises(ValueError, match="expected a decay"):
        ewma_correlation(pillars, decay, block)


def test_weights_that_do_not_fit_are_refused(pillars: Array) -> None:
    correlation = ewma_correlation(pillars, DECAY, BLOCK)
    for weights in (np.full(5, 0.2), np.array([1, 1, 1, 1, 1, 0.0])):
        with pytest.raises(ValueError, match="positive weights"):
            composite(pillars, correlation, weights, 4)


@pytest.mark.parametrize("sessions", [59, 60, 61, 150, 299, 399])
def test_adding_sessions_moves_no_bit_of_the_past(pillars: Array, sessions: int) -> None:
    weights = np.full(6, 1 / 6)
    whole = ewma_correlation(pillars, DECAY, BLOCK)
    part = ewma_correlation(pillars[:sessions], DECAY, BLOCK)
    assert np.array_equal(whole[:sessions], part, equal_nan=True)
    for left, right in zip(composite(pillars, whole, weights, 4), composite(pillars[:sessions], part, weights, 4), strict=True):
        assert np.array_equal(left[:sessions], right, equal_nan=left.dtype.kind == "f")
    series = np.round(np.random.default_rng(9).normal(size=400), 2)
    assert np.array_equal(recursive_percentile(series, BLOCK)[BLOCK:sessions], recursive_percentile(series[:sessions], BLOCK)[BLOCK:], equal_nan=True)
    path = np.random.default_rng(10).uniform(size=400)
    passed = path > 0.4
    assert np.array_equal(regimes(path, passed, **RULES)[:sessions], regimes(path[:sessions], passed[:sessions], **RULES))


def test_no_sessions_give_nothing() -> None:
    empty = np.empty((0, 6))
    found = composite(empty, ewma_correlation(empty, DECAY, BLOCK), np.full(6, 1 / 6), 4)
    assert found.index_value.shape == (0,)
    assert found.contributions.shape == (0, 6)
    assert len(regimes(np.empty(0), np.empty(0, dtype=bool), **RULES)) == 0


# ---------------------------------------------------------------- regimes


def found_regimes(path: list[float], passes_on: bool | list[bool] = True) -> list[int]:
    flags = np.array([passes_on] * len(path) if isinstance(passes_on, bool) else passes_on)
    return [int(regime) for regime in regimes(np.array(path), flags, **RULES)]


def test_one_day_makes_no_regime_and_two_make_the_lower_of_theirs() -> None:
    assert found_regimes([0.5, 0.99, 0.5, 0.99, 0.85, 0.85]) == [0, 0, 0, 0, 2, 2]


def test_a_regime_is_left_after_five_days_well_below_its_entry_for_the_highest_of_them() -> None:
    stress = [0.85, 0.85]
    assert found_regimes([*stress, 0.76, 0.76, 0.76, 0.76, 0.76, 0.76]) == [0, 2, 2, 2, 2, 2, 2, 2]  # within the margin
    assert found_regimes([*stress, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5]) == [0, 2, 2, 2, 2, 2, 1, 1]
    assert found_regimes([*stress, 0.7, 0.5, 0.78, 0.5, 0.5, 0.5, 0.5, 0.5]) == [0, 2, 2, 2, 2, 2, 2, 2, 2, 0]  # interrupted, then anew


def test_stress_that_is_not_passed_on_is_no_contagion_and_ends_it() -> None:
    assert found_regimes([0.99, 0.99, 0.99], False) == [0, 2, 2]
    assert found_regimes([0.99, 0.99, 0.99], True) == [0, 4, 4]
    assert found_regimes([0.95] * 9, [True] * 3 + [False] * 6) == [0, 3, 3, 3, 3, 3, 3, 2, 2]


def test_a_day_without_an_index_has_no_regime_and_neither_counts_nor_interrupts() -> None:
    gap = float("nan")
    assert found_regimes([gap, 0.85, gap, 0.85, 0.85]) == [NO_REGIME, 0, NO_REGIME, 2, 2]


def test_a_rule_that_cannot_be_followed_is_refused() -> None:
    for wrong in ({"entries": [0.8, 0.6]}, {"entries": [0.8, 0.8]}, {"entries": [float("nan")]}, {"up": 0}, {"down": 0}):
        with pytest.raises(ValueError, match="expected rising entries"):
            regimes(np.array([0.5]), np.array([True]), **{**RULES, **wrong})
    with pytest.raises(ValueError, match="found 2 percentiles and 1 sessions"):
        regimes(np.array([0.5, 0.5]), np.array([True]), **RULES)
