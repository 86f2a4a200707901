"""The simulated numbers: one year of prices, portfolios, shares outstanding, volatility, yields and margin debt. Pure and seeded.

No file, no format, no publisher may come in here, and no clock. Every quantity draws from its own stream, so that adding
one changes no other. Prices are rounded to the cent before anything is derived from them, and no BLAS is involved: the
numbers, hence the bytes, are the same on every machine.

The model is a sketch with the stylised facts that the first tables need: clustered market volatility that rises when
prices fall, one factor per group of securities, portfolios whose value equals shares times net asset value.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration import calendars
from orchestration.sample_market import universe
from orchestration.sample_market.facts import Array, Balances, Bars, Position
from orchestration.sample_market.universe import FUNDS, SECURITIES

CREATION_UNIT = 50_000
SESSIONS_A_YEAR = 252
CALM_VOLATILITY = 0.0072  # daily, of the market factor
PERSISTENCE = 0.95
LEVERAGE_EFFECT = -0.035  # log volatility per unit of the market's shock
VOLATILITY_NOISE = 0.030
VIX_PREMIUM = 1.30  # implied over realised volatility
CASH_WEIGHT = 0.002
FLOW_NOISE = 0.0035  # daily, of a fund's shares
TURNOVER = 0.008  # of a fund's shares on a calm day
DRIFT = 0.0004
GROUP_VOLATILITY = {"semis": 1.1, "software": 0.8, "hardware": 0.6, "platforms": 0.7, "cyclicals": 0.5, "defensives": 0.5, "industrials": 0.5}
OWN_VOLATILITY = 1.3  # of a single share, in units of the market's
MARGIN_NOISE = 0.015  # of the log balance, gone by the last month
CALM_MONTHS = 6


@dataclass(frozen=True)
class Market:
    """One simulated year. Arrays have one row a session and one column a fund of `FUNDS` or a security of `SECURITIES`.

    prices: dollars, of bonds per 100 of par. units: securities (rows) held per last-day share of a fund (columns).
    nav, shares, distributions: in shares of the day itself: a split shows in them. cash: dollars beside the securities.
    split_factor: last-day shares per share of the row's day. bars: by fund, in last-day shares.
    yield_10y: per cent. margin_debt: oldest month first.
    """

    sessions: list[date]
    prices: Array
    units: Array
    nav: Array
    shares: Array
    distributions: Array
    cash: Array
    split_factor: Array
    bars: Mapping[str, Bars]
    vix: Bars
    yield_10y: Array
    margin_debt: list[Balances]

    def portfolio(self, row: int, column: int) -> list[Position]:
        """What the fund of this column held on the evening of this row, largest first."""
        shares = self.shares[row, column] * self.split_factor[row, column]
        positions = []
        for security, units, price in zip(SECURITIES, self.units[:, column].tolist(), self.prices[row].tolist(), strict=True):
            if units > 0:
                quantity = float(round(units * shares))
                positions.append(Position(security, quantity, price, round(quantity * price / security.lot, 2)))
        return sorted(positions, key=lambda position: -position.market_value)


def stream(seed: int, quantity: str) -> np.random.Generator:
    """The random numbers of one quantity, independent of all others."""
    return np.random.default_rng([seed, zlib.crc32(quantity.encode())])


def fund_column(fund_id: str) -> int:
    return next(column for column, fund in enumerate(FUNDS) if fund.fund_id == fund_id)


def _scripted(draws: Array, factor: str, sessions: list[date]) -> Array:
    """Draws with the scripted days put in their place."""
    moves = draws.copy()
    for day, name, value in universe.SCRIPT:
        if name == factor:
            moves[sessions.index(day)] = value
    return moves


def _volatility(shocks: Array, noise: Array, sessions: list[date]) -> Array:
    """Daily volatility of the market factor: first-order log autoregression with leverage effect and scripted jumps."""
    jumps = {sessions.index(day): size for day, size in universe.VOLATILITY_JUMPS}
    level = np.zeros(len(sessions))
    for today in range(1, len(sessions)):
        level[today] = PERSISTENCE * level[today - 1] + LEVERAGE_EFFECT * shocks[today] + VOLATILITY_NOISE * noise[today] + jumps.get(today, 0.0)
    volatility: Array = CALM_VOLATILITY * np.exp(level)
    return volatility


def _yields(seed: int, sessions: list[date]) -> Array:
    """Ten-year yield in per cent, two decimals, pulled towards 4.2."""
    moves = _scripted(stream(seed, "yield").normal(0, 0.045, len(sessions)), "yield", sessions)
    level = np.empty(len(sessions))
    level[0] = 4.42
    for today in range(1, len(sessions)):
        level[today] = level[today - 1] + 0.02 * (4.2 - level[today - 1]) + moves[today]
    return level.round(2)


def _prices(seed: int, sessions: list[date], market: Array, volatility: Array, yields: Array) -> Array:
    """Closing prices, sessions by securities. market: log return of the market factor."""
    size = len(sessions)
    own = stream(seed, "own").standard_normal((size, len(SECURITIES)))
    change = np.diff(yields, prepend=yields[0]) / 100
    gold = _scripted(DRIFT + stream(seed, "gold").normal(0, 0.009, size), "gold", sessions)
    groups = {
        name: _scripted(scale * volatility * stream(seed, f"group {name}").standard_normal(size), name, sessions) for name, scale in GROUP_VOLATILITY.items()
    }
    returns = np.empty((size, len(SECURITIES)))
    for column, security in enumerate(SECURITIES):
        if security.group == "treasuries":
            returns[:, column] = -security.beta * change + 0.0004 * own[:, column]
        elif security.group == "credit":
            returns[:, column] = security.beta * market - 2.5 * change + 0.0008 * own[:, column]
        elif security.group == "gold":
            returns[:, column] = gold
        else:
            returns[:, column] = DRIFT + security.beta * market + groups[security.group] + OWN_VOLATILITY * volatility * own[:, column]
    returns[0] = 0.0
    start = np.array([security.price for security in SECURITIES])
    return np.round(start * np.exp(np.cumsum(returns, axis=0)), 2)


def _units(prices: Array) -> Array:
    """Holdings per last-day share, securities by funds: weights in proportion to size on the first day, never rebalanced."""
    per_dollar = np.array([security.lot for security in SECURITIES]) / prices[0]
    units = np.empty((len(SECURITIES), len(FUNDS)))
    for column, fund in enumerate(FUNDS):
        size = np.array([security.size if fund.holds(security) else 0.0 for security in SECURITIES])
        units[:, column] = fund.nav * (1 - CASH_WEIGHT) * size / size.sum() * per_dollar
    return units


def _income(sessions: list[date]) -> tuple[Array, Array]:
    """Cash held and cash paid per last-day share, sessions by funds: income accrues daily and is paid in mid-month."""
    cash = np.zeros((len(sessions), len(FUNDS)))
    paid = np.zeros_like(cash)
    for column, fund in enumerate(FUNDS):
        daily = fund.income * fund.nav / SESSIONS_A_YEAR
        accrued = 0.0
        for row, session in enumerate(sessions):
            is_due = session.month % (12 // fund.payouts) == 0 and session.day >= 15 > sessions[row - 1].day
            if row > 0 and is_due:
                paid[row, column] = round(accrued, 6)
                accrued -= paid[row, column]
            accrued += daily
            cash[row, column] = fund.nav * CASH_WEIGHT + accrued
    return cash, paid


def _split_factors(sessions: list[date]) -> Array:
    factors = np.ones((len(sessions), len(FUNDS)))
    for split in universe.SPLITS:
        factors[: sessions.index(split.on), fund_column(split.fund_id)] *= split.factor
    return factors


def _shares(seed: int, sessions: list[date], value: Array, split_factor: Array) -> Array:
    """Shares outstanding in last-day shares, sessions by funds, in whole creation units of the day itself.

    value: dollars per last-day share. On half of the days a fund sees no creation at all, as most funds do.
    """
    noise = stream(seed, "flows").standard_normal(value.shape)
    active = stream(seed, "active").random(value.shape) < 0.5
    start = np.array([fund.aum * 1e9 / fund.nav for fund in FUNDS])
    wanted = FLOW_NOISE * noise * active * start
    for day, fund_id, billions in universe.SCRIPTED_FLOWS:
        row, column = sessions.index(day), fund_column(fund_id)
        wanted[row, column] = billions * 1e9 / value[row, column]
    wanted[0] = start
    unit = CREATION_UNIT * split_factor[0]
    created: Array = np.round(wanted / unit) * unit
    return created.cumsum(axis=0)


def _around(close: Array, gap: Array, reach: Array, draw: np.random.Generator) -> tuple[Array, Array, Array]:
    """Open, high and low for closing levels. gap, reach: log size of the overnight move and of the day's excursions."""
    opened = np.round(np.concatenate([close[:1], close[:-1]]) * np.exp(gap * draw.standard_normal(len(close))), 2)
    up, down = np.abs(draw.standard_normal((2, len(close))))
    return opened, np.round(np.maximum(opened, close) * np.exp(reach * up), 2), np.round(np.minimum(opened, close) * np.exp(-reach * down), 2)


