"""From a told story to what publishers print: prices, funds, bars, flows, balances, option chains. Pure; no file, no format, no clock.

Prices are rounded to the cent before anything is derived from them. Funds are counted in whole creation units; what rounding leaves of
the story day's outflow is closed in the largest tech-heavy fund.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from orchestration.sample_market import calibration, history, script
from orchestration.sample_market.calibration import Story, column
from orchestration.sample_market.draws import normal, stream
from orchestration.sample_market.engine import Record
from orchestration.sample_market.facts import Array, Balances, Bars, FilingMonth, FlowPeriod, Listing, Position
from orchestration.sample_market.funds import FUNDS, LEVERAGED, TECHNOLOGY, UNREAD, Fund, Portfolio
from orchestration.sample_market.news import CALM_VOLATILITY, SESSIONS_A_YEAR
from orchestration.sample_market.securities import Security

CREATION_UNIT = 50_000
PRODUCT_UNIT = 25_000  # of a leveraged fund
CASH_WEIGHT = 0.002
TURNOVER = {"tech_heavy": 0.022, "leveraged": 0.25, "inverse": 0.35, "broad_equity": 0.012}
OTHER_TURNOVER = 0.009
EXPENSE_OF_LEVERAGE = 0.0095  # a year
# A leveraged fund is split on a quiet day, so that a share of the day costs neither far less nor far more (multiples) than one of the last day.
CHEAP, SPLIT_INTO = 0.25, 2
DEAR, DRAWN_TOGETHER = 4.0, 5
QUIET_DAY = 0.02  # log move of the share


@dataclass(frozen=True)
class Split:
    """Each share becomes `factor` shares before the open of `on`."""

    fund_id: str
    on: date
    factor: int


@dataclass(frozen=True)
class LatePosting:
    """The history file of the evening of `on` repeats the shares outstanding of the session before; the next file is right."""

    fund_id: str
    on: date


SPLITS = (Split("XLK", date(2025, 12, 5), 2),)
LATE_POSTINGS = (LatePosting("IWD", date(2026, 2, 2)),)


class Index(NamedTuple):
    """A published index: what it is made of, or the region it stands for, and its level on the reference day."""

    symbol: str
    name: str
    portfolio: Portfolio | None
    region: str
    level: float
    currency: str
    zone: str
    opens: float
    closes: float
    closed: tuple[tuple[int, int], ...] = ()


INDICES = (
    Index("^GSPC", "S&P 500", Portfolio("sp500"), "", 6945.0, "USD", "America/New_York", 9.5, 16),
    Index("^SP500-45", "S&P 500 Information Technology (Sector)", Portfolio("sp500", sectors=(TECHNOLOGY,)), "", 0.0, "USD", "America/New_York", 9.5, 16),
    Index("^SP500-20", "S&P 500 Industrials (Sector)", Portfolio("sp500", sectors=("Industrials",)), "", 1345.0, "USD", "America/New_York", 9.5, 16),
    Index("^RLV", "Russell 1000 Value", Portfolio("value"), "", 2110.0, "USD", "America/New_York", 9.5, 16),
    Index("^N225", "Nikkei 225", None, "japan", 52_500.0, "JPY", "Asia/Tokyo", 9, 15.5, ((1, 2), (1, 3), (5, 3), (5, 4), (5, 5), (12, 31))),
    Index("^KS11", "KOSPI Composite Index", None, "korea", 4500.0, "KRW", "Asia/Seoul", 9, 15.5, ((3, 1), (5, 5), (6, 6), (8, 15), (10, 3), (12, 31))),
    Index("^TWII", "TSEC CAPITALIZATION WEIGHTED INDEX", None, "taiwan", 30_500.0, "TWD", "Asia/Taipei", 9, 13.5, ((2, 28), (10, 10))),
    Index("^GDAXI", "DAX P", None, "germany", 24_900.0, "EUR", "Europe/Berlin", 9, 17.5, ((5, 1), (12, 24), (12, 26), (12, 31))),
    Index("^STOXX50E", "EURO STOXX 50", None, "europe", 5920.0, "EUR", "Europe/Berlin", 9, 17.5, ((5, 1), (12, 26))),
)


@dataclass(frozen=True)
class Series:
    """Bars of one symbol: its listing, the days it has, and the levels on them, in shares of the last day."""

    listing: Listing
    days: list[date]
    bars: Bars
    distributions: Array


@dataclass(frozen=True)
class Market:
    """What exists to be published. Arrays have one row a session from 2016 and one column a fund of `FUNDS` or a security.

    prices: dollars, of bonds per 100 of par. units: securities (rows) held per last-day share of a fund (columns). nav, shares,
    distributions: in shares of the day itself: a split shows in them. cash: dollars beside the securities. split_factor: last-day shares
    per share of the row's day. product_nav, product_shares: of leveraged funds (one column a fund of `LEVERAGED`): dollars a last-day share, shares of
    the day itself. product_assets: dollars. long_sessions: from 1995, for levels.
    """

    seed: int
    securities: tuple[Security, ...]
    sessions: list[date]
    long_sessions: list[date]
    prices: Array
    units: Array
    nav: Array
    shares: Array
    distributions: Array
    cash: Array
    split_factor: Array
    flow_usd: Array
    product_nav: Array
    product_shares: Array
    product_assets: Array
    series: Mapping[str, Series]
    vix: Bars
    levels: Mapping[str, Array]
    factors: Mapping[str, Array]
    stress: Mapping[str, Array]
    margin_debt: list[Balances]
    gamma_size: Array
    gamma_balance: Array

    @cached_property
    def held(self) -> list[list[int]]:
        """For each fund, the positions of the securities it holds."""
        return [np.flatnonzero(self.units[:, position] > 0).tolist() for position in range(len(FUNDS))]

    def portfolio(self, row: int, position: int) -> list[Position]:
        """What a fund held on the evening of a session, largest first."""
        held = self.held[position]
        shares = self.shares[row, position] * self.split_factor[row, position]
        quantity = np.round(self.units[held, position] * shares)
        price = self.prices[row, held]
        value = np.round(quantity * price / self._lots[held], 2)
        order = np.argsort(-value, kind="stable").tolist()
        rows = list(zip(held, quantity.tolist(), price.tolist(), value.tolist(), strict=True))
        return [Position(self.securities[rows[one][0]], *rows[one][1:]) for one in order]

    @cached_property
    def _lots(self) -> Array:
        return np.array([float(one.lot) for one in self.securities])

    def row(self, day: date) -> int:
        return self.sessions.index(day)


def _income(sessions: Sequence[date]) -> tuple[Array, Array]:
    """Cash held and cash paid per last-day share, sessions by funds: income accrues daily and is paid in mid-month."""
    cash, paid = np.zeros((len(sessions), len(FUNDS))), np.zeros((len(sessions), len(FUNDS)))
    for position, fund in enumerate(FUNDS):
        daily, accrued = fund.income * fund.nav / SESSIONS_A_YEAR, 0.0
        for row, session in enumerate(sessions):
            is_due = session.month % (12 // fund.payouts) == 0 and session.day >= 15 > sessions[row - 1].day
            if row > 0 and is_due:
                paid[row, position] = round(accrued, 6)
                accrued -= paid[row, position]
            accrued += daily
            cash[row, position] = fund.nav * CASH_WEIGHT + accrued
    return cash, paid


def _split_factors(sessions: Sequence[date]) -> Array:
    factors = np.ones((len(sessions), len(FUNDS)))
    for split in SPLITS:
        factors[: sessions.index(split.on), column(split.fund_id)] *= split.factor
    return factors


def _whole_units(shares: Array, value: Array, split_factor: Array, story: int) -> Array:
    """Last-day shares in whole creation units of the day itself; the story's two-session outflow is closed in the largest tech-heavy fund.

    value: dollars per last-day share.
    """
    unit = CREATION_UNIT * split_factor
    whole: Array = np.round(shares / unit) * unit
    technology = [position for position, fund in enumerate(FUNDS) if fund.segment == "tech_heavy"]
    total = 0.0
    for row in (story - 1, story):
        for position in technology:
            created = whole[row, position] - whole[row - 1, position]
            total += created * value[row if FUNDS[position].history else row - 1, position]
    largest = max(technology, key=lambda position: FUNDS[position].aum)
    worth = value[story if FUNDS[largest].history else story - 1, largest]
    missing = round((script.STORY_OUTFLOW_USD - total) / worth / CREATION_UNIT) * CREATION_UNIT
    whole[story:, largest] += missing
    return whole


def _product_splits(nav: Array) -> Array:
    """Last-day shares per share of the day (sessions). nav: dollars a last-day share.

    Told backwards from the last session: where a share of the day would be too cheap, what came before was split into it; where it would be too
    dear, it was drawn together from what came before.
    """
    moves = np.abs(np.diff(np.log(nav)))
    factors, factor = np.ones(len(nav)), 1.0
    for row in range(len(nav) - 2, -1, -1):
        if moves[row] < QUIET_DAY:
            if nav[row] * factor < CHEAP * nav[-1]:
                factor *= SPLIT_INTO
            elif nav[row] * factor > DEAR * nav[-1]:
                factor /= DRAWN_TOGETHER
        factors[row] = factor
    return factors


def _products(story: Story, maker: "_Series") -> tuple[Array, Array, Array]:
    """Net asset value (last-day shares), shares (of the day, in whole creation units) and assets of leveraged funds, sessions by funds."""
    assets = np.stack(story.record.assets)[:, 0]
    nav = np.stack([fund.nav * np.exp(maker.leveraged_level(fund)) for fund in LEVERAGED], axis=1)
    split_factor = np.stack([_product_splits(column) for column in nav.T], axis=1)
    of_the_day = (nav * split_factor).round(4)
    shares = np.maximum(np.round(assets / of_the_day / PRODUCT_UNIT), 1) * PRODUCT_UNIT
    return nav.round(4), shares, (of_the_day * shares).round()


def _around(close: Array, gap: Array, reach: Array, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Open, high and low for closing levels. gap, reach: log size of the overnight move and of the day's excursions."""
    opened = np.round(np.concatenate([close[:1], close[:-1]]) * np.exp(gap * random.standard_normal(len(close))), 2)
    up, down = np.abs(random.standard_normal((2, len(close))))
    high, low = np.maximum(opened, close) * np.exp(reach * up), np.minimum(opened, close) * np.exp(-reach * down)
    return opened, np.round(high, 2), np.round(low, 2)


