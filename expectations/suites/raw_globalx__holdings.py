"""What Global X holdings must look like: Bloomberg tickers, and cash lines that may be negative."""

from expectations.suites._holdings import holdings

SUITE = holdings(
    weights=(99.0, 101.0),
    measured="no full file of Global X has been measured yet; weights are rounded to 0.01 and cash may be negative (2026-11)",
)
