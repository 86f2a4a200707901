"""What the published ledger of forced selling must look like: known channels and classes, dollars and shares of volume of a size a day can have."""

from expectations.vocabulary import between, derive, expect, never_null, suite

CHANNELS = ["redemption", "margin_call", "leveraged_etf", "risk_parity", "dealer_gamma"]

SUITE = suite(
    never_null("forced_sale_usd", "a row stands here because a channel traded the class, be it zero"),
    between("forced_sale_usd", -5e12, 5e12, "14 billion in a day by IVV's slip of 2000-10-06; trillions are another unit"),
    between("forced_sale_usd", -3e11, 3e11, "US shares trade about half a trillion a day: most of it forced is a slip", severity="warning"),
    never_null("observed_sale_usd", "what was observed of a sale is a number, be it zero"),
    between("adv_usd", 0, 5e12, "all US shares together traded under a trillion a day to 2025", strict_min=True),
    between("share_of_adv", -1e4, 1e4, "ten thousand days' volume is another unit"),
    between("share_of_adv", -5, 5, "beyond five days' volume it is a young fund, a thin class or a slip of the publisher", severity="warning"),
    between("share_gap", None, 1e-9, "a share of volume is the sale over the volume"),
    expect("ExpectColumnValuesToBeInSet", "the ledger has five channels", column="channel", value_set=CHANNELS),
    never_null("channel", "a dollar without a channel cannot be checked against counting twice"),
    expect("ExpectColumnValuesToBeInSet", "the classes of funds.csv", column="asset_class", value_set=["equity", "bond", "credit", "gold", "commodity"]),
    expect("ExpectColumnValuesToBeInSet", "an estimate must not pass as an observation", column="basis", value_set=["observed", "estimated"]),
    never_null("basis", "an estimate must not pass as an observation"),
    grain=("trade_date", "asset_class", "channel"),
    derived=(derive("share_gap", "product_gap", product="forced_sale_usd", factors=("share_of_adv", "adv_usd")),),
)
