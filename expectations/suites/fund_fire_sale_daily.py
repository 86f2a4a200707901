"""What the published fire sales of funds must look like: losses that follow from weights and slopes, shares of assets, parts that add up.

Measured on the simulated market, as of 2026-02-04: 347 thousand rows; a fund loses at most a tenth directly and 0.7 % through the sales of
all, and its own cost all at most 0.07 %.
"""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "what a scenario may shock", column="shocked", value_set=["ai", "technology", "equity"]),
    between("shock", -1, 0, "a scenario is a fall of at most everything"),
    between("tna_usd", 0, 5e12, "the largest fund of 2025 had 1.5 trillion, all share classes", strict_min=True),
    between("shocked_weight", 0, 1.5, "weights of long positions; half more than the assets is another unit"),
    between("shocked_weight", 0, 1.02, "an unlevered fund holds what it has", severity="warning"),
    between("flow_sensitivity", 0, 1, "investors redeem at most what is lost: seed fire_sale_flow_sensitivities"),
    never_null("direct_loss_usd", "a fund stands here because its holdings are known"),
    between("sale_gap", None, 1e-9, "a fund sells its slope times its loss"),
    between("systemicness", 0, 0.1, "one fund that costs all a tenth is another unit: 0.1 % is the most seen"),
    between("indirect_vulnerability", 0, 1, "a fund cannot lose more than it has"),
    between("indirect_vulnerability", 0, 0.1, "as much as the fall itself: a depth or a volume is wrong", severity="warning"),
    between("endogenous_risk_index", 0, 1 + 1e-9, "components of a vector of length 1"),
    between("depth_known_share", 0, 1.5, "a share of net assets"),
    between("holdings_age_days", 0, None, "holdings of a later day are hindsight"),
    between("assets_age_days", 0, 60, "assets are at most 25 sessions old"),
    grain=("trade_date", "fund_id", "scenario"),
    columns=(
        "segment",
        "depth_rule",
        "liquidation_rule",
        "direct_vulnerability",
        "systemicness_usd",
        "indirect_loss_usd",
        "cascade_loss_usd",
    ),
    derived=(
        derive("sale_gap", "product_gap", product="forced_sale_usd", factors=("shock", "shocked_weight", "flow_sensitivity", "tna_usd")),
        derive("holdings_age_days", "days_between", start="holdings_observed_on", end="trade_date"),
        derive("assets_age_days", "days_between", start="assets_on", end="trade_date"),
    ),
)
