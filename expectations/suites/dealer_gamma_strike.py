"""What the published gamma by strike must look like: gamma that is none's debt, strikes that an exchange lists, a side that is an assumption."""

from expectations.vocabulary import between, derive, never_null, suite

SUITE = suite(
    between("strike", 0, 1_000_000, "exchanges list strikes above zero, and beyond a million it is another unit", strict_min=True),
    never_null("spot", "a chain without its spot says nothing"),
    between("spots", 1, 1, "one chain, one spot"),
    between("strike_distance_pct", -100, 10_000, "thousandths read as dollars are 1,000 times too large"),
    between("call_gamma_usd_per_pct", 0, 1e12, "gamma of an open contract is not negative; a trillion a per cent is more than all options there are"),
    between("put_gamma_usd_per_pct", 0, 1e12, "gamma of an open contract is not negative; a trillion a per cent is more than all options there are"),
    between("net_over_gross", None, 1 + 1e-9, "dealers cannot be long more than there is"),
    between("call_open_interest", 0, 1e8, "contracts are counted; 0 is a fact"),
    between("put_open_interest", 0, 1e8, "contracts are counted; 0 is a fact"),
    between("contracts_used", 1, None, "a strike stands here because a contract on it is alive"),
    between("known_after_days", 1, 8, "public the morning after: earlier is hindsight"),
    grain=("trade_date", "underlying", "strike"),
    columns=("estimated_net_gamma_usd_per_pct", "known_on"),
    derived=(
        derive("spots", "distinct_values", of="spot", by=("trade_date", "underlying")),
        derive("net_over_gross", "size_over_sum", of="estimated_net_gamma_usd_per_pct", to=("call_gamma_usd_per_pct", "put_gamma_usd_per_pct")),
        derive("known_after_days", "days_between", start="trade_date", end="known_on"),
    ),
)
