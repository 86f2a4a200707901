"""What ARK holdings must look like: every line with CUSIP, shares, value and weight; the money-market line has no ticker."""

from expectations.suites._holdings import holdings
from expectations.vocabulary import never_null

SUITE = holdings(
    never_null("market_value_usd", "each of ARKK's 46 (2021-10-08) and 36 lines (2024-06-04) has one"),
    never_null("cusip", "each of ARKK's 46 (2021-10-08) and 36 lines (2024-06-04) has one, if only an in-house code", severity="warning"),
    weights=(99.5, 100.5),
    measured="ARKK's weights, rounded to 0.01, sum to 100.01 (2021-10-08) and 100.02 (2024-06-04)",
)
