"""What a trade does to a price, against its limits; and the day's loop, against plain iteration."""

import numpy as np
import pytest

from orchestration.sample_market.facts import Array
from orchestration.sample_market.impact import KNEE, STRENGTH, UnstableLoopError, impact, settle, steepness

VOLUME, VOLATILITY = np.array([2.0e9]), np.array([0.02])


def of(share_of_volume: float) -> float:
    """Log impact of a trade of this share of a day's volume."""
    return float(impact(share_of_volume * VOLUME, VOLUME, VOLATILITY)[0])


def test_strength_and_knee_are_those_of_the_issue() -> None:
    assert (STRENGTH, KNEE) == (0.5, 0.05)


@pytest.mark.parametrize("share", [1e-6, 0.01, 0.3, 4.0])
def test_impact_is_odd_in_the_trade(share: float) -> None:
    assert of(-share) == -of(share) < 0


def test_no_trade_moves_nothing() -> None:
    assert of(0.0) == 0.0


def test_a_small_trade_moves_the_price_in_proportion() -> None:
    assert of(1e-6) / 1e-6 == pytest.approx(0.02 * 0.5 / 0.05**0.5, rel=1e-4)
    assert of(2e-6) / of(1e-6) == pytest.approx(2, rel=1e-4)


def test_a_large_trade_moves_the_price_with_its_square_root() -> None:
    assert of(4e6) / of(1e6) == pytest.approx(2, rel=1e-6)
    assert of(1e6) == pytest.approx(0.02 * 0.5 * 1e3, rel=1e-6)


def test_a_tenth_of_the_volume_costs_what_it_does_by_hand() -> None:
    assert of(-0.1) == pytest.approx(-0.02 * 0.5 * 0.1 / 0.15**0.5)


def test_more_always_moves_more_and_each_dollar_less_than_the_one_before() -> None:
    moves = np.array([of(share) for share in np.linspace(0, 3, 200)])
    assert (np.diff(moves) > 0).all()
    assert (np.diff(moves, 2) < 0).all()


@pytest.mark.parametrize("share", [-0.7, -0.01, 0.0, 0.02, 1.5])
def test_steepness_is_the_derivative_of_impact(share: float) -> None:
    step = 1e-5
    slope = (of(share + step) - of(share - step)) / (2 * step * VOLUME[0])
    assert steepness(share * VOLUME, VOLUME, VOLATILITY)[0] == pytest.approx(slope, rel=1e-4)


class Day:
    """Two worlds, two underlyings over five securities, one day. The second world has no price impact."""

    weights: Array = np.array([[[0.4, 0.3, 0.3, 0.0, 0.0], [0.0, 0.0, 0.2, 0.5, 0.3]]]).repeat(2, axis=0)
    volume: Array = np.array([4e9, 2e9, 1e9, 3e9, 5e8])
    volatility: Array = np.array([0.02, 0.025, 0.03, 0.018, 0.04])
    strength: Array = np.array([1.0, 0.0])
    news: Array = np.array([[-0.03, -0.02, -0.025, -0.01, -0.04]]).repeat(2, axis=0)
    trade: Array = np.array([[-2e8, 1e7, -5e7, 0.0, -1e8]]).repeat(2, axis=0)

    def settle(self, response: Array) -> tuple[Array, Array, float]:
        return settle(self.news, self.trade, self.weights, response, self.volume, self.volatility, self.strength)

    def respond(self, returns: Array, response: Array) -> tuple[Array, Array]:
        """Trades that these returns cause, and the returns that those trades cause."""
        total = np.array([self.trade[world] + (response[world] * returns[world]) @ self.weights[world] for world in (0, 1)])
        moved = np.array([self.strength[world] * impact(total[world], self.volume, self.volatility) for world in (0, 1)])
        return total, np.array([self.weights[world] @ (self.news[world] + moved[world]) for world in (0, 1)])


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["runs with the market", "leans against it"])
def test_the_day_settles_where_plain_iteration_does(sign: float) -> None:
    day, response = Day(), sign * np.array([[6e9, 4e9]]).repeat(2, axis=0)
    returns, total, gain = day.settle(response)
    iterated = np.zeros((2, 2))
    for _ in range(500):
        traded, iterated = day.respond(iterated, response)
    assert np.abs(returns - iterated).max() < 1e-10
    assert total == pytest.approx(traded, rel=1e-7)
    assert 0 < gain < 0.5
    alone = np.array([day.weights[0] @ day.news[0]])
    assert returns[1] == pytest.approx(alone[0])  # without impact news are all there is
    assert (np.sign(day.respond(returns, response)[1][0] - day.respond(returns, 0 * response)[1][0]) == -sign).all()


def test_what_is_settled_solves_its_own_equation() -> None:
    day, response = Day(), np.array([[9e9, 5e9]]).repeat(2, axis=0)
    returns, _, _ = day.settle(response)
    assert np.abs(day.respond(returns, response)[1] - returns).max() < 1e-10


def test_without_anybody_who_responds_the_day_is_news_and_the_trades_already_decided() -> None:
    day = Day()
    returns, total, gain = day.settle(np.zeros((2, 2)))
    assert np.array_equal(total, day.trade)
    assert gain == 0.0
    assert returns[0] == pytest.approx(day.weights[0] @ (day.news[0] + impact(day.trade[0], day.volume, day.volatility)))


@pytest.mark.parametrize("response", [1e13, 1e14, 1e16, -1e12, -1e16])
def test_a_loop_that_explodes_is_an_error_that_says_so(response: float) -> None:
    with pytest.raises(UnstableLoopError, match="expected trades of the same day to fade, found a gain of"):
        Day().settle(np.full((2, 2), response))


def test_a_day_that_does_not_settle_is_an_error_that_names_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.sample_market.impact.MOST_STEPS", 1)
    with pytest.raises(UnstableLoopError, match=r"expected the day's loop to settle within 1e-10, found a gap of \S+ after 1 steps"):
        Day().settle(np.full((2, 2), 9e9))
