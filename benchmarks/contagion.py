"""What the contagion index says of stress, of contagion and of who causes it, against the truth and against twins without forced trades.

Two statements that must not be mixed up. *Stress*: is the index high around crises, beside the VIX, the stress index that a public office
publishes and the fall of the AI index? *Contagion*: is transmission found where forced trades move prices, and not found in twins of the same
random draws where they do not (P1) or where nobody is forced (P0)? Readers of published files and of `truth/`; `benchmarks.truth` runs and prints.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.table import Table

from benchmarks.scores import auc, rank_correlation
from orchestration.warehouse.build import connect

NO_TRADES, NO_IMPACT = "p0_no_forced_trades", "p1_no_price_impact"
PILLAR_OF = {"redemption": "outflow", "margin_call": "leverage", "leveraged_etf": "mechanics", "risk_parity": "mechanics", "dealer_gamma": "mechanics"}
AHEAD = (0, 1, 5, 20)
RIVALS = {"index": "index_value", "VIX": "vix_close", "OFR-like": "ofr_fsi", "AI drawdown": "ai_drawdown_pct"}
BELOW_VIX = 0.02  # of AUC, that the index may stay behind
SIGNIFICANT = 1.645
WEIGHT = 1 / 6  # of a pillar in the index
YEAR = 250  # sessions before a percentile
WORST = 0.05  # of sessions: those on which a channel sells most
SPREADS = ("contagion", "panic")


@dataclass(frozen=True)
class World:
    """The published file of one world. daily: by session, index, parts and rivals; t-values of the price-pressure slope on the last session.

    indicators: values of the index's indicators as known, by session and (pillar, indicator).
    """

    daily: pd.DataFrame
    indicators: pd.DataFrame
    t_value: float  # over all sessions so far
    t_250: float


@dataclass(frozen=True)
class Statement:
    """A sentence that holds for a seed or not (1 or 0), or the share of days for which it holds; aim: of the mean over seeds."""

    text: str
    aim: float
    found: float


@dataclass(frozen=True)
class Rival:
    """The area under the curve of one predictor for crisis sessions so many ahead."""

    name: str
    ahead: int
    area: float


@dataclass(frozen=True)
class Removal:
    """Mean contribution of a channel's pillar where the channel sells most: in the market and in the twin without it, both ranked in the market's past;
    and as published, each ranked in its own."""

    channel: str
    pillar: str
    whole: float
    without: float
    own_whole: float
    own_without: float


def load(home: Path) -> World:
    """The tables of a finished home."""
    with connect(home / "published" / "contagion.duckdb") as connection:
        daily = connection.execute(
            """
            select * from marts.contagion_index_daily
            left join marts.benchmark_daily using (trade_date)
            where index_value is not null
            order by trade_date
            """
        ).df()
        indicators = connection.execute("select trade_date, pillar, indicator, indicator_value from marts.contagion_index_indicator_daily").df()
        slopes = "select t_history, t_250 from marts.price_pressure_daily where t_history is not null and t_250 is not null order by trade_date desc limit 1"
        found = connection.execute(slopes).fetchall()
    indicators["trade_date"] = pd.DatetimeIndex(indicators["trade_date"])
    by_session = indicators.pivot(index="trade_date", columns=["pillar", "indicator"], values="indicator_value")
    return World(daily.set_index(pd.DatetimeIndex(daily["trade_date"])), by_session, *(map(float, found[0]) if found else (float("nan"), float("nan"))))


def stress(market: World, truth: Path) -> list[Rival]:
    """How well the index, and what anybody can read elsewhere, tells sessions on which a crisis runs so many sessions later."""
    crises = pd.read_parquet(truth / "crisis.parquet")
    sessions = market.daily.index
    runs = np.zeros(len(sessions))
    for first, last in crises[["first_on", "last_on"]].to_numpy().tolist():
        runs[(sessions >= pd.Timestamp(first)) & (sessions <= pd.Timestamp(last))] = 1
    found = []
    for ahead in AHEAD:
        later = np.full(len(runs), np.nan)
        later[: max(len(runs) - ahead, 0)] = runs[ahead:]
        for name, column in RIVALS.items():
            score = market.daily[column].to_numpy(dtype=float)
            found.append(Rival(name, ahead, auc(-score if name == "AI drawdown" else score, later)))
    return found


def _spreads(world: World) -> float:
    return float(world.daily["regime"].isin(SPREADS).mean())


def contribution(market: World, world: World, pillar: str) -> pd.Series:
    """What a world's pillar would add to the market's index, by session: each indicator ranked in the market's past instead of its own.

    A percentile in a world's own past says how unusual a day is in that world. A channel that is missing on all days is missing in the past too, so that
    only the market's past can show it. Of the market itself it is what is published, to a rank of a monthly figure among sessions instead of months.
    """
    ranks = []
    for name in market.indicators[pillar]:
        past = market.indicators[pillar, name].dropna()
        asked = world.indicators[pillar, name].reindex(past.index) if (pillar, name) in world.indicators else past * np.nan
        ordered: list[float] = []
        rank = []
        for today, value in zip(past.tolist(), asked.tolist(), strict=True):
            insort(ordered, today)
            is_known = len(ordered) >= YEAR and value == value
            rank.append((bisect_left(ordered, value) + bisect_right(ordered, value) + 1) / 2 / len(ordered) if is_known else float("nan"))
        ranks.append(pd.Series(rank, past.index))
    added: pd.Series = (pd.concat(ranks, axis=1).mean(axis=1) * WEIGHT) ** 2
    return added


def removals(market: World, twins: dict[str, World], truth: Path) -> list[Removal]:
    """What each channel whose twin is there adds to its pillar, on the sessions on which it sells most in the market."""
    sales = pd.read_parquet(truth / "forced_selling.parquet").groupby(["channel", "trade_date"])["forced_sale_usd"].sum()
    found = []
    for channel, pillar in PILLAR_OF.items():
        if (twin := twins.get(f"without_{channel}")) is None:
            continue
        sold = sales[channel].set_axis(pd.DatetimeIndex(sales[channel].index)).reindex(market.daily.index).dropna()
        days = sold.index[sold <= sold.quantile(WORST)]
        whole, without = (contribution(market, world, pillar).reindex(days).mean() for world in (market, twin))
        own_whole, own_without = (world.daily[f"contribution_{pillar}"].reindex(days).mean() for world in (market, twin))
        found.append(Removal(channel, pillar, float(whole), float(without), float(own_whole), float(own_without)))
    return found


def transmission(market: World, twins: dict[str, World], truth: Path) -> list[Statement]:
    """What must hold of a market and its twins. twins: by the name of the world; those that are not there are not spoken of."""
    found = [
        Statement("price pressure is significant", 0.80, float(market.t_value > SIGNIFICANT)),
        Statement("the same over the last 250 sessions alone", 0.80, float(market.t_250 > SIGNIFICANT)),
    ]
    impact = pd.read_parquet(truth / "impact_day.parquet").query("is_worst")["trade_date"]
    worst = market.daily.index.intersection(pd.DatetimeIndex(impact))

    def is_higher_than(twin: World, column: str) -> float:
        """On the days of most impact: percentiles of a world's own past say nothing over all its days."""
        days = worst.intersection(twin.daily.index)
        return float(market.daily.loc[days, column].mean() > twin.daily.loc[days, column].mean())

    if NO_IMPACT in twins:
        twin = twins[NO_IMPACT]
        found.append(Statement("P1: price pressure is not significant", 0.90, float(not twin.t_value > SIGNIFICANT)))
        found.append(Statement("P1: share of days outside contagion and panic", 0.99, 1 - _spreads(twin)))
        found.append(Statement("the index is higher than P1's on the days of most impact", 1.0, is_higher_than(twin, "index_value")))
    if NO_TRADES in twins:
        found.append(Statement("P0: share of days outside contagion and panic", 0.99, 1 - _spreads(twins[NO_TRADES])))
    for one in removals(market, twins, truth):
        found.append(Statement(f"less {one.pillar} without {one.channel}, as published", 1.0, float(one.own_without < one.own_whole)))
        found.append(Statement(f"less {one.pillar} without {one.channel}, in the market's past", 1.0, float(one.without < one.whole)))
    return found


