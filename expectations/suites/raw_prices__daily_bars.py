"""What daily bars must look like, whoever serves them; measured on TLT and IWM (Stooq, 5,242 days each to 2025-12-26) and SPY (Yahoo, yfinance).

A payload may hold twenty years or five days, so that its length says nothing. Some carry closes only.
"""

from expectations.vocabulary import between, derive, expect, never_null, suite

KEY = ("symbol", "observed_on")
SERIES = ("symbol",)

SUITE = suite(
    never_null("close", "a session without a close has not ended"),
    *(between(price, 0, None, "a price is positive", strict_min=True) for price in ("open", "high", "low", "close", "adjusted_close")),
    between("volume", 0, None, "volume is counted"),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "a high below the low is a shifted column", column_A="high", column_B="low", or_equal=True),
    between("high_over_low", None, 100, "1.2 at most for IWM and TLT, 2005 to 2025: a 1,000 times jump within a day is a unit error"),
    between("open_over_close", 0.01, 100, "0.9 to 1.1 for IWM and TLT, 2005 to 2025: a 1,000 times jump within a day is a unit error"),
    between("outside_range", None, 0.001, "no close of TLT or IWM leaves its day's range; vendors' rounding may", severity="warning"),
    between("close_step", 1 / 200, 200, "0.87 to 1.09 from day to day for IWM and TLT: splits reach 100, a 1,000 times jump is a unit error"),
    between("close_step", 0.5, 2, "0.87 to 1.09 from day to day for IWM and TLT; beyond it is a split or a three-times fund", severity="warning"),
    between("days_since_last", None, 7, "five days at most for IWM and TLT, 2005 to 2025; seven in September 2001", severity="warning"),
    between("steps_backwards", 0, 0, "oldest first, throughout"),
    between("close_revision", 1 / 200, 200, "a close 1,000 times the one known for the day is a unit error"),
    between("close_revision", 0.99, 1.01, "raw closes change at splits only, and between vendors by cents", severity="warning"),
    between("days_ahead", None, 366, "a session a year off is a misread date"),
    between("days_ahead", None, 1, "no close is known before its day has ended", severity="warning"),
    between("age_days", None, 6, "known the same evening; New York has not been closed for more than five days since 2001", severity="warning"),
    grain=KEY,
    columns=("open", "high", "low", "close", "adjusted_close", "volume"),
    derived=(
        derive("high_over_low", "ratio", of="high", to="low"),
        derive("open_over_close", "ratio", of="open", to="close"),
        derive("outside_range", "outside_range"),
        derive("close_step", "step_ratio", of="close", by=SERIES),
        derive("days_since_last", "days_since_last", by=SERIES),
        derive("steps_backwards", "steps_backwards", by=SERIES),
        derive("close_revision", "revision_ratio", of="close", key=KEY),
        derive("days_ahead", "days_ahead", by=SERIES),
        derive("age_days", "age_days", by=SERIES),
    ),
    rejected_share_at_most=0.02,
)
