"""What the published calendar must look like: sessions in order, each with the morning after at which its knowledge ends."""

from expectations.vocabulary import between, derive, never_null, suite

SUITE = suite(
    never_null("cutoff_on", "what was known on a session cannot be asked without it"),
    between("cutoff_after_days", 1, 8, "the next session; seven days in September 2001"),
    between("days_since_last", 1, 8, "seven days in September 2001"),
    grain=("trade_date",),
    derived=(
        derive("cutoff_after_days", "days_between", start="trade_date", end="cutoff_on"),
        derive("days_since_last", "days_since_last", on="trade_date"),
    ),
)