@dataclass(frozen=True)
class Ranking:
    """Rank correlations across funds with what their sales cost all funds on the days of most impact: in dollars, and per dollar of assets."""

    published: float
    free: float
    published_per_dollar: float
    free_per_dollar: float


def systemicness(home: Path) -> Ranking:
    """The published systemicness against assets times loss, which anybody has.

    A fund's own loss of the day is given to both (the truth's first round). Ours multiplies it by the fund's flow sensitivity and by what a dollar
    of its sales costs all funds, both as published for the day. Summed over the days: one day's flows are mostly noise.
    """
    with connect(home / "published" / "contagion.duckdb") as connection:
        published = connection.execute(
            """
            select trade_date, fund_id, tna_usd, flow_sensitivity * systemicness_usd / nullif(-forced_sale_usd, 0) as cost_per_dollar_lost
            from marts.fund_fire_sale_daily where scenario = 'market'
            """
        ).df()
    losses = pd.read_parquet(home / "truth" / "fund_loss.parquet")
    worst = pd.read_parquet(home / "truth" / "impact_day.parquet").query("is_worst")["trade_date"]
    for frame in (published, losses):
        frame["trade_date"] = pd.to_datetime(frame["trade_date"])
    days = losses[losses["trade_date"].isin(pd.to_datetime(worst))].merge(published.dropna(), on=["trade_date", "fund_id"])
    days["estimated"] = days["first_round_loss_usd"] * days["cost_per_dollar_lost"]
    funds = days.groupby("fund_id")
    estimated, lost, caused = (funds[name].sum().to_numpy(dtype=float) for name in ("estimated", "first_round_loss_usd", "second_round_loss_caused_usd"))
    assets = funds["tna_usd"].mean().to_numpy(dtype=float)
    return Ranking(
        rank_correlation(estimated, caused),
        rank_correlation(lost, caused),
        rank_correlation(estimated / assets, caused / assets),
        rank_correlation(lost / assets, caused / assets),
    )


