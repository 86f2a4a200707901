"""What the published catalog must look like: each table described in full. Whether a description is true, no suite can tell."""

from expectations.vocabulary import expect, never_null, suite

TEXTS = ("theme", "grain", "grain_columns", "cadence", "figures_age", "clock", "description", "why_it_matters", "example_query")

SUITE = suite(
    *(never_null(column, "a table that is not described in full is guessed at") for column in TEXTS),
    expect("ExpectColumnValuesToMatchRegex", "the grain is the first sentence of a description", column="grain", regex="^One row per "),
    expect("ExpectColumnValuesToMatchRegex", "an example that only reads", column="example_query", regex="^select "),
    expect("ExpectColumnValuesToBeInSet", "what the file holds", column="kind", value_set=["table", "view"]),
    grain=("table_name",),
)
