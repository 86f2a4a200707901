"""What the published indicators of the index must look like: known pillars, finite values ranked within their past, none older than it may be."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect(
        "ExpectColumnValuesToBeInSet",
        "six pillars",
        column="pillar",
        value_set=["outflow", "leverage", "spread", "comovement", "mechanics", "network"],
    ),
    never_null("indicator_value", "what is not known has no row"),
    between("percentile", 0, 1, "a share of the past", strict_min=True),
    between("age_days", 0, 92, "a month's figure counts for 92 days from the month's end (parameters.csv, 2026-11-25)"),
    between("days", 0, 92, "a figure is of the session's day or before"),
    between("indicators", 1, 13, "thirteen in the seed, each once a session"),
    grain=("trade_date", "indicator"),
    columns=("unit", "observed_on"),
    derived=(
        derive("days", "days_between", start="observed_on", end="trade_date"),
        derive("indicators", "group_size", by=("trade_date",)),
    ),
)
