"""What fire sales cost at the size of the whole US fund industry, as ratios in one process against straight references.

4,000 funds, 20,000 securities, about 1.07 million positions, drawn. One round: the shipped SQL (macros/fire_sale.sql) on its tables, against SciPy and
pandas, which fetch the same tables first. Nearest funds: orchestration.metrics.fire_sale.fund_overlap with its fetch, against the join of pairs that one
writes in SQL. Repeats are interleaved and the median counts; results are compared before a ratio is told. Everyone may use all cores.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pandas as pd
from jinja2 import Environment
from scipy import sparse

from benchmarks.costs import Cost, Section
from orchestration.metrics.fire_sale import fund_overlap
from orchestration.settings import DBT_PROJECT

FUNDS, SECURITIES, POSITIONS = 4_000, 20_000, 1_070_000
REPEATS, PAIR_REPEATS = 9, 3
NEIGHBOURS = 10
TOLERANCE = 1e-12

Result: TypeAlias = dict[str, Any]


# ---------------------------------------------------------------- a drawn industry


@contextmanager
def industry() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with `funds`, `positions` and `depths` of one day. A tenth of the securities is in half of all portfolios, as in life."""
    random = np.random.default_rng(20260204)
    popularity = random.permutation(np.arange(1, SECURITIES + 1) ** -0.35)
    counts = random.lognormal(0, 0.8, FUNDS)
    counts = np.maximum(10, counts * POSITIONS / counts.sum()).astype(int)
    # draws with replacement lose some to repetition: the more, the larger the fund
    picks = [np.unique(random.choice(SECURITIES, size=int(count * 1.1), p=popularity / popularity.sum()))[:count] for count in counts]
    fund = np.repeat(np.arange(FUNDS), [len(pick) for pick in picks])
    weight = random.lognormal(0, 1.5, len(fund))
    invested = random.uniform(0.9, 1.0, FUNDS)
    weight = weight / np.bincount(fund, weights=weight)[fund] * invested[fund]
    positions = pd.DataFrame({"vintage_number": fund.astype("int32"), "security_number": np.concatenate(picks).astype("int32"), "weight": weight})
    day = pd.Timestamp("2026-02-04")
    funds = pd.DataFrame({"trade_date": day, "fund_id": np.arange(FUNDS), "vintage_number": np.arange(FUNDS, dtype="int32"), "invested_share": invested})
    funds = funds.assign(tna_usd=random.lognormal(20, 2, FUNDS), sold=0.1 * random.uniform(0.1, 0.8, FUNDS))
    depths = pd.DataFrame({"trade_date": day, "security_number": np.arange(SECURITIES, dtype="int32"), "depth_usd": random.lognormal(24, 2, SECURITIES)})
    with duckdb.connect() as connection:
        for name, rows in (("funds", funds), ("positions", positions), ("depths", depths)):
            connection.register("rows", rows)
            connection.execute(f"create table {name} as select * from rows")  # noqa: S608 - a name of ours
        yield connection


def fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Result:
    """The columns of a query as arrays."""
    columns: Result = connection.execute(query).fetchnumpy()
    return columns


# ---------------------------------------------------------------- one round, three ways: what each fund loses, and what a dollar of its sales costs all


@cache
def shipped() -> tuple[str, str]:
    """The two queries as dbt would compile them, which is no part of what they cost."""
    environment = Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - SQL, not HTML
    environment.globals["return"] = lambda value: value
    macros: Any = environment.from_string((DBT_PROJECT / "macros" / "fire_sale.sql").read_text()).module
    return macros.fire_sale_securities("funds", "positions", ["sold"]), macros.fire_sale_funds("funds", "positions", "securities", ["sold"])


def in_sql(connection: duckdb.DuckDBPyConnection) -> Result:
    """The shipped queries."""
    securities, losses = shipped()
    connection.execute(
        f"""
        create or replace temp table securities as
        select added.*, depths.depth_usd from ({securities}) as added left join depths using (trade_date, security_number)
        """  # noqa: S608 - our own queries
    )
    found = fetched(connection, losses)
    order = np.argsort(found["fund_id"])
    return {name: values[order] for name, values in found.items()}


def in_scipy(connection: duckdb.DuckDBPyConnection) -> Result:
    """One sparse matrix and five products."""
    funds = fetched(connection, "select tna_usd, invested_share, sold from funds order by fund_id")
    depth = fetched(connection, "select depth_usd from depths order by security_number")["depth_usd"]
    lines = fetched(connection, "select vintage_number, security_number, weight from positions")
    weight = sparse.csr_array((lines["weight"], (lines["vintage_number"], lines["security_number"])), shape=(FUNDS, SECURITIES))
    tna, invested = funds["tna_usd"], funds["invested_share"]
    return {
        "sold_loss": weight @ ((weight.T @ (tna * funds["sold"] / invested)) / depth),
        "loss_per_dollar": weight @ ((weight.T @ tna) / depth) / invested,
        "depth_known_share": weight @ np.ones(SECURITIES),
    }


