"""What Cboe's index history must look like before anything is built on it; measured on 9,223 days of the VIX, 1990-01-02 to 2026-07-07."""

from expectations.vocabulary import between, derive, expect, never_null, suite

KEY = ("symbol", "observed_on")
SERIES = ("symbol",)

SUITE = suite(
    never_null("close", "Cboe leaves no gaps"),
    between("close", 4, 200, "9.14 (2017-11-03) and 82.69 (2020-03-16) are the extremes to 2026-07"),
    between("open", 0, 200, "2.58 on 2004-11-08 is Cboe's own slip", strict_min=True),
    between("open", 4, 200, "2.58 on 2004-11-08, between a low of 13.68 and a high of 14.48, is Cboe's own slip", severity="warning"),
    between("high", 4, 200, "9.31 to 89.53 to 2026-07"),
    between("low", 4, 200, "8.56 to 72.76 to 2026-07"),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "a high below the low is a shifted column", column_A="high", column_B="low", or_equal=True),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "on no day to 2026-07", column_A="high", column_B="close", or_equal=True, severity="warning"),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "on no day to 2026-07", column_A="close", column_B="low", or_equal=True, severity="warning"),
    between("close_step", 0.02, 50, "0.64 to 2.16 (2018-02-05) from day to day: a 1,000 times jump is a unit error"),
    between("close_step", 0.5, 2.2, "0.64 to 2.16 (2018-02-05) from day to day", severity="warning"),
    between("days_since_last", None, 7, "seven days in September 2001", severity="warning"),
    between("steps_backwards", 0, 0, "oldest first, throughout"),
    between("close_revision", 0.995, 1.005, "closes are not restated", severity="warning"),
    between("lines_against_last", 0.5, None, "the file only grows: half of its days gone is a file cut off", strict_min=True),
    between("lines_against_last", 0.8, None, "the file only grows", severity="warning"),
    between("days_ahead", None, 366, "a day a year off is a misread date"),
    between("days_ahead", None, 1, "no close is known before its day has ended", severity="warning"),
    between("age_days", None, 6, "rewritten every evening; New York has not been closed for more than five days since 2001", severity="warning"),
    grain=KEY,
    columns=("open", "high", "low", "close"),
    derived=(
        derive("close_step", "step_ratio", of="close", by=SERIES),
        derive("days_since_last", "days_since_last", by=SERIES),
        derive("steps_backwards", "steps_backwards", by=SERIES),
        derive("close_revision", "revision_ratio", of="close", key=KEY),
        derive("lines_against_last", "lines_against_last_good", by=SERIES, distinct=("observed_on",)),
        derive("days_ahead", "days_ahead", by=SERIES),
        derive("age_days", "age_days", by=SERIES),
    ),
    rejected_share_at_most=0.01,
)
