"""What the published headlines must look like: a sentence with its number, a word for how loud it is, and a past for "since"."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    never_null("statement", "a headline is a sentence"),
    never_null("value", "a sentence without its number cannot be checked"),
    never_null("unit", "a number without its unit cannot be read"),
    expect("ExpectColumnValueLengthsToBeBetween", "a sentence, not a word or a page", column="statement", min_value=20, max_value=400),
    expect("ExpectColumnValuesToBeInSet", "the three words", column="severity", value_set=["info", "notice", "alert"]),
    never_null("severity", "a reader must not have to guess"),
    between("since_days", 0, None, "since when lies in the past; a level may break on the day"),
    between("history_days", 0, None, "a history begins before it ends"),
    between("headlines", 1, 30, "fifteen topics and one sentence a watched level"),
    grain=("trade_date", "headline_id"),
    columns=("topic", "position", "since_date", "history_from"),
    derived=(
        derive("since_days", "days_between", start="since_date", end="trade_date"),
        derive("history_days", "days_between", start="history_from", end="trade_date"),
        derive("headlines", "group_size", by=("trade_date",)),
    ),
)
