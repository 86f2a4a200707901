"""The long series: returns of whole portfolios and regions before 2016, margin debt since 1997, the volatility index. Pure and seeded.

Before single securities exist, a portfolio is its loadings on the factors of `news`: the same ones its securities carry later.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from orchestration.sample_market import script
from orchestration.sample_market.draws import normal, stream
from orchestration.sample_market.facts import Array, Balances
from orchestration.sample_market.funds import Portfolio
from orchestration.sample_market.news import CREDIT_BETA, GROUPS, News, beta, rotation_loadings
from orchestration.sample_market.securities import Security

MARGIN_NOISE = 0.015  # of the log balance, gone by the last month
CALM_MONTHS = 6
SPLIT_OF_CREDIT = date(2010, 2, 1)  # from here on free credit in cash and margin accounts is reported apart
LONG_DRIFT = 0.00002


def portfolio_returns(news: News, securities: Sequence[Security], portfolio: Portfolio, rotation: Array) -> Array:
    """Log returns of a portfolio on every session from 1995, out of factors alone. rotation: scripted, per unit of loading."""
    weights = portfolio.weights(securities)
    loading = float((weights * rotation_loadings(securities)).sum())
    returns = np.zeros(len(news.sessions))
    change = {"treasuries_short": np.diff(news.yield_2y, prepend=news.yield_2y[0]) / 100}
    longer = np.diff(news.yield_10y, prepend=news.yield_10y[0]) / 100
    for group in sorted({one.group for one in securities}):
        mine = np.array([weight if one.group == group else 0.0 for weight, one in zip(weights, securities, strict=True)])
        share = mine.sum()
        if share <= 0:
            continue
        if group in GROUPS:
            carried = float((mine * np.array([beta(one) for one in securities])).sum())
            returns += carried * news.market + share * news.groups[group] + share * LONG_DRIFT
        elif group in ("gold", "silver"):
            returns += share * (news.gold if group == "gold" else news.silver)
        else:
            duration = float((mine * np.array([one.duration for one in securities])).sum())
            returns += -duration * change.get(group, longer) + share * CREDIT_BETA.get(group, 0.0) * news.market
    return returns + loading * (news.rotation + rotation)


def margin_debt(seed: int) -> list[Balances]:
    """Monthly balances in millions: anchors joined on a log scale, and noise that is gone by the last months, so that December 2025 is the peak."""
    count = [month.year * 12 + month.month - 1 for month, _ in script.MARGIN_DEBT_ANCHORS]
    months = np.arange(count[0], count[-1] + 1)
    trend = np.interp(months, count, np.log([billions for _, billions in script.MARGIN_DEBT_ANCHORS]))
    draw = stream(seed, "margin debt")
    calm = np.minimum(1.0, np.maximum(months[-2] - months, 0) / CALM_MONTHS)
    debit = 1000 * np.exp(trend + MARGIN_NOISE * calm * draw.standard_normal(len(months)))
    years = (months - months[-1]) / 12
    # Free credit balances have fallen behind debit balances for years.
    cash, margin = (debit * end * np.exp(-pull * years + np.cumsum(0.01 * draw.standard_normal(len(months)))) for end, pull in ((0.165, 0.035), (0.16, 0.04)))
    found = []
    for month, owed, in_cash, in_margin in zip(months.tolist(), debit.tolist(), cash.tolist(), margin.tolist(), strict=True):
        first = date(month // 12, month % 12 + 1, 1)
        together = first < SPLIT_OF_CREDIT
        found.append(Balances(first, round(owed), round(in_cash + in_margin if together else in_cash), None if together else round(in_margin)))
    return found


def daily_debit(balances: Sequence[Balances], sessions: Sequence[date]) -> Array:
    """Customers' margin debt in dollars by session, log-linear between month ends."""
    ends = [one.month.toordinal() + 30 for one in balances]
    level: Array = 1e6 * np.exp(np.interp([day.toordinal() for day in sessions], ends, np.log([one.debit for one in balances])))
    return level


# Region: beta on New York's session before, on its own overnight news, and what chance adds (multiples of the market's volatility).
REGIONS = {
    "japan": ("asia", 0.35, 1.10, 0.60),
    "korea": ("asia", 0.40, 1.15, 0.70),
    "taiwan": ("asia", 0.45, 1.20, 0.65),
    "germany": ("europe", 0.25, 1.05, 0.50),
    "europe": ("europe", 0.25, 1.00, 0.40),
}
EUROPE_ON_ASIA = 0.30


def regional_returns(news: News, new_york: Array) -> dict[str, Array]:
    """Log returns of regional indices by session. new_york: log returns of the S&P 500, forced selling included.

    Asia reacts to New York's session before, Europe to Asia too; each adds the news of its own morning (`news.overnight`).
    """
    before = np.concatenate([[0.0], new_york[:-1]])
    asia = 0.38 * before + 1.1 * news.overnight["asia"]
    found = {}
    for name, (zone, reaction, own, chance) in REGIONS.items():
        drawn = chance * news.volatility * normal(news.seed, f"region {name}", len(new_york))
        carried = EUROPE_ON_ASIA * asia if zone == "europe" else 0.0
        found[name] = reaction * before + carried + own * news.overnight[zone] + drawn + 0.0001
    return found


def volatility_index(news: News) -> Array:
    """Closing levels of the volatility index; the story day is lifted to the highest since the spring of 2025, and the days after fall away."""
    level = news.vix.copy()
    story, spring = news.row(script.STORY_DAY), news.row(date(2025, 5, 1))
    april = level[news.row(date(2025, 4, 1)) : spring].max()
    ramp = 5
    quiet = level[spring : story - ramp].max()
    target = max(min(1.08 * max(quiet, level[story]), 0.9 * april), 1.03 * quiet)
    lift = np.log(target / level[story])
    for ahead in range(-ramp, len(level) - story):
        share = (1 + ahead / (ramp + 1)) if ahead <= 0 else 0.7**ahead
        level[story + ahead] *= np.exp(lift * share)
    level[story - ramp : story] = np.minimum(level[story - ramp : story], 0.97 * target)
    level[story + 1 :] = np.minimum(level[story + 1 :], 0.95 * target)
    return level.round(2)
