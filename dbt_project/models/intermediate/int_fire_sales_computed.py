"""The cascade of each scenario, endogenous risk and nearest funds, from one sparse matrix a session: days on which a new file became known.

Reads tables, builds the matrix and says which number goes where; formulas are in `orchestration/metrics/fire_sale.py`. One round is no business of this
model: it is SQL (int_fire_sale_funds_summed). What is published is cast and explained in the marts.
"""

import hashlib
import inspect
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from scipy import sparse

from orchestration.metrics import fire_sale

COLUMNS = pa.schema(
    {
        "trade_date": pa.date32(),
        "fingerprint": pa.uint64(),
        "code_version": pa.string(),
        "fund_id": pa.string(),
        "endogenous_risk_usd": pa.float64(),
        "endogenous_risk_index": pa.float64(),
        "scenarios": pa.list_(pa.string()),
        "cascade_rounds": pa.list_(pa.int32()),
        "cascade_loss_usd": pa.list_(pa.float64()),
        "neighbours": pa.list_(pa.string()),
        "minimum_weight": pa.list_(pa.float64()),
        "cosine": pa.list_(pa.float64()),
        "liquidity_weighted_usd": pa.list_(pa.float64()),
    }
)
GROUPS = ("ai", "technology", "equity")


class Scenario(NamedTuple):
    """A row of the seed: `shocked` falls by `shock`, from `valid_from` on."""

    name: str
    shocked: str
    shock: float
    valid_from: date


class Day(NamedTuple):
    """A session's network. Per fund its name, net assets and sensitivity; funds × securities in dollars; per security its depth (NaN: not known) and groups."""

    funds: list[str]
    tna_usd: Any
    flow_sensitivity: Any
    holdings_usd: Any
    depth_usd: Any
    groups: dict[str, Any]


def in_force(scenarios: list[Scenario], day: date) -> list[Scenario]:
    """The row of each scenario that counts on a day, by name."""
    newest = {row.name: row for row in sorted(scenarios, key=lambda row: row.valid_from) if row.valid_from <= day}
    return [newest[name] for name in sorted(newest)]


def rows_of(day: Day, scenarios: list[Scenario], parameters: dict[str, float]) -> dict[str, list[Any]]:
    """What the model says of a session, by column, a value a fund."""
    cascades = [
        fire_sale.fire_sale(
            day.holdings_usd,
            np.where(day.groups[scenario.shocked], scenario.shock, 0.0),
            tna_usd=day.tna_usd,
            depth_usd=day.depth_usd,
            flow_sensitivity=day.flow_sensitivity,
            rounds=int(parameters["fire_sale_rounds"]),
            smallest_round=parameters["fire_sale_smallest_round"],
        )
        for scenario in scenarios
    ]
    risk = fire_sale.endogenous_risk(day.holdings_usd, day.depth_usd)
    overlap = fire_sale.fund_overlap(day.holdings_usd, day.depth_usd, int(parameters["fund_overlap_neighbours"]))
    count, found = len(day.funds), (overlap.neighbour >= 0).sum(axis=1)

    def listed(measure: Any) -> list[Any]:
        return [row[:size].tolist() for row, size in zip(measure, found, strict=True)]

    return {
        "fund_id": day.funds,
        "endogenous_risk_usd": [risk.eigenvalue_usd] * count,
        "endogenous_risk_index": [None if np.isnan(part) else float(part) for part in risk.part],
        "scenarios": [[scenario.name for scenario in scenarios]] * count,
        "cascade_rounds": [[len(cascade.round_losses_usd) for cascade in cascades]] * count,
        "cascade_loss_usd": np.array([cascade.cascade_loss_usd for cascade in cascades]).reshape(-1, count).T.tolist(),
        "neighbours": [[day.funds[place] for place in places] for places in listed(overlap.neighbour)],
        "minimum_weight": listed(overlap.minimum_weight),
        "cosine": listed(overlap.cosine),
        "liquidity_weighted_usd": listed(overlap.liquidity_weighted_usd),
    }


