"""The two Python models of comovement without dbt: what is computed again and what is not, and what broken series leave behind; and the fingerprints."""

import math
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pytest
from jinja2 import Environment

from benchmarks.cost_connectedness import PARAMETERS, Array, Tables, market
from tests.dbt_project.test_models import PROJECT, seed

MODELS = ("int_comovement_computed", "int_connectedness_computed")
SHORT = {
    "absorption_window": 60,
    "absorption_half_life": 30,
    "absorption_long_window": 40,
    "turbulence_window": 120,
    "connectedness_window": 80,
    "connectedness_horizon": 5,
}
ASSETS, SESSIONS, FIRST = 7, 220, 170


def tables(returns: Array, variances: Array, days: Sequence[int]) -> Tables:
    made = Tables(returns, variances, parameters=SHORT)
    made.want(days)
    return made


def day(made: Tables, name: str, session: int) -> dict[str, Any]:
    made.build(name)
    found = made.connection.execute(f'select * from "{name}" where session_number = ?', [session])
    assert found.description is not None
    (row,) = found.fetchall()
    return dict(zip([column[0] for column in found.description], row, strict=True))


@pytest.fixture
def whole() -> tuple[Array, Array]:
    return market(SESSIONS, ASSETS)


# ---------------------------------------------------------------- new days only


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("order", ["forwards", "backwards", "alternating"])
def test_one_day_at_a_time_makes_the_same_table_as_at_once_to_the_last_bit(whole: tuple[Array, Array], name: str, order: str) -> None:
    days = list(range(FIRST, SESSIONS + 1))
    at_once = tables(*whole, days)
    assert at_once.build(name) == len(days)
    arrivals = {"forwards": days, "backwards": days[::-1], "alternating": days[::2] + days[1::2]}[order]
    step_by_step = tables(*whole, [])
    for count in range(1, len(arrivals) + 1):
        step_by_step.want(sorted(arrivals[:count]))
        assert step_by_step.build(name) == 1
    assert step_by_step.rows(name) == at_once.rows(name)
    assert step_by_step.build(name) == 0


@pytest.mark.parametrize("name", MODELS)
def test_what_comes_after_a_day_does_not_change_it(whole: tuple[Array, Array], name: str) -> None:
    days = list(range(FIRST, SESSIONS - 30 + 1))
    late, early = tables(*whole, days), tables(whole[0][: SESSIONS - 30], whole[1][: SESSIONS - 30], days)
    late.want(range(FIRST, SESSIONS + 1))
    late.build(name)
    early.build(name)
    assert late.rows(name)[: len(days)] == early.rows(name)


@pytest.mark.parametrize("name", MODELS)
def test_a_day_whose_window_or_code_has_changed_is_computed_again_and_one_that_is_not_wanted_goes(whole: tuple[Array, Array], name: str) -> None:
    made = tables(*whole, range(FIRST, FIRST + 20))
    assert made.build(name) == 20
    made.want(range(FIRST, FIRST + 10))
    assert made.build(name) == 0
    assert [row[0] for row in made.rows(name)] == list(range(FIRST, FIRST + 10))
    before = made.rows(name)
    made.connection.execute(f"update \"{name}\" set code_version = 'another' where session_number < {FIRST + 3}")
    assert made.build(name) == 3
    assert made.rows(name) == before
    made.want(range(FIRST, FIRST + 10), fingerprint=1)
    assert made.build(name) == 10


@pytest.mark.parametrize("name", MODELS)
def test_without_any_day_there_is_a_table_with_types_and_no_row(whole: tuple[Array, Array], name: str) -> None:
    made = tables(*whole, [])
    assert made.build(name) == 0
    kinds = dict(made.connection.execute("select column_name, data_type from duckdb_columns() where table_name = ?", [name]).fetchall())
    assert kinds["session_number"] == "INTEGER"
    assert kinds["fingerprint"] == "UBIGINT"
    assert '"NULL"' not in kinds.values()


# ---------------------------------------------------------------- what is measured


def test_a_days_numbers_are_those_of_its_windows(whole: tuple[Array, Array]) -> None:
    returns, variances = whole
    made = tables(returns, variances, [200])
    comoved, connected = (day(made, name, 200) for name in MODELS)
    weights = np.array([0.5 ** (age / 30) for age in range(59, -1, -1)])
    ratios = []
    for end in range(161, 201):
        eigenvalues = np.linalg.eigvalsh(np.cov(returns[end - 60 : end], rowvar=False, aweights=weights, ddof=0))
        ratios.append(eigenvalues[-2:].sum() / eigenvalues.sum())
    assert comoved["absorption_ratio"] == pytest.approx(ratios[-1], abs=1e-12)
    assert comoved["absorption_shift"] == pytest.approx((np.mean(ratios[-15:]) - np.mean(ratios)) / np.std(ratios, ddof=1), abs=1e-9)
    assert (comoved["assets"], comoved["sessions"], comoved["turbulence_sessions"]) == (ASSETS, 60, 120)
    move = (returns[199] - returns[79:199].mean(axis=0)) / returns[79:199].std(axis=0)
    assert comoved["turbulence"] / comoved["correlation_surprise"] == pytest.approx(np.sum(move**2) / ASSETS, rel=1e-9)
    assert connected["observations"] == 79
    assert connected["series"] == [f"asset_{place:02d}" for place in range(1, ASSETS + 1)]
    table = np.array(connected["generalized_pct"]).reshape(ASSETS, ASSETS)
    assert table.sum(axis=1) == pytest.approx(np.full(ASSETS, 100.0))
    assert connected["generalized_total_pct"] == pytest.approx(100 - np.trace(table) / ASSETS)


