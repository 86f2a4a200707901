"""What FRED's series must look like, whichever they are: no bound on a level, only on jumps, order and age. Measured on VIXCLS and DGS10 to 2025-09-25."""

from expectations.vocabulary import between, derive, suite

KEY = ("series_id", "observed_on")
SERIES = ("series_id",)

SUITE = suite(
    between("step", 1 / 200, 200, "0.64 to 2.16 from day to day for VIXCLS and DGS10, 1999 to 2025: a 1,000 times jump is a unit error"),
    between("step", 0.2, 5, "0.64 to 2.16 from day to day for VIXCLS and DGS10, 1999 to 2025", severity="warning"),
    between("times_typical", None, 1_000, "4.6 times the series' median size at most for VIXCLS and DGS10", severity="warning"),
    between("steps_backwards", 0, 0, "oldest first, throughout"),
    between("revision", 0.01, 100, "a value 1,000 times the one known for the day is a unit error"),
    between("revision", 0.9, 1.1, "market series are not restated; more than 10 % is odd even for surveys", severity="warning"),
    between("lines_against_last", 0.8, None, "histories grow, unless their owner cuts them (ICE spreads to three years in 2026-04)", severity="warning"),
    between("days_ahead", None, 366, "a day a year off is a misread date, or a projection"),
    between("days_ahead", None, 4, "some monthly spreads carry weekend month-ends", severity="warning"),
    between("age_in_steps", None, 10, "a daily series ten days old, a monthly one ten months", severity="warning"),
    grain=KEY,
    columns=("value",),
    derived=(
        derive("step", "step_ratio", of="value", by=SERIES, at_least=0.1),
        derive("times_typical", "times_typical", of="value", by=SERIES),
        derive("steps_backwards", "steps_backwards", by=SERIES),
        derive("revision", "revision_ratio", of="value", key=KEY),
        derive("lines_against_last", "lines_against_last_good", by=SERIES, distinct=("observed_on",)),
        derive("days_ahead", "days_ahead", by=SERIES),
        derive("age_in_steps", "age_in_steps", by=SERIES),
    ),
    rejected_share_at_most=0.01,
)
