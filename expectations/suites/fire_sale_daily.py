"""What the published totals of fire sales must look like: a cascade on top of a round, a round on top of a fall, coverage stated.

Measured on the simulated market, as of 2026-02-04: one round costs at most 0.47 % of assets, a second one is run on six sessions.
"""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "what a scenario may shock", column="shocked", value_set=["ai", "technology", "equity"]),
    between("shock", -1, 0, "a scenario is a fall of at most everything"),
    between("aggregate_vulnerability", 0, 1, "funds cannot lose more than they have"),
    between("aggregate_vulnerability", 0, 0.1, "as much as the fall itself: a depth or a volume is wrong", severity="warning"),
    between("total_assets_usd", 0, 5e13, "all US funds had some 40 trillion at the end of 2025", strict_min=True),
    never_null("direct_loss_usd", "a session stands here because a fund's holdings are known"),
    between("sold_per_dollar_lost", -1, 0, "investors redeem at most what is lost"),
    between("cascade_rounds", 1, 20, "followed for at most 20 rounds (parameters.csv, 2026-11-25)"),
    between("cascade_rounds", 1, 10, "rounds that do not shrink: a depth or a slope is wrong", severity="warning"),
    between("endogenous_risk_usd", 0, None, "an eigenvalue of squares"),
    between("funds", 1, None, "a session stands here because a fund's holdings are known"),
    between("funds_left_out", 0, None, "what is left out is counted, not owed"),
    between("depth_known_share", 0, 1.05, "a share of assets"),
    expect(
        "ExpectColumnValuesToBeBetween",
        "bars of what most assets are in are asked for; a history begins some sessions before the first depth",
        severity="warning",
        column="depth_known_share",
        min_value=0.5,
        mostly=0.9,
    ),
    grain=("trade_date", "scenario"),
    columns=(
        "depth_rule",
        "liquidation_rule",
        "highest_since",
        "history_from",
        "forced_sale_usd",
        "indirect_loss_usd",
        "cascade_loss_usd",
        "largest_transmitter",
        "largest_transmitter_loss_usd",
        "largest_transmitter_per_dollar",
    ),
    derived=(derive("sold_per_dollar_lost", "ratio", of="forced_sale_usd", to="direct_loss_usd"),),
)
