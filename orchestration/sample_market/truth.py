"""The truth of the simulated market, as Parquet beside the mirror: what estimates are measured against. The pipeline never reads it.

forced_selling     trade_date, channel, asset_class: dollars, negative sells
underlying         trade_date, underlying: the dealers' gamma and share of it, dollars rebalanced by leveraged products
security_impact    trade_date, serial, ticker: the part of the log return that each channel caused: this market minus its rerun without the
                   channel; `joint` is what remains of all channels together (this market minus its twin without price impact)
fund_loss          trade_date, fund_id: dollars lost to news, dollars lost to forced trades, dollars that the fund's own redemptions cost all funds
impact_day         trade_date: dollars that forced trades took from shares, and whether the day is among the worst 5 %
crisis             name, first_on, last_on
story              the figures the story was adjusted to, by name
truth_rules.md     where truth departs from any estimator, by rule
"""

from datetime import date
from pathlib import Path
from string import Template

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sample_market import calibration, engine, impact, script
from orchestration.sample_market.calibration import Story
from orchestration.sample_market.channels import gamma, leveraged, margin, redemption, risk_parity
from orchestration.sample_market.engine import BOOKS, CHANNELS, PARITY
from orchestration.sample_market.facts import Array
from orchestration.sample_market.funds import FUNDS, UNDERLYINGS
from orchestration.sample_market.market import Market

RULES = Path(__file__).with_name("truth_rules.md")
WORST = 0.05  # of days
CLASS_OF_SEGMENT = {"bond": "bond", "credit": "credit", "gold": "gold", "silver": "commodity"}


def _by_class(story: Story) -> pa.Table:
    """Dollars by session, channel and asset class, of the market itself."""
    classes_of = {
        "redemption": [CLASS_OF_SEGMENT.get(fund.segment, "equity") for fund in FUNDS],
        "margin_call": ["equity"] * len(BOOKS),
        "leveraged_etf": ["equity"] * len(UNDERLYINGS),
        "risk_parity": list(PARITY),
        "dealer_gamma": ["equity"] * len(UNDERLYINGS),
    }
    days, channels, classes, dollars = [], [], [], []
    sessions = story.of_securities.sessions
    for channel in CHANNELS:
        traded = np.stack(story.record.trades[channel])[:, 0]
        for name in dict.fromkeys(classes_of[channel]):
            mine = [position for position, other in enumerate(classes_of[channel]) if other == name]
            days += sessions
            channels += [channel] * len(sessions)
            classes += [name] * len(sessions)
            dollars.append(traded[:, mine].sum(axis=1))
    return pa.table({"trade_date": pa.array(days, pa.date32()), "channel": channels, "asset_class": classes, "forced_sale_usd": np.concatenate(dollars)})


def _underlyings(story: Story) -> pa.Table:
    sessions, drawn = story.of_securities.sessions, story.setting.gamma
    count = len(UNDERLYINGS)
    return pa.table(
        {
            "trade_date": pa.array([day for day in sessions for _ in range(count)], pa.date32()),
            "underlying": list(UNDERLYINGS) * len(sessions),
            "dealer_gamma_usd_per_pct": drawn.dollars.ravel(),
            "dealer_share": drawn.share.ravel(),
            "leveraged_rebalance_usd": np.stack(story.record.trades["leveraged_etf"])[:, 0].ravel(),
            "dealer_hedge_usd": np.stack(story.record.trades["dealer_gamma"])[:, 0].ravel(),
        }
    )


def caused(story: Story) -> dict[str, Array]:
    """Log return by session and security that each channel caused, the joint remainder, and the total."""
    names = [world.name for world in story.worlds]
    returns = np.diff(np.stack(story.record.log_price), axis=0, prepend=np.stack(story.record.log_price[:1]))
    total = returns[:, 0] - returns[:, names.index("p1_no_price_impact")]
    parts = {channel: returns[:, 0] - returns[:, names.index(f"without_{channel}")] for channel in CHANNELS}
    return {**parts, "joint": total - np.sum(list(parts.values()), axis=0), "total": total}


def _security_impact(story: Story, parts: dict[str, Array]) -> pa.Table:
    sessions, count = story.of_securities.sessions, len(story.securities)
    columns = {name: values.astype(np.float32).ravel() for name, values in parts.items()}
    days = np.repeat(np.array(sessions, dtype="datetime64[D]"), count)
    serials = np.tile(np.arange(count, dtype=np.int32), len(sessions))
    tickers = pa.array([one.ticker for one in story.securities]).take(pa.array(serials))
    return pa.table({"trade_date": pa.array(days), "serial": serials, "ticker": tickers, **columns})


