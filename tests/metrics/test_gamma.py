"""Gamma of an option chain: the oracle to its tolerance, volatility there and back, and flips where there are none, one or two."""

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.metrics.gamma import Array, Flags, Pricing, dollar_gamma, flip_level, implied_volatility, profile

PLAIN = Pricing(rate=0.0, dividend_yield=0.0, multiplier=100.0)
BRACKET = {"lowest": 0.01, "highest": 5.0}
GRID = {"within": 0.2, "points_each_side": 40}


def array(*values: float) -> Array:
    return np.array(values, dtype="float64")


def black_scholes(spot: float, strike: float, years: float, volatility: float, is_call: bool, rate: float = 0.0, dividend_yield: float = 0.0) -> float:
    """The textbook's price of one option, written a second time and in another way: from the call, with parity for the put."""

    def below(x: float) -> float:
        return (1 + math.erf(x / math.sqrt(2))) / 2

    upper = (math.log(spot / strike) + (rate - dividend_yield + volatility**2 / 2) * years) / (volatility * math.sqrt(years))
    lower = upper - volatility * math.sqrt(years)
    call = spot * math.exp(-dividend_yield * years) * below(upper) - strike * math.exp(-rate * years) * below(lower)
    return call if is_call else call - spot * math.exp(-dividend_yield * years) + strike * math.exp(-rate * years)


@pytest.fixture(scope="module")
def oracle(oracles: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((oracles / "gex" / "synthetic_chain_expected.json").read_text())
    return expected


def contracts_of(oracle: dict[str, Any]) -> tuple[Array, Array, Array, Array]:
    """Strikes, years, volatilities, and open interest with calls positive and puts negative."""
    lines = [(one["strike"], one["T"], one["iv"], interest) for one in oracle["chain"] for interest in (one["call_oi"], -one["put_oi"])]
    strike, years, volatility, interest = (array(*values) for values in zip(*lines, strict=True))
    return strike, years, volatility, interest


def test_net_gamma_and_its_profile_meet_the_oracle(oracle: dict[str, Any]) -> None:
    contracts = contracts_of(oracle)
    net = dollar_gamma(oracle["spot"], *contracts, PLAIN).sum()
    assert net == pytest.approx(oracle["net_gex_usd_per_1pct"], rel=oracle["tol"])
    spots = array(*map(float, oracle["profile"]))
    assert profile(spots, *contracts, PLAIN) == pytest.approx(list(oracle["profile"].values()), rel=oracle["tol"])


def test_the_flip_meets_the_oracle_whatever_the_grid(oracle: dict[str, Any]) -> None:
    for points in (5, 40, 333):
        found = flip_level(oracle["spot"], *contracts_of(oracle), PLAIN, within=0.2, points_each_side=points)
        assert found == pytest.approx(oracle["flip"], abs=oracle["tol"])


def test_gamma_is_the_second_difference_of_the_price() -> None:
    strike, years, volatility, step = 95.0, 0.5, 0.3, 0.01
    pricing = Pricing(rate=0.04, dividend_yield=0.015, multiplier=100.0)
    up, middle, down = (black_scholes(spot, strike, years, volatility, True, 0.04, 0.015) for spot in (100 + step, 100.0, 100 - step))
    expected = (up - 2 * middle + down) / step**2 * 7 * 100 * 100**2 * 0.01
    assert dollar_gamma(100.0, array(strike), array(years), array(volatility), array(7), pricing) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.2), (-1 / 365, 0.2), (0.1, 0.0), (0.1, math.nan)])
def test_an_expired_contract_or_one_without_volatility_is_refused(years: float, volatility: float) -> None:
    with pytest.raises(ValueError, match="leave them out"):
        dollar_gamma(100.0, array(100), array(years), array(volatility), array(1), PLAIN)


@given(
    strike=st.floats(60, 160),
    years=st.floats(1 / 365, 5),
    volatility=st.floats(0.02, 4),
    is_call=st.booleans(),
    rate=st.floats(0, 0.06),
    dividend_yield=st.floats(0, 0.04),
)
@settings(deadline=None, max_examples=300)
def test_a_price_leads_back_to_its_volatility(strike: float, years: float, volatility: float, is_call: bool, rate: float, dividend_yield: float) -> None:
    price = black_scholes(100, strike, years, volatility, is_call, rate, dividend_yield)
    pricing = Pricing(rate, dividend_yield, 100.0)
    found = implied_volatility(array(price), 100.0, array(strike), array(years), np.array([is_call]), pricing, **BRACKET)[0]
    if not math.isnan(found):
        assert black_scholes(100, strike, years, float(found), is_call, rate, dividend_yield) == pytest.approx(price, abs=1e-11)
    forward = 100 * math.exp((rate - dividend_yield) * years)
    time_value = price * math.exp(rate * years) - max(forward - strike if is_call else strike - forward, 0)
    if time_value > 1e-6:
        assert found == pytest.approx(volatility, rel=1e-6)


