"""The OFR Financial Stress Index: one CSV, oldest day first, three decimals without trailing zeros.

There is no room for a title: that the figures are SIMULATED stands in the mirror's note and the folder's name.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from orchestration.sample_market.facts import Array

INDEX = "OFR FSI"
CATEGORIES = ("Credit", "Equity valuation", "Safe assets", "Funding", "Volatility")
REGIONS = ("United States", "Other advanced economies", "Emerging markets")


def _printed(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def stress_index(days: Sequence[date], components: Mapping[str, Array]) -> bytes:
    """components: contributions of the five CATEGORIES and the three REGIONS, oldest first; they may go further than the days.

    The index is the sum of the categories as printed. The regions are printed as given: the same sum divided differently.
    """
    rounded = {name: components[name].round(3) + 0.0 for name in (*CATEGORIES, *REGIONS)}  # no -0
    index = np.sum([rounded[name] for name in CATEGORIES], axis=0).round(3) + 0.0
    columns = (values.tolist() for values in (index, *rounded.values()))
    lines = (f"{day},{','.join(map(_printed, values))}" for day, *values in zip(days, *columns, strict=False))
    return "\n".join((",".join(("Date", INDEX, *CATEGORIES, *REGIONS)), *lines, "")).encode()