def _bars(seed: int, symbol: str, close: Array, paid: Array, volume: Array, volatility: Array) -> Bars:
    """Bars around closing levels. paid: distribution per share on its day. volume: shares on a calm day."""
    random = stream(seed, f"bars {symbol}")
    opened, high, low = _around(close, 0.4 * volatility, 0.5 * volatility, random)
    crowd = np.sqrt(volatility / CALM_VOLATILITY) * np.exp(0.25 * random.standard_normal(len(close)))
    growth = np.cumprod(1 / (1 - paid / np.concatenate([close[:1], close[:-1]])))
    return Bars(opened, high, low, close, np.round(volume * crowd / 100) * 100, growth)


class _Series:
    """Makes the bars of every symbol out of a story. Kept together because all share the same sessions and volatility."""

    def __init__(self, story: Story, nav: Array, shares: Array, paid: Array) -> None:
        self.story, self.nav, self.shares, self.paid = story, nav, shares, paid
        self.long = story.news.sessions
        self.first = story.news.row(script.ENGINE_FROM)
        self.value = np.log(np.stack(story.record.value)[:, 0])
        self.volatility = story.news.volatility
        self.seed = story.news.seed
        self.log_price = np.stack(story.record.log_price)[:, 0]

    def long_level(self, portfolio: Portfolio) -> Array:
        """Log level of a portfolio from 1995, 0 on the reference day: factors before 2016, securities from there on."""
        early = history.portfolio_returns(self.story.news, self.story.securities, portfolio, self.story.dot_com)[: self.first]
        weights = portfolio.weights(self.story.securities)
        late = np.log(np.einsum("tn,n->t", np.exp(self.log_price), weights))
        first_return = history.portfolio_returns(self.story.news, self.story.securities, portfolio, self.story.dot_com)[self.first]
        before = late[0] - first_return - (early.sum() - np.cumsum(early))
        return np.concatenate([before, late])

    def _listing(self, fund: Fund) -> Listing:
        return Listing(fund.fund_id, f"{fund.name} (SIMULATED)", "ETF", fund.venue, "USD", "America/New_York", 9.5, 16, max(fund.inception, script.FIRST_DAY))

    def _turnover(self, fund: Fund) -> float:
        return TURNOVER.get(fund.segment, OTHER_TURNOVER) * fund.aum * 1e9 / fund.nav

    def fund(self, fund: Fund, *, long: bool) -> Series:
        """A fund's bars, from its inception where `long`, else from 2016."""
        position = column(fund.fund_id)
        close, paid = self.nav[:, position], self.paid[:, position]
        if long:
            level = self.long_level(fund.portfolio)
            early = close[0] * np.exp(level[: self.first] - level[self.first])
            close, paid = np.concatenate([early, close]), np.concatenate([np.zeros(self.first), paid])
        return self._cut(self._listing(fund), close.round(2), paid, self._turnover(fund))

    def unpublished(self, fund: Fund, log_level: Array) -> Series:
        """Bars of a fund whose issuer nobody reads; log_level: 0 on the reference day, sessions from 2016."""
        close = np.maximum(fund.nav * np.exp(log_level), 0.01).round(2)
        return self._cut(self._listing(fund), close, np.zeros(len(close)), self._turnover(fund))

    def leveraged_level(self, fund: Fund) -> Array:
        """A leveraged fund compounds its factor every day: log level, 0 on the reference day, sessions from 2016."""
        level = self.long_level(fund.portfolio)[self.first :]
        daily = np.expm1(np.diff(level, prepend=level[0])) * fund.leverage - EXPENSE_OF_LEVERAGE / SESSIONS_A_YEAR
        compounded = np.cumsum(np.log1p(np.maximum(daily, -0.9)))
        since_reference: Array = compounded - compounded[self.story.setting.reference]
        return since_reference

    def company(self, position: int) -> Series:
        """A single security, from its first day."""
        one = self.story.securities[position]
        first = max(script.LISTED.get(one.ticker, script.ENGINE_FROM), script.ENGINE_FROM)
        listing = Listing(_charted(one), f"{one.name} (SIMULATED)", "EQUITY", "NMS", "USD", "America/New_York", 9.5, 16, first)
        close = np.maximum(one.price * np.exp(self.log_price[:, position]), 0.01).round(2)
        return self._cut(listing, close, np.zeros(len(close)), self.story.setting.volume[:, position] / close)

    def index(self, index: Index) -> Series:
        """A published index from 1995; an index has no volume and pays nothing."""
        if index.portfolio is not None:
            level = self.long_level(index.portfolio)
        else:
            market = self.long_level(Portfolio("sp500"))
            regional = history.regional_returns(self.story.news, np.diff(market, prepend=market[0]))[index.region]
            level = np.cumsum(regional)
        reference = self.story.news.row(script.REFERENCE_DAY)
        if index.symbol == "^SP500-45":
            story = self.story.news.row(script.STORY_DAY)
            scale = script.WATCH_ABOVE * script.WATCH_LEVEL / np.exp(level[story])
        else:
            scale = index.level / np.exp(level[reference])
        listing = Listing(index.symbol, f"{index.name} (SIMULATED)", "INDEX", "SNP", index.currency, index.zone, index.opens, index.closes, script.FIRST_DAY)
        series = self._cut(listing, (scale * np.exp(level)).round(2), np.zeros(len(level)), 0.0)
        kept = [row for row, day in enumerate(series.days) if (day.month, day.day) not in index.closed]
        columns = (series.bars.open, series.bars.high, series.bars.low, series.bars.close, series.bars.volume, series.bars.growth)
        return Series(listing, [series.days[row] for row in kept], Bars(*(values[kept] for values in columns)), series.distributions[kept])

    def _cut(self, listing: Listing, close: Array, paid: Array, volume: "Array | float") -> Series:
        """Bars on the days from the listing's first on; closing levels end on the last session."""
        days, volatility = self.long[-len(close) :], self.volatility[-len(close) :]
        start = bisect_left(days, listing.first_day)
        traded = np.broadcast_to(np.asarray(volume, dtype=float), close.shape)
        bars = _bars(self.seed, listing.symbol, close[start:], paid[start:], traded[start:], volatility[start:])
        return Series(listing, days[start:], bars, paid[start:])


