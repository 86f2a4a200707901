"""Option chains of the simulated market: open interest whose gamma is the market's, strikes and expiries as they are listed. Pure.

The visible balance of calls and puts is what an estimator sees; the dealers' share behind it is not in any file. Prices and gamma
are Black-Scholes with no rates and no dividends, calendar days over 365: the generator's own arithmetic.
"""

from datetime import date, timedelta
from math import sqrt

import numpy as np

from orchestration import calendars
from orchestration.sample_market.draws import stream
from orchestration.sample_market.facts import Array, Chain
from orchestration.sample_market.market import SPLITS, Market

# Underlying of the chain: symbol of its price, step of strikes as a share of spot, implied volatility against the VIX, OCC root.
CHAINS = {"SPX": ("^GSPC", 0.010, 1.00, "SPXW"), "QQQ": ("QQQ", 0.012, 1.25, "QQQ"), "XLK": ("XLK", 0.015, 1.30, "XLK"), "SMH": ("SMH", 0.02, 1.75, "SMH")}
ENGINE_ORDER = {"SPX": 0, "QQQ": 1, "XLK": 2, "SMH": 3}
WINDOWS = (
    (date(2018, 1, 22), date(2018, 2, 23)),
    (date(2018, 12, 3), date(2018, 12, 31)),
    (date(2020, 2, 10), date(2020, 4, 9)),
    (date(2022, 1, 3), date(2022, 3, 1)),
    (date(2024, 7, 22), date(2024, 8, 16)),
    (date(2025, 3, 17), date(2025, 4, 30)),
    (date(2025, 10, 20), date(2026, 2, 13)),
)
STRIKES_EACH_SIDE = 7
EXPIRIES = 9
MISSING = 0.03  # share of contracts without implied volatility
FRIDAY = 4
DAYS_A_YEAR = 365.0
CONTRACT = 100


def expiries(day: date) -> list[date]:
    """The day itself (zero days to expiry), the next Fridays, then third Fridays; where a Friday is a holiday, the session before."""
    fridays = [day + timedelta(days=(FRIDAY - day.weekday()) % 7 + 7 * week) for week in range(40)]
    near = [day, *(friday for friday in map(calendars.session_on_or_before, fridays[:4]) if friday > day)]
    third = [calendars.session_on_or_before(friday) for friday in fridays if 15 <= friday.day <= 21]
    return [*near, *(friday for friday in third if friday > near[-1])][:EXPIRIES]


def _density(x: Array) -> Array:
    found: Array = np.exp(-x * x / 2) / sqrt(2 * np.pi)
    return found


def _distribution(x: Array) -> Array:
    """Normal distribution function (Abramowitz & Stegun 26.2.17, error below 7.5e-8): prices are quoted in cents."""
    t = 1 / (1 + 0.2316419 * np.abs(x))
    tail = _density(x) * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    found: Array = np.where(x >= 0, 1 - tail, tail)
    return found


def chain(market: Market, underlying: str, row: int) -> Chain:
    """The chain of an evening, by session row from 2016."""
    symbol, step, against_vix, root = CHAINS[underlying]
    day = market.sessions[row]
    series = market.series[symbol]
    position = series.days.index(day)
    # bars are in shares of the last day, strikes of a day in its own
    split = next((split.factor for split in SPLITS if split.fund_id == symbol and day < split.on), 1)
    spot = float(series.bars.close[position]) * split
    vix = float(market.vix.close[len(market.long_sessions) - len(market.sessions) + row])
    random = stream(market.seed, f"chain {underlying} {day}")
    tick = _tick(spot * step)
    centre = round(spot / tick)
    grid = np.arange(centre - STRIKES_EACH_SIDE, centre + STRIKES_EACH_SIDE + 1) * tick
    days = expiries(day)
    count = len(grid)
    expiry = [one for one in days for _ in range(2 * count)]
    strike = np.tile(np.repeat(grid, 2), len(days))
    is_call = np.tile(np.array([1.0, 0.0]), count * len(days))
    left = np.array([max((one - day).days, 0) for one in expiry]) / DAYS_A_YEAR
    moneyness = np.log(strike / spot)
    base = vix / 100 * against_vix
    volatility = np.maximum(base * (1 - 1.1 * moneyness / np.sqrt(left + 0.04) + 0.4 * moneyness**2 / (left + 0.04)), 0.05).round(4)
    time = np.maximum(left, 1e-9)
    spread = volatility * np.sqrt(time)
    upper = (-moneyness + spread**2 / 2) / spread
    gamma = np.where(left > 0, _density(upper) / (spot * spread), 0.0)
    side = np.where(is_call > 0, moneyness > -0.01, moneyness < 0.01)
    raw = np.exp(-np.abs(moneyness) / (0.03 + 0.06 * np.sqrt(left))) * np.where(side, 1.0, 0.25) * np.exp(0.5 * random.standard_normal(len(strike)))
    dollars = gamma * CONTRACT * spot * spot * 0.01
    size, balance = float(market.gamma_size[row, ENGINE_ORDER[underlying]]), float(market.gamma_balance[row, ENGINE_ORDER[underlying]])
    interest = np.zeros(len(strike))
    for flag, share in ((1.0, (1 + balance) / 2), (0.0, (1 - balance) / 2)):
        mine = is_call == flag
        interest[mine] = raw[mine] * size * share / (raw[mine] * dollars[mine]).sum()
    interest = np.round(interest)
    call = spot * _distribution(upper) - strike * _distribution(upper - spread)
    price = np.maximum(np.where(is_call > 0, call, call - spot + strike), 0.0)
    bid, ask = np.maximum(price * 0.985 - 0.02, 0.0).round(2), (price * 1.015 + 0.02).round(2)
    volatility[(random.random(len(strike)) < MISSING) | (left == 0)] = 0.0
    volume = np.round(interest * 0.2 * np.exp(0.6 * random.standard_normal(len(strike))))
    return Chain(underlying, round(spot, 2), [root] * len(strike), expiry, strike, is_call, interest, volatility, volume, bid, ask, price.round(2))


def _tick(wanted: float) -> float:
    """A strike step as exchanges list them, near the wanted one."""
    steps = (0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)
    return min(steps, key=lambda step: abs(np.log(step / wanted)))
