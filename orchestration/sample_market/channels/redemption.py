"""Redemptions: holders take money out of funds that lost it, and the fund sells what it holds.

Flows follow past returns, more strongly down than up (Sirri & Tufano 1998; Goldstein, Jiang & Ng 2017), persist, and share a
mood within a segment. A fund meets part of a redemption from its cash and rebuilds it later; the rest is sold over three
sessions. Beside each listed fund stand unlisted twins (mutual funds, separate accounts) that nobody publishes daily.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample_market.facts import Array

EXECUTION = (0.6, 0.3, 0.1)  # of a redemption, on its day and the two sessions after
PERSISTENCE = 0.5
MEMORY = 0.75  # of the average of past returns that holders look at
SENSITIVITY = 0.16  # daily flow per unit of that average, of the most restless holders
DOWN = 1.6  # times as strong after losses
RETURN_TO_TREND = 0.004
LARGEST = 0.12  # of a fund's assets, in or out, on one day


@dataclass
class Redemption:
    """State, worlds by funds. Shares are in units of the story day: a split is the writers' business.

    trend: log growth of shares a session, as holders want it in the long run.
    """

    shares: Array
    trend: Array
    temper: Array  # how restless a fund's holders are, 0 to 1 (funds)
    cash: Array  # share of assets a fund can spend before it sells (funds)
    mood: Array
    flow: Array
    deviation: Array
    waiting: Array  # (2, worlds, funds): fund shares to be traded tomorrow and the day after
    spent: Array  # cash used and not yet rebuilt, share of assets

    @classmethod
    def start(cls, worlds: int, shares: Array, trend: Array, temper: Array, cash: Array) -> "Redemption":
        def empty() -> Array:
            return np.zeros((worlds, len(shares)))

        return cls(np.tile(shares, (worlds, 1)), trend, temper, cash, empty(), empty(), empty(), np.zeros((2, worlds, len(shares))), empty())

    def flows(self, noise: Array, scripted: Array, responds: Array) -> Array:
        """Today's flow in fund shares. noise, scripted: share of assets (funds, or worlds by funds). responds: 1 or 0 (worlds): whether losses matter."""
        response = SENSITIVITY * self.temper * self.mood * np.where(self.mood < 0, DOWN, 1.0) * responds[:, None]
        self.flow = PERSISTENCE * self.flow + (response + noise - RETURN_TO_TREND * self.deviation)
        wanted = np.clip(self.flow + scripted + self.trend, -LARGEST, LARGEST)
        self.deviation = self.deviation + wanted - self.trend
        moved: Array = wanted * self.shares
        self.shares = self.shares + moved
        return moved

    def trades(self, flow: Array, twins: Array) -> Array:
        """Fund shares whose holdings are traded today (negative sells): what is due of this flow and the two before, less what cash covers.

        twins: how much an unlisted twin trades beside a listed fund (worlds by funds, or funds).
        """
        room = np.maximum(self.cash - self.spent, 0.0) * self.shares
        covered = np.where(flow < 0, np.minimum(-flow, 0.5 * room), -np.minimum(flow, 0.3 * self.spent * self.shares))
        self.spent = self.spent + covered / self.shares
        due = (flow + covered) * (1.0 + twins)
        today = EXECUTION[0] * due + self.waiting[0]
        self.waiting = np.stack([self.waiting[1] + EXECUTION[1] * due, EXECUTION[2] * due])
        traded: Array = today
        return traded

    def look(self, returns: Array) -> None:
        """After the session: holders' average of past returns."""
        self.mood = MEMORY * self.mood + (1 - MEMORY) * returns