LONG_FUNDS = ("SPY", "QQQ", "XLK", "IWM", "IWD", "XLI", "IYJ", "EEM", "EFA", "TLT", "IEF", "LQD", "HYG", "GLD", "SLV")


CHARTED = {"ai_infrastructure", "total_market"}  # portfolios whose companies have bars of their own


def _charted(one: Security) -> str:
    """The symbol of a company's chart: charts write a share class with a hyphen, holdings files with a dot."""
    return one.ticker.replace(".", "-")


def _all_series(story: Story, nav: Array, shares: Array, paid: Array) -> dict[str, Series]:
    maker = _Series(story, nav, shares, paid)
    found = {fund.fund_id: maker.fund(fund, long=fund.fund_id in LONG_FUNDS) for fund in FUNDS}
    found |= {fund.fund_id: maker.unpublished(fund, maker.leveraged_level(fund)) for fund in LEVERAGED}
    found |= {fund.fund_id: maker.unpublished(fund, maker.long_level(fund.portfolio)[maker.first :]) for fund in UNREAD}
    charted = [position for position, one in enumerate(story.securities) if one.tags & CHARTED]
    found |= {_charted(story.securities[position]): maker.company(position) for position in charted}
    return found | {index.symbol: maker.index(index) for index in INDICES}


