"""What the mathematics cost, as figures of this machine and as ratios to a straight way to the same numbers, in one process.

    python -m benchmarks.metrics

Each section asserts that both ways agree before it prints. A section is a module of its own; this one lists and prints them.
"""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks import cost_connectedness, cost_fire_sale

SECTIONS = (cost_connectedness.SECTION, cost_fire_sale.SECTION)


def main() -> int:
    """Print all sections; 1 where a figure is above its aim."""
    console, missed = Console(width=130), 0
    for section in SECTIONS:
        table = Table(title=section.title, title_justify="left")
        for heading in ("measured", "found", "unit", "aim: at most", "over the straight reference"):
            table.add_column(heading, justify="left" if heading in ("measured", "unit") else "right")
        for cost in section.measure():
            is_over = cost.aim is not None and cost.found > cost.aim
            missed += is_over
            aim = "" if cost.aim is None else f"{cost.aim:g}{' MISSED' if is_over else ''}"
            table.add_row(cost.what, f"{cost.found:.3g}", cost.unit, aim, "" if cost.over_reference is None else f"{cost.over_reference:.3f}×")
        console.print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
