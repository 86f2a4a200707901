"""What the published rebalancing of leveraged funds must look like: exposure times return, against the volume of what they follow."""

from expectations.vocabulary import between, derive, never_null, suite

SUITE = suite(
    between("underlying_return", -0.5, 0.5, "-0.13 (QQQ, 2020-03-16) is the worst day of an underlying known to 2026: four times that is an error of data"),
    between("underlying_return", -0.2, 0.2, "beyond it is a crash not seen since 1987, or a bar that is wrong", severity="warning"),
    between("exposure_usd", 0, 5e12, "L(L−1) is never negative; 30 billion in TQQQ (2025) make 180 billion, trillions are another unit"),
    between("rebalance_gap", None, 1e-9, "the estimate is exposure times return"),
    between("volume_gap", None, 1e-9, "the share is of the volume beside it"),
    between("average_daily_volume_usd", 0, 1e12, "SPY traded 30 to 60 billion dollars a day in 2025: a trillion is another unit", strict_min=True),
    between("estimated_share_of_adv", -20, 20, "what would trade the whole day's volume many times over is another unit"),
    between(
        "estimated_share_of_adv",
        -2,
        2,
        "twice the average day of the fund that stands for the index is worth a look: futures carry most of it (2026-11)",
        severity="warning",
    ),
    never_null("observed_funds", "what part of the funds is seen belongs beside every sum"),
    between("observed_funds", 0, None, "funds are counted"),
    between("unobserved_funds", 0, None, "funds are counted"),
    between("newest_assets_age_sessions", 1, None, "assets of the day itself would be hindsight"),
    between("newest_assets_age_sessions", None, 5, "older assets are no base for an estimate: the publisher is silent", severity="warning"),
    between("assets_age_days", 1, None, "assets are of a day before"),
    grain=("trade_date", "underlying"),
    columns=("estimated_rebalance_usd", "estimated_rebalance_per_pct_usd", "observed_aum_usd", "newest_assets_on", "sessions_covered"),
    derived=(
        derive("rebalance_gap", "product_gap", product="estimated_rebalance_usd", factors=("exposure_usd", "underlying_return")),
        derive("volume_gap", "product_gap", product="estimated_rebalance_usd", factors=("estimated_share_of_adv", "average_daily_volume_usd")),
        derive("assets_age_days", "days_between", start="newest_assets_on", end="trade_date"),
    ),
)
