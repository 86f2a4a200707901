"""What the published AI index must look like: positive levels, one index over the other, moves of a market."""

from expectations.vocabulary import between, derive, never_null, suite

CHANGES = ("ai_change_3d_pct", "industrial_change_3d_pct", "relative_change_3d_pct")

SUITE = suite(
    never_null("ai_index", "a session stands here because a company traded"),
    *(
        between(level, 0, 1_000_000, "100 in 2016; a ten-thousandfold is a unit error", strict_min=True)
        for level in ("ai_index", "industrial_index", "relative_index")
    ),
    between("ai_change_1d_pct", -60, 60, "SMH lost 15.6 % on 2020-03-16: beyond 60 % a split was missed"),
    between("ai_change_1d_pct", -25, 25, "SMH lost 15.6 % on 2020-03-16", severity="warning"),
    *(between(change, -80, 120, "three days of the bound of one") for change in CHANGES),
    between("members_priced", 1, None, "a session without any price has no level"),
    between("members", 1, 40, "twenty companies"),
    between("days_since_last", 1, 8, "sessions in a row; seven days in September 2001", severity="warning"),
    between("record_age_days", 1, None, "a fall is the sharpest since an earlier day"),
    between("relative_record_age_days", 1, None, "a fall is the sharpest since an earlier day"),
    grain=("trade_date",),
    columns=("ai_sharpest_fall_since", "relative_sharpest_fall_since", "history_from", "rebalanced_on"),
    derived=(
        derive("days_since_last", "days_since_last", on="trade_date"),
        derive("record_age_days", "days_between", start="ai_sharpest_fall_since", end="trade_date"),
        derive("relative_record_age_days", "days_between", start="relative_sharpest_fall_since", end="trade_date"),
    ),
)
