"""What the published chain of sessions must look like: three regions a day, returns of markets, parts that add up."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "the regions of the chain", column="region", value_set=["asia", "europe", "new_york"]),
    between("regions", 3, 3, "every region has its row, traded or not"),
    never_null("chain_order", "the order is what makes it a chain"),
    between("region_return", -0.4, 0.4, "-0.226 (Dow Jones, 1987-10-19) is the worst day of an index known: twice that is an error of data"),
    between("region_return", -0.2, 0.2, "-0.12 (2020-03-16) is the worst since 1990", severity="warning"),
    between("beta", -5, 5, "a market takes over a part of the move before it"),
    between("own_gap", None, 1e-9, "a return is what is explained and what is not"),
    between("cumulative_return", -0.8, 1, "three days of the bound of one"),
    between("record_age_days", 1, None, "a chain is the worst since an earlier day"),
    grain=("trade_date", "region"),
    columns=("indices", "previous_region", "previous_return", "cumulative_own_return", "worst_since", "history_from"),
    derived=(
        derive("regions", "group_size", by=("trade_date",)),
        derive("own_gap", "arithmetic", total="region_return", plus=("explained_return", "own_return")),
        derive("record_age_days", "days_between", start="worst_since", end="trade_date"),
    ),
)
