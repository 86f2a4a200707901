"""What the published check of claims must look like: three verdicts, each with its reason, and no number from after the claim's day."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    never_null("trade_date", "a claim speaks of a day"),
    never_null("sentence", "what was said is what is checked"),
    expect("ExpectColumnValuesToBeInSet", "the three words", column="verdict", value_set=["supported", "contradicted", "not_testable"]),
    never_null("verdict", "a claim without a verdict was not checked"),
    never_null("reason", "a verdict says what decided it"),
    expect("ExpectColumnValuesToBeInSet", "the words of the seed", column="comparison", value_set=["at_most", "at_least"]),
    never_null("asserted", "a claim asserts a size or a date"),
    never_null("basis", "who said it"),
    between("observed_before_days", 0, 366, "found on the claim's day, or in the newest month public on it, a year old at most"),
    between("since_days", 1, None, "since when lies before what was found"),
    grain=("claim_id",),
    columns=(
        "metric_table",
        "metric_column",
        "metric_filter",
        "threshold",
        "unit",
        "asserted_since",
        "found",
        "history_from",
        "checked_on",
    ),
    derived=(
        derive("observed_before_days", "days_between", start="observed_on", end="trade_date"),
        derive("since_days", "days_between", start="since_date", end="observed_on"),
    ),
)
