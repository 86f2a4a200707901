"""Margin calls: accounts whose equity falls below the house's maintenance margin (floor 25 %, FINRA Rule 4210) are topped up or sold.

Accounts differ in loan-to-value, house margin, readiness to pay in, and in what they hold. A call restores the margin: part by
deposit, the rest by sales over three sessions (Brunnermeier & Pedersen 2009 for the spiral). Lending follows the monthly total,
and accounts drift back to the leverage they like.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample_market.facts import Array

SALES = (0.5, 0.3, 0.2)
HOUSE_MARGINS = (0.25, 0.30, 0.35, 0.40)
HOUSE_SHARES = (0.25, 0.35, 0.20, 0.20)
LOAN_TO_VALUE = (0.75, 5.0, 8.0)  # scale and shape of a beta distribution
RELEVERING = 0.06  # a session, of the way back to the loan-to-value an account likes
LENDING = 0.02  # a session, of the way to its share of all lending
NEAR_THE_LIMIT = 0.12  # of accounts like to stand close to a call
LEAST_ROOM, MOST_ROOM = 0.02, 0.12  # between the loan-to-value they like and a call
ACCOUNTS = 400


@dataclass
class Margin:
    """value, debit, and what is still to be sold today and on the next two sessions (3, worlds, accounts): dollars (worlds, accounts).

    liked, share: the loan-to-value an account returns to, and its share of all lending (accounts). house: maintenance margin. deposits: the part
    of a call that is paid in. book: which portfolio it holds (accounts by books).
    """

    value: Array
    debit: Array
    liked: Array
    share: Array
    house: Array
    deposits: Array
    book: Array
    waiting: Array

    @classmethod
    def start(cls, worlds: int, random: np.random.Generator, debit: float, books: int) -> "Margin":
        """debit: dollars lent in all."""
        scale, first, second = LOAN_TO_VALUE
        house = np.array(HOUSE_MARGINS)[random.choice(len(HOUSE_MARGINS), ACCOUNTS, p=HOUSE_SHARES)]
        liked = np.clip(scale * random.beta(first, second, ACCOUNTS), 0.02, 1 - house - LEAST_ROOM)
        near = random.random(ACCOUNTS) < NEAR_THE_LIMIT
        liked[near] = (1 - house - random.uniform(LEAST_ROOM, MOST_ROOM, ACCOUNTS))[near]
        deposits = random.uniform(0.2, 0.7, ACCOUNTS)
        book = np.eye(books)[random.choice(books, ACCOUNTS, p=(0.55, 0.25, 0.20))]
        lent = random.lognormal(0.0, 0.6, ACCOUNTS)
        share = lent / lent.sum()
        lent = debit * share
        return cls(np.tile(lent / liked, (worlds, 1)), np.tile(lent, (worlds, 1)), liked, share, house, deposits, book, np.zeros((3, worlds, ACCOUNTS)))

    def due(self) -> Array:
        """Dollars traded today by book (worlds, books), negative."""
        today: Array = -np.einsum("wa,ab->wb", self.waiting[0], self.book)
        self.waiting = np.concatenate([self.waiting[1:], np.zeros_like(self.waiting[:1])])
        return today

    def look(self, returns: Array, debit: float) -> None:
        """After the session: new values, new calls, and lending towards the day's total. returns: simple, by book (worlds, books)."""
        self.value = self.value * (1 + np.einsum("wb,ab->wa", returns, self.book))
        missing = np.maximum(self.house * self.value - (self.value - self.debit), 0.0)
        paid_in = np.minimum(self.deposits * missing, self.debit)
        self.debit = self.debit - paid_in
        short = np.maximum(self.house * self.value - (self.value - self.debit), 0.0)
        sold = np.minimum(short / self.house, self.value)
        self.value = self.value - sold
        self.debit = np.maximum(self.debit - sold, 0.0)
        self.waiting = self.waiting + np.array(SALES)[:, None, None] * sold
        wanted = self.debit / self.liked
        self.value = np.maximum(self.value + RELEVERING * (wanted - self.value), 1.0)
        owed = self.debit + LENDING * (debit * self.share - self.debit)
        self.value = self.value + (owed - self.debit) / self.liked
        self.debit = owed
