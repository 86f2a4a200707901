"""The two Python models of the index without dbt: ages of inputs, pillars that come and go, empty tables, no past row that moves with a new session."""

import csv
import importlib.util
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration import calendars
from orchestration.settings import DBT_PROJECT

with (DBT_PROJECT / "seeds" / "index_indicators.csv").open(newline="") as lines:
    INDICATORS = list(csv.DictReader(lines))
with (DBT_PROJECT / "seeds" / "parameters.csv").open(newline="") as lines:
    PARAMETERS = {row["parameter"]: float(row["value"]) for row in csv.DictReader(lines)}
PARAMETERS |= {"percentile_minimum_daily": 30, "percentile_minimum_monthly": 3, "index_first_block": 20}
SESSIONS = calendars.sessions(date(2024, 1, 2), date(2024, 12, 31))


def shipped_model(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DBT_PROJECT / "models" / "intermediate" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def market() -> pd.DataFrame:
    """Every indicator on every session, more or less together; months come three weeks late; chains begin on session 120; outflows stop for three weeks."""
    random = np.random.default_rng(3)
    common = random.normal(size=len(SESSIONS))
    frames = []
    for indicator in INDICATORS:
        name = indicator["indicator"]
        if indicator["frequency"] == "monthly":
            observed = [date(2023 + month // 12, month % 12 + 1, 28) for month in range(6, 23)]
            known = [next(session for session in SESSIONS if session >= day + timedelta(days=21)) for day in observed[5:]]
            frame = pd.DataFrame({"trade_date": [SESSIONS[0]] * 5 + known, "observed_on": observed, "indicator_value": random.normal(size=len(observed))})
        else:
            values = np.round(common + random.normal(size=len(SESSIONS)), 3)
            frame = pd.DataFrame({"trade_date": SESSIONS, "observed_on": SESSIONS, "indicator_value": values})
        if name == "dealer_short_gamma":
            frame = frame.iloc[120:]
        if name.startswith("outflow"):
            frame = frame.drop(index=range(180, 195))
        frames.append(frame.assign(indicator=name))
    return pd.concat(frames)


def computed(rows: pd.DataFrame, last: date = SESSIONS[-1], pressed: tuple[date, ...] = tuple(SESSIONS)) -> pd.DataFrame:
    """What the model makes of what was known on a session."""
    kinds = "indicator::varchar as indicator, trade_date::date as trade_date, observed_on::date as observed_on, indicator_value::double as indicator_value"
    sessions = [day for day in SESSIONS if day <= last]
    with duckdb.connect() as connection:

        def table(frame: pd.DataFrame, columns: str) -> duckdb.DuckDBPyRelation:
            return connection.from_df(frame).project(columns)

        tables = {
            "parameters": table(pd.DataFrame({"parameter": PARAMETERS.keys(), "value": PARAMETERS.values()}), "*"),
            "index_indicators": table(pd.DataFrame(INDICATORS), "indicator, pillar, frequency"),
            "int_index_indicators": table(rows[rows["trade_date"] <= last].sample(frac=1, random_state=1), kinds),
            "int_sessions_numbered": table(pd.DataFrame({"trade_date": sessions}), "trade_date::date as trade_date"),
            "price_pressure_daily": table(
                pd.DataFrame({"trade_date": sessions, "is_significant": [day in pressed for day in sessions]}), "trade_date::date as trade_date, is_significant"
            ),
        }
        dbt = type("Dbt", (), {"ref": staticmethod(tables.__getitem__)})
        connection.register("ranked", shipped_model("int_index_indicators_ranked").model(dbt, connection))
        tables["int_index_indicators_ranked"] = connection.table("ranked")
        connection.register("found", shipped_model("int_contagion_index_computed").model(dbt, connection))
        return connection.sql("select * from found order by trade_date").df()


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return computed(market())


def test_contributions_add_up_on_every_session_and_no_number_is_infinite(whole: pd.DataFrame) -> None:
    has_index = whole["index_value"].notna()
    assert has_index.sum() > 180
    parts = whole[[column for column in whole.columns if column.startswith("contribution_")]]
    assert (whole["index_value"] - parts.sum(axis=1))[has_index].abs().max() < 1e-12
    assert np.isfinite(whole.select_dtypes("number").fillna(0)).all().all()
    assert whole.loc[~has_index, "pillars_counted"].eq(0).all()


@pytest.mark.parametrize("place", [10, 60, 119, 121, 149, 190, 230])
def test_a_session_more_changes_no_earlier_row_in_the_last_bit_nor_in_a_word(whole: pd.DataFrame, place: int) -> None:
    pd.testing.assert_frame_equal(computed(market(), SESSIONS[place]), whole.iloc[: place + 1], check_exact=True)


def test_what_is_not_of_the_session_is_named_with_its_age(whole: pd.DataFrame) -> None:
    said = whole.set_index("trade_date")["inputs_known"]
    assert "mechanics: dealer_short_gamma unknown" in said.iloc[148]
    assert "dealer_short_gamma" not in said.iloc[149]
    silent = (SESSIONS[181] - SESSIONS[179]).days
    assert f"outflow: outflow_2d {silent} days old; outflow: outflow_5d {silent} days old" in said.iloc[181]
    assert "outflow: outflow_2d unknown" in said.iloc[190]
    age = (pd.Timestamp(SESSIONS[149]) - pd.Timestamp(2024, 6, 28)).days
    assert f"leverage: margin_debt_growth {age} days old" in said.iloc[149]
    assert whole["oldest_input_days"].iloc[149] == age


def test_a_pillar_without_figures_leaves_the_index_to_the_others(whole: pd.DataFrame) -> None:
    assert whole["pillars_known"].iloc[190] == 5
    assert whole["pillars_counted"].iloc[190] == 5
    assert np.isnan(whole["contribution_outflow"].iloc[190])
    assert np.isfinite(whole["index_value"].iloc[190])


def test_stress_is_contagion_only_where_it_is_passed_on() -> None:
    rows = market()
    last = rows["trade_date"].isin(SESSIONS[-30:])
    rows.loc[last, "indicator_value"] = 50.0 + np.arange(last.sum())
    assert computed(rows)["regime"].iloc[-1] in {"contagion", "panic"}
    assert computed(rows, pressed=())["regime"].iloc[-1] == "stress"


def test_without_indicators_there_is_no_row() -> None:
    assert computed(market().head(0)).empty
    few = market()
    few = few[few["indicator"].isin(["outflow_2d", "spread_narrowing"])]
    found = computed(few)
    assert found["index_value"].isna().all()
    assert found["pillars_known"].max() == 2
