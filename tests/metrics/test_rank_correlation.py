"""Rank correlations: brute force on series with ties, leads that are planted, degenerate series, and no past row that moves."""

import numpy as np
import pandas as pd
import pytest

from orchestration.metrics.rank_correlation import Array, centred_ranks, lead, trailing_rank_correlation

WINDOW, MOST = 50, 5


@pytest.fixture
def pair() -> tuple[Array, Array]:
    random = np.random.default_rng(12)
    common = random.normal(size=220)
    return np.round(common + random.normal(size=220), 1), np.round(common + random.normal(size=220), 1)


def spearman(one: Array, other: Array) -> float:
    ranks = [pd.Series(values).rank().to_numpy() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def test_ranks_of_equal_values_are_their_mean_and_a_window_sums_to_nothing(pair: tuple[Array, Array]) -> None:
    found = centred_ranks(pair[0], WINDOW)
    assert found.shape == (171, WINDOW)
    assert (found.sum(axis=1) == 0).all()
    assert found[7].tolist() == (2 * pd.Series(pair[0][7 : 7 + WINDOW]).rank() - (WINDOW + 1)).tolist()


def test_a_trailing_correlation_is_that_of_the_ranks_in_its_window(pair: tuple[Array, Array]) -> None:
    found = trailing_rank_correlation(*pair, WINDOW)
    assert np.isnan(found[: WINDOW - 1]).all()
    for row in range(WINDOW - 1, 220):
        assert found[row] == pytest.approx(spearman(pair[0][row - WINDOW + 1 : row + 1], pair[1][row - WINDOW + 1 : row + 1]), abs=1e-12)


def test_a_lead_is_the_shift_with_the_highest_correlation_of_changes(pair: tuple[Array, Array]) -> None:
    found = lead(*pair, WINDOW, MOST)
    first, second = np.diff(pair[0]), np.diff(pair[1])
    assert np.isnan(found.correlation[: WINDOW + MOST]).all()
    for row in (WINDOW + MOST, 100, 219):
        tried = {}
        for shift in range(-MOST, MOST + 1):
            ends = row - max(shift, 0), row - max(-shift, 0)  # a change ends on the level of its row
            tried[shift] = spearman(first[ends[0] - WINDOW : ends[0]], second[ends[1] - WINDOW : ends[1]])
        assert found.correlation[row] == pytest.approx(max(tried.values()), abs=1e-12)
        assert tried[int(found.sessions[row])] == pytest.approx(max(tried.values()), abs=1e-12)


@pytest.mark.parametrize("planted", [-4, -1, 0, 2, 5])
def test_a_planted_lead_is_found(planted: int) -> None:
    walk = np.random.default_rng(13).normal(size=300).cumsum()
    one, other = (walk[10 + shift : 290 + shift] for shift in (max(planted, 0), max(-planted, 0)))
    found = lead(one, other, WINDOW, MOST)
    assert set(found.sessions[WINDOW + MOST :]) == {planted}
    assert found.correlation[-1] == pytest.approx(1)


def test_a_constant_series_has_no_correlation_and_two_identical_ones_have_the_highest() -> None:
    same = np.random.default_rng(14).normal(size=100)
    assert np.isnan(trailing_rank_correlation(np.ones(100), same, WINDOW)).all()
    assert np.isnan(lead(np.ones(100), same, WINDOW, MOST).correlation).all()
    assert lead(same, same, WINDOW, MOST).sessions.tolist() == [0] * 100
    assert trailing_rank_correlation(same, same, WINDOW)[-1] == 1.0


def test_one_tick_of_a_billion_counts_as_one_rank(pair: tuple[Array, Array]) -> None:
    wild = pair[0].copy()
    wild[200] = 1e9
    largest = pair[0].copy()
    largest[200] = 50.0
    assert np.array_equal(trailing_rank_correlation(wild, pair[1], WINDOW), trailing_rank_correlation(largest, pair[1], WINDOW), equal_nan=True)


def test_short_series_have_nothing_and_wrong_ones_are_refused(pair: tuple[Array, Array]) -> None:
    assert np.isnan(trailing_rank_correlation(np.arange(9.0), np.arange(9.0), WINDOW)).all()
    assert np.isnan(lead(np.arange(9.0), np.arange(9.0), WINDOW, MOST).correlation).all()
    assert len(trailing_rank_correlation(np.empty(0), np.empty(0), WINDOW)) == 0
    with pytest.raises(ValueError, match="one length"):
        trailing_rank_correlation(np.arange(9.0), np.arange(8.0), WINDOW)
    with pytest.raises(ValueError, match="one length"):
        lead(np.arange(9.0), np.arange(9.0), WINDOW, -1)
    with pytest.raises(ValueError, match="finite values"):
        trailing_rank_correlation(np.where(np.arange(99) == 3, np.nan, 1.0), np.arange(99.0), WINDOW)


@pytest.mark.parametrize("rows", [WINDOW, WINDOW + MOST + 1, 150, 219])
def test_adding_a_row_moves_no_bit_of_the_past(pair: tuple[Array, Array], rows: int) -> None:
    part = (pair[0][:rows], pair[1][:rows])
    assert np.array_equal(trailing_rank_correlation(*pair, WINDOW)[:rows], trailing_rank_correlation(*part, WINDOW), equal_nan=True)
    assert np.array_equal(lead(*pair, WINDOW, MOST).sessions[:rows], lead(*part, WINDOW, MOST).sessions)
    assert np.array_equal(lead(*pair, WINDOW, MOST).correlation[:rows], lead(*part, WINDOW, MOST).correlation, equal_nan=True)