def _bars(seed: int, fund_id: str, close: Array, paid: Array, calm_volume: float, volatility: Array) -> Bars:
    """Daily bars around closing prices. paid: distribution per share. calm_volume: shares traded on a calm day."""
    draw = stream(seed, f"bars {fund_id}")
    opened, high, low = _around(close, 0.4 * volatility, 0.5 * volatility, draw)
    crowd = volatility / CALM_VOLATILITY * np.exp(0.25 * draw.standard_normal(len(close)))
    growth = np.cumprod(1 / (1 - paid / np.concatenate([close[:1], close[:-1]])))
    return Bars(opened, high, low, close, np.round(calm_volume * crowd / 100) * 100, growth)


def _vix(seed: int, volatility: Array) -> Bars:
    draw = stream(seed, "vix")
    level = 100 * np.sqrt(SESSIONS_A_YEAR) * VIX_PREMIUM * volatility
    close = np.round(level * np.exp(0.03 * draw.standard_normal(len(level))), 2)
    opened, high, low = _around(close, np.full(len(level), 0.02), np.full(len(level), 0.04), draw)
    return Bars(opened, high, low, close, np.zeros(len(level)), np.ones(len(level)))


def _margin_debt(seed: int) -> list[Balances]:
    """Monthly balances: anchors joined on a log scale, and noise that is gone by the last month, so that it is the highest."""
    count = [month.year * 12 + month.month - 1 for month, _ in universe.MARGIN_DEBT_ANCHORS]
    months = np.arange(count[0], count[-1] + 1)
    trend = np.interp(months, count, np.log([billions for _, billions in universe.MARGIN_DEBT_ANCHORS]))
    draw = stream(seed, "margin debt")
    calm = np.minimum(1.0, (months[-1] - months) / CALM_MONTHS)
    debit = 1000 * np.exp(trend + MARGIN_NOISE * calm * draw.standard_normal(len(months)))
    # Free credit balances have fallen behind debit balances for years: from 29 and 33 per cent of them to about 16.
    cash, margin = (share * np.exp(np.cumsum(0.012 * draw.standard_normal(len(months)) - pull)) for share, pull in ((0.29, 0.0065), (0.33, 0.0085)))
    rows = zip(months.tolist(), debit.tolist(), (debit * cash).tolist(), (debit * margin).tolist(), strict=True)
    return [Balances(date(month // 12, month % 12 + 1, 1), round(owed), round(in_cash), round(in_margin)) for month, owed, in_cash, in_margin in rows]


def simulate(seed: int) -> Market:
    """The whole year from one seed; the same seed gives the same numbers."""
    sessions = calendars.sessions(universe.FIRST_DAY, universe.LAST_DAY)
    shocks = stream(seed, "market").standard_normal(len(sessions))
    volatility = _volatility(shocks, stream(seed, "volatility").standard_normal(len(sessions)), sessions)
    yields = _yields(seed, sessions)
    prices = _prices(seed, sessions, _scripted(volatility * shocks, "market", sessions), volatility, yields)

    units = _units(prices)
    cash, paid = _income(sessions)
    worth = prices / np.array([security.lot for security in SECURITIES])
    value = np.column_stack([(worth * units[:, column]).sum(axis=1) for column in range(len(FUNDS))]) + cash
    split_factor = _split_factors(sessions)
    shares = _shares(seed, sessions, value, split_factor)
    bars = {}
    for fund_id in universe.FUNDS_WITH_BARS:
        column = fund_column(fund_id)
        bars[fund_id] = _bars(seed, fund_id, value[:, column].round(2), paid[:, column], TURNOVER * shares[0, column], volatility)

    return Market(
        sessions=sessions,
        prices=prices,
        units=units,
        nav=(value * split_factor).round(6),
        shares=shares / split_factor,
        distributions=(paid * split_factor).round(6),
        cash=(cash * shares).round(2),
        split_factor=split_factor,
        bars=bars,
        vix=_vix(seed, volatility),
        yield_10y=yields,
        margin_debt=_margin_debt(seed),
    )
