"""What the published risk-parity estimate must look like: weights that add up, leverage under its cap, a trade that is its two parts."""

from expectations.vocabulary import between, derive, expect, never_null, suite

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "the classes of risk_parity_classes", column="asset_class", value_set=["equity", "bond", "gold", "credit"]),
    never_null("volatility", "a class is in the mix because its volatility is known"),
    between("volatility", 0, 3, "the S&P 500's worst day (-0.205, 1987-10-19) every day is 3.2 a year: beyond it is an error of data", strict_min=True),
    between("volatility", 0.005, 1, "0.6 to 0.7 is the highest a 60-session half-life gave the S&P 500 (2008-12, 2020-04)", severity="warning"),
    never_null("weight", "what is in the mix has a weight"),
    between("weight", 0, 1, "a share of the mix", strict_min=True),
    between("weights_sum", 1 - 1e-9, 1 + 1e-9, "the weights of a day are the whole mix"),
    between("leverage", 0, 3, "the cap of parameters.csv (2026-11-22)", strict_min=True),
    between("exposure_gap", None, 1e-12, "exposure is leverage times weight"),
    between("estimated_exposure_usd", 0, 3e12, "three times assets of a trillion: the estimates of 2018 say 150 to 175 billion", strict_min=True),
    between("estimated_trade_usd", -1e11, 1e11, "two thirds of 150 billion in a day, by a rule that takes five sessions, is another unit"),
    between("estimated_trade_usd", -2e10, 2e10, "an eighth of assets in one class and day is more than any estimate of 2020-03", severity="warning"),
    between("trade_gap_usd", None, 1e-3, "volatility and correlation explain the whole trade"),
    between("average_daily_volume_usd", 0, 1e12, "SPY alone traded about 30 billion a day in 2025", strict_min=True),
    between("estimated_share_of_adv", -50, 50, "gold's fund traded a billion a day and less: a share can exceed 1, not 50"),
    between("classes_in_mix", 2, 4, "equity and bonds at least (risk_parity_classes)"),
    between("sessions_of_history", 120, None, "the minimum history of parameters.csv (2026-11-24)"),
    between("sessions_since_return", 1, None, "a session acts on returns before it, never its own"),
    between("sessions_since_return", 1, 5, "a volatility that stands still for a week is a source that stopped", severity="warning"),
    grain=("trade_date", "asset_class"),
    columns=(
        "proxy_symbol",
        "mix_volatility",
        "exposure",
        "estimated_trade_low_usd",
        "estimated_trade_high_usd",
        "estimated_volatility_part_usd",
        "estimated_correlation_part_usd",
        "assets_valid_from",
    ),
    derived=(
        derive("weights_sum", "group_sum", of="weight", by=("trade_date",)),
        derive("exposure_gap", "product_gap", product="exposure", factors=("leverage", "weight")),
        derive("trade_gap_usd", "arithmetic", total="estimated_trade_usd", plus=("estimated_volatility_part_usd", "estimated_correlation_part_usd")),
    ),
)
