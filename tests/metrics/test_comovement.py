"""Comovement: straight loops over the formulas, what they must say of markets whose answer is known, and data that have no answer."""

import numpy as np
import pytest

from benchmarks.cost_connectedness import market, straight_absorption
from orchestration.metrics.comovement import absorption_ratio, shrinkage, standardised_shift, turbulence
from orchestration.metrics.windows import Array, UndefinedError, complete, usable


@pytest.fixture
def returns() -> Array:
    """Returns of eight assets with one common factor on 600 sessions, the eighth a hundred times as volatile as the first."""
    return market(600, 8)[0] * np.geomspace(0.1, 10, 8)


def undefined(reason: str) -> pytest.RaisesExc[UndefinedError]:
    return pytest.RaisesExc(UndefinedError, check=lambda error: error.reason == reason)


# ---------------------------------------------------------------- absorption


@pytest.mark.parametrize(("fraction", "half_life"), [(0.2, 250.0), (0.5, 20.0), (1.0, 250.0), (0.01, 1e9)])
def test_the_absorption_ratio_is_that_of_the_weighted_covariance(returns: Array, fraction: float, half_life: float) -> None:
    straight = straight_absorption(returns[:500], fraction=fraction, half_life=half_life)
    assert absorption_ratio(returns[:500], fraction=fraction, half_life=half_life) == pytest.approx(straight, abs=1e-12)


def test_without_a_half_life_every_session_weighs_the_same(returns: Array) -> None:
    eigenvalues = np.linalg.eigvalsh(np.cov(returns, rowvar=False))
    assert absorption_ratio(returns) == pytest.approx(eigenvalues[-2:].sum() / eigenvalues.sum(), abs=1e-12)


def test_a_fifth_of_five_assets_is_one_eigenvector_and_of_six_two() -> None:
    random = np.random.default_rng(3)
    for assets, vectors in ((5, 1), (6, 2), (35, 7), (15, 3)):
        rows = random.normal(size=(300, assets))
        eigenvalues = np.linalg.eigvalsh(np.cov(rows, rowvar=False))
        assert absorption_ratio(rows, fraction=0.2) == pytest.approx(eigenvalues[-vectors:].sum() / eigenvalues.sum(), abs=1e-12)


def test_one_thing_absorbs_all_and_many_things_their_share() -> None:
    random = np.random.default_rng(4)
    common = random.normal(size=(20_000, 1))
    assert absorption_ratio(common + 1e-6 * random.normal(size=(20_000, 10))) == pytest.approx(1, abs=1e-9)
    assert absorption_ratio(random.normal(size=(20_000, 10))) == pytest.approx(0.2, abs=0.02)


def test_what_was_long_ago_weighs_little(returns: Array) -> None:
    other = returns.copy()
    other[:100] = np.random.default_rng(8).normal(size=(100, 8))
    assert absorption_ratio(other, half_life=5) == pytest.approx(absorption_ratio(returns, half_life=5), abs=1e-9)


def test_the_shift_is_the_mean_of_the_last_days_in_standard_deviations() -> None:
    ratios = np.random.default_rng(5).uniform(0.7, 0.9, 252)
    mean = sum(ratios) / 252
    deviation = (sum((ratio - mean) ** 2 for ratio in ratios) / 251) ** 0.5
    assert standardised_shift(ratios, short=15) == pytest.approx((sum(ratios[-15:]) / 15 - mean) / deviation, abs=1e-12)


def test_a_shift_of_what_does_not_vary_or_is_missing_has_no_answer() -> None:
    with undefined("constant_series"):
        standardised_shift(np.full(252, 0.81), short=15)
    with undefined("missing_value"):
        standardised_shift(np.array([0.8, np.nan, 0.7]), short=1)
    with undefined("too_few_observations"):
        standardised_shift(np.array([0.8]), short=1)
    with pytest.raises(ValueError, match=r"found shape \(10,\) and 15"):
        standardised_shift(np.full(10, 0.81), short=15)
    with undefined("overflow"):
        standardised_shift(np.array([1e200, -1e200, 3.0]), short=1)


def test_a_series_that_moves_by_a_millionth_of_its_level_moves(returns: Array) -> None:
    assert absorption_ratio(returns + 1e6) == pytest.approx(absorption_ratio(returns), rel=1e-6)
    assert usable(returns + 1e6, coverage=1, single_observation=0.8).all()
    assert standardised_shift(0.5 + 1e-8 * np.arange(10.0), short=3) == pytest.approx(standardised_shift(np.arange(10.0), short=3), rel=1e-6)