def test_a_shift_compares_the_same_assets_when_one_joins(whole: tuple[Array, Array]) -> None:
    returns = whole[0].copy()
    returns[:100, 6] = np.nan
    made = tables(returns, whole[1], range(FIRST, SESSIONS + 1))
    made.build(MODELS[0])
    counts = dict(made.connection.execute("select session_number, assets from int_comovement_computed").fetchall())
    # 95 % of the 99 sessions that a shift of 40 windows of 60 reaches back
    joins = min(session for session, count in counts.items() if count == 7)
    assert joins == 100 + math.ceil(0.95 * 99)
    six = tables(returns[:, :6], whole[1][:, :6], [joins - 1])
    seven = tables(*whole, [joins + 4])
    assert day(six, MODELS[0], joins - 1)["absorption_shift"] == day(made, MODELS[0], joins - 1)["absorption_shift"]
    assert day(seven, MODELS[0], joins + 4)["assets"] == day(made, MODELS[0], joins + 4)["assets"] == 7


def test_a_missing_bar_costs_a_session_and_not_the_asset(whole: tuple[Array, Array]) -> None:
    returns, variances = whole[0].copy(), whole[1].copy()
    returns[190, 2] = variances[190, 2] = np.nan
    made = tables(returns, variances, [199, 200])
    comoved, connected = (day(made, name, 200) for name in MODELS)
    assert (comoved["assets"], comoved["sessions"], comoved["turbulence_assets"], comoved["turbulence_sessions"]) == (ASSETS, 59, ASSETS, 119)
    assert (len(connected["series"]), connected["observations"]) == (ASSETS, 77)
    assert None not in (comoved["absorption_ratio"], comoved["turbulence"], connected["generalized_total_pct"])


def test_an_asset_without_a_return_today_is_out_of_todays_turbulence(whole: tuple[Array, Array]) -> None:
    returns = whole[0].copy()
    returns[199, 2] = np.nan
    found = day(tables(returns, whole[1], [200]), MODELS[0], 200)
    assert (found["assets"], found["sessions"], found["turbulence_assets"], found["turbulence_sessions"]) == (ASSETS, 59, ASSETS - 1, 120)


def numbers(row: dict[str, Any]) -> list[float]:
    flat = [value for cell in row.values() for value in (cell if isinstance(cell, list) else [cell])]
    return [value for value in flat if isinstance(value, float)]