def _levels(story: Story, series: Mapping[str, Series], vix: Array) -> dict[str, Array]:
    """FRED's series by id, sessions from 1995."""
    news = story.news
    return {"VIXCLS": vix, "DGS10": news.yield_10y, "DGS2": news.yield_2y, "BAMLH0A0HYM2": news.high_yield_spread, "SP500": series["^GSPC"].bars.close}


def _factors(story: Story, market: Array, growth: Array, value: Array, small: Array) -> dict[str, Array]:
    """French's daily factors as fractions, sessions from 1995. Arguments: log returns of portfolios."""
    risk_free = np.full(len(market), 0.0) + story.news.yield_2y / 100 / SESSIONS_A_YEAR * 0.8
    return {
        "market": np.expm1(market) - risk_free,
        "smb": np.expm1(small) - np.expm1(market) + 0.002 * normal(story.news.seed, "smb", len(market)),
        "hml": np.expm1(value) - np.expm1(growth),
        "risk_free": risk_free,
    }


STRESS_PARTS = {"Credit": 0.28, "Equity valuation": 0.22, "Safe assets": 0.10, "Funding": 0.15, "Volatility": 0.25}
STRESS_REGIONS = {"United States": 0.55, "Other advanced economies": 0.30, "Emerging markets": 0.15}


