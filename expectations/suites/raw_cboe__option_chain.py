"""What a delayed option chain must look like before dealers' gamma is computed from it.

Measured on the two contracts of AAPL's real answer of 2026-08-07 that we have: ranges are what a listed option can be.
"""

from expectations.vocabulary import between, derive, expect, never_null, suite

CHAIN = ("underlying", "observed_on")
CONTRACT = ("option_root", "expiry_on", "strike", "option_type")

SUITE = suite(
    never_null("spot", "a chain without its spot says nothing"),
    between("spot", 0, 1_000_000, "a price is positive, and beyond a million it is another unit", strict_min=True),
    between("spots", 1, 1, "one answer, one spot"),
    expect("ExpectColumnValuesToBeInSet", "a listed option is one or the other", column="option_type", value_set=["call", "put"]),
    between("option_types", 2, 2, "every listed expiry has both sides: one alone is half a chain", severity="warning"),
    between("strike", 0, None, "the OCC writes thousandths of a dollar, from one upwards", strict_min=True),
    between("strike_over_spot", 0.0005, 100, "0.35 and 0.40 for AAPL; thousandths read as dollars are 1,000 times too large"),
    between("open_interest", 0, 1e8, "contracts are counted; 0 is a fact"),
    between("volume", 0, 1e8, "contracts are counted", severity="warning"),
    between("implied_volatility", 0, 50, "a fraction, and 0.0 is served for missing", strict_min=True),
    between("implied_volatility", 0, 5, "beyond 500 % only far out of the money on the last day", severity="warning"),
    between("bid", 0, 1_000_000, "a price is not negative, and beyond a million it is another unit; 0 is nobody's bid"),
    between("ask", 0, 1_000_000, "a price is not negative, and beyond a million it is another unit; 0 is nobody's offer"),
    between("days_to_expiry", -7, 4_000, "expired contracts stay for a weekend; LEAPS reach six years", severity="warning"),
    between("lines_against_last", 0.5, None, "half of the chain's contracts are gone: an answer cut off, not an expiry", strict_min=True),
    between("lines_against_last", 0.8, None, "a fifth of the chain's contracts is gone: possible after a monthly expiry", severity="warning"),
    between("days_ahead", None, 366, "a day a year off is a misread date"),
    between("days_ahead", None, 1, "a chain speaks of the session before the fetch", severity="warning"),
    between("age_days", None, 6, "New York has not been closed for more than five days since 2001", severity="warning"),
    grain=(*CHAIN, *CONTRACT),
    columns=("spot", "open_interest", "implied_volatility", "volume", "bid", "ask"),
    derived=(
        derive("spots", "distinct_values", of="spot", by=CHAIN),
        derive("option_types", "distinct_values", of="option_type", by=CHAIN),
        derive("strike_over_spot", "ratio", of="strike", to="spot"),
        derive("days_to_expiry", "days_between", start="observed_on", end="expiry_on"),
        derive("lines_against_last", "lines_against_last_good", by=("underlying",), snapshot=("observed_on",), distinct=CONTRACT),
        derive("days_ahead", "days_ahead", by=("underlying",)),
        derive("age_days", "age_days", by=("underlying",)),
    ),
    rejected_share_at_most=0.05,
)
