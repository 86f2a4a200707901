"""What the pipeline watches, and its parameters, read from the dbt seeds: funds, price symbols, series. One place, so that seeds stay the only list."""

import csv
from datetime import date
from pathlib import Path

from orchestration.settings import SEEDS
from orchestration.sources.contract import Fund, Scope


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def scope(as_of: date, seeds: Path = SEEDS) -> Scope:
    """Everything a source may ask for on the session `as_of`: funds.csv, benchmarks.csv, and the companies of ai_infrastructure_members.csv
    and watched_securities.csv."""
    funds = tuple(Fund(row["fund_id"], row["issuer"], row["product_id"], row["cik"], row["series_id"]) for row in _rows(seeds / "funds.csv"))
    benchmarks = _rows(seeds / "benchmarks.csv")
    companies = [row["ticker"] for name in ("ai_infrastructure_members", "watched_securities") for row in _rows(seeds / f"{name}.csv")]
    symbols = dict.fromkeys([fund.fund_id for fund in funds] + [row["symbol"] for row in benchmarks if row["source"] == "daily_bars"] + companies)
    series = dict.fromkeys(row["symbol"] for row in benchmarks if row["source"] == "fred_series")
    return Scope(as_of, funds, tuple(symbols), tuple(series))


def parameter(name: str, seeds: Path = SEEDS) -> float:
    """A value of parameters.csv, in the unit given there. Raises LookupError where it is not listed."""
    for row in _rows(seeds / "parameters.csv"):
        if row["parameter"] == name:
            return float(row["value"])
    raise LookupError(f"expected a row {name} in parameters.csv, found none")
