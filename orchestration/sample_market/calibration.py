"""The story's figures: what is adjusted so that the simulated February of 2026 reads as the reporter told it, and what must then hold.

In this order: the dot-com rotation against the sharpest of 2003 to 2025; the last three sessions of the story's rotation by the AI
basket's fall; the seventeen before by the narrowing of twenty sessions; the flow of the story day by the two-session outflow. Each is a
one-dimensional search over the last weeks, run again from a checkpoint. The arithmetic here is the generator's own: no code of the
pipeline's metrics may come in. `check` raises where a seed does not tell the story.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from orchestration.sample_market import engine, history, script
from orchestration.sample_market.engine import WORLDS, Record, Setting, State
from orchestration.sample_market.facts import Array, Balances
from orchestration.sample_market.funds import FUNDS, TECHNOLOGY, UNDERLYINGS, Portfolio
from orchestration.sample_market.news import News, SecurityNews, draw, of_securities
from orchestration.sample_market.securities import Security

MARKET_ONLY = WORLDS[:1]
CEILING = 0.10  # of one company in the AI basket
AI_FALL = -0.11  # of the AI basket over the last three sessions
STORY_NARROWING = 1.06  # of the sharpest of 2003 to 2025, in log points
DOT_COM_NARROWING = 1.32  # asked for; 1.25 must be met
SEARCH_STEPS = 26
SESSIONS_TO_RESET = 90  # back from the checkpoint: a quarter end lies between, so the AI basket is the one of the whole history
INDUSTRIALS, VALUE = "XLI", "IWD"
LONG_TECHNOLOGY = Portfolio("sp500", sectors=(TECHNOLOGY,))
LONG_INDUSTRIALS = Portfolio("sp500", sectors=("Industrials",))
LONG_VALUE = Portfolio("value")
FALL_AFTER = -0.028  # log move of the technology basket from the story day to the last, below the watch level


class CalibrationError(ValueError):
    """A seed whose market does not tell the story: what was expected, what was found."""


@dataclass(frozen=True)
class Story:
    """A calibrated market before it is written. dot_com: the scripted rotation of 2000, by session from 1995. record: what happened in every world."""

    news: News
    securities: tuple[Security, ...]
    of_securities: SecurityNews
    setting: Setting
    margin_debt: list[Balances]
    dot_com: Array
    record: Record
    worlds: tuple[engine.World, ...]


def column(fund_id: str) -> int:
    return next(position for position, fund in enumerate(FUNDS) if fund.fund_id == fund_id)


def capped(size: Array, ceiling: float) -> Array:
    """Weights by size, none above the ceiling; what is cut off goes to the others in proportion."""
    weights = size / size.sum()
    ceiling = max(ceiling, 1 / np.count_nonzero(size))
    for _ in range(len(size)):
        high = weights > ceiling * (1 + 1e-12)
        if not high.any():
            break
        free = ~high & (weights < ceiling) & (weights > 0)
        excess = (weights[high] - ceiling).sum()
        weights = np.where(high, ceiling, weights)
        weights[free] += excess * weights[free] / weights[free].sum()
    found: Array = weights
    return found


def ai_basket(log_price: Array, securities: Sequence[Security], sessions: Sequence[date]) -> Array:
    """Log level of the AI basket by session: capitalisation with a ceiling, reset at quarter ends and when a company is listed.

    log_price: against the reference day (sessions, securities).
    """
    members = [position for position, one in enumerate(securities) if "ai_infrastructure" in one.tags]
    listed = [script.LISTED.get(securities[position].ticker, script.ENGINE_FROM) for position in members]
    size = np.array([securities[position].size for position in members])
    relative = np.exp(log_price[:, members])
    level = np.zeros(len(sessions))
    units = np.zeros(len(members))
    for row, day in enumerate(sessions):
        if row:
            level[row] = level[row - 1] + np.log((units * relative[row]).sum() / (units * relative[row - 1]).sum())
        following = sessions[row + 1] if row + 1 < len(sessions) else day
        is_quarter_end = following.month != day.month and day.month % 3 == 0
        if row == 0 or is_quarter_end or following in listed:
            there = np.array([first <= following for first in listed])
            units = capped(np.where(there, size * relative[row], 0.0), CEILING) / relative[row]
    return level


def spread(news: News, dot_com: Array, securities: Sequence[Security], record: Record, sessions: Sequence[date]) -> Array:
    """Log spread of AI growth over value and industrials, from 1995: technology stands for the AI basket before 2016."""
    first = news.row(script.ENGINE_FROM)
    log_price = np.stack(record.log_price)[:, 0]
    value = np.log(np.stack(record.value)[:, 0])
    growth = np.diff(ai_basket(log_price, securities, sessions), prepend=0.0)
    other = 0.5 * (
        np.diff(value[:, column(VALUE)], prepend=value[0, column(VALUE)]) + np.diff(value[:, column(INDUSTRIALS)], prepend=value[0, column(INDUSTRIALS)])
    )
    long = {
        name: history.portfolio_returns(news, securities, portfolio, dot_com)[:first]
        for name, portfolio in (("technology", LONG_TECHNOLOGY), ("industrials", LONG_INDUSTRIALS), ("value", LONG_VALUE))
    }
    early = long["technology"] - 0.5 * (long["industrials"] + long["value"])
    level: Array = np.cumsum(np.concatenate([early, growth - other]))
    return level


def narrowing(level: Array) -> Array:
    """Over twenty sessions, positive where growth loses; nan before."""
    found = np.full(len(level), np.nan)
    found[script.ROTATION_SESSIONS :] = level[: -script.ROTATION_SESSIONS] - level[script.ROTATION_SESSIONS :]
    return found


def root(residual: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function of one number crosses zero, to about 1e-7 of the interval."""
    for _ in range(SEARCH_STEPS):
        middle = (low + high) / 2
        if residual(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def published_flow(setting: Setting, flow: Array, value: Array, value_before: Array) -> float:
    """Dollars of flow into tech-heavy funds as publishers' figures will show them: shares issued at the day's net asset value, or, where only
    holdings are served, their growth on the assets of the day before."""
    worth = np.array([today if fund.history else before for fund, today, before in zip(FUNDS, value[setting.funds], value_before[setting.funds], strict=True)])
    technology = np.array([fund.segment == "tech_heavy" for fund in FUNDS])
    return float((flow * worth)[technology].sum())


class Adjusted(NamedTuple):
    """What the searches find. early, late, after: rotation in log points per unit of loading, over the first seventeen sessions, the last three,
    and what follows the story day. closing: flow of the story day into tech-heavy funds, share of assets."""

    early: float
    late: float
    closing: float
    after: float = 0.0


@dataclass(frozen=True)
class LastWeeks:
    """The market from the reference day on, to be run again and again from a checkpoint. past: what led there."""

    setting: Setting
    securities: Sequence[Security]
    sessions: list[date]
    checkpoint: State
    past: Record

    @property
    def story_row(self) -> int:
        return self.sessions.index(script.STORY_DAY)

    def rotation(self, adjusted: Adjusted) -> Array:
        """Scripted rotation by session."""
        first, last = self.setting.reference + 1, script.LAST_LEG_SESSIONS
        quiet = script.ROTATION_SESSIONS - last
        steps = np.zeros(len(self.sessions))
        steps[first : first + quiet] = adjusted.early / quiet
        steps[first + quiet : first + quiet + last] = adjusted.late / last
        steps[first + quiet + last :] = adjusted.after / (len(self.sessions) - self.story_row - 1)
        return steps

    def extra_flow(self, adjusted: Adjusted) -> Array:
        """Scripted flow by session and fund, share of assets."""
        flow = np.zeros((len(self.sessions), len(FUNDS)))
        flow[self.story_row, [fund.segment == "tech_heavy" for fund in FUNDS]] = adjusted.closing
        return flow

    def run(self, adjusted: Adjusted, until: int) -> Record:
        record = Record()
        engine.advance(self.setting, MARKET_ONLY, self.checkpoint.copy(), until, self.rotation(adjusted), self.extra_flow(adjusted), record)
        return record

    def moves(self, adjusted: Adjusted) -> tuple[float, float]:
        """Simple return of the AI basket over the last leg; narrowing over the whole rotation in log points."""
        record = self.run(adjusted, self.story_row + 1)
        recent = self.checkpoint.row - SESSIONS_TO_RESET
        prices = np.stack(self.past.log_price[recent:] + record.log_price)[:, 0]
        basket = ai_basket(prices, self.securities, self.sessions[recent : self.story_row + 1])
        value = np.log(np.stack(self.past.value[recent:] + record.value)[:, 0])
        back = 1 + script.ROTATION_SESSIONS
        other = np.mean([value[-1, one] - value[-back, one] for one in (column(VALUE), column(INDUSTRIALS))])
        return float(np.expm1(basket[-1] - basket[-1 - script.LAST_LEG_SESSIONS])), float(other - (basket[-1] - basket[-back]))

    def outflow(self, adjusted: Adjusted) -> float:
        """Dollars of published flow into tech-heavy funds over two sessions to the story day."""
        record = self.run(adjusted, self.story_row + 1)
        values = [self.checkpoint.value[0], *(value[0] for value in record.value)]
        return sum(published_flow(self.setting, record.flow[-back][0], values[-back], values[-back - 1]) for back in (1, 2))

    def technology_after(self, adjusted: Adjusted) -> float:
        """Log move of the technology basket from the story day to the last."""
        record = self.run(adjusted, len(self.sessions))
        technology = self.setting.underlyings.start + list(UNDERLYINGS).index("XLK")
        story = record.value[self.story_row - self.checkpoint.row][0, technology]
        return float(np.log(record.value[-1][0, technology] / story))


def adjust(start: Adjusted, name: str, low: float, high: float, residual: Callable[[Adjusted], float]) -> Adjusted:
    """With one of the searched numbers put where a rising residual is zero."""
    return start._replace(**{name: root(lambda value: residual(start._replace(**{name: value})), low, high)})


def _dot_com(news: News, securities: Sequence[Security], past: Record, sessions: Sequence[date]) -> tuple[Array, float]:
    """The scripted rotation of 2000 by session, and the sharpest narrowing of 2003 to 2025 that it has to beat: linear in what is scripted, one step."""
    ends = news.row(script.DOT_COM_ROTATION_ENDS)
    unit = np.zeros(len(news.sessions))
    at_rest = narrowing(spread(news, unit, securities, past, sessions))
    days = np.array(news.sessions[: len(at_rest)])
    sharpest = float(np.nanmax(at_rest[(days >= date(2003, 1, 1)) & (days <= date(2025, 12, 31))]))
    unit[ends - script.ROTATION_SESSIONS + 1 : ends + 1] = -1.0 / script.ROTATION_SESSIONS
    per_unit = narrowing(spread(news, unit, securities, past, sessions))[ends] - at_rest[ends]
    return unit * max(0.0, (DOT_COM_NARROWING * sharpest - at_rest[ends]) / per_unit), sharpest


def tell(seed: int, securities: Sequence[Security], worlds: Sequence[engine.World] = WORLDS) -> Story:
    """Draw a market, adjust it to the story and run it in every world."""
    news = draw(seed)
    single = of_securities(news, securities)
    balances = history.margin_debt(seed)
    sessions = single.sessions
    setting = engine.prepare(news, single, securities, history.daily_debit(balances, sessions))
    checkpoint_row = setting.reference + 1

    # one world to the checkpoint; nothing is scripted until then
    past = Record()
    nothing, no_flow = np.zeros(len(sessions)), np.zeros((len(sessions), len(FUNDS)))
    checkpoint = engine.advance(setting, MARKET_ONLY, engine.start(setting, MARKET_ONLY), checkpoint_row, nothing, no_flow, past)
    dot_com, sharpest = _dot_com(news, securities, past, sessions[:checkpoint_row])

    last = LastWeeks(setting, securities, sessions, checkpoint, past)
    adjusted = Adjusted(early=-0.06, late=-0.08, closing=-0.01)
    for _ in range(2):
        adjusted = adjust(adjusted, "late", -0.30, 0.05, lambda one: last.moves(one)[0] - AI_FALL)
        adjusted = adjust(adjusted, "early", -0.40, 0.30, lambda one: STORY_NARROWING * sharpest - last.moves(one)[1])
        adjusted = adjust(adjusted, "closing", -0.06, 0.03, lambda one: last.outflow(one) - script.STORY_OUTFLOW_USD)
    adjusted = adjust(adjusted, "after", -0.40, 0.40, lambda one: last.technology_after(one) - FALL_AFTER)

    record = Record()
    engine.advance(setting, worlds, engine.start(setting, worlds), len(sessions), last.rotation(adjusted), last.extra_flow(adjusted), record)
    return Story(news, tuple(securities), single, setting, balances, dot_com, record, tuple(worlds))


def figures(story: Story) -> dict[str, float]:
    """What the story was adjusted to, measured on the told market."""
    news, sessions, setting = story.news, story.of_securities.sessions, story.setting
    row = sessions.index(script.STORY_DAY)
    log_price, value = np.stack(story.record.log_price)[:, 0], np.stack(story.record.value)[:, 0]
    basket = ai_basket(log_price, story.securities, sessions)
    industrials = np.log(value[:, column(INDUSTRIALS)])
    back = script.LAST_LEG_SESSIONS
    level = spread(news, story.dot_com, story.securities, story.record, sessions)
    narrowed, days = narrowing(level), np.array(news.sessions)
    flow = np.stack(story.record.flow)[:, 0]
    vix = history.volatility_index(news)
    since_may = vix[news.row(date(2025, 5, 1)) : news.row(script.STORY_DAY)]
    technology = value[:, setting.underlyings.start + list(UNDERLYINGS).index("XLK")]
    debit = [one.debit for one in story.margin_debt]
    december = next(position for position, one in enumerate(story.margin_debt) if one.month == date(2025, 12, 1))

    def sharpest(first: date, last: date) -> float:
        return float(np.nanmax(narrowed[(days >= first) & (days <= last)]))

    ai, other = basket[row] - basket[row - back], industrials[row] - industrials[row - back]
    return {
        "ai_basket_three_sessions": float(np.expm1(ai)),
        "relative_three_sessions": float(np.expm1(ai - other)),
        "narrowing_20_sessions": float(narrowed[news.row(script.STORY_DAY)]),
        "sharpest_narrowing_2003_2025": sharpest(date(2003, 1, 1), date(2025, 12, 31)),
        "sharpest_narrowing_2000_2002": sharpest(date(2000, 1, 1), date(2002, 12, 31)),
        "tech_heavy_two_sessions_usd": sum(published_flow(setting, flow[one], value[one], value[one - 1]) for one in (row - 1, row)),
        "technology_after_story": float(np.log(technology[-1] / technology[row])),
        "vix": float(vix[news.row(script.STORY_DAY)]),
        "vix_highest_since_may_2025": float(since_may.max()),
        "margin_debt_usd_mn": float(debit[december]),
        "margin_debt_highest_of_60_before": float(max(debit[december - 59 : december])),
        "largest_loop_gain": max(story.record.gain),
        "least_share_of_days_with_either_dealer_sign": float(min(min((share > 0).mean(), (share < 0).mean()) for share in setting.gamma.share.T)),
    }


def check(story: Story) -> dict[str, float]:
    """The figures, or a CalibrationError that names every one that does not tell the story."""
    found = figures(story)
    sharpest = found["sharpest_narrowing_2003_2025"]
    wanted = {
        "ai_basket_three_sessions": (-0.14, -0.08),
        "relative_three_sessions": (-np.inf, 0.0),
        "narrowing_20_sessions": (1.055 * sharpest, 1.065 * sharpest),
        "sharpest_narrowing_2000_2002": (1.25 * sharpest, np.inf),
        "tech_heavy_two_sessions_usd": (1.001 * script.STORY_OUTFLOW_USD, 0.999 * script.STORY_OUTFLOW_USD),
        "technology_after_story": (-np.inf, -np.log(script.WATCH_ABOVE)),
        "vix": (found["vix_highest_since_may_2025"] * 1.001, np.inf),
        "margin_debt_usd_mn": (found["margin_debt_highest_of_60_before"] + 1, np.inf),
        "largest_loop_gain": (0.0, 0.5),
        "least_share_of_days_with_either_dealer_sign": (0.15, 0.5),
    }
    wrong = [f"{name}: expected {low:,.4g} to {high:,.4g}, found {found[name]:,.4g}" for name, (low, high) in wanted.items() if not low <= found[name] <= high]
    if not all(np.isfinite(values).all() for values in (np.stack(story.record.log_price), np.stack(story.record.value))):
        wrong.append("expected finite prices, found some that are not")
    if wrong:
        raise CalibrationError(f"seed {story.news.seed}: " + "; ".join(wrong) + "; take another seed or mend sample_market/calibration.py")
    return found
