"""What the published pressure on bonds and gold must look like: two havens, returns a day can have."""

from expectations.vocabulary import between, expect, never_null, suite

SUITE = suite(
    never_null("forced_sale_usd", "a haven stands here because a channel traded it, be it zero"),
    between("forced_sale_usd", -5e12, 5e12, "trillions are another unit"),
    between("adv_usd", 0, 5e12, "listed bond funds trade some ten billion a day", strict_min=True),
    between("share_of_adv", -1e4, 1e4, "ten thousand days' volume is another unit"),
    between("share_of_adv", -5, 5, "beyond five days' volume it is a young fund or a slip of the publisher", severity="warning"),
    between("haven_return", -0.5, 0.5, "gold lost 9 % on 2013-04-15, TLT gained 7.5 % on 2020-03-20: half in a day is a split unseen"),
    between("equity_return", -0.5, 0.5, "-11 % on 2020-03-16 is the worst since 1987-10-19: half in a day is a split unseen"),
    expect("ExpectColumnValuesToBeInSet", "two havens are watched", column="haven", value_set=["bonds", "gold"]),
    never_null("channels", "a sum must say what is in it"),
    grain=("trade_date", "haven"),
    columns=("equity_forced_sale_usd", "equities_fell", "is_sold_in_a_fall"),
)
