"""Macros that are hard to see through, rendered without dbt and run against brute force."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"


def rendered(macro: str, *arguments: object) -> str:
    module: Any = Environment().from_string((MACROS / "against_history.sql").read_text()).module  # noqa: S701 - SQL, not HTML
    return str(getattr(module, macro)(*arguments))


@pytest.fixture(scope="module")
def series() -> pd.DataFrame:
    """Three series of 1, 64 and 333 days with many ties, a tenth of the days without a value, days in no order."""
    random = np.random.default_rng(3)
    frames = [
        pd.DataFrame({"name": name, "day": range(days), "x": random.integers(0, 30, days).astype(float)}) for name, days in (("a", 1), ("b", 64), ("c", 333))
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows.loc[random.random(len(rows)) < 0.1, "x"] = np.nan
    return rows.sample(frac=1, random_state=4)


def answers(sql: str, series: pd.DataFrame) -> dict[tuple[str, int], Any]:
    with duckdb.connect() as connection:
        connection.register("given", series)
        connection.execute("create table series as select name, day, nullif(x, 'nan') as x from given")
        return {(name, day): answer for name, day, answer in connection.execute(sql).fetchall()}


def test_a_recursive_percentile_is_the_share_of_earlier_values_at_or_below(series: pd.DataFrame) -> None:
    found = answers(rendered("recursive_percentile", "series", ["name"], "day", "x", "5"), series)
    for name, mine in series.dropna().sort_values("day").groupby("name"):
        values = mine["x"].tolist()
        for place, (day, today) in enumerate(zip(mine["day"], values, strict=True)):
            expected = sum(value <= today for value in values[: place + 1]) / (place + 1) if place >= 4 else None
            assert found.pop((name, day)) == expected
    assert found == {}


def test_the_last_day_as_extreme_is_the_last_one_at_or_below(series: pd.DataFrame) -> None:
    found = answers(rendered("last_as_extreme", "series", ["name"], "day", "x"), series)
    for name, mine in series.dropna().sort_values("day").groupby("name"):
        days, values = mine["day"].tolist(), mine["x"].tolist()
        for place, today in enumerate(values):
            earlier = [day for day, value in zip(days[:place], values[:place], strict=True) if value <= today]
            assert found.pop((name, days[place])) == (earlier[-1] if earlier else None)
    assert found == {}


def test_one_series_needs_no_name(series: pd.DataFrame) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table series as select range as day, 10 - range as x from range(4)")
        assert connection.execute(rendered("recursive_percentile", "series", [], "day", "x", "2") + " order by day").fetchall() == [
            (0, None),
            (1, 1 / 2),
            (2, 1 / 3),
            (3, 1 / 4),
        ]
