"""Option chains: their gamma against Black and Scholes worked out once more, their contracts against what exchanges list."""

from datetime import date, timedelta
from math import erf, exp, log, pi, sqrt

import numpy as np
import pytest

from orchestration import calendars
from orchestration.sample_market import options, script
from orchestration.sample_market.facts import Chain
from orchestration.sample_market.market import Market

DAYS = (date(2018, 2, 5), date(2020, 3, 16), date(2025, 4, 8), date(2025, 11, 28), script.STORY_DAY, date(2026, 2, 13))


@pytest.fixture(params=[(underlying, day) for underlying in options.CHAINS for day in DAYS], ids=lambda one: f"{one[0]} {one[1]}")
def where(request: pytest.FixtureRequest) -> tuple[str, date]:
    found: tuple[str, date] = request.param
    return found


def years(chain: Chain, day: date, place: int) -> float:
    return (chain.expiry[place] - day).days / 365


def gamma(spot: float, strike: float, volatility: float, time: float) -> float:
    """Black and Scholes without rates: density of d1 over spot, volatility and the root of time."""
    spread = volatility * sqrt(time)
    d1 = (log(spot / strike) + spread**2 / 2) / spread
    return exp(-(d1**2) / 2) / sqrt(2 * pi) / (spot * spread)


def price(spot: float, strike: float, volatility: float, time: float, is_call: bool) -> float:
    spread = volatility * sqrt(time)
    d1 = (log(spot / strike) + spread**2 / 2) / spread
    call = spot * (1 + erf(d1 / sqrt(2))) / 2 - strike * (1 + erf((d1 - spread) / sqrt(2))) / 2
    return call if is_call else call - spot + strike


def dollars(chain: Chain, day: date) -> tuple[float, float]:
    """Gamma of calls and of puts, dollars per 1 % move: gamma times open interest times 100 times spot squared times 0.01."""
    found = {1.0: 0.0, 0.0: 0.0}
    for place, volatility in enumerate(chain.implied_volatility.tolist()):
        if volatility > 0:
            each = gamma(chain.spot, float(chain.strike[place]), volatility, years(chain, day, place)) * 100 * chain.spot**2 * 0.01
            found[float(chain.is_call[place])] += each * float(chain.open_interest[place])
    return found[1.0], found[0.0]


def test_gamma_adds_up_to_the_markets_size_and_balance(market: Market, where: tuple[str, date], monkeypatch: pytest.MonkeyPatch) -> None:
    underlying, day = where
    monkeypatch.setattr(options, "MISSING", 0.0)
    row, place = market.row(day), list(options.CHAINS).index(underlying)
    calls, puts = dollars(options.chain(market, underlying, row), day)
    assert calls + puts == pytest.approx(market.gamma_size[row, place], rel=0.01)
    assert (calls - puts) / (calls + puts) == pytest.approx(market.gamma_balance[row, place], abs=0.01)


def test_contracts_without_implied_volatility_take_only_little_of_it(market: Market, where: tuple[str, date]) -> None:
    underlying, day = where
    row, place = market.row(day), list(options.CHAINS).index(underlying)
    calls, puts = dollars(options.chain(market, underlying, row), day)
    assert 0.8 < (calls + puts) / market.gamma_size[row, place] < 1.005


def test_a_chain_has_at_most_three_hundred_contracts_each_once(market: Market, where: tuple[str, date]) -> None:
    underlying, day = where
    chain = options.chain(market, underlying, market.row(day))
    contracts = list(zip(chain.expiry, chain.strike.tolist(), chain.is_call.tolist(), strict=True))
    assert 200 < len(contracts) <= 300
    assert len(set(contracts)) == len(contracts)
    for values in (chain.root, chain.open_interest, chain.implied_volatility, chain.volume, chain.bid, chain.ask, chain.last):
        assert len(values) == len(contracts)


