"""Co-movement with the AI trade against brute force on drawn series: windows, the quiet rule, whose variance counts, and what must not break it."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.dbt_project.rendering import build, shipped_parameters

SESSIONS = 520
DAYS = pd.bdate_range("2022-01-03", periods=SESSIONS)
SYMBOLS = {"XLK": "technology", "IWD": "value", "GLD": "gold", "^N225": "japan", "^KS11": "korea"}
KEY = ["trade_date", "source", "target"]


@pytest.fixture
def drawn() -> pd.DataFrame:
    """Returns by session and symbol; a loud year in the middle, holidays in Tokyo and Seoul."""
    random = np.random.default_rng(5)
    loud = np.where((np.arange(SESSIONS) > 380) & (np.arange(SESSIONS) < 470), 3.0, 1.0)
    source = 0.01 * loud * random.normal(size=SESSIONS)
    returns = pd.DataFrame({symbol: 0.6 * source + 0.008 * random.normal(size=SESSIONS) for symbol in SYMBOLS})
    returns["XLK"] = source
    returns.loc[random.random(SESSIONS) < 0.05, "^N225"] = np.nan
    returns.loc[random.random(SESSIONS) < 0.05, ["^N225", "^KS11"]] = np.nan
    return returns.round(8)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def published(connection: duckdb.DuckDBPyConnection, drawn: pd.DataFrame, sessions: int = SESSIONS) -> pd.DataFrame:
    rows = drawn.head(sessions).melt(ignore_index=False, var_name="symbol", value_name="total_return").dropna().reset_index(names="place")
    regions = ["asia" if symbol.startswith("^") else None for symbol in SYMBOLS]
    tables = {
        "parameters": shipped_parameters(),
        "benchmarks": pd.DataFrame({"benchmark_id": SYMBOLS.values(), "symbol": SYMBOLS.keys(), "region": regions}),
        "int_bars_known": rows.assign(session_number=rows["place"] + 1, sessions_covered=1),
        "int_sessions_numbered": pd.DataFrame({"trade_date": DAYS[:sessions], "session_number": range(1, sessions + 1)}),
        "ai_sentiment_daily": pd.DataFrame({"trade_date": DAYS[:2], "ai_index": [100.0, 101.0]}),
    }
    for name, table in tables.items():
        connection.register("given", table)
        connection.execute(f"create or replace table {name} as select * from given")
    build(connection, "int_contagion_sources")
    found = build(connection, "cross_asset_contagion_daily").sort_values(KEY, ignore_index=True)
    return found[found["source"] == "technology"].reset_index(drop=True)


def by_hand(drawn: pd.DataFrame, target: str, row: int) -> dict[str, float]:
    source = drawn["XLK"].to_numpy()
    weights = 0.94 ** np.arange(99, -1, -1)
    volatility = np.array([np.average(source[place - 99 : place + 1] ** 2, weights=weights) if place >= 99 else np.nan for place in range(SESSIONS)])
    x = source
    if target == "asia":
        y = drawn[["^N225", "^KS11"]].mean(axis=1).to_numpy()
        x, y = ((values + np.concatenate([[np.nan], values[:-1]])) / 2 for values in (x, y))
    else:
        y = drawn["IWD"].to_numpy()

    def correlation(places: range) -> tuple[float, int]:
        both = [place for place in places if not np.isnan(x[place]) and not np.isnan(y[place])]
        return float(np.corrcoef(x[both], y[both])[0, 1]), len(both)

    before = [place for place in range(max(0, row - 269), row - 19) if not np.isnan(volatility[place])]
    loud_from = np.sort(volatility[before])[int(0.75 * len(before))]
    quiet = [place for place in before if volatility[place] < loud_from]
    (crisis, n), (full, n_full) = correlation(range(row - 19, row + 1)), correlation(range(max(0, row - 269), row + 1))
    joint = [place for place in range(row - 19, row + 1) if not np.isnan(x[place]) and not np.isnan(y[place])]
    delta = np.var(x[joint], ddof=1) / np.var(x[quiet], ddof=1) - 1
    adjusted = crisis / np.sqrt(1 + delta * (1 - crisis**2))
    error = np.sqrt(1 / (n - 3) + 1 / (n_full - 3))
    return {
        "correlation_crisis": crisis,
        "correlation_full": full,
        "variance_increase": float(delta),
        "correlation_adjusted": float(adjusted),
        "z_raw": float((np.arctanh(crisis) - np.arctanh(full)) / error),
        "z_adjusted": float((np.arctanh(adjusted) - np.arctanh(full)) / error),
        "sessions_crisis": n,
        "sessions_full": n_full,
        "sessions_quiet": len(quiet),
    }


@pytest.mark.parametrize("target", ["value", "asia"])
def test_every_figure_is_that_of_the_definition(connection: duckdb.DuckDBPyConnection, drawn: pd.DataFrame, target: str) -> None:
    found = published(connection, drawn)
    found = found[found["target"] == target].set_index("trade_date")
    assert set(found["is_two_day_mean"]) == {target == "asia"}
    checked = 0
    for row in range(300, SESSIONS, 17):
        if DAYS[row] not in found.index or pd.notna(found.loc[DAYS[row], "reason"]):
            continue
        day = found.loc[DAYS[row]]
        for name, expected in by_hand(drawn, target, row).items():
            # two-day means are kept to eight decimals
            assert day[name] == pytest.approx(expected, rel=1e-5, abs=1e-6), (row, name)
        checked += 1
    assert checked > 8


def test_a_larger_variance_alone_is_raw_contagion_more_often_than_adjusted(connection: duckdb.DuckDBPyConnection, drawn: pd.DataFrame) -> None:
    found = published(connection, drawn)
    loud = found[(found["trade_date"] >= DAYS[400]) & (found["trade_date"] < DAYS[470])]
    assert loud["is_contagion_raw"].mean() > 0.05
    assert loud["is_contagion_adjusted"].mean() < 0.05
    assert (loud["variance_increase"] > 1).mean() > 0.9


def test_adding_a_session_moves_no_bit_of_an_earlier_row(connection: duckdb.DuckDBPyConnection, drawn: pd.DataFrame) -> None:
    whole = published(connection, drawn)
    for sessions in (SESSIONS - 1, SESSIONS - 30):
        cut = published(connection, drawn, sessions)
        earlier = whole[whole["trade_date"] <= DAYS[sessions - 1]].reset_index(drop=True)
        pd.testing.assert_frame_equal(cut, earlier, check_exact=True)


def test_constant_identical_short_and_broken_series_have_a_reason_and_no_infinity(connection: duckdb.DuckDBPyConnection, drawn: pd.DataFrame) -> None:
    before = published(connection, drawn)
    drawn["GLD"] = 0.001
    drawn["IWD"] = (2 * drawn["XLK"]).round(8)
    drawn.loc[400, "^KS11"] = 1e9
    drawn.loc[500, "IWD"] = 1e9
    found = published(connection, drawn)
    assert np.isfinite(found.select_dtypes("number").to_numpy(dtype=float, na_value=0.0)).all()
    last = found[found["trade_date"] == DAYS[-1]].set_index("target")
    assert last.loc["gold", "reason"] == "a_series_does_not_move"
    assert last.loc["value", ["reason", "correlation_crisis", "sessions_crisis"]].tolist() == ["series_are_identical", 1.0, 19]
    assert len(found) == len(before) - 1  # the tick is no return; Tokyo alone stands for Asia on the other
    assert found[["z_raw", "is_contagion_raw"]][found["reason"].eq("too_few_sessions")].isna().all(axis=None)
    assert found.loc[found["trade_date"] == DAYS[150], "reason"].eq("too_few_sessions").all()


def test_a_source_that_stands_still_has_no_test(connection: duckdb.DuckDBPyConnection, drawn: pd.DataFrame) -> None:
    drawn["XLK"] = 0.0
    found = published(connection, drawn)
    assert found["z_adjusted"].isna().all()
    assert found["reason"].notna().all()
