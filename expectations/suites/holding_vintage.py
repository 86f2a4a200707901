"""What the published holdings must look like: one line a fund, security and vintage, known for a while, that adds up to the fund."""

from expectations.vocabulary import between, derive, suite

VINTAGE = ("fund_id", "known_from")

SUITE = suite(
    between("known_for_days", 1, None, "a vintage ends after it begins"),
    between("observed_before_days", 0, None, "holdings are known after the day they speak of", severity="warning"),
    between("weight_sum", 0.5, 2.5, "0.9994 to 1.0025 for SPY; 0.98 for Dupree's filing, where debt may raise it: 3 is a portfolio counted thrice"),
    between("weight", -2, 2.5, "a fraction of the fund; cash and derivatives may be negative"),
    between("shares", -1e13, 1e13, "1.8 billion is SPY's cash in dollars, 0.7 billion VTI's NVIDIA, both on 2025-09-30"),
    between("market_value_usd", -1e12, 1e12, "135.5 billion of NVIDIA in VTI, 2025-09-30"),
    grain=("fund_id", "security_id", "known_from"),
    columns=("known_until", "observed_on", "shares", "market_value_usd", "weight"),
    derived=(
        derive("known_for_days", "days_between", start="known_from", end="known_until"),
        derive("observed_before_days", "days_between", start="observed_on", end="known_from"),
        derive("weight_sum", "group_sum", of="weight", by=VINTAGE),
    ),
)
