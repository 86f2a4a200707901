"""The Python model without dbt: which class is in the mix when, on tables that are empty, short or cut."""

import importlib.util
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.settings import DBT_PROJECT

PARAMETERS = {
    "risk_parity_half_life": 20,
    "risk_parity_minimum_history": 30,
    "risk_parity_target_volatility": 0.1,
    "risk_parity_leverage_cap": 3,
    "risk_parity_execution_sessions": 5,
    "sessions_per_year": 252,
}


def shipped_model() -> Any:
    spec = importlib.util.spec_from_file_location("int_risk_parity_computed", DBT_PROJECT / "models" / "intermediate" / "int_risk_parity_computed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def market(sessions: int, starts: dict[str, int]) -> pd.DataFrame:
    """Returns of classes on numbered sessions, null before each class's start; the numbers drawn do not depend on how many sessions there are."""
    frames = []
    for place, (asset_class, start) in enumerate(sorted(starts.items())):
        moves = np.random.default_rng(place).normal(0, 0.01, 500)[:sessions]
        moves[:start] = np.nan
        frames.append(pd.DataFrame({"session_number": range(100, 100 + sessions), "asset_class": asset_class, "total_return": moves}))
    rows = pd.concat(frames)
    return rows.assign(is_core=rows["asset_class"].isin(["equity", "bond"]), sessions_covered=1).sample(frac=1, random_state=5)


def computed(returns: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        tables = {
            "parameters": connection.from_df(pd.DataFrame({"parameter": PARAMETERS.keys(), "value": [float(value) for value in PARAMETERS.values()]})),
            "int_risk_parity_returns": connection.from_df(returns).project(
                "session_number::integer as session_number, asset_class::varchar as asset_class, is_core::boolean as is_core, "
                "case when isfinite(total_return::double) then total_return::double end as total_return, sessions_covered::integer as sessions_covered"
            ),
        }
        dbt = type("Dbt", (), {"ref": staticmethod(tables.__getitem__)})
        connection.register("found", shipped_model().model(dbt, connection))
        return connection.sql("select * from found order by session_number, asset_class").df()


@pytest.mark.parametrize("sessions", [0, 1, 2, 30])
def test_without_a_history_there_is_no_row(sessions: int) -> None:
    assert computed(market(sessions, {"equity": 0, "bond": 0})).empty


@pytest.mark.parametrize("classes", [("equity", "gold"), ("bond", "gold", "credit")])
def test_without_a_core_class_there_is_no_row(classes: Sequence[str]) -> None:
    starts = dict.fromkeys(classes, 0) | {name: 400 for name in ("equity", "bond") if name not in classes}
    assert computed(market(60, starts)).empty


def test_a_session_acts_on_what_was_estimated_after_the_one_before() -> None:
    found = computed(market(60, {"equity": 0, "bond": 0}))
    assert found["session_number"].min() == 130  # 30 returns are in after session 129
    assert found["session_number"].max() == 159
    assert (found["sessions_since_return"] == 1).all()
    first = found[found["session_number"] == 130]
    assert first["sessions_of_history"].tolist() == [30, 30]
    assert first["volatility_part"].isna().all()


def test_a_class_that_joins_is_not_bought_and_nothing_is_sold_for_it() -> None:
    without = computed(market(60, {"equity": 0, "bond": 0}))
    joined = computed(market(60, {"equity": 0, "bond": 0, "gold": 10}))
    assert joined.loc[joined["asset_class"] == "gold", "session_number"].min() == 140
    day = joined[joined["session_number"] == 140].set_index("asset_class")
    assert day["weight"].sum() == pytest.approx(1)
    assert day["classes_in_mix"].tolist() == [3, 3, 3]
    assert np.isnan(day.loc["gold", "volatility_part"])
    before = without[without["session_number"] == 140].set_index("asset_class")
    for name in ("equity", "bond"):
        assert day.loc[name, ["volatility_part", "correlation_part"]].tolist() == before.loc[name, ["volatility_part", "correlation_part"]].tolist()
        assert day.loc[name, "weight"] < before.loc[name, "weight"]
    gold = joined[joined["asset_class"] == "gold"].set_index("session_number")["volatility_part"]
    assert gold.first_valid_index() == 145  # the first of five decisions is after session 140


def test_adding_a_session_moves_no_bit_of_an_earlier_row() -> None:
    starts = {"equity": 0, "bond": 3, "gold": 50, "credit": 20}
    whole = computed(market(300, starts))
    for sessions in (100, 177, 299):
        cut = computed(market(sessions, starts))
        assert len(cut) > 100
        pd.testing.assert_frame_equal(cut, whole.head(len(cut)), check_exact=True)
