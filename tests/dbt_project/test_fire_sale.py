"""Fire sales in SQL, rendered without dbt, and the Python model without dbt: the oracle, the functions of the same name, exact sums, new days only."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment

from orchestration.metrics.fire_sale import fire_sale
from tests.dbt_project.test_models import PROJECT, seed

JINJA = Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - SQL, not HTML
JINJA.globals["return"] = lambda value: value
MACROS: Any = JINJA.from_string((PROJECT / "macros" / "fire_sale.sql").read_text()).module
PARTS = ["sold"]


def one_round(funds: pd.DataFrame, positions: pd.DataFrame, depths: pd.DataFrame, threads: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Securities and funds of the shipped queries, in order of their keys."""
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {threads}")
        for name, rows in (("funds", funds), ("positions", positions), ("depths", depths)):
            connection.register(f"{name}_rows", rows)
            connection.execute(f"create table {name} as select * from {name}_rows")
        connection.execute(f"create table added as {MACROS.fire_sale_securities('funds', 'positions', PARTS)}")
        connection.execute("create table securities as select * from added left join depths using (trade_date, security_number)")
        connection.execute(f"create table losses as {MACROS.fire_sale_funds('funds', 'positions', 'securities', PARTS)}")
        return (
            connection.sql("select * from securities order by trade_date, security_number").df(),
            connection.sql("select * from losses order by trade_date, fund_id").df(),
        )