def _stress(story: Story, vix: Array) -> dict[str, Array]:
    """An index of financial stress: parts that follow volatility and the high-yield spread, and add up; sessions from 1995."""
    spread, noise = story.news.high_yield_spread, {name: normal(story.news.seed, f"stress {name}", len(vix)) for name in STRESS_PARTS}
    tension = 0.6 * (vix - 19.0) / 8.0 + 0.4 * (spread - 4.5) / 2.0
    parts = {name: (4.0 * share * tension + 0.05 * noise[name]).round(3) for name, share in STRESS_PARTS.items()}
    whole = np.sum(list(parts.values()), axis=0)
    regions = {name: (share * whole).round(3) for name, share in list(STRESS_REGIONS.items())[:-1]}
    last = list(STRESS_REGIONS)[-1]
    return {**parts, **regions, last: (whole - np.sum(list(regions.values()), axis=0)).round(3)}


def in_world(story: Story, name: str) -> Story:
    """The same story with one of its worlds alone, so that it is the first: what publishers would have shown there.

    Raises ValueError where the story was not told in a world of that name.
    """
    names = [world.name for world in story.worlds]
    if name not in names:
        raise ValueError(f"expected a world of {', '.join(names)}, found {name}")
    place, record = names.index(name), story.record

    def its(values: list[Array]) -> list[Array]:
        return [of_all_worlds[place : place + 1] for of_all_worlds in values]

    alone = Record(its(record.log_price), its(record.value), its(record.flow), its(record.shares), its(record.assets))
    return replace(story, worlds=(story.worlds[place],), record=alone)


