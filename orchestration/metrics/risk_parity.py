"""Risk-parity and volatility-control funds: weights against volatility, leverage to a target volatility, and what that makes them trade.

The rule is the textbook's: each asset class gets a weight in inverse proportion to its volatility (Maillard, Roncalli & Teïletche 2010 show when that
equals equal contributions to risk), and the whole is levered to a target volatility under a cap. When volatilities or correlations rise, leverage
falls and everything is sold, bonds and gold included. Positions are as the rule wants them: what prices did to them since is left out.

Arrays: the last axis of `volatility` and `weights` is the asset class, the last two of `correlation`; axes before it are anything (sessions). A class
whose volatility is NaN is not in the mix: it has weight 0 and its row and column of `correlation` are not read. Volatilities are per year, fractions.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]


class Moments(NamedTuple):
    """Estimates after each session. volatility: per session (sessions, classes), NaN before a class has moved. correlation: (sessions, classes,
    classes), NaN before both have. observations: returns seen so far, count (sessions, classes)."""

    volatility: Array
    correlation: Array
    observations: npt.NDArray[np.int64]


class Trade(NamedTuple):
    """A change of exposure in multiples of assets (…, classes), negative sells: the part that follows volatilities and the part that follows correlations."""

    volatility_part: Array
    correlation_part: Array

    @property
    def total(self) -> Array:
        """The whole change: the sum of the parts, to the bit."""
        return self.volatility_part + self.correlation_part


def _sum_in_order(terms: Array) -> Array:
    """Sum over the last axis, from the first term to the last (see the room's first lines)."""
    total = np.zeros(terms.shape[:-1])
    for place in range(terms.shape[-1]):
        total = total + terms[..., place]
    return total


def decay(half_life: float) -> float:
    """The factor by which a day's weight shrinks from one session to the next. half_life: sessions; ValueError unless positive."""
    if not half_life > 0:
        raise ValueError(f"expected a half-life of more than 0 sessions, found {half_life}")
    return float(0.5 ** (1 / half_life))


def ewma(returns: Array, sessions_covered: Array, half_life: float) -> Moments:
    """Exponentially weighted volatilities and correlations after each session, of returns up to and with it.

    returns: fractions (sessions, classes), NaN where a class has none. sessions_covered: how many sessions each return spans, same shape: a return over k
    sessions counts once, with a k-th of its square. half_life: sessions. The mean is taken as 0, as usual for daily returns, and weights add up to 1 from
    the first day on. A session without return leaves a class as it was. A correlation rests on the sessions on which both classes have a return, its
    variances included, so that it stays within [-1, 1] when the classes' histories differ. ValueError where shapes differ or the half-life is not positive.
    """
    if returns.ndim != 2 or returns.shape != sessions_covered.shape:
        raise ValueError(f"expected returns and sessions covered of one shape (sessions, classes), found {returns.shape} and {sessions_covered.shape}")
    factor = decay(half_life)
    is_seen = np.isfinite(returns)
    moves = np.where(is_seen, returns, 0.0) / np.sqrt(np.where(is_seen, sessions_covered, 1.0))
    seen_both = (is_seen[:, :, None] & is_seen[:, None, :]).astype(np.float64)
    # products, squares of the row's class and weights, each over the sessions on which both have a return
    products = moves[:, :, None] * moves[:, None, :]
    squares = (moves * moves)[:, :, None] * seen_both
    added = np.stack([products, squares, seen_both], axis=1)
    sums = np.empty_like(added)
    so_far = np.zeros(added.shape[1:])
    for session in range(len(added)):
        so_far = factor * so_far + added[session]
        sums[session] = so_far
    product, square, weight = sums[:, 0], sums[:, 1], sums[:, 2]
    own_square = np.diagonal(square, axis1=1, axis2=2)
    own_weight = np.diagonal(weight, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        volatility = np.sqrt(own_square / own_weight)
        correlation = product / (np.sqrt(square) * np.sqrt(np.swapaxes(square, 1, 2)))
    volatility = np.where(volatility > 0, volatility, np.nan)  # what never moved has no risk to be weighed by
    correlation = np.clip(correlation, -1.0, 1.0)
    return Moments(volatility, correlation, np.cumsum(is_seen, axis=0, dtype=np.int64))


def inverse_volatility_weights(volatility: Array) -> Array:
    """w = (1/σ) / Σ(1/σ), adding up to 1; 0 for a class that is not in the mix, NaN throughout where none is. ValueError unless volatilities are positive."""
    if np.any(volatility <= 0):
        raise ValueError("expected volatilities above 0, or NaN where a class is not in the mix")
    inverse = np.where(np.isnan(volatility), 0.0, 1 / volatility)
    total = _sum_in_order(inverse)
    return inverse / np.where(total > 0, total, np.nan)[..., None]


def portfolio_volatility(weights: Array, volatility: Array, correlation: Array) -> Array:
    """√(w'Cw) with C = ρ_ij·σ_i·σ_j, per year where σ is; NaN where the variance is not positive or a correlation that it needs is unknown."""
    risk = np.where(weights == 0, 0.0, weights * volatility)
    pairs = risk[..., :, None] * risk[..., None, :]
    variance = _sum_in_order(_sum_in_order(np.where(pairs == 0, 0.0, pairs * correlation)))
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def leverage(volatility: Array, target: float, cap: float) -> Array:
    """min(cap, target / volatility) for a portfolio's volatility (…); NaN stays NaN. ValueError unless target and cap are positive."""
    if not (target > 0 and cap > 0):
        raise ValueError(f"expected a target volatility and a leverage cap above 0, found {target} and {cap}")
    return np.minimum(cap, target / volatility)


def exposure(volatility: Array, correlation: Array, target: float, cap: float) -> Array:
    """What the rule wants to hold: leverage × weight, multiples of assets (…, classes)."""
    weights = inverse_volatility_weights(volatility)
    return weights * leverage(portfolio_volatility(weights, volatility, correlation), target, cap)[..., None]


def forced_trade(volatility_before: Array, correlation_before: Array, volatility: Array, correlation: Array, target: float, cap: float) -> Trade:
    """What the rule trades when estimates move from one state to the next, split by cause.

    Volatilities and correlations can be exchanged in either order, and the effect of each depends on it; the part of each is its mean effect over the two
    orders (Shapley 1953), so that the parts add up to the trade, which one-at-a-time differences do not. A class must be in the mix before and after,
    or in neither: entering is no trade that risk forces. ValueError otherwise.
    """
    if np.any(np.isnan(volatility_before) != np.isnan(volatility)):
        raise ValueError("expected the same asset classes before and after")
    before = exposure(volatility_before, correlation_before, target, cap)
    volatilities_first = exposure(volatility, correlation_before, target, cap)
    correlations_first = exposure(volatility_before, correlation, target, cap)
    after = exposure(volatility, correlation, target, cap)
    return Trade(
        volatility_part=((volatilities_first - before) + (after - correlations_first)) / 2,
        correlation_part=((correlations_first - before) + (after - volatilities_first)) / 2,
    )


def executed(decided: Array, sessions: int) -> Array:
    """What is executed on each session of trades decided after earlier ones: each is spread evenly over the `sessions` sessions that follow it.

    decided: (sessions, classes), in any unit. Row t is the mean of rows t−sessions to t−1; NaN where one of them is unknown. ValueError below 1 session.
    """
    if sessions < 1:
        raise ValueError(f"expected at least 1 session to execute a trade on, found {sessions}")
    decided = np.asarray(decided, dtype=np.float64)
    total = np.zeros_like(decided)
    for lag in range(sessions, 0, -1):
        shifted = np.full_like(decided, np.nan)
        shifted[lag:] = decided[:-lag]
        total = total + shifted
    return total / sessions
