"""What the published pressure on single securities must look like: trades that funds can make, shares of volumes that exist.

Measured on the simulated market, as of 2026-02-04: 1.1 million rows, forced trades of −1.2 to 0.8 billion, at most 6.5 % of an ordinary
day's volume, flow-to-volume down to −6 %.
"""

from expectations.vocabulary import between, expect, never_null, suite

SUITE = suite(
    never_null("forced_sale_usd", "a security stands here because a fund with a flow holds it"),
    between("forced_sale_usd", -5e11, 5e11, "IVV's slip of 2000-10-06 makes 14 billion in all; half a trillion in one security is another unit"),
    between("flow_to_volume", -1e4, 0, "outflows only; ten thousand days' volume is shares and lots mixed up"),
    between("flow_to_volume", -1, 0, "funds cannot be made to sell more than a day's volume on a day, but by a slip", severity="warning"),
    between("adv_usd", 0, 1e12, "all US shares together traded under a trillion a day to 2025", strict_min=True),
    between("share_of_adv", -1e4, 1e4, "ten thousand days' volume is another unit"),
    between("share_of_adv", -2, 2, "beyond two days' volume it is a young fund or a slip of the publisher", severity="warning"),
    expect("ExpectColumnValuesToBeInSet", "the ledger has five channels", column="channel", value_set=["redemption"]),
    expect("ExpectColumnValuesToBeInSet", "an estimate must not pass as an observation", column="basis", value_set=["observed", "estimated"]),
    between("funds", 1, None, "a security stands here because a fund holds it"),
    grain=("trade_date", "security_id", "channel"),
    columns=("shares",),
)
