"""What every daily holdings file must look like, whoever publishes it. The publishers' suites add what was measured on their files."""

from expectations.vocabulary import Expectation, Suite, between, derive, suite

SNAPSHOT = ("fund_id", "observed_on")
COLUMNS = ("ticker", "name", "cusip", "isin", "sedol", "asset_class", "sector", "shares", "market_value_usd", "weight_pct", "notional_usd", "currency")
LINE = ("ticker", "name", "cusip", "isin", "sedol", "shares")


def holdings(*further: Expectation, weights: tuple[float, float], measured: str, stale_after_days: int = 6, stale_because: str | None = None) -> Suite:
    """The suite of one publisher's holdings.

    weights: the sum of weights, in per cent, outside of which a person should look; `measured` says on which files it rests.
    stale_after_days: the age of a fund's newest snapshot that is worth a warning, and why.
    """
    stale_because = stale_because or "posted the morning after; five days is the longest New York has been closed since 2001, bar that September"
    return suite(
        between("weight_sum_pct", 95, 105, f"a portfolio adds up: {measured}"),
        between("weight_sum_pct", *weights, measured, severity="warning"),
        between("copies", 1, 1, "no security stands twice with identical shares and value in any of the seven real files of six funds"),
        between("security_shares", 0, None, "the funds are long only: a negative share count of a security is a sign error"),
        between("security_value_usd", 0, None, "the funds are long only: a negative value of a security is a sign error"),
        between("unit_price_usd", 0, None, "value over shares is a price, and a price is not negative"),
        between("security_weight_pct", 0, 100, "a long-only line weighs between nothing and all"),
        between("weight_gap_pct", None, 5, "weights follow market values (0.02 points apart at most in 2021 to 2025); a line 1,000 times too large does not"),
        between("weight_gap_pct", None, 0.5, "weights follow market values, 0.02 points apart at most in 2021 to 2025", severity="warning"),
        between("price_against_last", 1 / 500, 500, "a security's value per share moved 1,000 times: a unit error; reverse splits reach 1:200"),
        between("lines_against_last", 0.5, None, "half the fund's last good lines are gone: a file cut off, not a sale", strict_min=True),
        between("lines_against_last", 0.8, None, "a fifth of the fund's last good lines is gone: possible at a reconstitution", severity="warning"),
        between("days_ahead", None, 366, "a snapshot of a day a year off is a misread date"),
        between("days_ahead", None, 4, "some files are dated with the next session, over a long weekend", severity="warning"),
        between("age_days", None, stale_after_days, stale_because, severity="warning"),
        *further,
        grain=("fund_id", "observed_on", "line"),
        columns=COLUMNS,
        derived=(
            derive("weight_sum_pct", "group_sum", of="weight_pct", by=SNAPSHOT),
            derive("copies", "copies", by=SNAPSHOT),
            derive("security_shares", "of_securities", of="shares"),
            derive("security_value_usd", "of_securities", of="market_value_usd"),
            derive("security_weight_pct", "of_securities", of="weight_pct"),
            derive("unit_price_usd", "unit_price"),
            derive("weight_gap_pct", "weight_gap_pct", by=SNAPSHOT),
            derive("price_against_last", "price_against_last", by=("fund_id",)),
            derive("lines_against_last", "lines_against_last_good", by=("fund_id",), snapshot=("observed_on",), distinct=LINE),
            derive("days_ahead", "days_ahead", by=("fund_id",)),
            derive("age_days", "age_days", by=("fund_id",)),
        ),
        rejected_share_at_most=0.02,
    )
