"""FRED's graph download: ISO days and one column; a weekday without observation has a blank value.

There is no room for a title: that the figures are SIMULATED stands in the mirror's note and the folder's name.
"""

from collections.abc import Sequence
from datetime import date, timedelta

FRIDAY = 4


def series(series_id: str, days: Sequence[date], values: Sequence[float]) -> bytes:
    """values: two decimals, oldest first; weekdays that are missing among the days come out blank."""
    known = dict(zip(days, values, strict=True))
    calendar = (days[0] + timedelta(days=elapsed) for elapsed in range((days[-1] - days[0]).days + 1))
    weekdays = (day for day in calendar if day.weekday() <= FRIDAY)
    lines = (f"{day},{known[day]:.2f}" if day in known else f"{day}," for day in weekdays)
    return "\n".join((f"observation_date,{series_id}", *lines, "")).encode()
