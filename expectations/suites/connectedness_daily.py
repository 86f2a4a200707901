"""What published connectedness must look like: a percentage of variance, its settings, a number or the reason why there is none."""

from expectations.vocabulary import between, derive, expect, never_null, suite

REASONS = ["too_few_series", "too_few_observations", "constant_series", "collinear_series", "overflow"]

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "two ways to tell shocks apart", column="identification", value_set=["generalized", "cholesky"]),
    between("total_pct", 0, 100, "a share of variance"),
    between("total_pct", 2, 92, "eleven equal markets give eleven twelfths away, unrelated ones only noise: beyond it is a broken series", severity="warning"),
    between("lag_order", 1, 10, "parameters.csv says 1 (2026-11-22)"),
    between("lags_by_criterion", 1, 4, "the most it may ask for (parameters.csv, 2026-11-25)"),
    between("horizon_sessions", 1, 60, "parameters.csv says 10 (2026-11-22)"),
    between("window_sessions", 50, 2500, "parameters.csv says 250 (2026-11-22)"),
    between("series", 0, 30, "a year of sessions can estimate a dozen series"),
    never_null("series", "a count is known, be it zero"),
    between("observations", 0, 2500, "sessions in the window"),
    between("record_age_days", 1, None, "a record is the highest since an earlier day"),
    expect("ExpectColumnValuesToBeInSet", "the reasons of orchestration.metrics.windows", column="reason", value_set=REASONS),
    grain=("trade_date", "identification"),
    columns=("highest_since", "history_from"),
    derived=(derive("record_age_days", "days_between", start="highest_since", end="trade_date"),),
)
