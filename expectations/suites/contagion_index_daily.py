"""What the published index must look like: between nothing and one, the sum of its parts, and a reason wherever it is missing."""

from expectations.vocabulary import between, derive, expect, never_null, suite

PILLARS = ("outflow", "leverage", "spread", "comovement", "mechanics", "network")
CONTRIBUTIONS = tuple(f"contribution_{pillar}" for pillar in PILLARS)
PERCENTILES = tuple(f"percentile_{pillar}" for pillar in PILLARS)

SUITE = suite(
    between("index_value", -1e-9, 1 + 1e-9, "a quadratic form of percentiles and shares: 1 is every pillar at its record and all moving as one"),
    between("parts_gap", None, 1e-9, "the contributions of pillars and pairs are the index"),
    *(between(column, 0, 1, "a squared share of a percentile") for column in CONTRIBUTIONS),
    between("contribution_cross", -1, 1, "pairs add at most the whole index and may offset"),
    *(between(column, 0, 1, "a share of the past", strict_min=True) for column in PERCENTILES),
    between("index_percentile", 0, 1, "a share of the past", strict_min=True),
    between("change_1d", -0.5, 0.5, "half of all stress there can be, in a day, is an error of data", severity="warning"),
    expect(
        "ExpectColumnValuesToBeInSet", "fewer than four pillars make no index (parameters.csv, 2026-11-22)", column="pillars_counted", value_set=[0, 4, 5, 6]
    ),
    expect("ExpectColumnValuesToBeInSet", "the five words", column="regime", value_set=["calm", "tension", "stress", "contagion", "panic"]),
    between("since_days", 1, None, "since when lies in the past"),
    between("regime_days", 0, None, "a regime begins on its day or before"),
    between("oldest_input_days", 0, 92, "a month's figure older than 92 days is unknown (parameters.csv, 2026-11-25)"),
    never_null("inputs_known", "a reader must see what rests on old figures"),
    grain=("trade_date",),
    columns=("change_5d", "is_pressure_significant", "history_from", "pillars_known", "reason"),
    derived=(
        derive("parts_gap", "arithmetic", total="index_value", plus=(*CONTRIBUTIONS, "contribution_cross")),
        derive("since_days", "days_between", start="highest_since", end="trade_date"),
        derive("regime_days", "days_between", start="regime_since", end="trade_date"),
    ),
)
