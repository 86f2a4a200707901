"""What the monthly flows of a Form N-PORT must look like: three months a filing, redemptions positive whatever the filer's sign."""

from expectations.vocabulary import between, derive, suite

FILING = ("series_id", "observed_on")

SUITE = suite(
    between("months", 3, 3, "the form asks for three months"),
    between("months_since_last", 1, 1, "the three months follow each other"),
    between("months_before_report_days", -31, 92, "the last month ends with or just after the report date; the first ends two months earlier"),
    between("redemption_usd", 0, 1e12, "stored positive; 0.68 to 1.79 million for Dupree in 2022"),
    between("sales_usd", 0, 1e12, "0.10 to 0.60 million for Dupree in 2022; a fund does not sell less than nothing", severity="warning"),
    between("reinvestment_usd", 0, 1e12, "0.03 million for Dupree in 2022", severity="warning"),
    between("sum_gap_usd", None, 0.01, "net flow = sales + reinvestment - redemption, to the cent"),
    between("days_ahead", None, 366, "a report date a year off is a misread date"),
    between("age_days", None, 200, "public 60 days after a quarter that the next filing follows in 90", severity="warning"),
    grain=(*FILING, "month"),
    columns=("sales_usd", "reinvestment_usd", "redemption_usd", "net_flow_usd", "is_redemption_negative_in_filing"),
    derived=(
        derive("months", "group_size", by=FILING),
        derive("months_since_last", "months_since_last", by=FILING, on="month"),
        derive("months_before_report_days", "days_between", start="month", end="observed_on"),
        derive("sum_gap_usd", "arithmetic", total="net_flow_usd", plus=("sales_usd", "reinvestment_usd"), minus=("redemption_usd",)),
        derive("days_ahead", "days_ahead", by=("series_id",)),
        derive("age_days", "age_days", by=("series_id",)),
    ),
    rejected_share_at_most=0.0,
)
