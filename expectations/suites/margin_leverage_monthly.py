"""What the published margin leverage must look like: one row a month without gaps, and changes that follow from its levels."""

from expectations.vocabulary import between, derive, never_null, suite

SUITE = suite(
    never_null("debit_balances_usd_mn", "a month stands here because FINRA gave a figure"),
    between("debit_balances_usd_mn", 20_000, 20_000_000, "102,842 (1997-01) to 937,253 million (2025-01): beyond 20 times that it is another unit"),
    between("net_credit_gap_usd_mn", None, 0.5, "net credit = cash + margin credit - debit"),
    between("months_since_last", 1, 1, "338 months without a gap, 1997-01 to 2025-02"),
    between("debit_mom", -0.9, 9, "-19.7 % (2008-10) to 12.4 % (1999-11): a tenfold step is a unit error"),
    between("debit_mom", -0.15, 0.15, "2008-10 (-19.7 %) and 2008-11 (-18.1 %) are the only months beyond 15 % to 2025-02", severity="warning"),
    between("debit_yoy", -0.95, 20, "half to twice in a year to 2025-02"),
    between("debit_zscore_60m_prior", -50, 50, "a level a few deviations from five years before it"),
    between("drawdown_from_peak", -1, 0, "at most all of it, and never above the peak"),
    never_null("known_on", "a month that nobody could know cannot be looked up as known"),
    between("known_after_days", 1, None, "no month is known before it has ended"),
    between("known_after_days", 14, 60, "published in the third week of the next month", severity="warning"),
    between("record_age_days", 1, None, "a level is the highest since an earlier month"),
    grain=("month",),
    columns=("free_credit_cash_usd_mn", "free_credit_margin_usd_mn", "net_credit_usd_mn", "is_five_year_high", "highest_since", "known_on"),
    derived=(
        derive(
            "net_credit_gap_usd_mn",
            "arithmetic",
            total="net_credit_usd_mn",
            plus=("free_credit_cash_usd_mn", "free_credit_margin_usd_mn"),
            minus=("debit_balances_usd_mn",),
        ),
        derive("months_since_last", "months_since_last", on="month"),
        derive("known_after_days", "days_between", start="month", end="known_on"),
        derive("record_age_days", "days_between", start="highest_since", end="month"),
    ),
)
