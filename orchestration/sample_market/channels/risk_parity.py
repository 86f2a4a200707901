"""Risk-parity and volatility-control funds: weights against volatility, leverage to a target, traded over five sessions.

When volatility or correlation rises, leverage falls and everything is sold, bonds and gold included (Bhansali, Davis, Dorsten &
Rennison 2011). Three rules of 20, 60 and 120 sessions share the assets; how large they are is uncertain: a log factor.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample_market.facts import Array

WINDOWS = (20, 60, 120)
TARGET_VOLATILITY = 0.10  # a year
LEVERAGE_CAP = 3.0
EXECUTION_SESSIONS = 5
ASSETS_SPREAD = 0.25  # of the log of assets
FLOOR = 0.0005  # of a daily volatility
SESSIONS_A_YEAR = 252


@dataclass
class RiskParity:
    """past: returns of the last 120 sessions, oldest first (worlds, sessions, assets). exposure: of each rule, multiples of its assets
    (worlds, rules, assets). queue: multiples still to be traded on each of the next sessions (worlds, sessions, assets)."""

    past: Array
    exposure: Array
    queue: Array

    @classmethod
    def start(cls, worlds: int, past: Array) -> "RiskParity":
        """past: returns before the first session (120 sessions, assets)."""
        state = cls(np.tile(past, (worlds, 1, 1)), np.zeros((worlds, len(WINDOWS), past.shape[1])), np.zeros((worlds, EXECUTION_SESSIONS, past.shape[1])))
        state.exposure = state.wanted()
        return state

    def wanted(self) -> Array:
        """Exposure that each rule wants, given returns so far."""
        found = []
        for window in WINDOWS:
            moves = self.past[:, -window:]
            covariance = np.einsum("wsa,wsb->wab", moves, moves) / window
            deviation = np.sqrt(np.einsum("waa->wa", covariance)).clip(min=FLOOR)
            weights = 1 / deviation
            weights = weights / weights.sum(axis=1, keepdims=True)
            volatility = np.sqrt(SESSIONS_A_YEAR * np.einsum("wa,wab,wb->w", weights, covariance, weights)).clip(min=1e-6)
            found.append(weights * np.minimum(LEVERAGE_CAP, TARGET_VOLATILITY / volatility)[:, None])
        return np.stack(found, axis=1)

    def due(self, assets: Array) -> Array:
        """Dollars traded today (worlds, assets). assets: dollars under such rules (worlds, or one)."""
        today: Array = self.queue[:, 0] * np.asarray(assets).reshape(-1, 1)
        return today

    def look(self, returns: Array) -> None:
        """After the session: what the new returns make the rules want is spread over the next five sessions."""
        self.past = np.concatenate([self.past[:, 1:], returns[:, None, :]], axis=1)
        wanted = self.wanted()
        change = (wanted - self.exposure).mean(axis=1)
        self.exposure = wanted
        self.queue = np.concatenate([self.queue[:, 1:], np.zeros_like(self.queue[:, :1])], axis=1) + change[:, None, :] / EXECUTION_SESSIONS
