"""What the published test of havens must look like: two havens, slopes that add up, thresholds in order, p-values that are chances."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "two havens are watched", column="haven", value_set=["bonds", "gold"]),
    never_null("haven_return", "a haven stands here because it has a return"),
    between("haven_return", -0.5, 0.5, "gold lost 9 % on 2013-04-15, TLT gained 7.5 % on 2020-03-20: half in a day is a split unseen"),
    never_null("equity_return", "a haven is measured against shares"),
    between("equity_return", -0.5, 0.5, "-11 % on 2020-03-16 is the worst since 1987-10-19: half in a day is a split unseen"),
    between("threshold_lowest_10", -0.05, 0.01, "a tenth of five years' days below -5 % or above 1 % is another unit"),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "a tenth reaches less far", column_A="threshold_lowest_10", column_B="threshold_lowest_5", or_equal=True),
    expect("ExpectColumnPairValuesAToBeGreaterThanB", "so does a twentieth", column_A="threshold_lowest_5", column_B="threshold_lowest_1", or_equal=True),
    between("slope_on_worst_days", -20, 20, "a haven that moves twenty times as much as shares is another unit"),
    between("slope_on_worst_days", -2, 2, "long bonds moved at most about as much as shares", severity="warning"),
    between("slope_on_worst_days_se", 0, 20, "an error of estimate, of the unit of its slope", strict_min=True),
    between("slope_gap", None, 1e-9, "the worst days' slope is the sum of its parts"),
    between("p_value", 0, 1, "a chance is between none and certainty"),
    between("sessions", 0, 1250, "the window of parameters.csv (2026-11-22)"),
    between("sessions_lowest_1", 0, 1250, "they are days of the window"),
    expect(
        "ExpectColumnValuesToBeInSet",
        "the reasons of the model",
        column="reason",
        value_set=["too_few_sessions", "too_few_falls_or_no_variation", "exact_fit"],
    ),
    grain=("trade_date", "haven"),
    columns=("equities_fell_hard", "fails"),
    derived=(derive("slope_gap", "arithmetic", total="slope_on_worst_days", plus=("slope_usual", "slope_lowest_10", "slope_lowest_5", "slope_lowest_1")),),
)
