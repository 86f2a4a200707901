"""Kenneth French's daily factors: a zipped CSV in per cent, two decimals (the riskless rate three), preamble above, copyright line below."""

from collections.abc import Sequence
from datetime import date

from orchestration.sample_market.facts import Array
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.archive import stored

MEMBER = "F-F_Research_Data_Factors_daily.CSV"
PREAMBLE = ("SIMULATED daily factors.", NOTICE, "RF is the simple daily rate that compounds to the rate of a one-month bill.")


def daily_factors(days: Sequence[date], market: Array, smb: Array, hml: Array, risk_free: Array) -> bytes:
    """market: in excess of risk_free. All are fractions a day, oldest first; levels may go further than the days."""
    per_cent = (((returns * 100).round(places) + 0.0).tolist() for returns, places in ((market, 2), (smb, 2), (hml, 2), (risk_free, 3)))  # no -0.00
    lines = (f"{day:%Y%m%d},{mkt:8.2f},{size:8.2f},{value:8.2f},{bill:8.3f}" for day, mkt, size, value, bill in zip(days, *per_cent, strict=False))
    rows = (*PREAMBLE, "", ",Mkt-RF,SMB,HML,RF", *lines, "", f"Copyright {days[-1].year} SIMULATED", "")
    return stored({MEMBER: "\r\n".join(rows).encode()})
