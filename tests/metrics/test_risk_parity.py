"""Risk parity: the oracle's numbers, brute force on random markets, and no past row that moves when a session is added."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestration.metrics import risk_parity
from orchestration.metrics.risk_parity import Array

HALF_LIFE, TARGET, CAP = 60.0, 0.1, 3.0


@pytest.fixture(scope="module")
def expected(oracles: Path) -> Any:
    return json.loads((oracles / "risk_parity" / "expected.json").read_text())


@pytest.fixture
def market() -> Array:
    """400 sessions of four classes that move together; the third starts on session 50, the fourth misses ten days."""
    random = np.random.default_rng(1)
    returns = random.normal(0, 0.01, (400, 1)) * np.array([1.0, -0.3, 0.2, 0.4]) + random.normal(0, 0.006, (400, 4))
    returns[:50, 2] = np.nan
    returns[200:210, 3] = np.nan
    return returns


# ---------------------------------------------------------------- the oracle


def test_the_textbook_portfolio_loses_its_diversification(expected: Any) -> None:
    case = expected["textbook"]
    sigma = np.array(case["sig"])
    weights = risk_parity.inverse_volatility_weights(sigma)
    assert weights == pytest.approx(case["weights"], abs=expected["tol"])
    for correlation, name in ((-0.5, "rho_minus_half"), (0.0, "rho_zero")):
        found = risk_parity.portfolio_volatility(weights, sigma, np.array([[1, correlation], [correlation, 1]]))
        assert found == pytest.approx(case[name], abs=expected["tol"])


@pytest.mark.parametrize("state", ["0", "1"])
def test_weights_volatility_and_leverage_meet_the_oracle(expected: Any, state: str) -> None:
    case = expected["deleveraging"]
    sigma, correlation = np.array(case[f"sigma{state}"]), np.array(case[f"corr{state}"])
    weights = risk_parity.inverse_volatility_weights(sigma)
    volatility = risk_parity.portfolio_volatility(weights, sigma, correlation)
    assert weights == pytest.approx(case[f"w{state}"], abs=expected["tol"])
    assert volatility == pytest.approx(case[f"vol{state}"], abs=expected["tol"])
    assert risk_parity.leverage(volatility, case["target_vol"], case["lev_cap"]) == pytest.approx(case[f"lev{state}"], abs=expected["tol"])


def test_the_forced_trade_meets_the_oracle(expected: Any) -> None:
    case = expected["deleveraging"]
    states = [np.array(case[name]) for name in ("sigma0", "corr0", "sigma1", "corr1")]
    trade = risk_parity.forced_trade(*states, case["target_vol"], case["lev_cap"])
    assert 100 * trade.total == pytest.approx(case["forced_trade_per_100_NAV"], abs=expected["tol"])


@pytest.mark.parametrize(("name", "moved"), [("vol_only", ("sigma1", "corr0")), ("corr_only", ("sigma0", "corr1"))])
def test_one_at_a_time_differences_meet_the_oracle_and_are_one_of_the_two_orders(expected: Any, name: str, moved: tuple[str, str]) -> None:
    case = expected["deleveraging"]
    rules = (case["target_vol"], case["lev_cap"])
    sigma, correlation = (np.array(case[key]) for key in moved)
    weights = risk_parity.inverse_volatility_weights(sigma)
    levered = risk_parity.leverage(risk_parity.portfolio_volatility(weights, sigma, correlation), *rules)
    assert levered == pytest.approx(case["decomposition"][name]["lev"], abs=expected["tol"])
    before = (np.array(case["sigma0"]), np.array(case["corr0"]))
    alone = risk_parity.forced_trade(*before, sigma, correlation, *rules)
    assert 100 * alone.total == pytest.approx(case["decomposition"][name]["trade"], abs=expected["tol"])
    still = alone.correlation_part if name == "vol_only" else alone.volatility_part
    assert still == pytest.approx(0, abs=1e-15)


def test_the_parts_are_the_mean_of_the_two_orders_and_add_up(expected: Any) -> None:
    case = expected["deleveraging"]
    states = [np.array(case[name]) for name in ("sigma0", "corr0", "sigma1", "corr1")]
    trade = risk_parity.forced_trade(*states, case["target_vol"], case["lev_cap"])
    first = np.array(case["decomposition"]["vol_only"]["trade"])
    last = np.array(case["forced_trade_per_100_NAV"]) - np.array(case["decomposition"]["corr_only"]["trade"])
    assert 100 * trade.volatility_part == pytest.approx((first + last) / 2, abs=expected["tol"])
    assert 100 * (trade.volatility_part + trade.correlation_part) == pytest.approx(case["forced_trade_per_100_NAV"], abs=expected["tol"])


# ---------------------------------------------------------------- estimates over time


def test_estimates_are_weighted_means_of_products_so_far(market: Array) -> None:
    moments = risk_parity.ewma(market, np.ones_like(market), HALF_LIFE)
    for session in (0, 49, 60, 205, 399):
        weights = 0.5 ** ((session - np.arange(session + 1)) / HALF_LIFE)
        past = market[: session + 1]
        for one in range(4):
            own = np.isfinite(past[:, one])
            assert moments.observations[session, one] == own.sum()
            if not own.any():
                assert np.isnan(moments.volatility[session, one])
                continue
            assert moments.volatility[session, one] == pytest.approx(np.sqrt(np.average(past[own, one] ** 2, weights=weights[own])), rel=1e-12)
            for other in range(4):
                both = own & np.isfinite(past[:, other])
                if both.any():
                    x, y, w = past[both, one], past[both, other], weights[both]
                    assert moments.correlation[session, one, other] == pytest.approx((w * x * y).sum() / np.sqrt((w * x * x).sum() * (w * y * y).sum()))


def test_a_class_without_a_return_stays_as_it_was(market: Array) -> None:
    moments = risk_parity.ewma(market, np.ones_like(market), HALF_LIFE)
    assert moments.volatility[209, 3] == pytest.approx(moments.volatility[199, 3], rel=1e-12)
    assert moments.observations[209, 3] == moments.observations[199, 3]


def test_a_return_over_four_sessions_counts_with_a_quarter_of_its_square() -> None:
    one, four = np.array([[0.01], [0.02]]), np.array([[0.01], [0.04]])
    covered = np.array([[1.0], [4.0]])
    assert risk_parity.ewma(four, covered, 5).volatility == pytest.approx(risk_parity.ewma(one, np.ones((2, 1)), 5).volatility)


def test_what_never_moved_has_no_volatility() -> None:
    assert np.isnan(risk_parity.ewma(np.zeros((3, 1)), np.ones((3, 1)), 5).volatility).all()


def test_adding_a_session_moves_no_bit_of_an_earlier_row(market: Array) -> None:
    def whole(returns: Array) -> list[Array]:
        moments = risk_parity.ewma(returns, np.ones_like(returns), HALF_LIFE)
        # a class is in the mix where it was the session before, too
        volatility, correlation = moments.volatility[1:], moments.correlation[1:]
        volatility = np.where(np.isnan(moments.volatility[:-1]), np.nan, volatility)
        before = np.where(np.isnan(volatility), np.nan, moments.volatility[:-1])
        trade = risk_parity.forced_trade(before, moments.correlation[:-1], volatility, correlation, TARGET, CAP)
        return [*moments[:2], *trade, risk_parity.executed(trade.total, 5)]

    for sessions in (60, 201, 255, 256, 257, 399):
        for full, cut in zip(whole(market), whole(market[:sessions]), strict=True):
            assert full[: len(cut)].tobytes() == cut.tobytes()


# ---------------------------------------------------------------- rules


def test_a_class_outside_the_mix_changes_nothing() -> None:
    correlation = np.array([[1, np.nan, 0.1], [np.nan, np.nan, np.nan], [0.1, np.nan, 1]])
    with_gap = risk_parity.exposure(np.array([0.2, np.nan, 0.05]), correlation, TARGET, CAP)
    without = risk_parity.exposure(np.array([0.2, 0.05]), np.array([[1, 0.1], [0.1, 1]]), TARGET, CAP)
    assert with_gap.tolist() == [without[0], 0, without[1]]


def test_leverage_stops_at_the_cap() -> None:
    assert risk_parity.leverage(np.array([0.02, 0.05, np.nan]), TARGET, CAP)[:2] == pytest.approx([3, 2])


def test_classes_that_cancel_out_have_no_leverage() -> None:
    weights = np.array([0.5, 0.5])
    assert np.isnan(risk_parity.portfolio_volatility(weights, np.array([0.1, 0.1]), np.array([[1.0, -1.0], [-1.0, 1.0]])))


def test_a_trade_is_spread_over_the_sessions_after_it() -> None:
    decided = np.zeros((9, 1))
    decided[3] = 5.0
    found = risk_parity.executed(decided, 5)[:, 0]
    assert np.isnan(found[:5]).all()
    assert found[5:].tolist() == [1, 1, 1, 1]
    assert risk_parity.executed(decided, 1)[1:, 0].tolist() == decided[:-1, 0].tolist()
    assert risk_parity.executed(np.array([[1], [2], [3]]), 1)[:, 0] == pytest.approx([np.nan, 1, 2], nan_ok=True)


def test_a_falling_correlation_never_makes_a_fund_sell() -> None:
    random = np.random.default_rng(2)
    for _ in range(50):
        sigma = random.uniform(0.03, 0.4, 3)
        high, low = random.uniform(0.2, 0.9), random.uniform(-0.3, 0.2)
        states = [np.where(np.eye(3) == 1, 1.0, correlation) for correlation in (high, low)]
        trade = risk_parity.forced_trade(sigma, states[0], sigma, states[1], TARGET, CAP)
        assert (trade.total >= 0).all()
        assert np.abs(trade.volatility_part).max() < 1e-15


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: risk_parity.inverse_volatility_weights(np.array([0.1, 0.0])), "volatilities above 0"),
        (lambda: risk_parity.leverage(np.array([0.1]), 0.0, 3.0), "target volatility and a leverage cap"),
        (lambda: risk_parity.ewma(np.zeros((3, 2)), np.zeros((2, 3)), 60), "of one shape"),
        (lambda: risk_parity.ewma(np.zeros((3, 2)), np.ones((3, 2)), 0), "half-life"),
        (lambda: risk_parity.executed(np.zeros((3, 1)), 0), "at least 1 session"),
        (lambda: risk_parity.forced_trade(np.array([0.1, np.nan]), np.eye(2), np.array([0.1, 0.1]), np.eye(2), 0.1, 3.0), "the same asset classes"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