def code_version(scenarios: list[Scenario], parameters: dict[str, float]) -> str:
    """A hash of all that a day's numbers follow from beside its data."""
    text = [inspect.getsource(part) for part in (fire_sale, rows_of, in_force, days_of)]
    used = sorted((name, value) for name, value in parameters.items() if name.startswith(("fire_sale_", "fund_overlap_")))
    return hashlib.sha256("\n".join([*text, repr(sorted(scenarios)), repr(used)]).encode()).hexdigest()[:16]


def days_of(fund_days: dict[str, Any], positions: dict[str, Any], depths: dict[str, Any]) -> dict[date, Day]:
    """Networks by session, from columns in order: fund_days by trade_date and fund_id, positions by vintage and security, depths by trade_date and security."""
    days = {}
    sessions, starts = np.unique(fund_days["trade_date"], return_index=True)
    for session, rows in zip(sessions, np.split(np.arange(len(fund_days["trade_date"])), starts[1:]), strict=True):
        vintages = fund_days["vintage_number"][rows]
        first, last = (np.searchsorted(positions["vintage_number"], vintages, side=side) for side in ("left", "right"))
        lines = np.concatenate([np.arange(begin, end) for begin, end in zip(first, last, strict=True)])
        lengths = last - first
        securities, places = np.unique(positions["security_number"][lines], return_inverse=True)
        tna = fund_days["tna_usd"][rows]
        holdings = sparse.csr_array(
            (np.repeat(tna, lengths) * positions["weight"][lines], places, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), len(securities))
        )
        depth = np.full(len(securities), np.nan)
        begin, end = (np.searchsorted(depths["trade_date"], session, side=side) for side in ("left", "right"))
        _, at, its = np.intersect1d(securities, depths["security_number"][begin:end], assume_unique=True, return_indices=True)
        depth[at] = depths["depth_usd"][begin:end][its]
        groups = {group: np.bincount(places, weights=positions[f"is_{group}"][lines], minlength=len(securities)) > 0 for group in GROUPS}
        days[session.astype("datetime64[D]").item()] = Day(
            fund_days["fund_id"][rows].tolist(), tna, fund_days["flow_sensitivity"][rows], holdings, depth, groups
        )
    return days


def model(dbt: Any, session: Any) -> pa.Table:
    """The days that are missing."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    scenarios = [Scenario(*row) for row in dbt.ref("fire_sale_scenarios").project("scenario, shocked, shock, valid_from").fetchall()]
    version = code_version(scenarios, parameters)
    wanted = dict(dbt.ref("int_fire_sale_days").filter("has_new_holdings").order("trade_date").project("trade_date, fingerprint").fetchall())
    if dbt.is_incremental:
        done = session.sql(f"select distinct trade_date, fingerprint from {dbt.this} where code_version = '{version}'").fetchall()  # noqa: S608 - our own hash
        wanted = dict(sorted(set(wanted.items()) - set(done)))
    if not wanted:
        return COLUMNS.empty_table()

    dates = ", ".join(f"date '{day}'" for day in wanted)
    fund_days = dbt.ref("int_fire_sale_fund_days").filter(f"trade_date in ({dates})").order("trade_date, fund_id")
    fund_days = fund_days.project("trade_date, fund_id, vintage_number, tna_usd, flow_sensitivity").fetchnumpy()
    vintages = ", ".join(map(str, np.unique(fund_days["vintage_number"])))
    positions = dbt.ref("int_fire_sale_positions").filter(f"vintage_number in ({vintages})").order("vintage_number, security_number")
    positions = positions.project("vintage_number, security_number, weight, is_ai, is_technology, is_equity").fetchnumpy()
    depths = dbt.ref("int_fire_sale_depths").filter(f"trade_date in ({dates})").order("trade_date, security_number")
    days = days_of(fund_days, positions, depths.project("trade_date, security_number, depth_usd").fetchnumpy())

    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS.names}
    for day, network in days.items():
        stamp = {"trade_date": day, "fingerprint": wanted[day], "code_version": version}
        for name, values in rows_of(network, in_force(scenarios, day), parameters).items():
            columns[name].extend(values)
        for name, value in stamp.items():
            columns[name].extend([value] * len(network.funds))
    return pa.table(columns, schema=COLUMNS)
