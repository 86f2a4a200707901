"""The benchmark's statistics, on numbers worked by hand."""

import numpy as np
import pytest

from benchmarks import scores


def test_ties_share_their_ranks() -> None:
    assert scores.ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_rank_correlation_sees_order_alone() -> None:
    values = np.arange(12.0)
    assert scores.rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert scores.rank_correlation(values, -(values**3)) == pytest.approx(-1)


def test_days_without_a_value_do_not_count() -> None:
    values = np.arange(12.0)
    holed = values.copy()
    holed[3] = np.nan
    assert scores.rank_correlation(holed, values) == pytest.approx(1)
    assert np.isnan(scores.rank_correlation(values[:5], values[:5]))


def test_partial_correlation_takes_out_what_both_owe_to_a_third() -> None:
    random = np.random.default_rng(1)
    third, one, other = random.standard_normal((3, 4000))
    assert scores.rank_correlation(third + 0.3 * one, third + 0.3 * other) > 0.8
    assert abs(scores.partial_rank_correlation(third + 0.3 * one, third + 0.3 * other, third)) < 0.1


def test_auc_is_the_chance_that_an_event_scores_higher() -> None:
    # pairs (event, calm): 3>1, 3>2, 2>1, 2=2 -> 3.5 of 4
    assert scores.auc(np.array([3.0, 2.0, 1.0, 2.0]), np.array([1, 1, 0, 0])) == pytest.approx(3.5 / 4)


def test_sums_run_over_whole_stretches() -> None:
    assert scores.sums(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 2).tolist() == [3.0, 7.0]
