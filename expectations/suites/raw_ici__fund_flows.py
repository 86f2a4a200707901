"""What ICI's combined flows must look like: monthly actuals and weekly estimates in millions of dollars that add up to their totals.

Measured on the edition of 2017-02-15 (36 months, 6 weeks). The month 2025-07 brought a real -285,668 for equity: such a figure is flagged, never refused.
"""

from expectations.vocabulary import between, derive, expect, never_null, suite

KEY = ("frequency", "category", "observed_on")
PERIOD = ("frequency", "observed_on")
SERIES = ("frequency", "category")
IDENTITIES = {
    "total": ("equity", "hybrid", "bond", "commodity"),
    "equity": ("equity_domestic", "equity_world"),
    "bond": ("bond_taxable", "bond_municipal"),
}

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "two blocks, never spliced", column="frequency", value_set=["monthly", "weekly"]),
    never_null("flow_usd_mn", "ICI fills every cell"),
    *(
        between(f"{total}_residual", None, 2, f"{total} = {' + '.join(parts)}, within 2 for rounding, in each of 42 periods to 2017-02-08")
        for total, parts in IDENTITIES.items()
    ),
    between("categories", 9, 9, "nine categories a period; without one its identity cannot be tested", severity="warning"),
    between("flow_usd_mn", -1_000_000, 1_000_000, "-39,484 to 62,246 million to 2017-02, -285,668 (equity, 2025-07): a million million is another unit"),
    between("flow_usd_mn", -200_000, 200_000, "beyond all but the outlier of 2025-07 (equity, -285,668; cause unknown)", severity="warning"),
    between("times_typical", None, 50, "7 times the median size of its category at most to 2017-02, about 20 times in 2025-07: 1,000 times is a unit error"),
    between("months_since_last", 1, 1, "36 months without a gap, 2014-01 to 2016-12"),
    between("weeks_since_last_days", 5, 9, "weeks end on Wednesday, on Tuesday before some holidays", severity="warning"),
    between("steps_backwards", 0, 0, "oldest first, throughout a block"),
    between("revision_usd_mn", -10_000, 10_000, "the month 2026-04 went 102,273, 101,466, 101,450 in three editions", severity="warning"),
    between("days_ahead", None, 366, "a period a year off is a misread date"),
    between("days_ahead", None, 0, "no period is reported before it has ended", severity="warning"),
    between("monthly_age_days", None, 70, "published up to 30 days after the month", severity="warning"),
    between("weekly_age_days", None, 21, "published 6 to 12 days after the week", severity="warning"),
    grain=KEY,
    columns=("flow_usd_mn",),
    derived=(
        *(
            derive(f"{total}_residual", "residual", of="flow_usd_mn", name="category", total=total, parts=parts, by=PERIOD)
            for total, parts in IDENTITIES.items()
        ),
        derive("categories", "group_size", by=PERIOD),
        derive("times_typical", "times_typical", of="flow_usd_mn", by=SERIES),
        derive("months_since_last", "months_since_last", by=SERIES, where={"frequency": "monthly"}),
        derive("weeks_since_last_days", "days_since_last", by=SERIES, where={"frequency": "weekly"}),
        derive("steps_backwards", "steps_backwards", by=SERIES),
        derive("revision_usd_mn", "revision", of="flow_usd_mn", key=KEY),
        derive("days_ahead", "days_ahead"),
        derive("monthly_age_days", "age_days", where={"frequency": "monthly"}),
        derive("weekly_age_days", "age_days", where={"frequency": "weekly"}),
    ),
    rejected_share_at_most=0.02,
)
