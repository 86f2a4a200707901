"""The Python model that turns contracts into gamma by strike: whole chains, one at a time or a week at once, and forty thousand contracts."""

import importlib.util
import json
import time
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.sources.cboe_option_chain import CHAINS, OPTION_CHAIN, SOURCE
from orchestration.sources.contract import Parsed, Payload, Request
from tests.dbt_project.test_models import PROJECT, seed


@pytest.fixture(scope="module")
def computed() -> ModuleType:
    path = PROJECT / "models" / "intermediate" / "int_dealer_gamma_computed.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def parameters() -> dict[str, float]:
    return {row["parameter"]: float(row["value"]) for row in seed("parameters")}


def contracts(day: str, underlying: str, spot: float, count: int = 60) -> pd.DataFrame:
    """A chain as int_option_contracts_known has it: a fifth without volatility, some of these without a quote, a sixth expired."""
    random = np.random.default_rng(int(pd.Timestamp(day).dayofyear) + len(underlying))
    rows = pd.DataFrame(
        {
            "trade_date": pd.Timestamp(day),
            "underlying": underlying,
            "strike": spot * np.repeat(np.linspace(0.9, 1.1, count // 12), 12),
            "spot": spot,
            "years_to_expiry": np.tile(np.repeat([0, 1, 3, 30, 91, 365], 2), count // 12) / 365,
            "is_call": np.tile([True, False], count // 2),
            "open_interest": random.integers(0, 5000, count).astype(float),
            "volume": random.integers(0, 500, count).astype(float),
            "implied_volatility": np.where(random.random(count) < 0.2, np.nan, random.uniform(0.1, 0.5, count)),
            "mid_usd": np.where(random.random(count) < 0.3, np.nan, random.uniform(0.01, 0.3, count) * spot),
            "known_on": pd.Timestamp(day) + pd.Timedelta(days=1),
        }
    )
    days = (rows["years_to_expiry"] * 365).round()
    return rows.assign(is_zero_day_next=days == 1, is_zero_day_today=days == 0)


def test_a_chain_is_the_same_to_the_last_bit_whatever_stands_beside_it(computed: ModuleType, parameters: dict[str, float]) -> None:
    chains = [contracts(day, underlying, spot) for day in ("2025-03-03", "2025-03-04", "2025-03-05") for underlying, spot in (("QQQ", 500.0), ("SPX", 6000.0))]
    together = computed.by_strike(pd.concat(chains, ignore_index=True), parameters)
    alone = pd.concat([computed.by_strike(chain, parameters) for chain in chains], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone, check_exact=True)
    assert (together["contracts_solved"] > 0).any()


def test_every_contract_is_used_or_counted_among_those_left_out(computed: ModuleType, parameters: dict[str, float]) -> None:
    chain = contracts("2025-03-03", "QQQ", 500.0)
    chain.loc[[14, 15], ["open_interest", "implied_volatility"]] = [[np.nan, 0.2], [0.0, 0.2]]
    found = computed.by_strike(chain, parameters)
    counts = found[["contracts_used", "contracts_without_volatility", "contracts_without_open_interest", "contracts_expired"]].sum()
    assert counts.sum() == len(chain)
    assert counts["contracts_without_open_interest"] == 1, "an open interest of 0 is a fact"
    assert counts["contracts_expired"] == 10
    assert counts["contracts_without_volatility"] > 0


def test_a_chain_of_which_nothing_can_be_used_has_rows_without_gamma(computed: ModuleType, parameters: dict[str, float]) -> None:
    found = computed.by_strike(contracts("2025-03-03", "QQQ", 500.0).assign(years_to_expiry=0.0), parameters)
    assert found["flip_level"].isna().all()
    assert not found[["call_gamma_usd_per_pct", "put_gamma_usd_per_pct", "contracts_used"]].to_numpy().any()


def test_without_any_chain_the_table_is_empty_and_has_its_columns(computed: ModuleType, parameters: dict[str, float]) -> None:
    with duckdb.connect() as connection:
        columns = "strike, spot, years_to_expiry, open_interest, volume, implied_volatility, mid_usd"
        empty = f"select cast(null as date) as trade_date, {', '.join(f'0.5 as {name}' for name in columns.split(', '))} limit 0"
        tables = {"int_option_contracts_known": connection.sql(empty), "parameters": connection.sql("select 'gamma_rate' as parameter, 0.0 as value")}
        found = computed.model(SimpleNamespace(config=lambda **_: None, ref=tables.__getitem__), None)
    assert found.empty
    assert list(found.columns) == list(computed.COLUMNS)


def test_days_are_read_whole_and_some_at_a_time(computed: ModuleType) -> None:
    days = [date(2025, 3, day) for day in (3, 4, 5, 6, 7)]
    assert computed.batches(list(zip(days, [40_000, 40_000, 40_000, 250_000, 10], strict=True))) == [(days[0], days[1]), (days[2], days[2]), (days[3], days[4])]
    assert computed.batches([]) == []


def test_every_chain_we_ask_for_has_its_kind_and_bars_that_are_fetched() -> None:
    underlyings = {row["underlying"]: row for row in seed("option_underlyings")}
    assert set(CHAINS) <= set(underlyings)
    fetched = {row["symbol"] for row in seed("benchmarks") if row["source"] == "daily_bars"} | {row["fund_id"] for row in seed("funds")}
    assert {row["symbol"] for row in underlyings.values()} <= fetched
    assert {name for name, row in underlyings.items() if row["kind"] == "index"} == {"SPX"}


# ---------------------------------------------------------------- forty thousand contracts


def served(count: int, *bad: dict[str, Any]) -> bytes:
    names = [
        f"SPXW26{month:02d}{day:02d}{side}{5_900_000 + 20_000 * step:08d}"
        for month in range(3, 13)
        for day in range(1, 21)
        for side in "CP"
        for step in range(100)
    ]
    volatility = [0.0 if place % 2 else 0.2 for place in range(count)]
    good = [
        {"option": name, "bid": 95.0, "ask": 105.0, "iv": iv, "open_interest": 10.0, "volume": 5.0}
        for name, iv in zip(names[: count - len(bad)], volatility, strict=False)
    ]
    data = {"options": [*good, *bad], "symbol": "_SPX", "current_price": 6900.5, "last_trade_time": "2026-02-04T16:14:59"}
    return json.dumps({"timestamp": "2026-02-04 21:30:01", "data": data, "symbol": "_SPX"}).encode()


def parsed(content: bytes) -> Parsed:
    return SOURCE.parse(Payload(Request("https://cdn.cboe.com/api/global/delayed_quotes/options/_SPX.json", "SPX"), content))[OPTION_CHAIN.name]


def known(rows: pd.DataFrame) -> pd.DataFrame:
    """What int_option_contracts_known makes of parsed rows."""
    days = (rows["expiry_on"] - rows["observed_on"]).dt.days
    return rows.assign(
        trade_date=rows["observed_on"],
        years_to_expiry=days / 365,
        is_call=rows["option_type"] == "call",
        is_zero_day_next=days == 1,
        is_zero_day_today=days == 0,
        mid_usd=(rows["bid"] + rows["ask"]) / 2,
        known_on=rows["observed_on"] + pd.Timedelta(days=1),
    )


def test_forty_thousand_contracts_are_parsed_and_computed_in_less_than_two_seconds(computed: ModuleType, parameters: dict[str, float]) -> None:
    wrong = {"bid": 1.0, "ask": 1.2, "iv": 0.2, "open_interest": 10.0, "volume": 5.0}
    crossed = wrong | {"option": "SPX260320C06900000", "bid": 2.0}
    negative = wrong | {"option": "SPX260320P06900000", "open_interest": -1.0}
    without_strike = wrong | {"option": "SPX260320C00000000"}
    content = served(40_000, crossed, negative, without_strike)
    started = time.process_time()
    chain = parsed(content)
    found = computed.by_strike(known(chain.rows), parameters)
    took = time.process_time() - started
    assert [reason.split()[-1] for reason in chain.rejected["reason"]] == ["quote", "price", "0"]
    assert len(chain.rows) == 39_997
    assert found["contracts_used"].sum() + found["contracts_without_volatility"].sum() == 39_997
    assert found["contracts_solved"].sum() > 10_000
    assert took < 2
