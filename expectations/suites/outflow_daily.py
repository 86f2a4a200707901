"""What the published outflows by segment must look like: sums that fit their parts, and records that lie in the past."""

from expectations.vocabulary import between, derive, never_null, suite

SUITE = suite(
    never_null("net_flow_1d_usd", "a day of a segment stands here because a fund was observed"),
    *(
        between(flow, -5e12, 5e12, "14 billion in a day by IVV's slip of 2000-10-06; trillions are another unit")
        for flow in ("net_flow_1d_usd", "net_flow_2d_usd", "net_flow_5d_usd")
    ),
    between("net_flow_2d_pct_aum", -400, 200_000, "two days of the bounds of a fund"),
    between("net_flow_2d_pct_aum", -25, 50, "beyond it is one young fund or a slip of a publisher", severity="warning"),
    between("net_flow_2d_zscore", -1e6, 1e6, "a slip of a publisher can be a thousand deviations, not a million"),
    between("net_flow_2d_zscore", -25, 25, "beyond it is a slip of a publisher rather than a market", severity="warning"),
    never_null("observed_aum_usd", "what share of the segment is seen belongs beside every sum"),
    between("observed_aum_usd", 0, 5e13, "VTI alone held 2.0 trillion on 2025-09-30; tens of trillions are another unit"),
    between("unobserved_funds", 0, None, "funds are counted"),
    between("record_age_days", 1, None, "an outflow is the largest since an earlier day"),
    between("record_pct_age_days", 1, None, "an outflow is the largest since an earlier day"),
    grain=("trade_date", "segment"),
    columns=("largest_outflow_since", "largest_outflow_pct_since", "unobserved_funds"),
    derived=(
        derive("record_age_days", "days_between", start="largest_outflow_since", end="trade_date"),
        derive("record_pct_age_days", "days_between", start="largest_outflow_pct_since", end="trade_date"),
    ),
)
