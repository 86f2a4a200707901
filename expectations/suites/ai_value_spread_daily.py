"""What the published AI-value spread must look like: changes of a market, percentiles, and records that lie in the past."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    never_null("log_spread", "a session stands here because both sides were known"),
    between("log_spread", -10, 10, "e^10 is a ten-thousandfold of one side against the other"),
    expect(
        "ExpectColumnValuesToBeInSet", "the AI index, or what stands in for it", column="growth_basis", value_set=["ai_index", "sp500_information_technology"]
    ),
    between("change_1d", -0.5, 0.5, "the technology sector gained 0.13 on value on 2001-01-03: beyond 0.5 a split was missed"),
    between("change_1d", -0.2, 0.2, "the technology sector gained 0.13 on value on 2001-01-03", severity="warning"),
    between("narrowing_20d", -2, 2, "a factor of seven in four weeks is an error of data"),
    between("narrowing_20d_zscore", -50, 50, "a crisis after a calm year reaches ten"),
    between("narrowing_20d_percentile", 0, 1, "a fraction of the sessions so far", strict_min=True),
    between("days_since_last", 1, 8, "sessions in a row; seven days in September 2001", severity="warning"),
    between("record_age_days", 1, None, "a narrowing is the sharpest since an earlier day"),
    grain=("trade_date",),
    columns=("change_3d", "change_5d", "change_20d", "sharpest_narrowing_since", "history_from"),
    derived=(
        derive("days_since_last", "days_since_last", on="trade_date"),
        derive("record_age_days", "days_between", start="sharpest_narrowing_since", end="trade_date"),
    ),
)
