"""Safe havens: thresholds and rolling regressions by brute force, errors against the textbook's sandwich, and no past row that moves."""

import math

import numpy as np
import pytest

from orchestration.metrics import safe_haven
from orchestration.metrics.safe_haven import Array

WINDOW, LAGS, SHARES = 250, 4, (0.1, 0.05, 0.02)


@pytest.fixture(scope="module")
def market() -> tuple[Array, Array]:
    """900 sessions of shares with fat tails and of a haven that falls with them on the worst days only; errors that last."""
    random = np.random.default_rng(4)
    equity = 0.01 * random.standard_t(4, 900)
    noise = random.normal(0, 0.004, 900)
    noise[1:] += 0.4 * noise[:-1]
    return -0.2 * equity + 0.6 * equity * (equity < -0.02) + noise, equity


def fitted(market: tuple[Array, Array], least_falls: int = 3) -> tuple[safe_haven.Fit, Array]:
    haven, equity = market
    thresholds = safe_haven.thresholds_before(equity, WINDOW, SHARES)
    used = slice(WINDOW, None)
    return safe_haven.rolling_fit(haven[used], equity[used], thresholds[used], window=WINDOW, lags=LAGS, least_falls=least_falls), thresholds[used]


def test_a_threshold_has_the_stated_share_of_the_returns_before_it_below(market: tuple[Array, Array]) -> None:
    equity = np.round(market[1], 3)  # with ties
    found = safe_haven.thresholds_before(equity, 100, (0.29, 0.01, 0.0))
    assert np.isnan(found[:100]).all()
    for place in (100, 333, 899):
        ordered = np.sort(equity[place - 100 : place])
        assert found[place].tolist() == [ordered[29], ordered[1], ordered[0]]


def test_slopes_errors_and_p_values_are_those_of_the_textbook(market: tuple[Array, Array]) -> None:
    fit, thresholds = fitted(market)
    haven, equity = (values[WINDOW:] for values in market)
    assert np.isnan(fit.worst[: WINDOW - 1]).all()
    checked = 0
    for end in range(WINDOW - 1, len(haven), 61):
        if np.isnan(fit.worst[end]):
            continue
        window = slice(end - WINDOW + 1, end + 1)
        falls = equity[window, None] < thresholds[window]
        x = np.column_stack([np.ones(WINDOW), equity[window], equity[window, None] * falls])
        slopes = np.linalg.lstsq(x, haven[window], rcond=None)[0]
        left = haven[window] - x @ slopes
        scores = x * left[:, None]
        meat = scores.T @ scores
        for lag in range(1, LAGS + 1):
            cross = scores[lag:].T @ scores[:-lag]
            meat += (1 - lag / (LAGS + 1)) * (cross + cross.T)
        bread = np.linalg.inv(x.T @ x)
        chosen = np.array([0.0, 1, 1, 1, 1])
        error = math.sqrt(chosen @ bread @ meat @ bread @ chosen * WINDOW / (WINDOW - 5))
        assert fit.slopes[end] == pytest.approx(slopes[1:], rel=1e-7, abs=1e-9)
        assert fit.worst[end] == pytest.approx(slopes[1:].sum(), rel=1e-7)
        assert fit.error[end] == pytest.approx(error, rel=1e-7)
        assert fit.p_value[end] == pytest.approx(0.5 * math.erfc(slopes[1:].sum() / error / math.sqrt(2)), rel=1e-6)
        assert fit.falls[end].tolist() == falls.sum(axis=0).tolist()
        checked += 1
    assert checked >= 5


def test_a_haven_that_falls_with_shares_on_the_worst_days_fails_there_alone(market: tuple[Array, Array]) -> None:
    fit, _ = fitted(market)
    last = np.flatnonzero(np.isfinite(fit.worst))[-1]
    assert fit.slopes[last, 0] < 0 < fit.worst[last]
    assert fit.p_value[last] < 0.05


