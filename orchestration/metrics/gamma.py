"""The gamma of an option chain: Black-Scholes, volatility from a price, and the level of the underlying at which net gamma changes sign.

Formulas on arrays of contracts, numpy only. Which chain is known, which contracts have expired, on which side dealers are and every constant
is said by the caller; files, frames, clocks and anything of ours may not come in.

Gamma is in dollars per 1 % move: what holders of the contracts have to trade, in dollars, after the underlying has moved by one per cent
(SqueezeMetrics 2017, recalled; Perfiliev 2022; oracle gex). Volatility is held as it is when the underlying is moved.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

ONE_PER_CENT = 0.01
MOST_CELLS = 2**20  # spots times contracts that are worked on at once: some tens of megabytes
MOST_STEPS = 100
STEP_TOLERANCE = 1e-14  # relative: the last bits of a double

_complement = np.frompyfunc(math.erfc, 1, 1)


@dataclass(frozen=True)
class Pricing:
    """What all contracts share. rate, dividend_yield: per year, continuous. multiplier: units of the underlying that a contract is on."""

    rate: float
    dividend_yield: float
    multiplier: float


def _distribution(x: Array) -> Array:
    """The normal distribution function, to the last bits also far to the left."""
    found: Array = 0.5 * np.asarray(_complement(-x / math.sqrt(2)), dtype="float64")
    return found


def dollar_gamma(spot: Array | float, strike: Array, years: Array, volatility: Array, open_interest: Array, pricing: Pricing) -> Array:
    """Gamma of open contracts, USD per 1 % move of the underlying: Γ · open interest · multiplier · S² · 0.01, Γ as in Black & Scholes 1973.

    spot: one, or an array that broadcasts against the contracts. strike: in the unit of spot. years: to expiry. volatility: a fraction per
    year. open_interest: contracts; where it is signed, so is the result. Shape: that of spot and contracts broadcast.
    Raises ValueError where a contract is not alive (years ≤ 0) or has no volatility: a floor in its place would invent the largest gammas.
    """
    if not (np.all(years > 0) and np.all(volatility > 0)):
        raise ValueError("expected contracts with time and volatility left, found expired ones or some without volatility: leave them out")
    spread = volatility * np.sqrt(years)
    drift = (pricing.rate - pricing.dividend_yield) * years
    standardised = (np.log(spot / strike) + drift) / spread + spread / 2
    weight = open_interest * np.exp(-pricing.dividend_yield * years) / (spread * math.sqrt(2 * math.pi))
    found: Array = weight * np.exp(-(standardised**2) / 2) * spot * (pricing.multiplier * ONE_PER_CENT)
    return found


def _time_value(spread: Array, moneyness: Array) -> Array:
    """An out-of-the-money option's undiscounted price over √(forward · strike). spread: σ√T. moneyness: −|log(forward / strike)|."""
    found: Array = np.exp(moneyness / 2) * _distribution(moneyness / spread + spread / 2) - np.exp(-moneyness / 2) * _distribution(
        moneyness / spread - spread / 2
    )
    return found


