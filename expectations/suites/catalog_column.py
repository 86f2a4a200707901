"""What the published catalog of columns must look like: each column described, in its place. Units of numbers are held by the model's own test."""

from expectations.vocabulary import between, never_null, suite

SUITE = suite(
    never_null("data_type", "a contract names the type of each column"),
    never_null("description", "a column that is not described is guessed at"),
    between("column_position", 1, 100, "a table of a hundred columns is two tables"),
    grain=("table_name", "column_name"),
    columns=("unit",),
)
