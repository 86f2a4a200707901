"""What the OFR Financial Stress Index must look like: five categories that add up to the index; measured on 6,496 days to 2025-09-11."""

from expectations.vocabulary import between, derive, never_null, suite

KEY = ("component", "observed_on")
SERIES = ("component",)
CATEGORIES = ("Credit", "Equity valuation", "Safe assets", "Funding", "Volatility")
REGIONS = ("United States", "Other advanced economies", "Emerging markets")

SUITE = suite(
    never_null("value", "no empty cell on 6,496 days to 2025-09-11"),
    between("value", -30, 100, "-5.334 to 29.32 (2008-10-10)"),
    between("category_residual", None, 0.0031, "the five categories add up within 0.002 on each of 6,496 days; 0.0031 is six roundings"),
    between("region_residual", None, 0.12, "the three regions add up but for 0.108 on 2018-11-01", severity="warning"),
    between("components", 9, 9, "the index, five categories, three regions; without one a sum cannot be tested", severity="warning"),
    between("step", -10, 10, "3.454 is the largest change in a day (2008)", severity="warning"),
    between("days_since_last", None, 7, "seven days in September 2001", severity="warning"),
    between("steps_backwards", 0, 0, "oldest first, throughout"),
    between("revision", -0.5, 0.5, "history is re-estimated in thousandths", severity="warning"),
    between("lines_against_last", 0.5, None, "the file only grows: half of its days gone is a file cut off", strict_min=True),
    between("lines_against_last", 0.8, None, "the file only grows", severity="warning"),
    between("days_ahead", None, 366, "a day a year off is a misread date"),
    between("days_ahead", None, 0, "no day is reported before it has ended", severity="warning"),
    between("age_days", None, 8, "the file of a morning ends two weekdays before; four on 2025-09-15", severity="warning"),
    grain=KEY,
    columns=("value",),
    derived=(
        derive("category_residual", "residual", of="value", name="component", total="OFR FSI", parts=CATEGORIES, by=("observed_on",)),
        derive("region_residual", "residual", of="value", name="component", total="OFR FSI", parts=REGIONS, by=("observed_on",)),
        derive("components", "group_size", by=("observed_on",)),
        derive("step", "step_size", of="value", by=SERIES),
        derive("days_since_last", "days_since_last", by=SERIES),
        derive("steps_backwards", "steps_backwards", by=SERIES),
        derive("revision", "revision", of="value", key=KEY),
        derive("lines_against_last", "lines_against_last_good", by=SERIES, distinct=("observed_on",)),
        derive("days_ahead", "days_ahead"),
        derive("age_days", "age_days"),
    ),
    rejected_share_at_most=0.01,
)