def _mean(values: Sequence[float]) -> str:
    known = [value for value in values if np.isfinite(value)]
    return f"{np.mean(known):.2f}" if known else "–"


def stress_table(found: dict[int, list[Rival]], is_held_out: Callable[[int], bool]) -> Table:
    """Areas by predictor and horizon, on held-out seeds where there are some."""
    judged = {seed: rivals for seed, rivals in found.items() if is_held_out(seed)} or found
    table = Table("sessions ahead", *RIVALS, "verdict", box=None, pad_edge=False, title="stress: AUC of crisis sessions", title_justify="left")
    for ahead in AHEAD:
        areas = {
            name: float(np.nanmean([rival.area for rivals in judged.values() for rival in rivals if (rival.name, rival.ahead) == (name, ahead)]))
            for name in RIVALS
        }
        verdict = "met" if areas["index"] >= areas["VIX"] - BELOW_VIX else "missed: below VIX"
        table.add_row(str(ahead), *(f"{area:.2f}" for area in areas.values()), verdict)
    return table


def statement_table(found: dict[int, list[Statement]], is_held_out: Callable[[int], bool]) -> Table:
    """Each statement's mean over the developed and the held-out seeds that could be asked."""
    table = Table(
        "statement",
        "aim",
        "developed on",
        "held out",
        "verdict",
        box=None,
        pad_edge=False,
        title="contagion, over seeds (without a channel: where it sells most)",
        title_justify="left",
    )
    every = {statement.text: statement.aim for statements in found.values() for statement in statements}
    for text, aim in every.items():
        by_kind = [
            [one.found for seed, statements in found.items() if is_held_out(seed) is kind for one in statements if one.text == text] for kind in (False, True)
        ]
        judged = float(np.mean(by_kind[1] or by_kind[0]))
        table.add_row(text, f"{aim:.2f}", *(_mean(values) for values in by_kind), "met" if judged >= aim else "missed")
    return table


def removal_table(found: dict[int, list[Removal]], is_held_out: Callable[[int], bool]) -> Table:
    """By channel, on held-out seeds where there are some: by how much a pillar adds less without it, the least and the most of the seeds."""
    judged = [one for seed, ones in found.items() if is_held_out(seed) for one in ones] or [one for ones in found.values() for one in ones]
    columns = ("channel", "pillar", "contribution", "without it", "change by seed", "ranked in its own past", "seeds")
    table = Table(*columns, box=None, pad_edge=False, title="a pillar without its channel, where the channel sells most", title_justify="left")

    def span(changes: list[float]) -> str:
        return f"{min(changes):+.2%} to {max(changes):+.2%}"

    for channel, pillar in PILLAR_OF.items():
        ones = [one for one in judged if one.channel == channel]
        if ones:
            means = (f"{np.mean([getattr(one, name) for one in ones]):.4f}" for name in ("whole", "without"))
            changes = [one.without / one.whole - 1 for one in ones], [one.own_without / one.own_whole - 1 for one in ones]
            table.add_row(channel, pillar, *means, *map(span, changes), str(len(ones)))
    return table


def systemicness_table(found: dict[int, Ranking], is_held_out: Callable[[int], bool]) -> Table:
    """Rank correlations with what funds' sales truly cost all funds."""
    table = Table("who costs the others most", "systemicness", "assets × loss", "verdict", box=None, pad_edge=False, title="systemicness", title_justify="left")
    judged = [ranking for seed, ranking in found.items() if is_held_out(seed)] or list(found.values())
    for text, ours, theirs in (("in dollars", "published", "free"), ("per dollar of assets", "published_per_dollar", "free_per_dollar")):
        mine, free = (float(np.mean([getattr(one, name) for one in judged])) for name in (ours, theirs))
        table.add_row(text, f"{mine:.2f}", f"{free:.2f}", "met" if mine > free else "missed")
    return table
