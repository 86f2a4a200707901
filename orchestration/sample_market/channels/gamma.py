"""Dealer hedging: a dealer with gamma Γ (dollars per 1 % move) trades `−Γ·100·return` to stay hedged (Baltussen, Da, Lammers & Martens 2021).

Long gamma buys falls and sells rises; short gamma runs with the market. How much of the open interest dealers hold, and on which
side, nobody publishes: their share is an unobserved autoregression that shows only in part in the balance of calls and puts.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample_market.facts import Array

SHARE_PERSISTENCE = 0.97
SHARE_MEAN, SHARE_SPREAD = 0.22, 0.42  # both signs on at least 15 % of days
BALANCE_TRUTH = 0.6  # correlation of the visible balance of calls and puts with the dealers' share
SIZE_PERSISTENCE, SIZE_SPREAD = 0.98, 0.30  # of log open gamma


@dataclass(frozen=True)
class Gamma:
    """Sessions by underlyings. size: dollars per 1 % move of all open interest. share: the dealers', −1 to 1. balance: visible, of calls over puts."""

    size: Array
    share: Array
    balance: Array

    @property
    def dollars(self) -> Array:
        """The dealers' gamma, dollars per 1 % move; negative is short."""
        return self.size * self.share


def draw(size: Array, shares: Array, balances: Array, sizes: Array, pull: Array, target: float) -> Gamma:
    """From autoregressions of spread 1 (sessions, underlyings). size: dollars in the long run. pull: 0 to 1, towards a scripted share (sessions)."""
    share = np.tanh(SHARE_MEAN + SHARE_SPREAD * shares)
    share = (1 - pull[:, None]) * share + pull[:, None] * target
    seen = BALANCE_TRUTH * (np.arctanh(share) - SHARE_MEAN) / SHARE_SPREAD + np.sqrt(1 - BALANCE_TRUTH**2) * balances
    balance = np.tanh(SHARE_MEAN + SHARE_SPREAD * seen)
    return Gamma(size * np.exp(SIZE_SPREAD * sizes), share, balance)


def response(dollars: Array) -> Array:
    """Dollars traded per unit of an underlying's return."""
    traded: Array = -100.0 * dollars
    return traded
