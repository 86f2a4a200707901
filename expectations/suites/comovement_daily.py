"""What published comovement must look like: shares of variance, distances, a number or the reason why there is none."""

from expectations.vocabulary import between, expect, never_null, suite

REASONS = ["too_few_series", "too_few_observations", "constant_series", "collinear_series", "overflow"]

SUITE = suite(
    between("absorption_ratio", 0.1, 1, "the first fifth of the eigenvectors has at least its fifth of the variance, less what rounding up gives; 1 is all"),
    between("absorption_shift", -4, 4, "sqrt(237 · 251 / (15 · 252)) is 3.97: the mean of 15 of 252 values cannot be further from that of all"),
    between("assets", 0, 100, "as many as comovement_assets has; a hundred would want a longer window"),
    between("sessions", 0, 500, "the window of parameters.csv (2026-11-22)"),
    between("turbulence", 0, 1e4, "1 on an ordinary day; a hundred standard deviations in every asset is an error of data"),
    between("turbulence", 0, 100, "ten standard deviations in every asset at once: 2008-10 and 2020-03 had about 5", severity="warning"),
    between("turbulence_percentile", 0, 1, "a share of days", strict_min=True),
    between("correlation_surprise", 0, 1e4, "a ratio of distances; above it shrinkage has failed"),
    between("turbulence_assets", 0, 100, "as many as comovement_assets has"),
    between("turbulence_sessions", 0, 1250, "the window of parameters.csv (2026-11-22)"),
    never_null("assets", "a count is known, be it zero"),
    never_null("turbulence_assets", "a count is known, be it zero"),
    expect("ExpectColumnValuesToBeInSet", "the reasons of orchestration.metrics.windows", column="absorption_reason", value_set=REASONS),
    expect("ExpectColumnValuesToBeInSet", "the reasons of orchestration.metrics.windows", column="turbulence_reason", value_set=REASONS),
    grain=("trade_date",),
)
