"""What the published fund flows must look like. Bounds leave room for IVV's own slip of 2000-10-06, which is a fact of the publisher's file."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    never_null("known_on", "a row that nobody could know cannot be looked up as known"),
    between("known_after_days", 1, 8, "public the morning after: earlier is hindsight, and eight days is longer than New York was ever closed since 2001"),
    between(
        "aum_usd", 0, 5e12, "VTI with its mutual fund classes held 2.0 trillion on 2025-09-30; null where an issuer publishes neither shares nor values (SPY)"
    ),
    between("nav_usd", 0, 1_000_000, "IVV was worth 68.24 (2009-03) to 479.87 (2022-01) a share", strict_min=True),
    between("shares_outstanding", 0, 1e11, "0.15 to 737.5 million shares of IVV, 2000 to 2022"),
    between("aum_gap", None, 1e-6, "assets are shares times net asset value where both are published"),
    between("net_flow_usd", -1e12, 1e12, "IVV's slip of 2000-10-06 makes 14 billion; a trillion is another unit"),
    between("net_flow_pct_aum", -200, 100_000, "a fund cannot lose more than it holds; IVV's first week brought 1,700 %"),
    between("net_flow_pct_aum", -50, 100, "beyond half out or twice in it is a young fund or a slip of the publisher", severity="warning"),
    expect("ExpectColumnValuesToBeInSet", "how a flow was found is one of two", column="flow_basis", value_set=["shares_outstanding", "holdings_implied"]),
    never_null("flow_basis", "an estimate must not pass as an observation"),
    between("tech_weight", 0, 1.05, "a fraction of the fund's weight; SPY's weights sum to 1.0025 on 2025-09-30"),
    between("ai_weight", 0, 1.05, "a fraction of the fund's weight"),
    between("split_factor", 0.04, 25, "the factors of parameters.csv and their inverses"),
    between("holdings_age_days", 0, None, "weights used with a day's flows are those known before it", severity="warning"),
    grain=("trade_date", "fund_id"),
    columns=("is_split", "segment", "known_on"),
    derived=(
        derive("known_after_days", "days_between", start="trade_date", end="known_on"),
        derive("aum_gap", "product_gap", product="aum_usd", factors=("nav_usd", "shares_outstanding")),
        derive("holdings_age_days", "days_between", start="holdings_observed_on", end="trade_date"),
    ),
)