def assemble(story: Story) -> Market:
    """Everything publishable about a story's market (its first world)."""
    sessions, seed = story.of_securities.sessions, story.news.seed
    log_price = np.stack(story.record.log_price)[:, 0]
    price = np.array([one.price for one in story.securities])
    lots = np.array([float(one.lot) for one in story.securities])
    prices = np.maximum(np.round(price * np.exp(log_price), 2), 0.01)
    start_nav = np.array([fund.nav for fund in FUNDS])
    units = (story.setting.units[story.setting.funds] * (start_nav * (1 - CASH_WEIGHT))[:, None]).T.copy()
    cash, paid = _income(sessions)
    value = np.einsum("tn,nf->tf", prices / lots, units) + cash
    split_factor = _split_factors(sessions)
    shares = _whole_units(np.stack(story.record.shares)[:, 0] / start_nav, value, split_factor, sessions.index(script.STORY_DAY))
    created = np.diff(shares, axis=0, prepend=shares[:1])
    series = _all_series(story, value, shares, paid)
    vix_level = history.volatility_index(story.news)
    reach = np.full(len(vix_level), 0.03)
    opened, high, low = _around(vix_level, 0.6 * reach, reach, stream(seed, "bars VIX"))
    zero, one = np.zeros(len(vix_level)), np.ones(len(vix_level))

    maker = _Series(story, value, shares, paid)
    product_nav, product_shares, product_assets = _products(story, maker)
    returns = {
        name: np.diff(maker.long_level(portfolio), prepend=np.nan)
        for name, portfolio in (
            ("market", Portfolio("total_market")),
            ("growth", Portfolio("growth")),
            ("value", Portfolio("value")),
            ("small", Portfolio("small")),
        )
    }
    returns = {name: np.nan_to_num(values) for name, values in returns.items()}
    return Market(
        seed=seed,
        securities=story.securities,
        sessions=sessions,
        long_sessions=story.news.sessions,
        prices=prices,
        units=units,
        nav=(value * split_factor).round(6),
        shares=shares / split_factor,
        distributions=(paid * split_factor).round(6),
        cash=(cash * shares).round(2),
        split_factor=split_factor,
        flow_usd=created * value,
        product_nav=product_nav,
        product_shares=product_shares,
        product_assets=product_assets,
        series=series,
        vix=Bars(opened, high, low, vix_level, zero, one),
        levels=_levels(story, series, vix_level),
        factors=_factors(story, **returns),
        stress=_stress(story, vix_level),
        margin_debt=story.margin_debt,
        gamma_size=story.setting.gamma.size,
        gamma_balance=story.setting.gamma.balance,
    )


def simulate(seed: int) -> Market:
    """The whole market of one seed; the same seed gives the same numbers."""
    from orchestration.sample_market.securities import load

    return assemble(calibration.tell(seed, load()))


DOMESTIC = {"tech_heavy", "broad_equity", "growth", "value", "industrial", "financial", "energy", "health_care", "utilities"}
ABROAD = {"emerging", "developed_ex_us"}
UNLISTED_SHARE = {"domestic": 0.35, "world": 0.5, "taxable": 0.8, "commodity": 0.1}


def industry_flows(market: Market, first: date, last: date) -> FlowPeriod:
    """What funds of the whole industry took in between two days (both included), in millions: the listed funds' flows and their unlisted twins'."""
    days = np.array(market.sessions)
    rows = (days >= first) & (days <= last)
    flows = market.flow_usd[rows].sum(axis=0) / 1e6
    random = np.random.default_rng([market.seed, last.toordinal()])
    noise = random.standard_normal(6) * np.sqrt(max(1, int(rows.sum())) / 5)

    def of(segments: set[str]) -> float:
        return float(sum(flow for flow, fund in zip(flows, FUNDS, strict=True) if fund.segment in segments))

    domestic, world, taxable = of(DOMESTIC), of(ABROAD), of({"bond", "credit"})
    return FlowPeriod(
        period_end=last,
        domestic=round(domestic * (1 + UNLISTED_SHARE["domestic"]) - 9000 * rows.sum() / 5 + 900 * noise[0]),
        world=round(world * (1 + UNLISTED_SHARE["world"]) - 1500 * rows.sum() / 5 + 500 * noise[1]),
        hybrid=round(-1200 * rows.sum() / 5 + 250 * noise[2]),
        taxable=round(taxable * (1 + UNLISTED_SHARE["taxable"]) + 2500 * rows.sum() / 5 + 900 * noise[3]),
        municipal=round(600 * rows.sum() / 5 + 350 * noise[4]),
        commodity=round(of({"gold", "silver"}) * (1 + UNLISTED_SHARE["commodity"]) + 80 * noise[5]),
    )


def filing_months(market: Market, position: int, report_day: date) -> list[FilingMonth]:
    """A fund's three months to the report day: gross sales and redemptions that net to its flow."""
    days = np.array(market.sessions)
    months, end = [], report_day
    for _ in range(3):
        first = end.replace(day=1)
        flows = market.flow_usd[(days >= first) & (days <= end), position]
        turnover = 0.012 * float(market.nav[-1, position] * market.shares[-1, position])
        sales, redemption = float(flows[flows > 0].sum()) + turnover, float(-flows[flows < 0].sum()) + turnover
        months.append(FilingMonth(round(sales, 2), round(0.01 * turnover, 2), round(redemption, 2)))
        end = first - timedelta(days=1)
    return months[::-1]
