"""What the published parts of the index must look like: seven a session, shares that make the whole."""

from expectations.vocabulary import between, derive, expect, suite

PARTS = ["outflow", "leverage", "spread", "comovement", "mechanics", "network", "cross"]

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "six pillars and their pairs", column="part", value_set=PARTS),
    between("parts", 7, 7, "a session has all its parts, known or not"),
    between("shares_sum", 1 - 1e-9, 1 + 1e-9, "the parts are the whole index"),
    between("contribution", -1, 1, "no part is larger than the largest index"),
    between("percentile", 0, 1, "a share of the past", strict_min=True),
    between("change_1d", -1, 1, "no part can change by more than there is"),
    between("change_5d", -1, 1, "no part can change by more than there is"),
    grain=("trade_date", "part"),
    columns=("share_of_index",),
    derived=(
        derive("parts", "group_size", by=("trade_date",)),
        derive("shares_sum", "group_sum", of="share_of_index", by=("trade_date",)),
    ),
)
