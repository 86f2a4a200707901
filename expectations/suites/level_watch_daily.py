"""What the published level watch must look like: a status that follows from the distance, and a breach that has a day."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "the words of the table", column="status", value_set=["above", "below", "near", "breached"]),
    never_null("status", "a watch without a word says nothing"),
    never_null("close_level", "a session stands here because its close is known"),
    between("distance_pct", -90, 1_000, "a level ten times away is in another unit"),
    between("distance_pct", -50, 100, "nobody watches a level that is half or twice away", severity="warning"),
    between("run_days", 0, None, "a level breaks on the day or before it"),
    grain=("trade_date", "watch_id"),
    columns=("level", "direction", "breached_on", "history_from"),
    derived=(derive("run_days", "days_between", start="breached_on", end="trade_date"),),
)
