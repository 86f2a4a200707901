"""ICI's combined flows: one sheet saved as text, millions of dollars (which the third row says).

With its habits: Windows-1252, tabs, lines that end as on Windows, all of the same number of cells; headings on three levels
with values in every second column; quotes around thousands; months with a blank behind the day, weeks without; a closing
note that says "weekly" too, and a tail of empty rows.
"""

from collections.abc import Sequence

from orchestration.sample_market.facts import FlowPeriod
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.separated import cell

CELLS = 26
EMPTY_ROWS_AT_THE_END = 11
HEADINGS = (
    "Date\tTotal LT MF and ETF flows\t\tEquity\t\t\t\t\t\tHybrid\t\tBond\t\t\t\t\t\tCommodity",
    "\t\t\tTotal\t\tDomestic\t\tWorld\t\t\t\tTotal\t\tTaxable\t\tMunicipal",
)


def _row(period: FlowPeriod, blank: str = "") -> str:
    """A period's nine figures. blank: behind the day."""
    equity, bond = period.domestic + period.world, period.taxable + period.municipal
    total = equity + period.hybrid + bond + period.commodity
    flows = (total, equity, period.domestic, period.world, period.hybrid, bond, period.taxable, period.municipal, period.commodity)
    return f"{period.period_end:%m/%d/%Y}{blank}\t" + "\t\t".join(cell(f"{flow:,}") for flow in flows)


def combined_flows(year: int, monthly: Sequence[FlowPeriod], weekly: Sequence[FlowPeriod]) -> bytes:
    """The sheet that is named after `year`: every month and every week that is given, oldest first."""
    rows = (
        "Investment Company Institute",
        "Long-Term Mutual Fund and Exchange-Traded Fund (ETF) Flows (SIMULATED)",
        cell("Millions, U.S. dollars"),
        "",
        *HEADINGS,
        "",
        "Monthly fund flows",
        *(_row(period, " ") for period in monthly),
        "",
        "Estimated weekly fund flows",
        *(_row(period) for period in weekly),
        "",
        cell(f"Note: Weekly flows are estimates, monthly flows are final or nearly so. {NOTICE} © {year} SIMULATED."),
        *[""] * EMPTY_ROWS_AT_THE_END,
    )
    return "".join(row + "\t" * (CELLS - 1 - row.count("\t")) + "\r\n" for row in rows).encode("cp1252")
