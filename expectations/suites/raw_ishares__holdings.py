"""What iShares holdings must look like: every line with market value, weight and asset class."""

from expectations.suites._holdings import holdings
from expectations.vocabulary import never_null

SUITE = holdings(
    never_null("market_value_usd", "each of IVV's 507 lines of 2023-04-06 has one; a future's is 0"),
    never_null("asset_class", "Equity, Cash, Money Market, Cash Collateral and Margins, Futures in IVV, 2023-04-06"),
    weights=(99.0, 101.0),
    measured="IVV's weights, rounded to 0.01, sum to 100.00 on 2023-04-06",
)
