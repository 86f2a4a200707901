"""FINRA's margin statistics: one sheet, newest month first, millions of dollars (which the file does not say)."""

from collections.abc import Sequence

from orchestration.sample_market.facts import Balances
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.workbook import Cell, workbook

HEADER = (
    "Year-Month",
    "Debit Balances in Customers' Securities Margin Accounts",
    "Free Credit Balances in Customers' Cash Accounts",
    "Free Credit Balances in Customers' Securities Margin Accounts",
)


def margin_statistics(balances: Sequence[Balances]) -> bytes:
    """balances: oldest first."""
    rows: list[tuple[Cell, ...]] = [HEADER]
    rows += [(f"{month:%Y-%m}", debit, credit_cash, credit_margin) for month, debit, credit_cash, credit_margin in reversed(balances)]
    notice: list[tuple[Cell, ...]] = [(NOTICE,)]
    return workbook({"Customer Margin Balances": rows, "SIMULATED": notice}, creator="SIMULATED", title="SIMULATED margin statistics")
