"""What the published calendar of events must look like: ahead of the session, known on it, traded on the day or after it."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    never_null("description", "an event that is not named helps nobody"),
    never_null("is_session", "whether New York trades that day is the point"),
    expect("ExpectColumnValuesToBeInSet", "the words of the seed", column="kind", value_set=["company_report", "monetary_policy"]),
    between("days_ahead", 0, 366, "at most a year ahead, and never past"),
    between("reaction_after_days", 0, 8, "New York was closed for seven days in September 2001"),
    between("announced_before_days", -8, None, "announced before the session's cut-off: the days on which New York is closed after it, at most"),
    grain=("trade_date", "event_id"),
    columns=("event_on", "reaction_session", "announced_on", "subject"),
    derived=(
        derive("reaction_after_days", "days_between", start="event_on", end="reaction_session"),
        derive("announced_before_days", "days_between", start="announced_on", end="trade_date"),
    ),
)
