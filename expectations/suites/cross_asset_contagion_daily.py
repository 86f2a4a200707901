"""What published co-movement with the AI trade must look like: correlations, an adjustment that goes the right way, counts within their windows."""

from expectations.vocabulary import between, expect, never_null, suite

TARGETS = [
    "value",
    "industrials",
    "small_caps",
    "treasury_long",
    "treasury_intermediate",
    "gold",
    "credit_investment_grade",
    "credit_high_yield",
    "emerging_markets",
    "developed_ex_us",
    "asia",
    "europe",
]

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "the AI basket and what has a longer history", column="source", value_set=["ai_index", "technology"]),
    expect("ExpectColumnValuesToBeInSet", "the targets of the model", column="target", value_set=TARGETS),
    between("correlation_crisis", -1, 1, "a correlation"),
    between("correlation_full", -1, 1, "a correlation"),
    between("correlation_adjusted", -1, 1, "a correlation"),
    between("variance_increase", -1, None, "a variance is not negative"),
    between("variance_increase", -1, 100, "2008 and 2020 reached some thirty times the variance of quiet sessions", severity="warning"),
    between("z_raw", -20, 20, "atanh of 0.9999 over 0.25 is 20: beyond it are copies of one series"),
    between("z_adjusted", -20, 20, "atanh of 0.9999 over 0.25 is 20: beyond it are copies of one series"),
    never_null("sessions_full", "no session is a count, too"),
    between("sessions_crisis", 0, 20, "the window of parameters.csv (2026-11-22)"),
    between("sessions_full", 0, 270, "the windows of parameters.csv (2026-11-22)"),
    between("sessions_quiet", 0, 188, "three quarters of 250 sessions, less than one more"),
    expect(
        "ExpectColumnValuesToBeInSet",
        "the reasons of the model",
        column="reason",
        value_set=["too_few_sessions", "a_series_does_not_move", "series_are_identical", "too_few_quiet_sessions", "source_never_moved_when_quiet"],
    ),
    grain=("trade_date", "source", "target"),
    columns=("is_two_day_mean", "is_contagion_raw", "is_contagion_adjusted"),
)