def implied_volatility(
    price: Array, spot: Array | float, strike: Array, years: Array, is_call: Flags, pricing: Pricing, *, lowest: float, highest: float
) -> Array:
    """The volatility per year at which Black-Scholes gives a price; NaN where none between lowest and highest does.

    price: USD for one unit of the underlying, NaN where there is none. All arrays are of one length, one entry a contract. No price, a price
    at or below what exercise is worth, one above what `highest` gives, or an expired contract: NaN. ValueError unless 0 < lowest < highest.

    A put and a call of one strike have the same time value, and the one out of the money is solved for, whose price keeps its digits. Newton's
    steps start where the price bends (σ√T = √(2·|log moneyness|), Manaster & Koehler 1982), from which they run one way; a step that would leave
    the bracket known so far halves it instead.
    """
    if not 0 < lowest < highest:
        raise ValueError(f"expected volatilities with 0 < lowest < highest, found {lowest} and {highest}")
    found: Array = np.full(len(strike), np.nan)
    forward = spot * np.exp((pricing.rate - pricing.dividend_yield) * years)
    exercise = np.maximum(np.where(is_call, forward - strike, strike - forward), 0.0)
    wanted = (price * np.exp(pricing.rate * years) - exercise) / np.sqrt(forward * strike)
    moneyness: Array = -np.abs(np.log(forward / strike))
    places = np.flatnonzero((years > 0) & (wanted > 0))
    root_time = np.sqrt(years[places])
    low, high = lowest * root_time, highest * root_time
    inside = (_time_value(low, moneyness[places]) <= wanted[places]) & (_time_value(high, moneyness[places]) >= wanted[places])
    places, low, high = places[inside], low[inside], high[inside]
    spread = np.clip(np.sqrt(-2 * moneyness[places]), low, high)
    for _ in range(MOST_STEPS):
        if not len(places):
            break
        bend = moneyness[places]
        missing = wanted[places] - _time_value(spread, bend)
        low, high = np.where(missing >= 0, spread, low), np.where(missing <= 0, spread, high)
        slope = np.exp(bend / 2 - (bend / spread + spread / 2) ** 2 / 2) / math.sqrt(2 * math.pi)
        step = np.divide(missing, slope, out=np.full(len(places), np.inf), where=slope > 0)
        proposed = spread + step
        following = np.where((proposed >= low) & (proposed <= high), proposed, (low + high) / 2)
        settled = (np.abs(following - spread) <= STEP_TOLERANCE * spread) | (missing == 0)
        done = places[settled]
        found[done] = np.where(missing == 0, spread, following)[settled] / np.sqrt(years[done])
        places, low, high, spread = places[~settled], low[~settled], high[~settled], following[~settled]
    found[places] = spread / np.sqrt(years[places])  # these go to and fro between the last two doubles
    return found


def profile(spots: Array, strike: Array, years: Array, volatility: Array, signed_interest: Array, pricing: Pricing) -> Array:
    """Net gamma at each of several spots, USD per 1 % move, volatility held.

    spots: levels of the underlying, (spots,). The others: contracts alive, (contracts,); signed_interest is positive where dealers are long.
    Raises ValueError as `dollar_gamma` does.
    """
    if not len(strike):
        return np.zeros(len(spots))
    together = max(1, MOST_CELLS // len(strike))
    parts = [spots[start : start + together, None] for start in range(0, len(spots), together)]
    # running sums, because those are taken from the first contract to the last
    sums = [dollar_gamma(part, strike, years, volatility, signed_interest, pricing).cumsum(axis=1)[:, -1] for part in parts]
    found: Array = np.concatenate(sums) if sums else np.zeros(0)
    return found


def flip_level(
    spot: float, strike: Array, years: Array, volatility: Array, signed_interest: Array, pricing: Pricing, *, within: float, points_each_side: int
) -> float:
    """The level of the underlying nearest to spot at which net gamma changes sign, volatility held; NaN where there is none.

    within: how far to look on either side, as a fraction of spot. points_each_side: of the grid on which changes of sign are looked for; two
    changes between neighbours of the grid cancel. Between neighbours of opposite sign the root is followed to the last bits (regula falsi, the
    side that stays halved: the Illinois rule, Dowell & Jarratt 1971). Arrays as in `profile`, whose errors are raised too.
    """
    grid = spot * np.linspace(1 - within, 1 + within, 2 * points_each_side + 1)
    heights = profile(grid, strike, years, volatility, signed_interest, pricing)
    # Far from all strikes gamma is exactly 0, which is no change of sign.
    grid, heights = grid[heights != 0], heights[heights != 0]
    changes = np.flatnonzero(np.sign(heights[1:]) != np.sign(heights[:-1]))

    def net(level: float) -> float:
        return float(profile(np.array([level]), strike, years, volatility, signed_interest, pricing)[0])

    roots = []
    for at in changes:
        left, right, below, above = float(grid[at]), float(grid[at + 1]), float(heights[at]), float(heights[at + 1])
        level = left
        for _ in range(MOST_STEPS):
            before, level = level, (left * above - right * below) / (above - below)
            height = net(level)
            if height == 0 or abs(level - before) <= STEP_TOLERANCE * level:
                break
            if (height > 0) == (above > 0):
                # the same side twice: the other one's height counts half
                below = below / 2 if before == right else below
                right, above = level, height
            else:
                above = above / 2 if before == left else above
                left, below = level, height
        roots.append(level)
    return min(roots, key=lambda root: abs(root - spot), default=math.nan)