def test_adding_an_observation_moves_no_bit_of_an_earlier_one(market: tuple[Array, Array]) -> None:
    whole, _ = fitted(market)
    for count in (899, 870, 700, 505):
        cut, _ = fitted((market[0][:count], market[1][:count]))
        for full, part in zip(whole, cut, strict=True):
            assert full[: len(part)].tobytes() == part.tobytes()


def test_series_that_stand_still_or_are_the_same_have_no_test(market: tuple[Array, Array]) -> None:
    haven, equity = market
    still, _ = fitted((np.full(900, 0.001), equity))
    assert np.isnan(still.worst).all()
    calm, _ = fitted((haven, np.zeros(900)))
    assert np.isnan(calm.worst).all()
    same, _ = fitted((equity.copy(), equity))
    fits = np.isfinite(same.worst)
    assert fits.any()
    assert same.worst[fits] == pytest.approx(1)
    assert np.isnan(same.error).all()
    assert np.isnan(same.p_value).all()


@pytest.mark.parametrize("tick", [-1e9, 1e9])
def test_one_wild_day_leaves_the_slopes_of_all_other_stretches(market: tuple[Array, Array], tick: float) -> None:
    haven, equity = (values.copy() for values in market)
    equity[700] = tick
    fit, thresholds = fitted((haven, equity))
    haven, equity, end = haven[WINDOW:], equity[WINDOW:], 700 - WINDOW + 20
    assert np.isfinite(fit.worst[end])
    window = slice(end - WINDOW + 1, end + 1)
    stretch = (equity[window, None] < thresholds[window]).sum(axis=1)
    x = np.column_stack([np.ones(WINDOW), *(equity[window] * (stretch == tail) for tail in range(4))])
    length = np.linalg.norm(x, axis=0)
    slopes = np.linalg.lstsq(x / length, haven[window], rcond=None)[0] / length
    assert fit.slopes[end].cumsum() == pytest.approx(slopes[1:], rel=1e-6, abs=1e-9)


def test_a_stretch_on_which_shares_stood_still_has_no_slope(market: tuple[Array, Array]) -> None:
    haven, equity = market
    fit, _ = fitted((haven, np.where(equity < np.quantile(equity, 0.08), equity, 0.0)))
    assert np.isnan(fit.worst).all()


def test_a_window_without_worst_days_has_no_fit(market: tuple[Array, Array]) -> None:
    haven, equity = market
    calm = equity.copy()
    calm[400:] = 0.0001 * np.sin(np.arange(500))
    fit, _ = fitted((haven, calm))
    assert np.isnan(fit.worst[400:][fit.falls[400:, -1] < 3]).all()
    assert (fit.falls[-1] < 250).all()
    few, _ = fitted(market, least_falls=200)
    assert np.isnan(few.worst).all()


def test_fewer_observations_than_the_window_and_none_at_all_have_no_fit(market: tuple[Array, Array]) -> None:
    for count in (0, 1, WINDOW - 1):
        haven, equity = (values[:count] for values in market)
        fit = safe_haven.rolling_fit(haven, equity, np.full((count, 3), -0.02), window=WINDOW, lags=LAGS, least_falls=3)
        assert [len(values) for values in fit] == [count] * 5
        assert np.isnan(fit.worst).all()
    assert safe_haven.thresholds_before(np.array([]), WINDOW, SHARES).shape == (0, 3)


def test_what_makes_no_sense_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="a window of at least 1"):
        safe_haven.thresholds_before(np.zeros(3), 0, SHARES)
    with pytest.raises(ValueError, match=r"shares from 0 to below 1, found 2 and \[1.0\]"):
        safe_haven.thresholds_before(np.zeros(3), 2, (1.0,))
    with pytest.raises(ValueError, match="of one length"):
        safe_haven.rolling_fit(np.zeros(3), np.zeros(4), np.zeros((4, 3)), window=10, lags=1, least_falls=1)
    with pytest.raises(ValueError, match="a window of more than 5"):
        safe_haven.rolling_fit(np.zeros(4), np.zeros(4), np.zeros((4, 3)), window=5, lags=1, least_falls=1)
