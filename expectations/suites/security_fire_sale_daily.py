"""What the published fire sales of securities must look like: sales of what is held, impacts that a price can bear.

Measured on the simulated market, as of 2026-02-04: 151 thousand rows, sales up to 13 billion and 1.3 days of volume, impacts up to 1.3 %.
"""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "what a scenario may shock", column="shocked", value_set=["ai", "technology", "equity"]),
    between("shock", -1, 0, "a scenario is a fall of at most everything"),
    between("sale_rank", 1, 20, "the largest sales only (parameters.csv, 2026-11-25)"),
    never_null("forced_sale_usd", "a security stands here because it is sold"),
    between("sold_share", -1, 0, "funds cannot sell more than they hold"),
    between("adv_usd", 0, 1e12, "all US shares together traded under a trillion a day to 2025", strict_min=True),
    between("share_of_adv", -1e4, 0, "ten thousand days' volume is another unit"),
    between("share_of_adv", -20, 0, "twenty days' volume for a fall of a tenth is a fund too large or a volume too small", severity="warning"),
    between("depth_usd", 0, None, "what a price can bear is more than nothing", strict_min=True),
    between("price_impact", -10, 0, "a linear impact may exceed the price where a rule meets a tiny security, not ten times"),
    between("price_impact", -0.1, 0, "as much as the fall itself: a depth or a volume is wrong", severity="warning"),
    grain=("trade_date", "security_id", "scenario"),
    columns=("depth_rule", "liquidation_rule", "held_usd"),
    derived=(derive("sold_share", "ratio", of="forced_sale_usd", to="held_usd"),),
)
