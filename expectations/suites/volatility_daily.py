"""What the published VIX must look like: levels it has had, percentiles, known the morning after."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    never_null("vix_close", "a session stands here because its close is known"),
    between("vix_close", 1, 500, "9.14 (2017-11-03) and 82.69 (2020-03-16) are the extremes to 2026-07: a hundredth or ten times is another unit"),
    between("vix_close", 5, 150, "9.14 (2017-11-03) and 82.69 (2020-03-16) are the extremes to 2026-07", severity="warning"),
    between("vix_change", -40, 60, "24.86 up (2020-03-16) is the largest known", severity="warning"),
    between("vix_percentile", 0, 1, "a fraction of the sessions so far", strict_min=True),
    expect("ExpectColumnValuesToBeInSet", "who said so is one of two", column="source", value_set=["cboe", "fred"]),
    between("known_after_days", 1, 8, "public the morning after: earlier is hindsight"),
    between("days_since_last", 1, 8, "sessions in a row; seven days in September 2001", severity="warning"),
    between("record_age_days", 1, None, "a level is the highest since an earlier day"),
    grain=("trade_date",),
    columns=("highest_since", "history_from", "known_on"),
    derived=(
        derive("known_after_days", "days_between", start="trade_date", end="known_on"),
        derive("days_since_last", "days_since_last", on="trade_date"),
        derive("record_age_days", "days_between", start="highest_since", end="trade_date"),
    ),
)