@pytest.mark.parametrize(
    ("price", "strike", "years"),
    [(math.nan, 100, 0.1), (0.0, 110, 0.1), (10.0, 90, 0.1), (9.0, 90, 0.1), (99.9, 100, 0.1), (101.0, 100, 0.1), (1.0, 100, 0.0), (1e-9, 100, 1.0)],
    ids=["no quote", "worthless", "what exercise is worth", "less", "over the highest", "more than the share", "expired", "under the lowest"],
)
def test_a_price_that_no_volatility_gives_has_none(price: float, strike: float, years: float) -> None:
    assert np.isnan(implied_volatility(array(price), 100.0, array(strike), array(years), np.array([True]), PLAIN, **BRACKET))[0]
    with pytest.raises(ValueError, match="0 < lowest < highest, found 0 and 5"):
        implied_volatility(array(price), 100.0, array(strike), array(years), np.array([True]), PLAIN, lowest=0, highest=5)


def test_a_book_with_one_sign_or_none_has_no_flip() -> None:
    book = (array(90, 110), array(0.1, 0.1), array(0.2, 0.2))
    assert math.isnan(flip_level(100.0, *book, array(5, 5), PLAIN, **GRID))
    assert math.isnan(flip_level(100.0, *book, array(0, 0), PLAIN, **GRID))
    assert math.isnan(flip_level(100.0, array(), array(), array(), array(), PLAIN, **GRID))


def test_gamma_that_vanishes_far_from_all_strikes_is_no_flip() -> None:
    assert math.isnan(flip_level(100.0, array(100), array(1 / 365), array(0.05), array(1), PLAIN, **GRID))


def test_of_two_flips_the_nearer_counts_and_none_beyond_the_range() -> None:
    """Calls between puts: positive around 104, negative on both sides; the flips mirror each other in the logarithm."""
    strike, years, volatility = array(94, 104, 104**2 / 94), array(0.02, 0.02, 0.02), array(0.2, 0.2, 0.2)
    book = (strike, years, volatility, array(-5, 10, -5))
    left, right = flip_level(97.0, *book, PLAIN, **GRID), flip_level(112.0, *book, PLAIN, **GRID)
    assert 94 < left < 104 < right < strike[2]
    for level in (left, right):
        below, at, above = profile(array(level - 0.01, level, level + 0.01), *book, PLAIN)
        assert below * above < 0
        assert abs(at) < 1e-9 * abs(above)
    assert math.isnan(flip_level(97.0, *book, PLAIN, within=0.01, points_each_side=40))


def test_a_profile_does_not_depend_on_how_many_spots_are_asked_for_at_once(oracle: dict[str, Any]) -> None:
    contracts = contracts_of(oracle)
    spots = np.linspace(400, 600, 301)
    at_once = profile(spots, *contracts, PLAIN)
    assert at_once.tolist() == [profile(spots[place : place + 1], *contracts, PLAIN)[0] for place in range(len(spots))]


def many(count: int) -> tuple[Array, Array, Array, Flags]:
    random = np.random.default_rng(3)
    return random.uniform(60, 160, count), 10 ** random.uniform(-2.5, 0.5, count), random.uniform(0.08, 0.9, count), random.random(count) > 0.5


def test_forty_thousand_contracts_without_volatility_are_solved_and_followed_to_the_flip_in_less_than_a_second() -> None:
    strike, years, volatility, is_call = many(40_000)
    price = array(*(black_scholes(100, *line) for line in zip(strike, years, volatility, map(bool, is_call), strict=True)))
    started = time.process_time()
    solved = implied_volatility(price, 100.0, strike, years, is_call, PLAIN, **BRACKET)
    known = ~np.isnan(solved)
    flip_level(100.0, strike[known], years[known], solved[known], np.where(is_call, 1.0, -1.0)[known], PLAIN, **GRID)
    assert time.process_time() - started < 1
    assert known.mean() > 0.85
