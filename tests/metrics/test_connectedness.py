"""Connectedness: the oracle's table, the formula written out, and data that have no answer."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.cost_connectedness import market, straight_connectedness
from orchestration.metrics.connectedness import Identification, autoregression, connectedness, decomposed, lag_order
from orchestration.metrics.windows import Array, UndefinedError

IDENTIFICATIONS: tuple[Identification, ...] = ("generalized", "cholesky")


@pytest.fixture(scope="module")
def expected(oracles: Path) -> Any:
    return json.loads((oracles / "dy2012" / "expected.json").read_text())


@pytest.fixture(scope="module")
def log_variances(oracles: Path) -> Array:
    """Shares, bonds, commodities and the dollar, 1999 to 2010: log range variances."""
    return pd.read_csv(oracles / "dy2012" / "dy2012.csv").drop(columns="date").to_numpy(dtype=float)


@pytest.fixture
def series() -> Array:
    """Log variances of seven series on 250 sessions."""
    return market(250, 7)[1]


# ---------------------------------------------------------------- the oracle


def test_every_published_cell_is_met(expected: Any, log_variances: Array) -> None:
    found = connectedness(log_variances, lags=4, horizon=10)
    rows = expected["published_table_2dp"]["cells"]
    assert found.total == pytest.approx(12.5921, abs=5e-5)
    for place in range(4):
        assert found.table[place] == pytest.approx([float(cell) for cell in rows[place][:4]], abs=0.005)
        assert found.from_[place] == pytest.approx(float(rows[place][4]), abs=0.005)
    assert found.to == pytest.approx([float(cell) for cell in rows[4][:4]], abs=0.005)
    assert found.net == pytest.approx([float(cell) for cell in rows[6][:4]], abs=0.005)


def test_the_independent_calculation_is_met_to_full_precision(expected: Any, log_variances: Array) -> None:
    found, exact = connectedness(log_variances, lags=4, horizon=10), expected["independent_full_precision"]
    assert found.table == pytest.approx(np.array(exact["table"]), abs=1e-8)
    assert found.from_ == pytest.approx(exact["FROM"], abs=1e-8)
    assert found.to == pytest.approx(exact["TO"], abs=1e-8)
    assert found.net == pytest.approx(exact["NET"], abs=1e-8)
    assert found.total == pytest.approx(exact["TCI"], abs=1e-8)


def test_rolling_windows_of_200_meet_the_independent_totals(expected: Any, log_variances: Array) -> None:
    for window in expected["rolling_200_TCI_independent"]:
        end = window["end_row"]
        assert connectedness(log_variances[end - 200 : end], lags=4, horizon=10).total == pytest.approx(window["TCI"], abs=1e-8)


# ---------------------------------------------------------------- the formula


@pytest.mark.parametrize("identification", IDENTIFICATIONS)
@pytest.mark.parametrize(("lags", "horizon"), [(1, 1), (1, 10), (3, 2), (2, 12)])
def test_the_table_is_that_of_the_formula_written_out(series: Array, identification: Identification, lags: int, horizon: int) -> None:
    found = connectedness(series, lags=lags, horizon=horizon, identification=identification)
    straight = straight_connectedness(series, lags=lags, horizon=horizon, identification=identification)
    assert found.table == pytest.approx(straight, abs=1e-9)
    assert found.from_ == pytest.approx(100 - np.diagonal(straight), abs=1e-9)
    assert found.to == pytest.approx([sum(straight[i, j] for i in range(7) if i != j) for j in range(7)], abs=1e-9)
    assert found.total == pytest.approx((straight.sum() - np.trace(straight)) / 7, abs=1e-9)


def test_rows_are_whole_and_what_is_given_is_what_is_got(series: Array) -> None:
    for identification in IDENTIFICATIONS:
        found = connectedness(series, lags=1, horizon=10, identification=identification)
        assert found.table.sum(axis=1) == pytest.approx(np.full(7, 100.0))
        assert found.net == pytest.approx(found.to - found.from_)
        assert found.net.sum() == pytest.approx(0, abs=1e-9)


def test_the_order_of_series_counts_for_cholesky_alone(series: Array) -> None:
    turned = series[:, ::-1]
    generalized = [connectedness(part, lags=1, horizon=10).total for part in (series, turned)]
    cholesky = [connectedness(part, lags=1, horizon=10, identification="cholesky").total for part in (series, turned)]
    assert generalized[0] == pytest.approx(generalized[1], abs=1e-9)
    assert abs(cholesky[0] - cholesky[1]) > 0.5


def test_within_the_day_the_first_series_of_cholesky_gets_nothing(series: Array) -> None:
    table = connectedness(series, lags=1, horizon=1, identification="cholesky").table
    assert table[0] == pytest.approx([100, *[0] * 6], abs=1e-9)
    assert np.triu(table, 1) == pytest.approx(np.zeros((7, 7)), abs=1e-9)


def test_units_and_levels_change_nothing(series: Array) -> None:
    found = connectedness((series + 5) * np.array([1e9, 1e-9, 1, -3, 7, 1e4, 2]), lags=2, horizon=10)
    assert found.table == pytest.approx(connectedness(series, lags=2, horizon=10).table, abs=1e-8)


def test_coefficients_are_those_of_least_squares_with_a_constant(series: Array) -> None:
    fitted = autoregression(series, lags=2)
    regressors = np.column_stack([np.ones(248), series[1:-1], series[:-2]])
    straight, *_ = np.linalg.lstsq(regressors, series[2:], rcond=None)
    residuals = series[2:] - regressors @ straight
    in_units = fitted.unit[:, None] / fitted.unit
    assert fitted.coefficients[0] * in_units == pytest.approx(straight[1:8].T, abs=1e-10)
    assert fitted.coefficients[1] * in_units == pytest.approx(straight[8:].T, abs=1e-10)
    covariance = fitted.factor.T @ fitted.factor * np.outer(fitted.unit, fitted.unit)
    assert covariance == pytest.approx(residuals.T @ residuals / (248 - 15), abs=1e-10)
    assert fitted.observations == 248


def test_independent_series_are_connected_by_chance_alone_and_a_common_shock_connects() -> None:
    random = np.random.default_rng(5)
    own = random.normal(size=(5000, 6))
    assert connectedness(own, lags=1, horizon=10).total < 1
    assert connectedness(own + 3 * random.normal(size=(5000, 1)), lags=1, horizon=10).total > 70


def test_who_leads_gives() -> None:
    random = np.random.default_rng(6)
    leader = random.normal(size=3000)
    followers = 0.8 * np.roll(leader, 1)[:, None] + random.normal(size=(3000, 4))
    found = connectedness(np.column_stack([followers, leader])[1:], lags=1, horizon=10)
    assert found.net.argmax() == 4
    assert found.net[4] > 100


# ---------------------------------------------------------------- lags


def test_the_criterion_finds_the_lags_that_are_there() -> None:
    random = np.random.default_rng(2)
    for lags in (1, 2, 3):
        rows = np.zeros((2000, 3))
        for session in range(lags, 2000):
            rows[session] = 0.5 * rows[session - lags] + random.normal(size=3)
        assert lag_order(rows, most=4) == lags


def test_the_criterion_is_that_of_schwarz_on_the_same_sessions(series: Array) -> None:
    criterion = []
    for lags in (1, 2, 3, 4):
        regressors = np.column_stack([np.ones(246), *[series[4 - lag : 250 - lag] for lag in range(1, lags + 1)]])
        residuals = series[4:] - regressors @ np.linalg.lstsq(regressors, series[4:], rcond=None)[0]
        criterion.append(np.log(np.linalg.det(residuals.T @ residuals / 246)) + lags * 49 * np.log(246) / 246)
    assert lag_order(series, most=4) == 1 + int(np.argmin(criterion))


# ---------------------------------------------------------------- no answer, or a defined one


def reason(returns: Array, lags: int = 1) -> str:
    with pytest.raises(UndefinedError) as raised:
        connectedness(returns, lags=lags, horizon=10)
    return raised.value.reason


def test_a_constant_series_has_no_answer(series: Array) -> None:
    for constant in (0.0, -9.7, 1e9):
        assert reason(np.column_stack([series, np.full(250, constant)])) == "constant_series"


def test_two_identical_series_have_no_answer_nor_has_one_made_of_others(series: Array) -> None:
    assert reason(np.column_stack([series, series[:, 2]])) == "collinear_series"
    assert reason(np.column_stack([series, 3 * series[:, 2] - series[:, 0]])) == "collinear_series"
    assert reason(np.column_stack([series, np.roll(series[:, 0], 1)])) == "collinear_series"


@pytest.mark.parametrize("sessions", [0, 1, 2, 14, 15])
def test_too_few_observations_have_no_answer(series: Array, sessions: int) -> None:
    assert reason(series[:sessions]) == "too_few_observations"


def test_just_enough_observations_have_one(series: Array) -> None:
    assert np.isfinite(connectedness(series[:16], lags=1, horizon=10).table).all()


def test_one_series_has_nothing_to_be_connected_with(series: Array) -> None:
    assert reason(series[:, :1]) == "too_few_series"


def test_a_tick_of_a_billion_leaves_a_finite_answer_and_one_of_1e200_none(series: Array) -> None:
    ticked = series.copy()
    ticked[100, 3] = 1e9
    for identification in IDENTIFICATIONS:
        found = connectedness(ticked, lags=1, horizon=10, identification=identification)
        assert np.isfinite(found.table).all()
        assert found.table.sum(axis=1) == pytest.approx(np.full(7, 100.0))
    ticked[100, 3] = 1e200
    assert reason(ticked) == "overflow"


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_a_session_without_a_value_is_left_out_with_those_whose_regression_needs_it(series: Array, missing: float) -> None:
    gappy = series.copy()
    gappy[[40, 41, 249], [0, 5, 2]] = missing
    fitted = autoregression(gappy, lags=2)
    kept = [session for session in range(2, 250) if session not in (40, 41, 42, 43, 249)]
    regressors = np.column_stack([np.ones(len(kept)), series[np.array(kept) - 1], series[np.array(kept) - 2]])
    straight, *_ = np.linalg.lstsq(regressors, series[kept], rcond=None)
    assert fitted.observations == len(kept)
    found = fitted.coefficients * (fitted.unit[:, None] / fitted.unit)
    assert np.concatenate(found.swapaxes(1, 2)) == pytest.approx(straight[1:], abs=1e-10)


def test_nothing_but_missing_values_is_too_few_observations(series: Array) -> None:
    assert reason(np.where(np.arange(7) == 3, np.nan, series)) == "too_few_observations"


def test_responses_that_grow_beyond_numbers_have_no_answer() -> None:
    with pytest.raises(UndefinedError, match="within 1000 sessions") as found:
        connectedness(np.random.default_rng(4).normal(size=(6, 2)), lags=1, horizon=1000)
    assert found.value.reason == "overflow"


def test_level_and_container_of_the_series_are_no_part_of_the_answer(series: Array) -> None:
    found = connectedness(series, lags=1, horizon=10)
    assert connectedness(series + 1e6, lags=1, horizon=10).total == pytest.approx(found.total, rel=1e-6)
    assert connectedness(series.tolist(), lags=1, horizon=10).total == found.total
    with pytest.raises(ValueError, match=r"found shape \(250, 7\) and 1.5 lags"):
        connectedness(series, lags=1.5, horizon=10)  # type: ignore[arg-type]


def test_arguments_that_do_not_fit_are_refused(series: Array) -> None:
    with pytest.raises(ValueError, match="whole number of lags from 1 on"):
        connectedness(series, lags=0, horizon=10)
    with pytest.raises(ValueError, match=r"found shape \(250,\)"):
        connectedness(series[:, 0], lags=1, horizon=10)
    with pytest.raises(ValueError, match="horizon of a whole number"):
        connectedness(series, lags=1, horizon=0)
    with pytest.raises(ValueError, match="found 'sorted'"):
        decomposed(autoregression(series, lags=1), horizon=10, identification="sorted")  # type: ignore[arg-type]
