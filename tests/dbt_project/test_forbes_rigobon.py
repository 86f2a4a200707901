"""The shipped arithmetic of Forbes and Rigobon against published numbers. δ is the oracle's; which variances make it: test_cross_asset.py."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project.rendering import macro


def computed(sql: str) -> Any:
    with duckdb.connect() as connection:
        return connection.execute(f"select {sql}").fetchone()[0]  # type: ignore[index]


def adjusted(correlation: float, delta: float) -> float:
    return float(computed(macro("forbes_rigobon", "forbes_rigobon_adjusted", f"({correlation!r}::double)", f"({delta!r}::double)")))


def z(correlation: float, n: int, other: float, other_n: int) -> Any:
    return computed(macro("forbes_rigobon", "fisher_z", f"({correlation!r}::double)", n, f"({other!r}::double)", other_n))


def test_the_adjusted_correlation_and_both_z_are_those_of_the_oracle(oracles: Path) -> None:
    oracle = json.loads((oracles / "forbes_rigobon" / "expected.json").read_text())
    rows = [row for crisis in oracle["rows"].values() for row in crisis]
    assert len(rows) > 40
    for row in rows:
        delta = (row["sd_turmoil"] / row["sd_full"]) ** 2 - 1
        assert delta == pytest.approx(row["delta"], abs=oracle["tol"])
        found = adjusted(row["rho_turmoil"], delta)
        assert found == pytest.approx(row["rho_turmoil_adj"], abs=oracle["tol"])
        sizes = (row["n_turmoil"], row["rho_full"], row["n_stable"])
        for correlation, name in ((row["rho_turmoil"], "unadj"), (found, "adj")):
            value = z(correlation, *sizes)
            assert value == pytest.approx(row[f"z_{name}"], abs=oracle["tol"])
            assert (value > 1.6448536269514722) == (row[f"flag_{name}"] == "C"), row["country"]


def test_hong_kong_1997_meets_the_published_table(oracles: Path) -> None:
    oracle = json.loads((oracles / "forbes_rigobon" / "corsetti_hk_1997.json").read_text())
    exceeds = []
    for country, row in oracle["rows"].items():
        found = adjusted(row["rho_crisis"], oracle["delta"])
        assert found == pytest.approx(row["FR_adjusted_crisis"], abs=1e-12)
        if found > row["rho_tranquil"]:
            exceeds.append(country)
    assert exceeds == oracle["exceeds"]


def test_a_correlation_of_one_or_three_observations_has_no_z() -> None:
    assert z(1.0, 20, 0.5, 270) is None
    assert z(0.5, 20, -1.0, 270) is None
    assert z(0.5, 3, 0.4, 270) is None
    assert adjusted(1.0, 8.72) == 1.0
    assert adjusted(0.5, 0.0) == 0.5
