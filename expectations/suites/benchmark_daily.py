"""What the published benchmarks of stress must look like: levels of the kind that were seen, percentiles, ages that are not negative."""

from expectations.vocabulary import between, derive, expect, suite

SUITE = suite(
    between("ofr_fsi", -15, 60, "29.32 on 2008-10-10 is the highest on record: twice that is another unit"),
    between("ofr_fsi", -6, 30, "-5 to 29.32 is what was seen from 2000 to 2025", severity="warning"),
    between("ofr_percentile", 0, 1, "a share of sessions", strict_min=True),
    between("ofr_age_sessions", 0, None, "no day is known before it has ended"),
    between("ofr_age_sessions", 0, 10, "the index is published two sessions late: ten are a source that stopped", severity="warning"),
    between("ofr_age_days", 0, None, "no day is known before it has ended"),
    between("vix_close", 5, 200, "9.1 (2017) to 82.7 (2020) is what was seen; 150 was computed for 1987"),
    between("vix_percentile", 0, 1, "a share of sessions", strict_min=True),
    between("ai_drawdown_pct", -100, 0, "a fall from the highest so far"),
    *(
        between(f"index_{benchmark}_{what}", -1, 1, "a rank correlation")
        for benchmark in ("ofr", "vix")
        for what in ("rank_correlation", "lead_rank_correlation")
    ),
    *(between(f"index_{benchmark}_lead_sessions", -250, 250, "a shift within the window that is compared") for benchmark in ("ofr", "vix")),
    expect(
        "ExpectColumnValuesToNotBeNull",
        "its publisher and FRED both serve it: a tenth missing is a source that stopped",
        column="vix_close",
        severity="warning",
        mostly=0.9,
    ),
    grain=("trade_date",),
    columns=("ofr_observed_on",),
    derived=(derive("ofr_age_days", "days_between", start="ofr_observed_on", end="trade_date"),),
)
