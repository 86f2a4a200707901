"""What Kenneth French's daily factors must look like: fractions, not per cent; measured on 25,272 days, 1926-07-01 to 2022-06-30."""

from expectations.vocabulary import between, derive, never_null, suite

KEY = ("factor", "observed_on")
SERIES = ("factor",)

SUITE = suite(
    never_null("daily_return", "no day of the three-factor file is missing", severity="warning"),
    between("daily_return", -0.5, 0.5, "-17.44 % (1987-10-19) to 15.76 % (1933-03-15): beyond half it is per cent or a shifted column"),
    between("daily_return", -0.25, 0.25, "-17.44 % (1987-10-19) to 15.76 % (1933-03-15)", severity="warning"),
    between("times_typical", None, 200, "45 times the factor's median size at most, 1926 to 2022: 1,000 times is a unit error"),
    between("days_since_last", None, 12, "twelve days in the bank holiday of 1933", severity="warning"),
    between("steps_backwards", 0, 0, "oldest first, throughout"),
    between("revision", -0.02, 0.02, "the whole history is restated at each release, by hundredths of a point", severity="warning"),
    between("lines_against_last", 0.5, None, "the file only grows: half of its days gone is a file cut off", strict_min=True),
    between("lines_against_last", 0.8, None, "the file only grows", severity="warning"),
    between("days_ahead", None, 366, "a day a year off is a misread date"),
    between("days_ahead", None, 0, "no return is known before its day has ended", severity="warning"),
    between("age_days", None, 100, "the newest file ended 62 days before on 2022-08-31; releases are monthly", severity="warning"),
    grain=KEY,
    columns=("daily_return",),
    derived=(
        derive("times_typical", "times_typical", of="daily_return", by=SERIES),
        derive("days_since_last", "days_since_last", by=SERIES),
        derive("steps_backwards", "steps_backwards", by=SERIES),
        derive("revision", "revision", of="daily_return", key=KEY),
        derive("lines_against_last", "lines_against_last_good", by=SERIES, distinct=("observed_on",)),
        derive("days_ahead", "days_ahead"),
        derive("age_days", "age_days"),
    ),
    rejected_share_at_most=0.01,
)