def test_strikes_surround_the_price_of_the_day(market: Market, where: tuple[str, date]) -> None:
    underlying, day = where
    chain = options.chain(market, underlying, market.row(day))
    above, below = (chain.strike > chain.spot).sum(), (chain.strike < chain.spot).sum()
    assert 0.7 < above / below < 1.4
    symbol = options.CHAINS[underlying][0]
    series = market.series[symbol]
    # XLK's bars are in shares after its split; strikes of a day are in its own
    factor = 2 if underlying == "XLK" and day < date(2025, 12, 5) else 1
    assert chain.spot == pytest.approx(factor * series.bars.close[series.days.index(day)], abs=0.011)


def test_what_expires_today_or_is_not_quoted_has_no_implied_volatility(market: Market, where: tuple[str, date]) -> None:
    underlying, day = where
    chain = options.chain(market, underlying, market.row(day))
    today = np.array([expiry <= day for expiry in chain.expiry])
    assert today.any()
    assert not chain.implied_volatility[today].any()
    missing = (chain.implied_volatility[~today] == 0).mean()
    assert missing < 0.08
    quoted = chain.implied_volatility[chain.implied_volatility > 0]
    assert 0.04 < quoted.min() < quoted.max() < 4.0


def test_expiries_are_the_day_itself_and_later_sessions(where: tuple[str, date]) -> None:
    _, day = where
    found = options.expiries(day)
    assert found[0] == day
    assert found == sorted(set(found))
    assert all(calendars.is_session(expiry) for expiry in found)


@pytest.mark.parametrize(
    ("day", "eve"),
    [
        (date(2020, 3, 16), date(2020, 4, 9)),  # Good Friday, a weekly
        (date(2025, 4, 8), date(2025, 4, 17)),  # Good Friday, also the third Friday
        (date(2026, 2, 4), date(2026, 6, 18)),  # Juneteenth, the third Friday
    ],
)
def test_a_friday_without_trading_expires_the_session_before(day: date, eve: date) -> None:
    found = options.expiries(day)
    assert eve in found
    assert eve + timedelta(days=1) not in found
    assert options.expiries(eve)[:2] == [eve, eve + timedelta(days=8)]


def test_prices_are_those_of_black_and_scholes_between_bid_and_ask(market: Market) -> None:
    day = script.STORY_DAY
    chain = options.chain(market, "QQQ", market.row(day))
    for place, volatility in enumerate(chain.implied_volatility.tolist()):
        if volatility > 0:
            worth = price(chain.spot, float(chain.strike[place]), volatility, years(chain, day, place), bool(chain.is_call[place]))
            assert chain.last[place] == pytest.approx(worth, abs=0.03)
            assert chain.bid[place] <= worth + 0.005
            assert chain.ask[place] >= worth - 0.005


def test_interest_and_volume_are_whole_and_not_negative(market: Market, where: tuple[str, date]) -> None:
    underlying, day = where
    chain = options.chain(market, underlying, market.row(day))
    for counted in (chain.open_interest, chain.volume):
        assert (counted >= 0).all()
        assert np.array_equal(counted, np.round(counted))
    assert (chain.bid <= chain.ask).all()


def test_windows_are_apart_and_add_up_to_at_most_two_hundred_and_sixty_sessions() -> None:
    listed = [day for first, last in options.WINDOWS for day in calendars.sessions(first, last)]
    assert len(listed) <= 260
    assert listed == sorted(set(listed))
    assert listed[0] >= script.ENGINE_FROM
    assert listed[-1] == script.LAST_DAY
    assert set(calendars.sessions(date(2025, 10, 20), script.LAST_DAY)) <= set(listed)


def test_the_same_evening_has_the_same_chain_and_another_its_own(market: Market) -> None:
    row = market.row(script.STORY_DAY)
    one, again, next_day = (options.chain(market, "SPX", place) for place in (row, row, row + 1))
    assert np.array_equal(one.open_interest, again.open_interest)
    assert not np.array_equal(one.open_interest, next_day.open_interest)
