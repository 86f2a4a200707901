"""What FINRA's margin statistics must look like: millions of dollars, every month since 1997; bounds measured to 2025-02."""

from expectations.vocabulary import between, derive, never_null, suite

KEY = ("observed_on",)
BALANCES = ("debit_balances_usd_mn", "free_credit_cash_usd_mn", "free_credit_margin_usd_mn")

SUITE = suite(
    never_null("debit_balances_usd_mn", "FINRA leaves no month out"),
    never_null("free_credit_cash_usd_mn", "FINRA leaves no month out; until 2010-01 it holds margin credit too"),
    between("debit_balances_usd_mn", 20_000, 20_000_000, "102,842 (1997-01) to 937,253 million (2025-01): beyond 20 times that it is another unit"),
    between("free_credit_cash_usd_mn", 10_000, 20_000_000, "64,825 to 530,042 million to 2025-02"),
    between("free_credit_margin_usd_mn", 10_000, 20_000_000, "141,751 to 241,220 million, 2010-02 to 2025-02; empty before"),
    between("months_since_last", 1, 1, "338 months without a gap, 1997-01 to 2025-02: a missing month would shift every yearly change"),
    between("steps_backwards", 0, 0, "newest first, throughout"),
    *(between(f"{balance}_step", 0.1, 10, "0.80 to 1.62 from month to month to 2025-02: a 1,000 times jump is a unit error") for balance in BALANCES),
    between(
        "debit_balances_usd_mn_step",
        0.85,
        1.15,
        "2008-10 (-19.7 %) and 2008-11 (-18.1 %) are the only months beyond 15 % to 2025-02",
        severity="warning",
    ),
    between("debit_revision", 0.01, 100, "a figure 1,000 times the one known for the month is a unit error"),
    between("debit_revision", 0.99, 1.01, "0 of 338 months changed between two editions of the workbook", severity="warning"),
    between("lines_against_last", 0.5, None, "the workbook only grows: half of its months gone is a file cut off", strict_min=True),
    between("lines_against_last", 0.8, None, "the workbook only grows", severity="warning"),
    between("days_ahead", None, 366, "a month a year off is a misread date"),
    between("days_ahead", None, 0, "no month is reported before it has ended", severity="warning"),
    between("age_days", None, 60, "published in the third week of the next month: 53 days old just before the next", severity="warning"),
    grain=KEY,
    columns=BALANCES,
    derived=(
        derive("months_since_last", "months_since_last"),
        derive("steps_backwards", "steps_backwards"),
        *(derive(f"{balance}_step", "step_ratio", of=balance) for balance in BALANCES),
        derive("debit_revision", "revision_ratio", of="debit_balances_usd_mn", key=KEY),
        derive("lines_against_last", "lines_against_last_good", by=(), distinct=KEY),
        derive("days_ahead", "days_ahead"),
        derive("age_days", "age_days"),
    ),
    rejected_share_at_most=0.01,
)
