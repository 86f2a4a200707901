"""What the published status of sources must look like. Being late or in quarantine is its content, not its fault."""

from expectations.vocabulary import between, expect, never_null, suite

SUITE = suite(
    never_null("verdict", "a source without a verdict hides its state"),
    expect(
        "ExpectColumnValuesToBeInSet",
        "the verdicts people are told to act on",
        column="verdict",
        value_set=["fresh", "late", "unavailable", "quarantined", "never_fetched"],
    ),
    between("known_rows", 0, None, "rows are counted"),
    between("age_days", -5, None, "a period end may lie past the last session by a weekend, not more"),
    grain=("source", "table_name"),
    columns=("last_observed_on", "last_known_on", "last_fetched_at", "next_release_on", "age_days", "known_rows", "reason"),
)
