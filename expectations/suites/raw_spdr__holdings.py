"""What State Street holdings must look like: weights and share counts, no market values, no asset classes."""

from expectations.suites._holdings import holdings
from expectations.vocabulary import never_null

SUITE = holdings(
    never_null("weight_pct", "each of SPY's 504 lines has one, 2024-05-10 and 2025-09-30"),
    never_null("shares", "each of SPY's 504 lines has a count, cash included, 2024-05-10 and 2025-09-30"),
    weights=(99.5, 100.5),
    measured="SPY's weights sum to 99.938924 (2024-05-10) and 100.245898 (2025-09-30)",
)
