"""What Vanguard holdings must look like: sections of a page saved by hand; weights are market value over the file's total."""

from expectations.suites._holdings import holdings
from expectations.vocabulary import never_null

SUITE = holdings(
    never_null("market_value_usd", "each of VTI's lines of 2025-09-30 has one, the short-term reserves included"),
    weights=(99.99, 100.01),
    measured="computed from market values, they sum to 100 by construction (VTI, 2025-09-30)",
    stale_after_days=62,
    stale_because="month ends appear about the middle of the next month",
)
