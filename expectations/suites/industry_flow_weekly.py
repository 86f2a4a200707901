"""What the published industry flows must look like: weekly estimates and monthly actuals, first and last known, that still add up."""

from expectations.suites.raw_ici__fund_flows import IDENTITIES
from expectations.vocabulary import between, derive, expect, never_null, suite

PERIOD = ("frequency", "period_end")
CATEGORIES = list(dict.fromkeys(name for total, parts in IDENTITIES.items() for name in (total, *parts)))
FIGURES = ("first_flow_usd_mn", "latest_flow_usd_mn")

SUITE = suite(
    expect("ExpectColumnValuesToBeInSet", "two series, never spliced", column="frequency", value_set=["monthly", "weekly"]),
    expect("ExpectColumnValuesToBeInSet", "ICI's nine categories", column="category", value_set=CATEGORIES),
    *(never_null(figure, "a period stands here because ICI gave a figure") for figure in FIGURES),
    *(between(figure, -1_000_000, 1_000_000, "-285,668 (equity, 2025-07) is the largest known: millions of millions are another unit") for figure in FIGURES),
    *(between(f"{total}_residual", None, 2, f"{total} = {' + '.join(parts)}, within 2 for rounding, in every edition") for total, parts in IDENTITIES.items()),
    between("known_after_days", 1, None, "no period is known before it has ended"),
    between("revised_after_days", 0, None, "what is known last is not older than what was known first"),
    grain=("period_end", "frequency", "category"),
    columns=("first_known_on", "latest_known_on"),
    derived=(
        *(
            derive(f"{total}_residual", "residual", of="latest_flow_usd_mn", name="category", total=total, parts=parts, by=PERIOD)
            for total, parts in IDENTITIES.items()
        ),
        derive("known_after_days", "days_between", start="period_end", end="first_known_on"),
        derive("revised_after_days", "days_between", start="first_known_on", end="latest_known_on"),
    ),
)
