"""News: what moves prices before anybody is forced to trade. Log returns of factors from 1995, and of securities from 2016. Pure and seeded.

A market factor with clustered volatility that rises when it falls, bridged between anchors; a rotation between AI growth and
value with a volatility clock of its own; group factors; single securities that wander around their group and come back;
yields, credit, gold. No forced trade, no price impact: those are the engine's.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration import calendars
from orchestration.sample_market import script
from orchestration.sample_market.draws import autoregression, normal
from orchestration.sample_market.facts import Array
from orchestration.sample_market.securities import Security

CALM_VOLATILITY = 0.0062  # daily, of the market factor
VOLATILITY_PERSISTENCE = 0.975
VOLATILITY_NOISE = 0.045
LEVERAGE_EFFECT = -0.055  # log volatility per unit of the market's shock (Black 1976)
ROTATION_VOLATILITY = 0.0055
ROTATION_CLOCK = (0.985, 0.22)  # persistence and spread of its log volatility
QUIET = 0.35  # of chance that is left, of the rotation while one is scripted, of the market in the last three sessions of the story
IDIOSYNCRATIC_PULL = 0.008  # a session: half of a security's own deviation is gone after four months
OVERNIGHT = {"asia": 0.20, "europe": 0.35}  # of the day's market news, seen before New York opens
OVERNIGHT_CHANCE = 0.45  # of the market's volatility
CALM_VIX = 16.0
VIX_ELASTICITY = 0.55  # to today's volatility: options look a month ahead, and volatility comes back
SESSIONS_A_YEAR = 252

# By group: loading on the rotation, own volatility a day, and log growth of the ten years to 2026.
GROUPS: dict[str, tuple[float, float, float]] = {
    "semis": (0.75, 0.0075, 2.6),
    "software": (0.50, 0.0055, 1.9),
    "hardware": (0.40, 0.0050, 2.0),
    "platforms": (0.35, 0.0055, 1.9),
    "communications": (0.00, 0.0045, 0.7),
    "cyclicals": (-0.15, 0.0040, 1.2),
    "financials": (-0.40, 0.0050, 1.3),
    "health": (-0.20, 0.0045, 1.0),
    "staples": (-0.25, 0.0045, 0.8),
    "energy": (-0.55, 0.0090, 0.7),
    "utilities": (-0.20, 0.0055, 0.8),
    "materials": (-0.40, 0.0050, 0.9),
    "real_estate": (-0.20, 0.0055, 0.7),
    "industrials": (-0.50, 0.0040, 1.3),
    "small_caps": (-0.20, 0.0050, 0.8),
    "emerging": (0.10, 0.0070, 0.6),
    "developed": (-0.15, 0.0050, 0.7),
}
AI_LOADING = 0.25  # on top, of the companies that build AI infrastructure
OWN_VOLATILITY = 0.0095  # of a single share a day, in calm
BETA_SPAN = 0.35  # of the distance from 1 that betas keep: 2008 and 2020 are market-wide and must not look like rotations
BOND_NOISE = 0.0004
CREDIT_BETA = {"corporates": 0.04, "high_yield": 0.22, "em_debt": 0.20}  # on the market's return


@dataclass(frozen=True)
class News:
    """Factors, one value a session from 1995: log returns, but for volatility (daily), yields and spread (per cent)."""

    seed: int
    sessions: list[date]
    market: Array
    volatility: Array
    rotation: Array
    groups: dict[str, Array]
    yield_10y: Array
    yield_2y: Array
    high_yield_spread: Array
    gold: Array
    silver: Array
    overnight: dict[str, Array]
    vix: Array

    def row(self, day: date) -> int:
        return self.sessions.index(day)


def bridged(steps: Array, sessions: list[date], anchors: Sequence[tuple[date, float]], weight: Array) -> Array:
    """Steps whose running sum meets the anchors: what is missing between two of them is spread over their sessions by weight.

    steps, weight: one a session. anchors: (day, level of the sum), the first on or before the first session.
    """
    met = steps.copy()
    met[0] = 0.0
    rows = [max(bisect_right(sessions, day) - 1, 0) for day, _ in anchors]
    for start, end, (_, before), (_, after) in zip(rows, rows[1:], anchors, anchors[1:], strict=False):
        span = slice(start + 1, end + 1)
        met[span] += weight[span] / weight[span].sum() * (after - before - met[span].sum())
    return met


def _market(seed: int, sessions: list[date]) -> tuple[Array, Array]:
    """Log returns and daily volatility of the market factor, bridged in variance time."""
    shocks, noise = normal(seed, "market", len(sessions)), normal(seed, "volatility", len(sessions))
    calm = np.zeros(len(sessions))
    for today in range(1, len(sessions)):
        calm[today] = VOLATILITY_PERSISTENCE * calm[today - 1] + VOLATILITY_NOISE * noise[today] + LEVERAGE_EFFECT * shocks[today - 1]
    volatility = CALM_VOLATILITY * np.exp(calm + _tremors(sessions))
    returns = volatility * shocks
    story = sessions.index(script.STORY_DAY)
    returns[story - script.LAST_LEG_SESSIONS + 1 : story + 1] *= QUIET
    anchors = [(day, float(np.log(level))) for day, level in script.MARKET_ANCHORS]
    return bridged(returns, sessions, anchors, volatility**2), volatility


def _tremors(sessions: list[date]) -> Array:
    lift = np.zeros(len(sessions))
    for tremor in script.MARKET_TREMORS:
        row = sessions.index(tremor.on)
        lift[row:] += tremor.size * 0.5 ** (np.arange(len(sessions) - row) / tremor.half_life)
    return lift


def _rotation(seed: int, sessions: list[date]) -> Array:
    """Log returns of AI growth over value per unit of loading, without the scripted rotations, in whose twenty sessions chance is quiet."""
    persistence, spread = ROTATION_CLOCK
    clock = spread * autoregression(normal(seed, "rotation clock", len(sessions)), persistence)
    days = np.array(sessions)
    for regime in script.ROTATION_REGIMES:
        clock[(days >= regime.first) & (days <= regime.last)] += regime.lift
    returns = ROTATION_VOLATILITY * np.exp(clock) * normal(seed, "rotation", len(sessions))
    for ends in (script.DOT_COM_ROTATION_ENDS, script.STORY_ROTATION_ENDS):
        row = sessions.index(ends)
        returns[row - script.ROTATION_SESSIONS + 1 : row + 1] *= QUIET
    return returns


def _level(seed: int, name: str, sessions: list[date], anchors: Sequence[tuple[date, float]], noise: float) -> Array:
    """A level in per cent through the anchors, two decimals, never below 0.02."""
    first = anchors[0][1]
    steps = bridged(noise * normal(seed, name, len(sessions)), sessions, anchors, np.ones(len(sessions)))
    return np.maximum(first + np.cumsum(steps), 0.02).round(2)


def _high_yield_spread(seed: int, volatility: Array) -> Array:
    """Per cent over Treasuries: follows the market's volatility with a delay."""
    smooth = np.empty_like(volatility)
    smooth[0] = volatility[0]
    for today in range(1, len(volatility)):
        smooth[today] = 0.95 * smooth[today - 1] + 0.05 * volatility[today]
    wander = 0.12 * autoregression(normal(seed, "credit", len(volatility)), 0.995)
    spread: Array = (1.2 + 300.0 * smooth * np.exp(wander)).round(2)
    return spread


