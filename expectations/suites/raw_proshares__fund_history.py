"""What ProShares' histories must look like before a flow or a rebalancing is computed from them."""

from expectations.suites._fund_history import fund_history

SUITE = fund_history("the file goes back to the fund's inception", restates_splits=True)
