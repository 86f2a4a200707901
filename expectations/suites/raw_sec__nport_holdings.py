"""What the holdings of a Form N-PORT must look like: filed by all kinds of funds, so that signs and sums are looser than an ETF's.

Measured on one real filing (Dupree, 2022-12-31: 55 bonds, 97.84 % of net assets).
"""

from expectations.suites._holdings import COLUMNS, LINE
from expectations.vocabulary import between, derive, never_null, suite

FILING = ("series_id", "observed_on")

SUITE = suite(
    never_null("market_value_usd", "each holding is valued in dollars in the form"),
    between("weight_sum_pct", -50, 250, "97.84 % for Dupree, 2022-12-31; funds that borrow or lend securities reach 150, 300 is a sum of two filings"),
    between("weight_sum_pct", 80, 130, "97.84 % for Dupree, 2022-12-31; the rest is cash and liabilities", severity="warning"),
    between(
        "weight_gap_pct", None, 25, "weights are shares of net assets, values over the sum of lines: near each other unless a line is 1,000 times too large"
    ),
    between("copies", 1, 1, "no security of Dupree's stands twice; lots of one loan may", severity="warning"),
    between("lines_against_last", 0.5, None, "half of the last filing's lines are gone: possible when a fund is wound up", severity="warning", strict_min=True),
    between("days_ahead", None, 366, "a report date a year off is a misread date"),
    between("days_ahead", None, 0, "a report speaks of the past", severity="warning"),
    between("age_days", None, 200, "public 60 days after a quarter that the next filing follows in 90", severity="warning"),
    grain=("series_id", "observed_on", "line"),
    columns=(*COLUMNS, "fund_id", "accession"),
    derived=(
        derive("weight_sum_pct", "group_sum", of="weight_pct", by=FILING),
        derive("weight_gap_pct", "weight_gap_pct", by=FILING),
        derive("copies", "copies", by=FILING),
        derive("lines_against_last", "lines_against_last_good", by=("series_id",), snapshot=("observed_on",), distinct=LINE),
        derive("days_ahead", "days_ahead", by=("series_id",)),
        derive("age_days", "age_days", by=("series_id",)),
    ),
    rejected_share_at_most=0.02,
)