def test_the_smallest_fraction_is_one_eigenvector(returns: Array) -> None:
    assert absorption_ratio(returns, fraction=1e-10) == absorption_ratio(returns, fraction=0.01) < 1


# ---------------------------------------------------------------- turbulence


def straight_ledoit_wolf(rows: Array) -> tuple[Array, float]:
    """Ledoit & Wolf 2004, section 3.3, one outer product a session: m, d², b̄², b²; the norm of a matrix is over its size."""
    sessions, assets = rows.shape
    rows = rows - rows.mean(axis=0)
    sample = sum((np.outer(row, row) for row in rows), np.zeros((assets, assets))) / sessions
    m = np.trace(sample) / assets
    d2 = np.sum((sample - m * np.eye(assets)) ** 2) / assets
    b2 = min(sum(np.sum((np.outer(row, row) - sample) ** 2) / assets for row in rows) / sessions**2, d2)
    return b2 / d2 * m * np.eye(assets) + (d2 - b2) / d2 * sample, b2 / d2


@pytest.mark.parametrize("sessions", [10, 60, 500])
def test_shrinkage_is_that_of_ledoit_and_wolf_on_standardised_returns(returns: Array, sessions: int) -> None:
    past, today = returns[:sessions], returns[-1]
    deviation = past.std(axis=0)
    shrunk, weight = straight_ledoit_wolf(past / deviation)
    covariance = shrunk * np.outer(deviation, deviation)
    move = today - past.mean(axis=0)
    found = turbulence(past, today)
    assert found.shrinkage == pytest.approx(weight, abs=1e-10)
    assert np.diagonal(covariance) == pytest.approx(past.var(axis=0), rel=1e-10), "each asset keeps its variance"
    assert found.distance == pytest.approx(move @ np.linalg.inv(covariance) @ move, rel=1e-9)
    assert found.uncorrelated == pytest.approx(move @ np.linalg.inv(np.diag(np.diagonal(covariance))) @ move, rel=1e-9)
    assert found.surprise == pytest.approx(found.distance / found.uncorrelated, rel=1e-12)
    assert found.observations == sessions


def test_shrinkage_is_all_where_nothing_is_correlated_and_small_where_much_is() -> None:
    random = np.random.default_rng(9)
    for rows, low, high in ((random.normal(size=(200, 10)), 0.5, 1), (random.normal(size=(2000, 10)) + 2 * random.normal(size=(2000, 1)), 0, 0.01)):
        centred = rows - rows.mean(axis=0)
        assert low <= shrinkage(centred, np.corrcoef(rows, rowvar=False)) <= high


def test_an_ordinary_day_is_as_far_as_there_are_assets(returns: Array) -> None:
    distances = [turbulence(returns[:500], today).distance for today in returns[500:]]
    assert np.mean(distances) == pytest.approx(8, abs=1)


def test_correlation_surprises_where_twins_part_and_not_where_they_move_as_ever() -> None:
    random = np.random.default_rng(10)
    past = random.normal(size=(1000, 1)) + 0.3 * random.normal(size=(1000, 4))
    together, apart = turbulence(past, np.full(4, 1.5)), turbulence(past, np.array([1.5, 1.5, -1.5, -1.5]))
    assert together.uncorrelated == pytest.approx(apart.uncorrelated, rel=0.2)
    assert together.surprise is not None
    assert apart.surprise is not None
    assert together.surprise < 0.5 < 5 < apart.surprise


def test_a_day_that_is_the_mean_is_no_distance_away_and_no_surprise() -> None:
    past = np.array([[1.0, 2.0], [-1.0, 2.0], [1.0, -2.0], [-1.0, -2.0]])
    found = turbulence(past, np.zeros(2))
    assert (found.distance, found.uncorrelated, found.surprise) == (0, 0, None)


# ---------------------------------------------------------------- no answer, or a defined one


def test_a_constant_asset_has_no_answer(returns: Array) -> None:
    for constant in (0.0, 0.01, 1e9):
        past = np.column_stack([returns, np.full(600, constant)])
        with undefined("constant_series"):
            absorption_ratio(past, half_life=250)
        with undefined("constant_series"):
            turbulence(past, past[-1])


def test_two_identical_assets_are_no_fault(returns: Array) -> None:
    past = np.column_stack([returns, returns[:, 2]])
    assert 0 < absorption_ratio(past) <= 1
    found = turbulence(past[:-1], past[-1])
    assert np.isfinite(found.distance)
    assert found.shrinkage > 0


