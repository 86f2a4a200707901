"""Leveraged and inverse funds: to keep a daily factor L they trade `L(L−1)·assets·return` near the close (Cheng & Madhavan 2009).

Both signs of L trade with the day. Part of such products is not listed as a fund (swaps, notes, accounts): an unobserved log
factor. A fifth is traded the next morning, when the day is already known.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample_market.facts import Array

SAME_DAY = 0.8
RETURN_TO_TREND = 0.04


@dataclass
class Leveraged:
    """Products by factor on an underlying.

    factor: L of each product. into: products by underlyings, 1 where a product follows it. deviation: log assets against their
    trend (worlds, products). left_over: dollars still to be traded this morning (worlds, underlyings).
    """

    factor: Array
    into: Array
    deviation: Array
    left_over: Array

    @classmethod
    def start(cls, worlds: int, factor: Array, into: Array) -> "Leveraged":
        return cls(factor, into, np.zeros((worlds, len(factor))), np.zeros((worlds, into.shape[1])))

    def worth(self, assets: Array) -> Array:
        """Dollars in each product (worlds, products). assets: of each product's trend today, dollars (products)."""
        held: Array = assets * np.exp(self.deviation)
        return held

    def response(self, assets: Array, unlisted: Array) -> Array:
        """Dollars traded per unit of an underlying's return, over the whole of it (worlds, underlyings).

        assets: dollars of each product's trend today (products). unlisted: log factor (underlyings).
        """
        exposure = self.factor * (self.factor - 1) * assets * np.exp(self.deviation)
        traded: Array = np.einsum("wp,pu->wu", exposure, self.into) * np.exp(unlisted)
        return traded

    def look(self, returns: Array, response: Array) -> None:
        """After the session: the rest waits for the morning, assets follow their own leveraged return and drift back."""
        self.left_over = (1 - SAME_DAY) * response * returns
        own = self.factor * np.einsum("wu,pu->wp", returns, self.into)
        self.deviation = (1 - RETURN_TO_TREND) * self.deviation + own
