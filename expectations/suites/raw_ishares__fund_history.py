"""What iShares' fund downloads must look like before a flow is computed from them."""

from expectations.suites._fund_history import fund_history

SUITE = fund_history("5,534 days of IVV to 2022-05-11, back to its inception")
