"""One session's index, taken apart: what moved it, who passes losses on and who takes them. Read from the published file; nothing is estimated here."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.warehouse.query import QueryError, query

SCENARIO = "ai_basket"  # the hypothetical fall by which funds are ranked: the one the index's network pillar rests on
MOST = 5

DAYS = "select min(trade_date), max(trade_date) from contagion_index_daily"
OF_THE_DAY = """
    select index_value, index_percentile, regime, regime_since, is_pressure_significant, change_1d, change_5d, highest_since, history_from, pillars_counted,
        inputs_known, reason
    from contagion_index_daily where trade_date = ?
"""
PARTS = """
    select part, percentile, contribution, share_of_index, change_1d, change_5d from contagion_index_part_daily where trade_date = ?
    order by abs(change_1d) desc nulls last, part
"""
INDICATORS = """
    select pillar, indicator, indicator_value, unit, percentile, age_days from contagion_index_indicator_daily where trade_date = ?
    order by percentile desc nulls last, indicator
"""
# the net of a market is that of its pairs: what it gives to the others' forecast variance less what it takes
MARKETS = """
    select source, sum(net_pct order by target) as net_pct from connectedness_pair_daily where trade_date = ?
    group by source order by net_pct {order}, source limit ?
"""
FUNDS = """
    select fund_id, {loss}, {share} from fund_fire_sale_daily where trade_date = ? and scenario = ? and {loss} > 0 order by {loss} desc, fund_id limit ?
"""


@dataclass(frozen=True)
class Part:
    """A part of the index: name, percentile (null for the pairs), contribution in the index's unit, its share, and its changes on a day and five sessions."""

    name: str
    percentile: float | None
    contribution: float | None
    share: float | None
    change_1d: float | None
    change_5d: float | None


@dataclass(frozen=True)
class Indicator:
    """An indicator of a pillar: its newest value, signed so that more is worse, in its unit, its percentile (null before it has a past), its age in days."""

    pillar: str
    name: str
    value: float
    unit: str
    percentile: float | None
    age_days: int


@dataclass(frozen=True)
class Market:
    """A market and what it gives to others' forecast variance less what it takes, percentage points added over its pairs."""

    name: str
    net_pct: float


@dataclass(frozen=True)
class Fund:
    """A fund, dollars that others lose through its sales or that it loses through theirs, and the same as a fraction (of all assets, of its own)."""

    name: str
    loss_usd: float
    share: float | None


@dataclass(frozen=True)
class Explanation:
    """A session of contagion_index_daily (fields as its columns), its parts by what they changed on the day, its indicators by how unusual they are,
    and the largest on both ends of the network.

    Transmitters and receivers are empty where their tables have no row for the session.
    """

    day: date
    index_value: float | None
    index_percentile: float | None
    regime: str | None
    regime_since: date | None
    is_pressure_significant: bool
    change_1d: float | None
    change_5d: float | None
    highest_since: date | None
    history_from: date | None
    pillars_counted: int
    inputs_known: str
    reason: str | None
    parts: list[Part]
    indicators: list[Indicator]
    market_transmitters: list[Market]
    market_receivers: list[Market]
    fund_transmitters: list[Fund]
    fund_receivers: list[Fund]


def explain(published: Path, day: date | None = None) -> Explanation:
    """The explanation of a session, by default the last one. Raises QueryError where nothing is published or the session has no row, naming those that have."""
    ((first, last),) = query(published, DAYS).rows
    chosen = day or last
    found = query(published, OF_THE_DAY, [chosen]).records()
    if not found:
        known = f"a session from {first} to {last}" if last else "a table with rows"
        raise QueryError(f"expected {known} in contagion_index_daily, found {f'{day} ({day:%A})' if day else 'none'}")

    def asked(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return query(published, sql, [chosen, *parameters]).rows

    def markets(order: str) -> list[Market]:
        sign = 1 if order == "desc" else -1
        return [Market(*row) for row in asked(MARKETS.format(order=order), MOST) if sign * row[1] > 0]

    def funds(loss: str, share: str) -> list[Fund]:
        return [Fund(*row) for row in asked(FUNDS.format(loss=loss, share=share), SCENARIO, MOST)]

    return Explanation(
        day=chosen,
        **found[0],
        parts=[Part(*row) for row in asked(PARTS)],
        indicators=[Indicator(*row) for row in asked(INDICATORS)],
        market_transmitters=markets("desc"),
        market_receivers=markets("asc"),
        fund_transmitters=funds("systemicness_usd", "systemicness"),
        fund_receivers=funds("indirect_loss_usd", "indirect_vulnerability"),
    )
