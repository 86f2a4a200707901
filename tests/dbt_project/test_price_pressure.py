"""The test of transmission against brute force on a drawn market: cross-sections, errors, no look ahead, and what must not break it."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.dbt_project.rendering import build, shipped_parameters

SESSIONS, COMPANIES = 420, 40
DAYS = pd.bdate_range("2022-01-03", periods=SESSIONS)
IS_TECH = np.arange(COMPANIES) < 15
NAMES = [f"C{chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(COMPANIES)]
MOVED_BY = 0.4  # standard deviations per per cent of volume


@dataclass
class Market:
    """Sessions by companies; flow: share of volume of the session itself, nan where nobody holds. Market returns by session."""

    market: np.ndarray
    returns: np.ndarray
    flow: np.ndarray


@pytest.fixture
def drawn() -> Market:
    """A market in which the flow of the evening before moves prices."""
    random = np.random.default_rng(8)
    market = np.round(random.normal(0, 0.01, SESSIONS), 6)
    flow = 0.01 * random.standard_t(4, (SESSIONS, COMPANIES)) + 0.01 * random.normal(size=(SESSIONS, 1)) * IS_TECH
    beta, volatility = random.uniform(0.5, 1.5, COMPANIES), random.uniform(0.005, 0.03, COMPANIES)
    noise = random.normal(size=(SESSIONS, COMPANIES)) + random.normal(size=(SESSIONS, 1)) * IS_TECH
    noise[1:] += MOVED_BY * 100 * flow[:-1]
    returns = np.round(beta * market[:, None] + volatility * noise, 6)
    flow[:, 3] = np.nan
    return Market(market, returns, flow)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def published(connection: duckdb.DuckDBPyConnection, drawn: Market, sessions: int = SESSIONS) -> pd.DataFrame:
    """price_pressure_daily by day, of the first sessions alone."""
    place, company = (values.ravel() for values in np.indices((sessions, COMPANIES)))
    names = np.array(NAMES)
    bars = pd.DataFrame({"symbol": names[company], "place": place, "total_return": drawn.returns[:sessions].ravel()})
    bars = pd.concat([bars, pd.DataFrame({"symbol": "SPY", "place": range(sessions), "total_return": drawn.market[:sessions]})])
    bars = bars.assign(trade_date=DAYS[bars["place"]], session_number=bars["place"] + 1, sessions_covered=1)
    flows = pd.DataFrame(
        {
            "trade_date": DAYS[place],
            "security_id": "US:" + pd.Series(names[company]),
            "channel": "redemption",
            "share_of_adv": drawn.flow[:sessions].ravel(),
        }
    )
    tables = {
        "parameters": shipped_parameters(),
        "watched_securities": pd.DataFrame({"ticker": NAMES}),
        "benchmarks": pd.DataFrame({"benchmark_id": ["us_equity"], "symbol": ["SPY"]}),
        "int_bars_known": bars.dropna(),
        "int_sessions_numbered": pd.DataFrame({"trade_date": DAYS[:sessions], "session_number": range(1, sessions + 1)}),
        "forced_selling_security_daily": flows.dropna(),
        "int_security_keys": pd.DataFrame({"security_id": ["US:" + name for name in NAMES], "security_number": range(COMPANIES)}),
        "int_security_technology": pd.DataFrame({"security_number": range(COMPANIES), "is_tech": IS_TECH, "known_from": DAYS[0]}),
    }
    for name, rows in tables.items():
        connection.register("given", rows)
        kinds = "* replace (trade_date::date as trade_date)" if "trade_date" in rows else "*"
        connection.execute(f"create or replace table {name} as select {kinds} from given")
    build(connection, "int_residual_returns")
    build(connection, "int_price_pressure_slopes")
    return build(connection, "price_pressure_daily").sort_values("trade_date").set_index("trade_date")


def within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return values - np.array([values[groups == group].mean() for group in groups])


def by_hand(drawn: Market, row: int) -> tuple[float, float, float, int]:
    """Score, precision, error of the slope and companies of one session."""
    month = DAYS.to_period("M")
    before = (month < month[row]) & (month >= month[row] - 12)
    x, y, sector = [], [], []
    for company in range(COMPANIES):
        flow, own = drawn.flow[row - 1, company], drawn.returns[:, company]
        if np.isnan(flow):
            continue
        slope, constant = np.polyfit(drawn.market[before], own[before], 1)
        residuals = own[before] - constant - slope * drawn.market[before]
        volatility = np.sqrt((residuals**2).sum() / (before.sum() - 2))
        y.append(np.clip((own[row] - constant - slope * drawn.market[row]) / volatility, -5, 5))
        x.append(100 * flow)
        sector.append(IS_TECH[company])
    # one per cent of forty companies is none: nothing is winsorised
    groups = np.array(sector)
    x_within, y_within = within(np.array(x), groups), within(np.array(y), groups)
    degrees = len(x) - 2
    dispersion = np.sqrt((y_within**2).sum() / degrees)
    score, precision = (x_within * y_within).sum() / dispersion, (x_within**2).sum()
    left = y_within / dispersion - score / precision * x_within
    return score, precision, float(np.sqrt((left**2).sum() / (degrees - 1) / precision)), len(x)


def test_slopes_and_their_errors_are_those_of_the_definition(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    found = published(connection, drawn)
    first = np.flatnonzero(DAYS.to_period("M") > DAYS[119].to_period("M"))[0]  # 120 returns in whole months before
    assert found.index[0] == DAYS[first]
    assert len(found) == SESSIONS - first
    for row in (first, first + 77, SESSIONS - 1):
        score, precision, error, companies = by_hand(drawn, row)
        day = found.loc[DAYS[row]]
        assert day["slope"] == pytest.approx(score / precision, rel=1e-6)
        assert day["slope_se"] == pytest.approx(error, rel=1e-6)
        assert day["securities"] == companies == COMPANIES - 1

    days = [by_hand(drawn, row)[:2] for row in range(first, SESSIONS)]
    for chosen, lags, mean, t in (
        (days[-250:], 4, "mean_slope_250", "t_250"),
        (days, int(4 * (len(days) / 100) ** (2 / 9)), "mean_slope_history", "t_history"),
    ):
        scores, precisions = np.array(chosen).T
        average = scores.sum() / precisions.sum()
        u = scores - average * precisions
        variance = (u**2).sum() + 2 * sum((1 - lag / (lags + 1)) * (u[lag:] * u[:-lag]).sum() for lag in range(1, lags + 1))
        last = found.iloc[-1]
        assert last[mean] == pytest.approx(average, rel=1e-6)
        assert last[t] == pytest.approx(average * precisions.sum() / np.sqrt(variance * len(u) / (len(u) - 1)), rel=1e-6)
    assert found["is_significant"].iloc[-1]
    assert found["lags_history"].iloc[-1] == lags


def test_adding_a_session_moves_no_bit_of_an_earlier_row(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    whole = published(connection, drawn)
    for sessions in (SESSIONS - 1, SESSIONS - 30):
        cut = published(connection, drawn, sessions)
        pd.testing.assert_frame_equal(cut, whole.head(len(cut)), check_exact=True)


def test_flows_of_the_day_itself_change_nothing(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    before = published(connection, drawn)
    drawn.flow[-1] *= 7
    pd.testing.assert_frame_equal(published(connection, drawn), before, check_exact=True)


def test_a_tick_of_a_billion_and_a_company_that_copies_the_market_or_stands_still_take_no_part(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    before = published(connection, drawn)
    drawn.returns[300, 5], drawn.returns[301, 5] = 1e9, -1 + 1e-9
    drawn.returns[:, 6] = drawn.market
    drawn.returns[:, 7] = 0.0
    drawn.returns[:, 8] = drawn.returns[:, 9]
    found = published(connection, drawn)
    numbers = found.select_dtypes("number").astype(float)
    assert not np.isinf(numbers.to_numpy()).any()
    assert found["securities"].iloc[-1] == before["securities"].iloc[-1] - 2
    assert found.loc[DAYS[300], "securities"] == before.loc[DAYS[300], "securities"] - 3
    assert found["reason"].isna().sum() == before["reason"].isna().sum()


def test_what_cannot_be_tested_says_why(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    drawn.flow[350] = np.nan
    drawn.flow[360] = 0.01
    drawn.flow[370, 20:] = np.nan
    drawn.returns[381] = drawn.market[381]
    drawn.flow[400, 0] = 1e12
    found = published(connection, drawn)
    assert found["reason"].iloc[0] == "too_few_sessions"
    reasons = {351: "no_flow_known", 361: "flows_do_not_differ", 371: "too_few_securities"}
    for row, reason in reasons.items():
        day = found.loc[DAYS[row]]
        assert (day["reason"], np.isnan(day["slope"]), np.isnan(day["t_250"])) == (reason, True, False)
    assert np.isfinite(found.loc[DAYS[401], ["slope", "t_250", "t_history"]].astype(float)).all()


def test_companies_that_all_move_alike_have_no_slope_and_a_market_of_them_no_test(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    drawn.returns[:] = drawn.returns[:, :1]
    found = published(connection, drawn)
    assert set(found["reason"]) == {"returns_do_not_differ"}
    assert found[["slope", "t_250", "t_history", "mean_slope_250"]].isna().all(axis=None)


def test_a_market_that_never_moves_has_no_row(connection: duckdb.DuckDBPyConnection, drawn: Market) -> None:
    drawn.market[:] = 0.0
    assert published(connection, drawn).empty