BROKEN = {
    "constant": lambda values: np.full_like(values[:, 0], 0.01),
    "ticked": lambda values: np.where(np.arange(SESSIONS) == 180, 1e9, values[:, 0]),
    "ticked today": lambda values: np.where(np.arange(SESSIONS) == 199, 1e9, values[:, 0]),
    "beyond squares": lambda values: np.where(np.arange(SESSIONS) == 180, 1e200, values[:, 0]),
    "young": lambda values: np.where(np.arange(SESSIONS) < 150, np.nan, values[:, 0]),
    "silent": lambda values: np.full_like(values[:, 0], np.nan),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_series_is_left_out_and_the_others_have_their_numbers(whole: tuple[Array, Array], how: str) -> None:
    returns, variances = (np.column_stack([BROKEN[how](values), values[:, 1:]]) for values in whole)
    made, without = tables(returns, variances, [200]), tables(whole[0][:, 1:], whole[1][:, 1:], [200])
    for name in MODELS:
        found, expected = day(made, name, 200), day(without, name, 200)
        if name == MODELS[1]:
            assert found.pop("series") == [f"asset_{place:02d}" for place in range(2, ASSETS + 1)]
            assert len(expected.pop("series")) == ASSETS - 1
        assert found == expected
        assert all(math.isfinite(value) for value in numbers(found))


def test_two_identical_series_have_no_connectedness_and_every_comovement(whole: tuple[Array, Array]) -> None:
    returns, variances = (np.column_stack([values, values[:, 0]]) for values in whole)
    made = tables(returns, variances, [200])
    comoved, connected = (day(made, name, 200) for name in MODELS)
    assert connected["reason"] == "collinear_series"
    assert connected["generalized_total_pct"] is connected["generalized_pct"] is connected["lags_by_criterion"] is None
    assert comoved["absorption_reason"] is comoved["turbulence_reason"] is None
    assert all(math.isfinite(value) for value in numbers(comoved))


def test_too_few_assets_or_sessions_say_so(whole: tuple[Array, Array]) -> None:
    four = tables(whole[0][:, :4], whole[1][:, :4], [200])
    comoved, connected = (day(four, name, 200) for name in MODELS)
    assert (comoved["absorption_reason"], comoved["turbulence_reason"], connected["reason"]) == ("too_few_series",) * 3
    young = tables(*whole, [20])
    comoved, connected = (day(young, name, 20) for name in MODELS)
    assert (comoved["absorption_reason"], comoved["turbulence_reason"], connected["reason"]) == ("too_few_series",) * 3
    assert not numbers(comoved)
    many = market(SESSIONS, 45)
    comoved, connected = (day(tables(*many, [200]), name, 200) for name in MODELS)
    assert connected["reason"] == "too_few_observations"
    assert comoved["absorption_reason"] is None


# ---------------------------------------------------------------- fingerprints


def fingerprints(bars: Array, parameters: dict[str, float], sessions: int) -> dict[int, tuple[int, int]]:
    """int_comovement_days on numbered calendar days of 2015, without dbt. bars: (session, asset, order, return, variance)."""
    environment = Environment()  # noqa: S701 - SQL, not HTML
    environment.globals["ref"] = lambda name: name
    module: Any = environment.from_string((PROJECT / "macros" / "parameter.sql").read_text()).module
    environment.globals.update(whole_parameter=module.whole_parameter, preceding=module.preceding)
    sql = environment.from_string((PROJECT / "models" / "intermediate" / "int_comovement_days.sql").read_text()).render()
    with duckdb.connect() as connection:
        connection.execute("create table parameters (parameter varchar, value double)")
        connection.executemany("insert into parameters values (?, ?)", list(parameters.items()))
        connection.execute(
            "create table int_sessions_numbered as select range::integer as session_number, date '2014-12-31' + range::integer as trade_date from range(1, ?)",
            [sessions + 1],
        )
        names = ("session_number", "asset_id", "connectedness_order", "total_return", "log_range_variance")
        connection.register("bars", dict(zip(names, np.ascontiguousarray(bars.T), strict=True)))
        connection.execute("create table int_comovement_bars as from bars")
        return {number: (comoved, connected) for number, _, comoved, connected in connection.execute(sql).fetchall()}


def test_a_fingerprint_changes_with_its_window_and_with_nothing_else() -> None:
    random = np.random.default_rng(1)
    parameters = PARAMETERS | {
        "absorption_window": 4,
        "absorption_long_window": 5,
        "turbulence_window": 6,
        "connectedness_window": 3,
        "comovement_first_year": 2015,
    }
    bars = np.array([(session, asset, asset, *random.normal(size=2)) for session in range(3, 41) for asset in range(3)])
    before = fingerprints(bars, parameters, 40)
    assert list(before) == list(range(3, 41))
    assert len({value for pair in before.values() for value in pair}) == 2 * len(before)

    def changed(bars: Array = bars, parameters: dict[str, float] = parameters, sessions: int = 40) -> tuple[list[int], list[int]]:
        now = fingerprints(bars, parameters, sessions)
        first, second = ([number for number, pair in before.items() if now[number][place] != pair[place]] for place in (0, 1))
        return first, second

    assert changed() == ([], [])
    assert changed(bars=bars[::-1]) == ([], [])
    other_return, other_variance = bars.copy(), bars.copy()
    other_return[21, 3] = np.nextafter(other_return[21, 3], 9)
    other_variance[21, 4] = 0.5
    assert changed(bars=other_return) == (list(range(10, 18)), []), "seven sessions back reach the first window of the shift"
    assert changed(bars=other_variance) == ([], [10, 11, 12])
    later = np.concatenate([bars, [(41, 0, 0, 0.1, 0.2)]])
    assert changed(bars=later, sessions=44) == ([], [])
    assert changed(parameters=parameters | {"connectedness_horizon": 11}) == ([], list(before))
    assert changed(parameters=parameters | {"absorption_fraction": 0.3}) == (list(before), [])
    assert changed(parameters=parameters | {"comovement_minimum_assets": 6}) == (list(before), list(before))


# ---------------------------------------------------------------- the seed


def test_every_asset_has_bars_that_are_fetched_and_is_called_as_in_the_benchmarks() -> None:
    benchmarks = {row["symbol"]: row["benchmark_id"] for row in seed("benchmarks") if row["source"] == "daily_bars"}
    funds = {row["fund_id"] for row in seed("funds") if float(row["leverage"]) == 1}
    assets = seed("comovement_assets")
    assert {row["symbol"] for row in assets} <= set(benchmarks) | funds
    assert {row["asset_id"] for row in assets if row["symbol"] in benchmarks} == {benchmarks[row["symbol"]] for row in assets if row["symbol"] in benchmarks}
    orders = sorted(int(row["connectedness_order"]) for row in assets if row["connectedness_order"])
    assert orders == list(range(1, len(orders) + 1))


def test_the_measurements_use_the_parameters_that_are_shipped() -> None:
    shipped = {row["parameter"]: float(row["value"]) for row in seed("parameters")}
    assert {name: shipped[name] for name in PARAMETERS} == PARAMETERS
