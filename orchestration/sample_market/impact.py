"""What a forced trade does to a price, and the day's fixed point of trades that depend on the price they move. Pure.

Impact is `σ·Y·x/√(|x| + x₀)` in log points, x the trade over average daily volume: linear for small trades, square root for large
ones (Almgren, Thum, Hauptmann & Li 2005 and the square-root law; a pure square root is infinitely steep at zero, and same-day
loops explode). What a forced trade displaces comes back (Coval & Stafford 2007).
"""

import numpy as np

from orchestration.sample_market.facts import Array

STRENGTH = 0.5  # Y
KNEE = 0.05  # x₀, as a share of average daily volume
RECOVERY = 0.03  # share of a displacement that is gone by the next session
TOLERANCE = 1e-10
MOST_STEPS = 50


class UnstableLoopError(ArithmeticError):
    """The day's loop of trades and prices did not settle."""


def impact(trade: Array, volume: Array, volatility: Array) -> Array:
    """Log return that a trade causes. trade: dollars, negative sells. volume: dollars a day. volatility: daily."""
    size = trade / volume
    moved: Array = STRENGTH * volatility * size / np.sqrt(np.abs(size) + KNEE)
    return moved


def steepness(trade: Array, volume: Array, volatility: Array) -> Array:
    """Derivative of `impact` by the trade, per dollar."""
    size = np.abs(trade / volume)
    slope: Array = STRENGTH * volatility * (size / 2 + KNEE) / (size + KNEE) ** 1.5 / volume
    return slope


def settle(news: Array, trade: Array, weights: Array, response: Array, volume: Array, volatility: Array, strength: Array) -> tuple[Array, Array, float]:
    """The day's returns of underlyings when trades in them respond to these very returns.

    news: log returns before same-day trades (worlds, securities). trade: dollars already decided (worlds, securities). weights:
    of securities in underlyings (worlds, underlyings, securities). response: dollars traded per unit of an underlying's log return
    (worlds, underlyings). strength: 1 or 0 (worlds): a world without price impact settles at once.
    Returns returns of underlyings, trades in securities with the same-day part, and the gain of the loop (largest row sum of the Jacobian).
    Newton's method to 1e-10; raises UnstableLoopError where that fails, or where the gain reaches 1: trades then no longer fade from round to
    round, and what Newton's method finds may be an end that no market would reach.
    """
    returns = np.einsum("wun,wn->wu", weights, news)
    identity = np.eye(weights.shape[1])
    gain = 0.0
    for _ in range(MOST_STEPS):
        total = trade + np.einsum("wu,wun->wn", response * returns, weights)
        moved = strength[:, None] * impact(total, volume, volatility)
        gap = np.einsum("wun,wn->wu", weights, news + moved) - returns
        unsettled = ~(np.abs(gap).max(axis=1, keepdims=True) < TOLERANCE)
        if not unsettled.any():
            return returns, total, gain
        slope = strength[:, None] * steepness(total, volume, volatility)
        jacobian = np.einsum("wun,wvn->wuv", weights * slope[:, None, :], weights) * response[:, None, :]
        gain = max(gain, float(np.abs(jacobian).sum(axis=2).max()))
        if gain >= 1:
            raise UnstableLoopError(f"expected trades of the same day to fade, found a gain of {gain:.2g}")
        # a settled world rests: how long the others take must not change it
        returns = returns + unsettled * np.linalg.solve(identity - jacobian, gap[:, :, None])[:, :, 0]
    raise UnstableLoopError(f"expected the day's loop to settle within {TOLERANCE:g}, found a gap of {np.abs(gap).max():.2g} after {MOST_STEPS} steps")
