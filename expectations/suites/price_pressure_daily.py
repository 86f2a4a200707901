"""What the published test of transmission must look like: slopes of a standardised cross-section, t-values that are finite and rest on enough days."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    between("slope", -1e6, 1e6, "standard deviations per per cent of volume: a millionfold is another unit"),
    between("slope_se", 0, 1e6, "an error of estimate: never negative"),
    between("slope_t", -50, 50, "a day of 300 companies explained at t = 50 is a copied column", severity="warning"),
    never_null("securities", "no company is a count, too"),
    between("securities", 0, 5000, "US companies whose bars are asked for"),
    between("securities", 100, None, "300 companies are watched: below 100 most bars or files are missing", severity="warning"),
    between("flow_dispersion_pct", 0, 100, "flows are capped at an ordinary day's volume", strict_min=True),
    between("flow_dispersion_pct", 0, 20, "a fifth of volume between like companies is a young fund or a slip of the publisher", severity="warning"),
    between("residual_dispersion", 0, 5, "residuals are cut off at five standard deviations", strict_min=True),
    between("residual_dispersion", 0.3, 4, "a third or four times of what is usual is a market of its own", severity="warning"),
    between("t_250", -30, 30, "250 days of noise reach 4: 30 would be flows of the day itself"),
    between("t_250", -4, 10, "noise alone passes -4 once in ten thousand windows, and pressure that lasts reached 5 in trials", severity="warning"),
    between("t_history", -30, 30, "ten years of lasting pressure reached 5 in trials"),
    between("sessions_250", 0, 250, "the window of parameters.csv (2026-11-25)"),
    between("sessions_history", 0, None, "a count of sessions"),
    between("lags_history", 0, 60, "floor(4 (T/100)^(2/9)): 60 would be five hundred thousand days"),
    between("slope_gap", None, 1e-9, "a day's t-value is slope over error"),
    expect(
        "ExpectColumnValuesToBeInSet",
        "the reasons of the model",
        column="reason",
        value_set=[
            "no_flow_known",
            "too_few_securities",
            "flows_do_not_differ",
            "returns_do_not_differ",
            "too_few_sessions",
            "slopes_do_not_vary",
        ],
    ),
    grain=("trade_date",),
    columns=("mean_slope_250", "is_significant", "mean_slope_history", "slope_se"),
    derived=(derive("slope_gap", "product_gap", product="slope", factors=("slope_t", "slope_se")),),
)