def test_twins_alone_have_no_distance_where_there_is_nothing_to_shrink() -> None:
    with undefined("collinear_series"):
        turbulence(np.repeat([[1.0], [-1.0], [1.0], [-1.0]], 2, axis=1), np.ones(2))


def test_a_tick_of_a_billion_leaves_finite_answers_and_one_of_1e200_none(returns: Array) -> None:
    ticked = returns.copy()
    ticked[300, 3] = 1e9
    assert absorption_ratio(ticked, half_life=250) == pytest.approx(1)
    assert np.isfinite(turbulence(ticked[:-1], ticked[-1]).distance)
    assert np.isfinite(turbulence(returns[:-1], ticked[300]).distance)
    ticked[300, 3] = 1e200
    with undefined("overflow"):
        absorption_ratio(ticked)
    with undefined("overflow"):
        turbulence(ticked[:-1], ticked[-1])
    with undefined("overflow"):
        turbulence(returns[:-1], ticked[300])


@pytest.mark.parametrize("sessions", [0, 1, 8])
def test_no_more_sessions_than_assets_have_no_answer(returns: Array, sessions: int) -> None:
    with undefined("too_few_observations"):
        absorption_ratio(returns[:sessions], half_life=250)
    with undefined("too_few_observations"):
        turbulence(returns[:sessions], returns[-1])


def test_one_asset_has_nothing_to_move_with(returns: Array) -> None:
    with undefined("too_few_series"):
        absorption_ratio(returns[:, :1])
    with undefined("too_few_series"):
        turbulence(returns[:, :1], returns[-1, :1])


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_a_session_without_a_return_is_left_out_whole_and_others_keep_their_age(returns: Array, missing: float) -> None:
    gappy = returns.copy()
    gappy[[10, 599], [0, 4]] = missing
    kept = [session for session in range(600) if session not in (10, 599)]
    weights = np.array([0.5 ** ((599 - session) / 50) for session in kept])
    eigenvalues = np.linalg.eigvalsh(np.cov(returns[kept], rowvar=False, aweights=weights, ddof=0))
    assert absorption_ratio(gappy, half_life=50) == pytest.approx(eigenvalues[-2:].sum() / eigenvalues.sum(), abs=1e-12)
    assert turbulence(gappy, returns[0]).distance == pytest.approx(turbulence(returns[kept], returns[0]).distance, rel=1e-12)
    with undefined("missing_value"):
        turbulence(returns, gappy[10])


def test_arguments_that_do_not_fit_are_refused(returns: Array) -> None:
    for fraction in (0, 1.1, -0.2, float("nan")):
        with pytest.raises(ValueError, match="fraction of assets"):
            absorption_ratio(returns, fraction=fraction)
    with pytest.raises(ValueError, match="half-life of more than 0"):
        absorption_ratio(returns, half_life=0)
    with pytest.raises(ValueError, match=r"found shape \(600,\)"):
        absorption_ratio(returns[:, 0])
    with pytest.raises(ValueError, match="today's of the same assets"):
        turbulence(returns, returns[-1, :3])


# ---------------------------------------------------------------- which assets are in


def test_usable_is_what_has_values_moves_and_does_not_owe_all_to_one_session(returns: Array) -> None:
    window = np.column_stack([returns, np.full(600, 0.01), np.zeros(600), np.full(600, np.nan)])
    window[:30, 0] = np.nan
    window[:31, 1] = np.nan
    window[50, 2] = 1e9
    window[50, 3] = 1e200
    window[50, 4] = 8 * returns[:, 4].std()
    found = usable(window, coverage=0.95, single_observation=0.8)
    assert found.tolist() == [True, False, False, False, True, True, True, True, False, False, False]
    alone = [usable(window[:, [place]], coverage=0.95, single_observation=0.8)[0] for place in range(window.shape[1])]
    assert alone == found.tolist(), "one asset says nothing about another"


def test_an_empty_window_has_nothing_usable() -> None:
    assert usable(np.empty((0, 3)), coverage=0.95, single_observation=0.8).tolist() == [False] * 3
    assert usable(np.empty((5, 0)), coverage=0.95, single_observation=0.8).tolist() == []
    assert len(complete(np.empty((0, 3)))) == 0
    with pytest.raises(ValueError, match=r"found shape \(3,\)"):
        usable(np.zeros(3), coverage=0.95, single_observation=0.8)
