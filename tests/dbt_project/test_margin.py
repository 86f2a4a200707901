"""Margin accounts, rendered without dbt: the oracle of a single account, and what the grid of accounts adds up to against integration."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from jinja2 import Environment

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MACROS: Any = Environment().from_string((PROJECT / "macros" / "margin.sql").read_text()).module  # noqa: S701 - SQL, not HTML

with (PROJECT / "seeds" / "parameters.csv").open(newline="") as lines:
    PARAMETERS = {row["parameter"]: float(row["value"]) for row in csv.DictReader(lines)}

SIDES = {"low": -1, "central": 0, "high": 1}


def value_of(expression: str, **given: float) -> float:
    with duckdb.connect() as connection:
        columns = ", ".join(f"cast({number!r} as double) as {name}" for name, number in given.items())
        return float(connection.execute(f"select {expression} from (select {columns})").fetchall()[0][0])


def test_an_account_meets_the_oracle_in_every_case(oracles: Path) -> None:
    cases = json.loads((oracles / "finra_margin" / "margin_call_trigger.json").read_text())["cases"]
    assert cases
    for case in cases:
        fallen = case["at_fall_40pct"]
        given = {"ltv": case["ltv"], "margin": case["m"], "worth": fallen["V"]}
        assert value_of(MACROS.margin_call_ratio("ltv", "margin"), **given) == pytest.approx(case["trigger_ratio"], abs=1e-12)
        assert value_of(MACROS.margin_shortfall("worth", "ltv", "margin"), **given) == pytest.approx(fallen["shortfall"], abs=1e-12)
        assert value_of(MACROS.margin_forced_sale("worth", "ltv", "margin"), **given) == pytest.approx(fallen["forced_sale"], abs=1e-12)


@pytest.mark.parametrize(("worth", "sold"), [(1.5, 0.0), (1.0, 0.5), (0.8, 0.8), (0.5, 0.5)])
def test_an_account_sells_what_restores_its_margin_and_at_most_everything(worth: float, sold: float) -> None:
    found = value_of(MACROS.margin_forced_sale("worth", "debit", "margin"), worth=worth, debit=0.8, margin=0.4)
    assert found == pytest.approx(sold, abs=1e-12)
    if worth > 0.8:
        assert (worth - 0.8) >= 0.4 * (worth - found) - 1e-12


@pytest.fixture(scope="module")
def accounts() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the shipped grid as `accounts`."""
    names = {"parameter": lambda name: str(PARAMETERS[name]), "whole_parameter": lambda name: str(int(PARAMETERS[name]))}
    model = Environment().from_string((PROJECT / "models" / "intermediate" / "int_margin_accounts.sql").read_text())  # noqa: S701 - SQL, not HTML
    with duckdb.connect() as connection:
        connection.execute(f"create table accounts as {model.render(**names, margin_call_ratio=MACROS.margin_call_ratio)}")
        yield connection


def test_all_debt_is_somewhere_and_nobody_is_called_at_the_month_end(accounts: duckdb.DuckDBPyConnection) -> None:
    for estimate, debt, worst, least in accounts.execute(
        "select estimate, sum(debit_share), max(call_ratio), min(house_margin) from accounts group by 1"
    ).fetchall():
        assert debt == pytest.approx(1, abs=1e-12), estimate
        assert worst <= 1
        assert least >= PARAMETERS["maintenance_margin_floor"]


def integrated(side: int, depth: float) -> float:
    """Dollars sold of one lent where prices stand at `depth`: the beta density with its constant, by the trapezoid rule on 400,000 intervals."""
    a, b = PARAMETERS["ltv_beta_a"], PARAMETERS["ltv_beta_b"]
    x = np.linspace(1e-9, 1 - 1e-9, 400_001)
    density = math.gamma(a + b) / (math.gamma(a) * math.gamma(b)) * x ** (a - 1) * (1 - x) ** (b - 1)
    total = 0.0
    for house in range(1, 5):
        margin = max(PARAMETERS[f"house_margin_{house}"] + side * PARAMETERS["house_margin_band"], PARAMETERS["maintenance_margin_floor"])
        loan_to_value = np.minimum(PARAMETERS["ltv_scale"] * (1 + side * PARAMETERS["ltv_band"]) * x, 1 - margin)
        worth = depth / loan_to_value
        sold = np.minimum(worth, np.maximum(0.0, (margin * worth - (worth - 1)) / margin))
        total += PARAMETERS[f"house_margin_{house}_weight"] * float(np.trapezoid(density * sold, x))
    return total


@pytest.mark.parametrize("depth", [0.95, 0.9, 0.8, 0.7, 0.6])
@pytest.mark.parametrize("estimate", SIDES)
def test_the_grid_sells_what_the_distribution_would(accounts: duckdb.DuckDBPyConnection, estimate: str, depth: float) -> None:
    sale = MACROS.margin_forced_sale(f"{depth} / loan_to_value", "1", "house_margin")
    ((found,),) = accounts.execute(f"select sum(debit_share * {sale} order by account_number) from accounts where estimate = ?", [estimate]).fetchall()
    assert found == pytest.approx(integrated(SIDES[estimate], depth), rel=1e-3, abs=1e-12)


def test_a_deeper_fall_sells_more(accounts: duckdb.DuckDBPyConnection) -> None:
    sale = MACROS.margin_forced_sale("depth / loan_to_value", "1", "house_margin")
    sold = accounts.execute(
        f"""
        select sum(debit_share * {sale} order by account_number)
        from accounts cross join (select unnest([1.0, 0.95, 0.9, 0.8, 0.7, 0.6]) as depth)
        where estimate = 'central' group by depth order by depth desc
        """
    ).fetchall()
    assert sold[0] == (pytest.approx(0, abs=1e-15),)
    assert sold == sorted(sold)
