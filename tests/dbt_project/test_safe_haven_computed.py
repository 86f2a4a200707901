"""The Python model of safe havens without dbt: which day has which figures, on tables that are empty, short or cut."""

import importlib.util
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.settings import DBT_PROJECT

PARAMETERS = {
    "safe_haven_window": 60.0,
    "safe_haven_quantile_lowest_10": 0.2,
    "safe_haven_quantile_lowest_5": 0.1,
    "safe_haven_quantile_lowest_1": 0.05,
    "safe_haven_minimum_falls": 1.0,
    "hac_lag_scale": 4.0,
    "hac_lag_base": 100.0,
    "hac_lag_exponent": 2 / 9,
}


def shipped_model() -> Any:
    spec = importlib.util.spec_from_file_location("int_safe_haven_computed", DBT_PROJECT / "models" / "intermediate" / "int_safe_haven_computed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def market(sessions: int) -> pd.DataFrame:
    """Returns on numbered sessions: bonds from the start, gold from session 40 on and with holes; the numbers do not depend on how many there are."""
    random = np.random.default_rng(6)
    equity, bonds, gold = (0.01 * random.standard_t(4, 400)[:sessions] for _ in range(3))
    gold[:40] = np.nan
    gold[100:300:7] = np.nan
    frames = [
        pd.DataFrame({"haven": name, "session_number": range(1, sessions + 1), "equity_return": equity, "haven_return": own})
        for name, own in (("bonds", bonds), ("gold", gold))
    ]
    return pd.concat(frames, ignore_index=True).sample(frac=1, random_state=1)


def computed(returns: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        tables = {
            "parameters": connection.from_df(pd.DataFrame({"parameter": PARAMETERS.keys(), "value": PARAMETERS.values()})),
            "int_safe_haven_returns": connection.from_df(returns).project(
                "haven::varchar as haven, session_number::integer as session_number, equity_return::double as equity_return, "
                "case when isfinite(haven_return::double) then haven_return::double end as haven_return"
            ),
        }
        dbt = type("Dbt", (), {"ref": staticmethod(tables.__getitem__)})
        connection.register("found", shipped_model().model(dbt, connection))
        return connection.sql("select * from found order by haven, session_number").df()


def test_without_returns_there_is_no_row() -> None:
    assert computed(market(0)).empty


def test_a_day_has_a_row_where_both_have_a_return_and_a_slope_after_two_windows() -> None:
    found = computed(market(400)).set_index("haven")
    bonds, gold = found.loc["bonds"], found.loc["gold"]
    assert len(bonds) == 400
    assert len(gold) == 360 - 29
    assert bonds["threshold_lowest_10"].first_valid_index() is not None
    assert bonds["threshold_lowest_10"].isna().sum() == 60
    assert bonds.loc[bonds["worst"].notna(), "session_number"].min() >= 120
    assert bonds["sessions"].tolist() == [min(max(0, place - 60), 60) for place in range(1, 401)]
    # the thresholds are those of shares, whatever the haven
    both = bonds.merge(gold, on="session_number")
    assert both["threshold_lowest_1_x"].equals(both["threshold_lowest_1_y"])
    parts = found[["slope_usual", "slope_lowest_10", "slope_lowest_5", "slope_lowest_1"]].sum(axis=1, skipna=False)
    assert parts.dropna().to_numpy() == pytest.approx(found["worst"].dropna().to_numpy(), abs=1e-12)
    assert found["p_value"].dropna().between(0, 1).all()


def test_adding_a_session_moves_no_bit_of_an_earlier_row() -> None:
    whole = computed(market(400))
    for sessions in (399, 370, 130):
        cut = computed(market(sessions))
        earlier = whole[whole["session_number"] <= sessions].reset_index(drop=True)
        pd.testing.assert_frame_equal(cut, earlier, check_exact=True)
