"""Cboe's index history: M/D/YYYY zero-padded, six decimals, oldest first.

There is no room for a title: that the figures are SIMULATED stands in the mirror's note and the folder's name.
"""

from collections.abc import Sequence
from datetime import date

from orchestration.sample_market.facts import Bars


def index_history(days: Sequence[date], levels: Bars) -> bytes:
    """The history to the last of `days`; levels may go further."""
    columns = (levels.open.tolist(), levels.high.tolist(), levels.low.tolist(), levels.close.tolist())
    lines = (f"{day:%m/%d/%Y},{opened:.6f},{high:.6f},{low:.6f},{close:.6f}" for day, opened, high, low, close in zip(days, *columns, strict=False))
    return "\n".join(("DATE,OPEN,HIGH,LOW,CLOSE", *lines, "")).encode()