def network(days: int, funds: int = 40, securities: int = 200, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Funds by day, their positions, and depths, some of which are not known. What is drawn for a day does not depend on how many there are."""
    random = np.random.default_rng(seed)
    held = random.random((funds, securities)) < 0.4
    weights = np.where(held, random.lognormal(0, 1.5, (funds, securities)), 0.0)
    weights = weights / weights.sum(axis=1, keepdims=True) * random.uniform(0.9, 1, funds)[:, None]
    fund, security = np.nonzero(held)
    positions = pd.DataFrame({"vintage_number": fund, "security_number": security, "weight": weights[held]})
    invested = positions.groupby("vintage_number")["weight"].sum().to_numpy()
    rows, depths = [], []
    for day in range(days):
        random = np.random.default_rng(day)
        date = pd.Timestamp("2024-01-02") + pd.Timedelta(days=day)
        tna, sold = random.lognormal(23, 2, funds), random.uniform(0, 0.08, funds)
        rows.append(
            pd.DataFrame(
                {"trade_date": date, "fund_id": np.arange(funds), "vintage_number": np.arange(funds), "tna_usd": tna, "invested_share": invested, "sold": sold}
            )
        )
        depth = random.lognormal(27, 2, securities)
        depth[random.random(securities) < 0.2] = np.nan
        known = np.isfinite(depth)
        depths.append(pd.DataFrame({"trade_date": date, "security_number": np.arange(securities)[known], "depth_usd": depth[known]}))
    return pd.concat(rows), positions, pd.concat(depths)


def test_the_shipped_queries_meet_the_oracle(oracles: Path) -> None:
    oracle = json.loads((oracles / "fund_network" / "expected.json").read_text())
    given, expected = oracle["inputs"], oracle["fire_sale"]
    value = np.array(given["holdings_shares"]) * np.array(given["P0"])
    tna = np.array(oracle["TNA0"])
    day = pd.Timestamp("2024-01-02")
    funds = pd.DataFrame(
        {
            "trade_date": day,
            "fund_id": given["funds"],
            "vintage_number": range(4),
            "tna_usd": tna,
            "invested_share": value.sum(axis=1) / tna,
            "sold": np.array(expected["fund_sales"]) / tna,
        }
    )
    fund, security = np.nonzero(value)
    positions = pd.DataFrame({"vintage_number": fund, "security_number": security, "weight": (value / tna[:, None])[fund, security]})
    depth = 0.4 * np.array(given["ADV_shares"]) * np.array(given["P0"]) * np.sqrt(20) / np.array(given["daily_sigma"])
    securities, losses = one_round(funds, positions, pd.DataFrame({"trade_date": day, "security_number": range(6), "depth_usd": depth}))

    tolerance = {"rel": oracle["tol"]}
    assert securities["sold_usd"].tolist() == pytest.approx(list(expected["asset_sales"].values()), **tolerance)
    assert (-securities["sold_usd"] / securities["depth_usd"]).tolist() == pytest.approx(list(expected["price_impact"].values()), **tolerance)
    by_fund = losses.set_index("fund_id").loc[given["funds"]]
    assert by_fund["sold_loss"].tolist() == pytest.approx(list(expected["IV"].values()), **tolerance)
    systemicness = np.array(expected["fund_sales"]) * by_fund["loss_per_dollar"] / tna.sum()
    assert systemicness.tolist() == pytest.approx(list(expected["S"].values()), **tolerance)
    assert (by_fund["sold_loss"] * tna).sum() / tna.sum() == pytest.approx(expected["AV"], **tolerance)


def test_sql_and_the_function_agree_on_a_network_with_unknown_depths() -> None:
    funds, positions, depths = network(1)
    securities, losses = one_round(funds, positions, depths)
    holdings = np.zeros((40, 200))
    holdings[positions["vintage_number"], positions["security_number"]] = positions["weight"] * funds["tna_usd"].to_numpy()[positions["vintage_number"]]
    depth = np.full(200, np.nan)
    depth[depths["security_number"]] = depths["depth_usd"]
    slopes = (funds["sold"] * funds["tna_usd"] / holdings.sum(axis=1)).to_numpy() / 0.1
    found = fire_sale(holdings, np.full(200, -0.1), tna_usd=funds["tna_usd"], depth_usd=depth, flow_sensitivity=slopes)
    assert securities["sold_usd"].tolist() == pytest.approx(found.security_sale_usd[securities["security_number"]].tolist(), rel=1e-9)
    assert losses["sold_loss"].tolist() == pytest.approx(found.indirect_vulnerability.tolist(), rel=1e-11)
    sale = funds["sold"].to_numpy() * funds["tna_usd"].to_numpy()
    assert (sale * losses["loss_per_dollar"]).tolist() == pytest.approx(found.systemicness_usd.tolist(), rel=1e-11)


def test_a_day_keeps_its_last_bit_whatever_stands_beside_it_and_in_whatever_order() -> None:
    funds, positions, depths = network(12)
    whole = one_round(funds, positions, depths)
    shuffled = one_round(*(rows.sample(frac=1, random_state=1) for rows in (funds, positions, depths)), threads=1)
    for once, again in zip(whole, shuffled, strict=True):
        pd.testing.assert_frame_equal(once, again, check_exact=True)
    for once, cut in zip(whole, one_round(*network(5)), strict=True):
        pd.testing.assert_frame_equal(once.head(len(cut)), cut, check_exact=True)


def test_where_nobody_sells_and_nothing_has_a_depth_there_are_zeros_and_no_rows() -> None:
    funds, positions, depths = network(1)
    securities, losses = one_round(funds.assign(sold=0.0), positions, depths)
    assert (securities["sold_usd"] == 0).all()
    assert (losses["sold_loss"] == 0).all()
    assert np.isfinite(losses["loss_per_dollar"]).all()
    securities, losses = one_round(funds, positions, depths.head(0))
    assert len(securities) == 200
    assert losses.empty


# ---------------------------------------------------------------- the Python model


@pytest.fixture(scope="module")
def shipped() -> ModuleType:
    path = PROJECT / "models" / "intermediate" / "int_fire_sales_computed.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Home:
    """The tables that the model reads, some days of them, and what it has computed so far."""

    def __init__(self, days: int) -> None:
        funds, positions, depths = network(days, 15, 40)
        fingerprints = pd.DataFrame({"trade_date": funds["trade_date"].unique()}).assign(has_new_holdings=lambda rows: rows.index % 3 != 1)
        fingerprints["fingerprint"] = fingerprints.index + 100
        self.connection = duckdb.connect()
        self.tables = {
            "parameters": pd.DataFrame([{"parameter": row["parameter"], "value": float(row["value"])} for row in seed("parameters")]),
            "fire_sale_scenarios": pd.DataFrame(seed("fire_sale_scenarios")),
            "int_fire_sale_days": fingerprints,
            "int_fire_sale_fund_days": funds.assign(fund_id="F" + funds["fund_id"].astype(str).str.zfill(2), flow_sensitivity=0.4),
            "int_fire_sale_positions": positions.assign(
                is_ai=positions["security_number"] < 5, is_technology=positions["security_number"] < 15, is_equity=True
            ),
            "int_fire_sale_depths": depths,
        }

    def ref(self, name: str) -> Any:
        relation = self.connection.from_df(self.tables[name])
        types = {"trade_date": "date", "valid_from": "date", "shock": "double", "fingerprint": "ubigint"}
        return relation.project(", ".join(f"cast({column} as {types[column]}) as {column}" if column in types else column for column in relation.columns))

    def computed(self, shipped: ModuleType, *, before: Any = None) -> Any:
        """The rows the model gives, as an Arrow table; `before`: what is there already."""
        if before is not None:
            self.connection.register("done", before)
        return shipped.model(SimpleNamespace(ref=self.ref, is_incremental=before is not None, this="done"), self.connection)


def test_only_days_with_new_holdings_are_computed_and_none_twice(shipped: ModuleType) -> None:
    first = Home(6).computed(shipped)
    assert sorted(set(first["trade_date"].to_pylist())) == [pd.Timestamp(f"2024-01-{day:02}").date() for day in (2, 4, 5, 7)]
    assert first.num_rows == 4 * 15
    assert Home(6).computed(shipped, before=first).num_rows == 0
    more = Home(8).computed(shipped, before=first)
    assert set(more["trade_date"].to_pylist()) == {pd.Timestamp("2024-01-08").date()}
    assert more.equals(Home(8).computed(shipped).slice(60)), "a day is the same to the last bit whatever was computed before it"
    assert Home(8).computed(shipped).slice(0, 60).equals(first)


def test_a_day_on_other_inputs_by_other_scenarios_or_other_parameters_is_computed_again(shipped: ModuleType) -> None:
    first = Home(3).computed(shipped)
    home = Home(3)
    home.tables["int_fire_sale_days"].loc[2, "fingerprint"] = 7
    assert set(home.computed(shipped, before=first)["trade_date"].to_pylist()) == {pd.Timestamp("2024-01-04").date()}
    home = Home(3)
    home.tables["fire_sale_scenarios"].loc[0, "shock"] = "-0.2"
    assert home.computed(shipped, before=first).num_rows == first.num_rows
    home = Home(3)
    parameters = home.tables["parameters"]
    parameters.loc[parameters["parameter"] == "fire_sale_rounds", "value"] = 3.0
    assert home.computed(shipped, before=first).num_rows == first.num_rows


def test_without_a_day_there_are_typed_columns_and_no_row(shipped: ModuleType) -> None:
    home = Home(1)
    home.tables["int_fire_sale_days"]["has_new_holdings"] = False
    found = home.computed(shipped)
    assert found.num_rows == 0
    assert found.schema == shipped.COLUMNS
    assert not any(str(field.type) == "null" for field in found.schema)


def test_the_first_round_of_the_model_is_the_one_round_of_the_queries(shipped: ModuleType) -> None:
    home = Home(1)
    home.tables["fire_sale_scenarios"] = home.tables["fire_sale_scenarios"].query("scenario == 'market'")
    home.tables["parameters"].loc[home.tables["parameters"]["parameter"] == "fire_sale_rounds", "value"] = 1.0
    funds = home.tables["int_fire_sale_fund_days"]
    exposure = home.tables["int_fire_sale_positions"].groupby("vintage_number")["weight"].sum()
    funds = funds.assign(sold=0.1 * 0.4 * exposure.loc[funds["vintage_number"]].to_numpy())
    _, losses = one_round(funds, home.tables["int_fire_sale_positions"], home.tables["int_fire_sale_depths"])
    found = home.computed(shipped)
    expected = (losses.set_index("fund_id")["sold_loss"] * funds.set_index("fund_id")["tna_usd"]).loc[found["fund_id"].to_pylist()]
    assert [loss for (loss,) in found["cascade_loss_usd"].to_pylist()] == pytest.approx(expected.tolist(), rel=1e-11)


def test_a_scenario_counts_from_its_day_until_its_next_row(shipped: ModuleType) -> None:
    rows = [
        shipped.Scenario(name, "ai", shock, pd.Timestamp(day).date())
        for name, shock, day in (("b", -0.2, "2024-02-01"), ("a", -0.1, "2024-01-01"), ("b", -0.1, "2024-01-15"))
    ]
    assert [row.shock for row in shipped.in_force(rows, pd.Timestamp("2024-01-31").date())] == [-0.1, -0.1]
    assert [row.shock for row in shipped.in_force(rows, pd.Timestamp("2024-02-01").date())] == [-0.1, -0.2]
    assert [row.name for row in shipped.in_force(rows, pd.Timestamp("2024-01-02").date())] == ["a"]