def _fund_loss(story: Story) -> pa.Table:
    """What each fund lost, and what its sales cost the others: the impact on a security is shared out by dollars traded in it."""
    setting, record = story.setting, story.record
    names = [world.name for world in story.worlds]
    twin = names.index("p1_no_price_impact")
    value = np.stack(record.value)[:, :, setting.funds]
    before = np.concatenate([value[:1], value[:-1]])
    shares = np.stack(record.shares)[:, 0]
    assets = np.concatenate([shares[:1], shares[:-1]]) * before[:, 0]
    news, whole = (value[:, world] / before[:, world] - 1 for world in (twin, 0))
    prices = setting.price * np.exp(np.stack(record.log_price)[:, 0])
    earlier = np.concatenate([prices[:1], prices[:-1]])
    units = setting.units[setting.funds]
    held = np.einsum("tf,fn->tn", np.concatenate([shares[:1], shares[:-1]]), units) * earlier
    moved, total = np.stack(record.moved), np.stack(record.total)
    per_dollar = np.divide(moved, total, out=np.zeros_like(moved), where=np.abs(total) > 1.0)
    sold = np.stack(record.trades["redemption"])[:, 0] / before[:, 0]
    cost = -sold * np.einsum("tn,fn->tf", per_dollar * held * earlier, units)
    sessions, count = story.of_securities.sessions, len(FUNDS)
    return pa.table(
        {
            "trade_date": pa.array([day for day in sessions for _ in range(count)], pa.date32()),
            "fund_id": [fund.fund_id for fund in FUNDS] * len(sessions),
            "assets_usd": assets.ravel(),
            "first_round_loss_usd": (-assets * news).ravel(),
            "second_round_loss_usd": (-assets * (whole - news)).ravel(),
            "second_round_loss_caused_usd": cost.ravel(),
        }
    )


def _impact_days(story: Story, total: Array) -> pa.Table:
    size = np.array([one.size * 1e9 if "total_market" in one.tags else 0.0 for one in story.securities])
    loss = -(total * size * np.exp(story.setting.path)).sum(axis=1)
    is_worst = loss >= np.quantile(loss, 1 - WORST)
    return pa.table({"trade_date": pa.array(story.of_securities.sessions, pa.date32()), "impact_loss_usd": loss, "is_worst": is_worst})


def breached_on(market: Market) -> date | None:
    """The first session after the story day on which the technology index closes below the watch level."""
    series = market.series["^SP500-45"]
    return next((day for day, close in zip(series.days, series.bars.close, strict=True) if day > script.STORY_DAY and close < script.WATCH_LEVEL), None)


def _story(market: Market, figures: dict[str, float]) -> pa.Table:
    broken = breached_on(market)
    facts: dict[str, tuple[float | None, date | None]] = {name: (value, script.STORY_DAY) for name, value in figures.items()}
    facts["watch_level_breached_on"] = (script.WATCH_LEVEL, broken)
    return pa.table({"fact": list(facts), "value": [value for value, _ in facts.values()], "day": pa.array([day for _, day in facts.values()], pa.date32())})


def rules() -> str:
    """The rules, with the constants of this code."""
    constants = {
        "execution": " / ".join(f"{share:.0%}" for share in redemption.EXECUTION),
        "twins": f"{engine.TWINS_MEAN:g}",
        "same_day": f"{leveraged.SAME_DAY:.0%}",
        "unlisted": f"{np.exp(engine.UNLISTED_MEAN) - 1:.0%}",
        "windows": ", ".join(map(str, risk_parity.WINDOWS)),
        "parity_spread": f"{risk_parity.ASSETS_SPREAD:g}",
        "parity_days": str(risk_parity.EXECUTION_SESSIONS),
        "balance": f"{gamma.BALANCE_TRUTH:g}",
        "sales": " / ".join(f"{share:.0%}" for share in margin.SALES),
        "accounts": str(margin.ACCOUNTS),
        "strength": f"{impact.STRENGTH:g}",
        "knee": f"{impact.KNEE:g}",
        "recovery": f"{impact.RECOVERY:.0%}",
    }
    return Template(RULES.read_text()).substitute(constants)


def write(folder: Path, story: Story, market: Market) -> None:
    """All tables into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = caused(story)
    crises = script.CRISES
    tables = {
        "forced_selling": _by_class(story),
        "underlying": _underlyings(story),
        "security_impact": _security_impact(story, parts),
        "fund_loss": _fund_loss(story),
        "impact_day": _impact_days(story, parts["total"]),
        "crisis": pa.table(
            {
                "name": [crisis.name for crisis in crises],
                "first_on": pa.array([crisis.first for crisis in crises], pa.date32()),
                "last_on": pa.array([crisis.last for crisis in crises], pa.date32()),
            }
        ),
        "story": _story(market, calibration.figures(story)),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    (folder / "truth_rules.md").write_text(rules())