def in_pandas(connection: duckdb.DuckDBPyConnection) -> Result:
    """Merges and sums by group."""
    funds, depths = connection.execute("select * from funds").df(), connection.execute("select * from depths").df()
    positions = connection.execute("select * from positions").df()
    lines = positions.merge(funds, on="vintage_number")
    lines = lines.assign(held=lines["tna_usd"] * lines["weight"], sale=lines["tna_usd"] * lines["sold"] / lines["invested_share"] * lines["weight"])
    securities = lines.groupby("security_number")[["held", "sale"]].sum().reset_index().merge(depths, on="security_number")
    securities = securities.assign(held=securities["held"] / securities["depth_usd"], sale=securities["sale"] / securities["depth_usd"])
    lines = lines[["fund_id", "security_number", "weight", "invested_share"]].merge(securities, on="security_number")
    lines = lines.assign(
        sold_loss=lines["weight"] * lines["sale"], loss_per_dollar=lines["weight"] / lines["invested_share"] * lines["held"], depth_known_share=lines["weight"]
    )
    found = lines.groupby("fund_id")[["sold_loss", "loss_per_dollar", "depth_known_share"]].sum().sort_index()
    return {str(name): found[name].to_numpy() for name in found}


# ---------------------------------------------------------------- the nearest funds, two ways


def by_function(connection: duckdb.DuckDBPyConnection) -> Result:
    """What the pipeline does: a fetch, one sparse matrix, orchestration.metrics.fire_sale.fund_overlap."""
    tna = fetched(connection, "select tna_usd from funds order by fund_id")["tna_usd"]
    depth = fetched(connection, "select depth_usd from depths order by security_number")["depth_usd"]
    lines = fetched(connection, "select vintage_number, security_number, weight from positions")
    place = (lines["vintage_number"], lines["security_number"])
    overlap = fund_overlap(
        sparse.csr_array((lines["weight"] * tna[place[0]], place), shape=(FUNDS, SECURITIES)), depth, NEIGHBOURS, workers=os.cpu_count() or 1
    )
    return {name: getattr(overlap, name) for name in ("minimum_weight", "cosine", "liquidity_weighted_usd")}


def by_pairs(connection: duckdb.DuckDBPyConnection) -> Result:
    """All pairs of funds that share a security, each once, then the ten largest of each fund."""
    found = fetched(
        connection,
        f"""
        with lines as (
            select
                funds.fund_id, positions.security_number, depths.depth_usd,
                positions.weight / funds.invested_share as weight, funds.tna_usd * positions.weight as held,
                positions.weight / sqrt(sum(positions.weight * positions.weight) over (partition by funds.fund_id)) as direction
            from positions
            inner join funds using (vintage_number)
            inner join depths using (security_number)
        ),
        pairs as (
            select
                a.fund_id as a, b.fund_id as b, sum(least(a.weight, b.weight)) as minimum_weight, sum(a.direction * b.direction) as cosine,
                sum(a.held * b.held / a.depth_usd) as liquidity_weighted_usd
            from lines as a
            inner join lines as b on a.security_number = b.security_number and a.fund_id < b.fund_id
            group by a.fund_id, b.fund_id
        ),
        both_ways as (
            select a as fund_id, b as neighbour, * exclude (a, b) from pairs
            union all
            select b as fund_id, a as neighbour, * exclude (a, b) from pairs
        )
        select * from both_ways
        qualify row_number() over (partition by fund_id order by cosine desc, neighbour) <= {NEIGHBOURS}
        order by fund_id, cosine desc, neighbour
        """,  # noqa: S608 - a constant of this file
    )
    return {name: found[name].reshape(FUNDS, NEIGHBOURS) for name in ("minimum_weight", "cosine", "liquidity_weighted_usd")}


# ---------------------------------------------------------------- the clock


Way: TypeAlias = Callable[[duckdb.DuckDBPyConnection], Result]


def timed(connection: duckdb.DuckDBPyConnection, ways: Sequence[Way], repeats: int, warm_up: bool) -> list[float]:
    """Median wall-clock seconds of each way, in turns; RuntimeError where their results differ by more than TOLERANCE of the larger number."""
    if warm_up:
        for way in ways:
            way(connection)
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(repeats):
        results = []
        for place, way in enumerate(ways):
            gc.collect()
            start = time.perf_counter()
            results.append(way(connection))
            seconds[place].append(time.perf_counter() - start)
        for way, result in zip(ways[1:], results[1:], strict=True):
            _compare(ways[0].__name__, results[0], way.__name__, result)
    return [float(np.median(each)) for each in seconds]


def _compare(first_name: str, first: Result, second_name: str, second: Result) -> None:
    for name, expected in second.items():
        gap = float(np.max(np.abs(first[name] - expected) / np.maximum(np.abs(expected), np.finfo(float).tiny)))
        if not gap <= TOLERANCE:
            raise RuntimeError(f"{name}: {first_name} and {second_name} differ by {gap:.1e}, expected at most {TOLERANCE:.0e}")


def measure() -> list[Cost]:
    """All ratios, about two minutes. RuntimeError where two ways do not agree."""
    with industry() as connection:
        sql, scipy, in_frames = timed(connection, (in_sql, in_scipy, in_pandas), REPEATS, warm_up=True)
        function, pairs = timed(connection, (by_function, by_pairs), PAIR_REPEATS, warm_up=False)
    return [
        Cost(f"one round in SQL ({sql * 1e3:,.0f} ms) over SciPy with its fetch", sql / scipy, "ratio", 1.1),
        Cost(f"one round in SQL over pandas ({in_frames * 1e3:,.0f} ms)", sql / in_frames, "ratio", 0.5),
        Cost(f"ten nearest funds ({function * 1e3:,.0f} ms) over the SQL pair join", function / pairs, "ratio", 0.15),
    ]


SECTION = Section(f"Fire sales: {FUNDS:,} funds, {SECURITIES:,} securities, {POSITIONS / 1e6:.2f} million positions; results equal to {TOLERANCE:.0e}", measure)
