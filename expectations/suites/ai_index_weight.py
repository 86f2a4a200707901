"""What the published weights of the AI index must look like: each rebalancing a whole, no company above what a ceiling can leave."""

from expectations.vocabulary import between, derive, never_null, suite

SUITE = suite(
    never_null("weight", "a company stands here because it has a weight"),
    between("weight", 0, 1, "a part of the index", strict_min=True),
    between("weight", None, 0.5, "the ceiling is 0.10, and half of the index only where it has two companies", severity="warning"),
    between("weight_sum", 1 - 1e-9, 1 + 1e-9, "the weights of a rebalancing are the whole index"),
    between("companies", 10, 40, "twenty companies, sixteen in 2016: fewer means that prices were missing on the session", severity="warning"),
    between("close_usd", 0, 1_000_000, "a price is positive; six digits are another unit", strict_min=True),
    between("capitalisation_usd_mn", 0, 5e7, "5 trillion was the largest company's in 2025; fifty are another unit", strict_min=True),
    grain=("rebalanced_on", "ticker"),
    columns=("shares_outstanding_mn", "is_capped"),
    derived=(
        derive("weight_sum", "group_sum", of="weight", by=("rebalanced_on",)),
        derive("companies", "group_size", by=("rebalanced_on",)),
    ),
)