def _overnight(seed: int, sessions: list[date], market: Array, volatility: Array) -> dict[str, Array]:
    """What is new in each region before New York opens, log returns: part of the news that New York's day then carries, and chance."""
    shocks = {
        region: share * market + OVERNIGHT_CHANCE * volatility * normal(seed, f"overnight {region}", len(sessions)) for region, share in OVERNIGHT.items()
    }
    for day, region, move in script.OVERNIGHT_SELLING:
        shocks[region][sessions.index(day)] = move
    return shocks


def draw(seed: int) -> News:
    """All factors of one seed."""
    sessions = calendars.sessions(script.FIRST_DAY, script.LAST_DAY)
    size = len(sessions)
    market, volatility = _market(seed, sessions)
    stress = np.sqrt(volatility / CALM_VOLATILITY)
    groups = {name: own * stress * normal(seed, f"group {name}", size) for name, (_, own, _) in GROUPS.items()}
    gold = 0.0003 + 0.0090 * normal(seed, "gold", size)
    for day, move in script.GOLD_SELLING:
        gold[sessions.index(day)] = move
    silver = 1.3 * gold + 0.0090 * normal(seed, "silver", size)
    wander = 0.05 * autoregression(normal(seed, "vix", size), 0.8)
    return News(
        seed=seed,
        sessions=sessions,
        market=market,
        volatility=volatility,
        rotation=_rotation(seed, sessions),
        groups=groups,
        yield_10y=_level(seed, "yield 10", sessions, script.YIELD_10Y_ANCHORS, 0.055),
        yield_2y=_level(seed, "yield 2", sessions, script.YIELD_2Y_ANCHORS, 0.045),
        high_yield_spread=_high_yield_spread(seed, volatility),
        gold=gold,
        silver=silver,
        overnight=_overnight(seed, sessions, market, volatility),
        vix=CALM_VIX * (volatility / CALM_VOLATILITY) ** VIX_ELASTICITY * np.exp(wander),
    )


