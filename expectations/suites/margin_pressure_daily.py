"""What the published margin pressure must look like: a month that was known, an interval in order, sales and no purchases."""

from expectations.vocabulary import between, derive, expect, never_null, suite

ESTIMATES = ("low", "central", "high")
CALL_RATIOS = ("estimated_call_ratio_p50", "estimated_call_ratio_p90", "estimated_call_ratio_p99")

SUITE = suite(
    never_null("month", "a session stands here because a month was known"),
    never_null("debit_balances_usd_mn", "the estimate is a share of the debt"),
    between("known_age_days", -7, None, "public at 06:00 of the next session at the latest, which is seven days on in September 2001"),
    between("age_days", 1, None, "no month is known before it has ended"),
    between("age_days", 14, 75, "published in the third week of the next month, so 20 to 55 days old: beyond, FINRA was silent", severity="warning"),
    never_null("equity_return_since_month_end", "without prices there is no fall to measure"),
    between("equity_drawdown_since_month_end", -0.9, 0, "a fall since the month end, or none"),
    between(
        "equity_drawdown_since_month_end",
        -0.45,
        0,
        "-35 % (S&P 500 from 2008-09-30 to 2008-11-20, when September was the newest month known)",
        severity="warning",
    ),
    between("ai_drawdown_since_month_end", -0.95, 0, "a fall since the month end, or none"),
    *(between(ratio, 0, 1, "an account whose call lies above the month end's price was called before it", strict_min=True) for ratio in CALL_RATIOS),
    between("estimated_called_debit_share", 0, 1, "a share of the debt"),
    *(between(f"estimated_forced_sale_{estimate}_usd", -5e12, 0, "a call forces a sale, of what the debt was lent against") for estimate in ESTIMATES),
    expect(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "the high estimate sells most",
        column_A="estimated_forced_sale_central_usd",
        column_B="estimated_forced_sale_high_usd",
        or_equal=True,
    ),
    expect(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "the low estimate sells least",
        column_A="estimated_forced_sale_low_usd",
        column_B="estimated_forced_sale_central_usd",
        or_equal=True,
    ),
    *(between(f"estimated_margin_call_1d_{estimate}_usd", None, 0, "what was forced since a month end is not undone within it") for estimate in ESTIMATES),
    *(between(f"estimated_forced_sale_1d_{estimate}_usd", None, 0, "calls of the sessions before are sold, never bought back") for estimate in ESTIMATES),
    between("estimated_forced_sale_1d_share_of_adv", -10, 0, "ten days' volume of the most traded fund in one session is another unit"),
    between("average_daily_volume_usd", 0, None, "dollars traded", strict_min=True),
    grain=("trade_date",),
    columns=("month_known_on", "ai_return_since_month_end", "estimated_fall_to_call_p90"),
    derived=(derive("known_age_days", "days_between", start="month_known_on", end="trade_date"),),
)
