"""What Invesco holdings must look like: shares, value and weight in each line; cash has an in-house identifier."""

from expectations.suites._holdings import holdings
from expectations.vocabulary import never_null

SUITE = holdings(
    never_null("market_value_usd", "each of QQQ's 101 lines of 2025-09-26 has one"),
    weights=(99.5, 100.5),
    measured="QQQ's weights, rounded to 0.001, sum to 99.999 on 2025-09-26",
)