def beta(security: Security) -> float:
    """To the market factor, as the simulation uses it."""
    return 1 + BETA_SPAN * (security.beta - 1) if security.group in GROUPS else 0.0


def rotation_loadings(securities: Sequence[Security]) -> Array:
    """Loading of each security on the rotation; weighted by size over US shares they add up to nothing: a rotation is no fall."""
    loading = np.array([GROUPS[one.group][0] + AI_LOADING * ("ai_infrastructure" in one.tags) if one.group in GROUPS else 0.0 for one in securities])
    size = np.array([one.size if "sp500" in one.tags else 0.0 for one in securities])
    centred: Array = np.where([one.group in GROUPS for one in securities], loading - (loading * size).sum() / size.sum(), 0.0)
    return centred


@dataclass(frozen=True)
class SecurityNews:
    """News of single securities on the engine's sessions, sessions by securities.

    path: log price with 0 on the reference day. volatility: daily. loading: on the rotation (securities).
    """

    sessions: list[date]
    path: Array
    volatility: Array
    loading: Array


def of_securities(news: News, securities: Sequence[Security]) -> SecurityNews:
    """Factor news carried to single securities."""
    first = news.row(script.ENGINE_FROM)
    sessions = news.sessions[first:]
    size, count = len(sessions), len(securities)
    loading = rotation_loadings(securities)
    market, level, rotation = news.market[first:], news.volatility[first:], news.rotation[first:]
    stress = np.sqrt(level / CALM_VOLATILITY)[:, None]
    growth_of_market = market.sum()
    own = OWN_VOLATILITY * stress * normal(news.seed, "own", size, count)
    change_10y = np.diff(news.yield_10y[first - 1 :]) / 100
    change_2y = np.diff(news.yield_2y[first - 1 :]) / 100

    returns = np.zeros((size, count))
    volatility = np.empty((size, count))
    pulls = np.zeros(count)
    for column, one in enumerate(securities):
        if one.group in GROUPS:
            _, own_group, growth = GROUPS[one.group]
            drift = (growth - beta(one) * growth_of_market) / size
            # taken off: what rotation and group alone would add up to, so that ten years end where they should
            carried = loading[column] * rotation + news.groups[one.group][first:]
            returns[:, column] = drift + beta(one) * market + carried - carried.sum() / size
            volatility[:, column] = np.sqrt((beta(one) * level) ** 2 + (own_group**2 + OWN_VOLATILITY**2) * stress[:, 0] ** 2 + (loading[column] * 0.007) ** 2)
            pulls[column] = 1.0
        elif one.group in ("gold", "silver"):
            returns[:, column] = news.gold[first:] if one.group == "gold" else news.silver[first:]
            volatility[:, column] = 0.009 if one.group == "gold" else 0.015
        else:
            short = one.group == "treasuries_short"
            change = change_2y if short else change_10y
            credit = CREDIT_BETA.get(one.group, 0.0)
            returns[:, column] = -one.duration * change + credit * market + BOND_NOISE * normal(news.seed, f"bond {one.serial}", size)
            volatility[:, column] = np.sqrt((one.duration * 0.00055) ** 2 + (credit * level) ** 2 + BOND_NOISE**2)
    deviation = np.zeros(count)
    for today in range(1, size):
        step = pulls * (own[today] - IDIOSYNCRATIC_PULL * deviation)
        deviation += step
        returns[today] += step
    returns[0] = 0.0
    path = np.cumsum(returns, axis=0)
    return SecurityNews(sessions, path - path[sessions.index(script.REFERENCE_DAY)], volatility, loading)
