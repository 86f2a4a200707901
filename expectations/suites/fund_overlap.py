"""What the published overlaps of funds must look like: ten neighbours, nearest first, shares of portfolios.

Measured on the simulated market, as of 2026-02-04: 61 thousand rows on 171 sessions.
"""

from expectations.vocabulary import between, never_null, suite

SUITE = suite(
    between("neighbour_rank", 1, 10, "the nearest ten (parameters.csv, 2026-11-25)"),
    never_null("neighbour_id", "a row is a pair"),
    never_null("minimum_weight", "neighbours share a security"),
    between("minimum_weight", 0, 1 + 1e-9, "a share of two portfolios", strict_min=True),
    between("cosine", 0, 1, "of weights that are not negative", strict_min=True),
    between("liquidity_weighted_usd", 0, 1e13, "what selling out costs is less than what there is"),
    grain=("trade_date", "fund_id", "neighbour_rank"),
)
