"""What State Street's histories of net asset value must look like before a flow is computed from them."""

from expectations.suites._fund_history import fund_history

SUITE = fund_history("the workbook goes back to the fund's inception")
