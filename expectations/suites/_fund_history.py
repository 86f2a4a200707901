"""What an issuer's history of net asset value and shares outstanding must look like; bounds measured on IVV, 2000-05-15 to 2022-05-11."""

from expectations.vocabulary import Suite, between, derive, never_null, suite

FUND = ("fund_id",)
KEY = ("fund_id", "observed_on")

AS_SERVED = (
    between("nav_usd", 0, 1_000_000, "IVV was worth 68.24 (2009-03) to 479.87 (2022-01) a share", strict_min=True),
    between("nav_step", 0.75, 1.33, "0.88 to 1.12 from day to day for IVV; beyond a third it is a split or a three-times fund", severity="warning"),
    between("shares_step", 0.5, 2, "three days of IVV's first half year (the slip of 2000-10-06 and its mending two of them), none since", severity="warning"),
)
# An inverse fund loses nearly everything over the years: in last-day shares its first net asset values are millions.
RESTATED = (
    between(
        "nav_usd", 0, 1e12, "since 2010 shares of SQQQ were drawn together several times, five to one: each multiplies all earlier values", strict_min=True
    ),
    between(
        "nav_step", 0.5, 1.6, "three times the index's −0.12 (2020-03-16) and +0.12 (2025-04-09); values are restated, a split shows none", severity="warning"
    ),
    between("shares_step", 0.04, 25, "splits and their inverses show in the share counts, up to twenty to one", severity="warning"),
    between("aum_usd", 0, 5e11, "3.8 billion in UPRO (2025-05-12), tens of billions in the largest fund; hundreds are another unit"),
    between("aum_step", 1 / 200, 200, "assets follow value and share count; a 1,000 times jump is a unit error"),
    between("aum_step", 0.4, 2.5, "three times the index's worst day and a tenth of the shares beside", severity="warning"),
    between("aum_revision", 0.95, 1.05, "assets of a day are not restated at splits; more than 5 % is a mended slip", severity="warning"),
)
OF_ASSETS = (
    derive("aum_step", "step_ratio", of="aum_usd", by=FUND),
    derive("aum_revision", "revision_ratio", of="aum_usd", key=KEY),
)


def fund_history(measured_lines: str, *, restates_splits: bool = False) -> Suite:
    """The suite of one issuer's fund histories; `measured_lines` says what is known about the length of its files.

    restates_splits: the issuer serves assets, restates net asset values at splits and leaves share counts (funds with a daily factor of up to 3).
    """
    return suite(
        never_null("nav_usd", "a day without a net asset value is no day of the fund"),
        *(RESTATED if restates_splits else AS_SERVED),
        between("shares_outstanding", 0, 1e11, "0.15 million (2000-05-19) to 737.5 million shares of IVV; zero before the first creation"),
        between("distribution_usd", 0, None, "0.12 to 2.04 a quarter for IVV, 2000 to 2022; a fund does not collect", severity="warning"),
        between("nav_step", 1 / 200, 200, "0.88 to 1.12 from day to day for IVV; splits reach 20, a 1,000 times jump is a unit error"),
        between("shares_step", 1 / 200, 200, "IVV's own slip of 2000-10-06 is tenfold, its first week 17-fold; a 1,000 times jump is a unit error"),
        between("days_since_last", None, 7, "seven days in September 2001, else five at most", severity="warning"),
        between("steps_backwards", 0, 0, "newest first or oldest first, throughout: a date out of order was misread"),
        between("nav_revision", 0.01, 100, "a net asset value 1,000 times the one known for the same day is a unit error"),
        between("nav_revision", 0.99, 1.01, "a net asset value restated by more than 1 % is rare, except for a split", severity="warning"),
        between("shares_revision", 1 / 200, 200, "a share count 1,000 times the one known for the same day is a unit error"),
        between("shares_revision", 0.95, 1.05, "share counts posted late repeat for a day and are mended; more than 5 % is odd", severity="warning"),
        between("lines_against_last", 0.5, None, f"half of the known days are gone: a file cut off; {measured_lines}", strict_min=True),
        between("lines_against_last", 0.8, None, f"a fifth of the known days is gone; {measured_lines}", severity="warning"),
        between("days_ahead", None, 366, "a day a year off is a misread date"),
        between("days_ahead", None, 1, "a net asset value is struck at the close, not before", severity="warning"),
        between("age_days", None, 6, "posted the same evening; New York has not been closed for more than five days since 2001", severity="warning"),
        grain=KEY,
        columns=("nav_usd", "shares_outstanding", "distribution_usd", *(("aum_usd",) if restates_splits else ())),
        derived=(
            derive("nav_step", "step_ratio", of="nav_usd", by=FUND),
            derive("shares_step", "step_ratio", of="shares_outstanding", by=FUND),
            derive("days_since_last", "days_since_last", by=FUND),
            derive("steps_backwards", "steps_backwards", by=FUND),
            derive("nav_revision", "revision_ratio", of="nav_usd", key=KEY),
            derive("shares_revision", "revision_ratio", of="shares_outstanding", key=KEY),
            derive("lines_against_last", "lines_against_last_good", by=FUND, distinct=("observed_on",)),
            derive("days_ahead", "days_ahead", by=FUND),
            derive("age_days", "age_days", by=FUND),
            *(OF_ASSETS if restates_splits else ()),
        ),
        rejected_share_at_most=0.01,
    )
