"""The day loop: news, forced trades, and what they do to prices, for several worlds at once. Pure; no file, no publisher.

A world is one market with some of its machinery switched off (twins of the same random draws: see `WORLDS`). All arrays have the
world as first axis, so that eight worlds cost little more than one. Within a day: what was decided before the open (redemptions,
margin calls, risk parity, yesterday's leveraged remainder) is traded together with what responds to the day's own return
(leveraged funds, dealers' hedges); the fixed point of the latter is settled in `impact`.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from orchestration.sample_market import script
from orchestration.sample_market.channels import gamma, leveraged, margin, redemption, risk_parity
from orchestration.sample_market.draws import autoregression, normal, stream
from orchestration.sample_market.facts import Array
from orchestration.sample_market.funds import FUNDS, LEVERAGED, SP500, TOTAL, UNDERLYINGS, Portfolio
from orchestration.sample_market.impact import RECOVERY, impact, settle
from orchestration.sample_market.news import CALM_VOLATILITY, SESSIONS_A_YEAR, News, SecurityNews
from orchestration.sample_market.securities import Security

CHANNELS = ("redemption", "margin_call", "leveraged_etf", "risk_parity", "dealer_gamma")


class World(NamedTuple):
    """Which channels trade, whether trades move prices, and whether holders react to losses at all."""

    name: str
    channels: tuple[str, ...] = CHANNELS
    moves_prices: bool = True
    responds: bool = True


WORLDS = (
    World("market"),
    World("p0_no_forced_trades", channels=(), responds=False),
    World("p1_no_price_impact", moves_prices=False),
    *(World(f"without_{channel}", tuple(other for other in CHANNELS if other != channel)) for channel in CHANNELS),
)

BOOKS = {"market": TOTAL, "ai": Portfolio("ai_infrastructure"), "growth": Portfolio("growth")}  # what margin accounts hold
PARITY = {
    "equity": SP500,
    "bond": Portfolio(groups=("treasuries_intermediate", "treasuries_long")),
    "gold": Portfolio(groups=("gold",)),
    "credit": Portfolio(groups=("corporates",)),
}
PARITY_ASSETS = 150e9  # dollars (IMF, Antoshin 2018: 150 to 175 billion at the end of 2017)
OPEN_GAMMA = {"SPY": 9.0e9, "QQQ": 3.0e9, "XLK": 0.12e9, "SMH": 0.25e9}  # dollars per 1 % move, all open interest, on the reference day
UNLISTED_MEAN, UNLISTED_SPREAD = 0.25, 0.30  # log of what unlisted leveraged products add
TWINS_MEAN, TWINS_SPREAD = 1.5, 0.25  # unlisted twins of a fund, as a multiple of it
FLOW_NOISE, SEGMENT_NOISE = 0.0028, 0.0013  # share of assets a day
LOOK_BACK = 120
STANDS_FOR = {"small_caps": 8.0, "developed": 4.0, "emerging": 3.0}  # a few lines trade for the many that the list leaves out
# How restless holders are: traders' funds against savings plans.
TEMPER = {"tech_heavy": 1.0, "credit": 0.9, "emerging": 0.7, "small": 0.7, "broad_equity": 0.25, "bond": 0.4, "value": 0.5, "growth": 0.5}
OTHER_TEMPER = 0.7


@dataclass(frozen=True)
class Setting:
    """What does not depend on forced trades, sessions first. Portfolios in order: funds, underlyings, books, parity assets.

    steps: log news returns (sessions, securities). price: on the reference day, dollars a unit. units: of securities in a share of a portfolio that
    is worth 1 dollar on the reference day (portfolios, securities). volume: dollars a day. noise, scripted: flows as share of assets (sessions, funds).
    """

    securities: tuple[Security, ...]
    steps: Array
    path: Array
    loading: Array
    volatility: Array
    volume: Array
    price: Array
    units: Array
    noise: Array
    scripted: Array
    twins: Array
    shares: Array
    trend: Array
    temper: Array
    cash: Array
    leveraged_assets: Array
    unlisted: Array
    gamma: gamma.Gamma
    parity_assets: Array
    past: Array
    debit: Array
    reference: int
    seed: int

    @property
    def funds(self) -> slice:
        return slice(0, len(FUNDS))

    @property
    def underlyings(self) -> slice:
        return slice(len(FUNDS), len(FUNDS) + len(UNDERLYINGS))

    @property
    def books(self) -> slice:
        return slice(self.underlyings.stop, self.underlyings.stop + len(BOOKS))

    @property
    def parity(self) -> slice:
        return slice(self.books.stop, self.books.stop + len(PARITY))


def prepare(news: News, of_securities: SecurityNews, securities: Sequence[Security], debit: Array) -> Setting:
    """Everything drawn before the first day. debit: customers' margin debt by session, dollars."""
    seed, sessions = news.seed, of_securities.sessions
    size, first = len(sessions), news.row(script.ENGINE_FROM)
    price = np.array([one.price / one.lot for one in securities])
    portfolios = [*(fund.portfolio for fund in FUNDS), *UNDERLYINGS.values(), *BOOKS.values(), *PARITY.values()]
    units = np.stack([portfolio.weights(securities) / price for portfolio in portfolios])

    stress = np.sqrt(news.volatility[first:] / CALM_VOLATILITY)
    crowd = stress * np.exp(0.15 * autoregression(normal(seed, "crowd", size), 0.9))
    turnover = np.array([one.turnover * one.size * 1e9 * STANDS_FOR.get(one.group, 1.0) for one in securities])
    volume = turnover * np.exp(of_securities.path) * crowd[:, None]

    segments = sorted({fund.segment for fund in FUNDS})
    mood = SEGMENT_NOISE * normal(seed, "segment flows", size, len(segments))
    noise = FLOW_NOISE * normal(seed, "flows", size, len(FUNDS)) + mood[:, [segments.index(fund.segment) for fund in FUNDS]]
    temper = np.array([TEMPER.get(fund.segment, OTHER_TEMPER) for fund in FUNDS])
    noise *= temper * (0.6 + 0.4 * stress[:, None])
    twin = TWINS_MEAN * np.exp(TWINS_SPREAD * autoregression(normal(seed, "twins", size, len(segments)), 0.98))
    scripted = np.zeros((size, len(FUNDS)))
    technology = np.array([fund.segment == "tech_heavy" for fund in FUNDS])
    for day, share in script.TECH_OUTFLOWS:
        scripted[sessions.index(day), technology] = share

    years = np.arange(size) / SESSIONS_A_YEAR
    trend = np.array([fund.growth for fund in FUNDS]) / SESSIONS_A_YEAR
    reference = sessions.index(script.REFERENCE_DAY)
    shares = np.array([fund.aum * 1e9 for fund in FUNDS]) * np.exp(-trend * reference)
    leveraged_assets = np.array([fund.aum * 1e9 for fund in LEVERAGED]) * np.exp(0.16 * (years - years[reference]))[:, None]
    pull = np.zeros(size)
    begin, end, target = script.SHORT_GAMMA
    pull[sessions.index(begin) : sessions.index(end) + 1] = 0.85
    count = len(UNDERLYINGS)
    drawn = gamma.draw(
        np.array(list(OPEN_GAMMA.values())) * np.exp(0.12 * (years - years[reference]))[:, None],
        autoregression(normal(seed, "dealer share", size, count), gamma.SHARE_PERSISTENCE),
        autoregression(normal(seed, "call balance", size, count), gamma.SHARE_PERSISTENCE),
        autoregression(normal(seed, "open gamma", size, count), gamma.SIZE_PERSISTENCE),
        pull,
        target,
    )
    # what risk-parity rules saw before the first session: factor news stand for the portfolios
    before = slice(first - LOOK_BACK, first)
    bond = -8.0 * np.diff(news.yield_10y[before.start - 1 : first]) / 100
    past = np.stack([news.market[before], bond, news.gold[before], bond + 0.04 * news.market[before]], axis=1)
    return Setting(
        securities=tuple(securities),
        steps=np.diff(of_securities.path, axis=0, prepend=of_securities.path[:1]),
        path=of_securities.path,
        loading=of_securities.loading,
        volatility=of_securities.volatility,
        volume=volume,
        price=price,
        units=units,
        noise=noise,
        scripted=scripted,
        twins=twin[:, [segments.index(fund.segment) for fund in FUNDS]],
        shares=shares,
        trend=trend,
        temper=temper,
        cash=np.array([fund.cash for fund in FUNDS]),
        leveraged_assets=leveraged_assets,
        unlisted=UNLISTED_MEAN + UNLISTED_SPREAD * autoregression(normal(seed, "unlisted", size, count), 0.99),
        gamma=drawn,
        parity_assets=PARITY_ASSETS * np.exp(risk_parity.ASSETS_SPREAD * autoregression(normal(seed, "parity assets", size), 0.995)),
        past=past,
        debit=debit,
        reference=reference,
        seed=seed,
    )


@dataclass
class State:
    """Where all worlds stand after a session (`row` is the next one). displaced: log price against news (worlds, securities)."""

    row: int
    displaced: Array
    value: Array
    redemption: redemption.Redemption
    leveraged: leveraged.Leveraged
    margin: margin.Margin
    parity: risk_parity.RiskParity

    def copy(self) -> "State":
        return deepcopy(self)


@dataclass
class Record:
    """What happened, sessions first; forced trades in dollars (negative sells) by channel and what it traded.

    log_price: displacement included, of every world (sessions, worlds, securities). moved, total: log impact and dollars traded by security, of the
    first world. flow, shares: of funds, in units worth a dollar on the reference day. assets: of leveraged products in the evening, dollars.
    """

    log_price: list[Array] = field(default_factory=list)
    value: list[Array] = field(default_factory=list)
    flow: list[Array] = field(default_factory=list)
    shares: list[Array] = field(default_factory=list)
    assets: list[Array] = field(default_factory=list)
    trades: dict[str, list[Array]] = field(default_factory=lambda: {channel: [] for channel in CHANNELS})
    moved: list[Array] = field(default_factory=list)
    total: list[Array] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)


def start(setting: Setting, worlds: Sequence[World]) -> State:
    """Before the first session."""
    count = len(worlds)
    into = np.array([[float(fund.underlying == name) for name in UNDERLYINGS] for fund in LEVERAGED])
    price = setting.price * np.exp(setting.path[0])
    return State(
        row=0,
        displaced=np.zeros((count, len(setting.price))),
        value=np.tile(np.einsum("n,pn->p", price, setting.units), (count, 1)),
        redemption=redemption.Redemption.start(count, setting.shares, setting.trend, setting.temper, setting.cash),
        leveraged=leveraged.Leveraged.start(count, np.array([float(fund.leverage) for fund in LEVERAGED]), into),
        margin=margin.Margin.start(count, stream(setting.seed, "margin accounts"), float(setting.debit[0]), len(BOOKS)),
        parity=risk_parity.RiskParity.start(count, setting.past),
    )


def advance(setting: Setting, worlds: Sequence[World], state: State, until: int, rotation: Array, extra_flow: Array, record: Record | None = None) -> State:
    """Run the sessions from the state's to `until` (not included); the state is changed and returned.

    rotation: scripted log returns per unit of loading (sessions). extra_flow: share of assets, by session and fund, on top of noise.
    """
    on = {channel: np.array([float(channel in world.channels) for world in worlds])[:, None] for channel in CHANNELS}
    strength = np.array([float(world.moves_prices) for world in worlds])
    responds = np.array([float(world.responds) for world in worlds])
    scripted_path = np.cumsum(rotation)
    anchor = scripted_path[setting.reference]
    funds, underlyings, books, parity = setting.funds, setting.underlyings, setting.books, setting.parity

    for row in range(state.row, until):
        before = setting.price * np.exp(
            setting.path[row - 1 if row else 0] + setting.loading * (scripted_path[row - 1 if row else 0] - anchor) + state.displaced
        )
        news = np.broadcast_to(setting.steps[row] + setting.loading * rotation[row] - RECOVERY * state.displaced, before.shape)
        value = state.value

        # decided before the open, in dollars by portfolio
        flow = state.redemption.flows(setting.noise[row], setting.scripted[row] + extra_flow[row], responds)
        redeemed = state.redemption.trades(flow, setting.twins[row]) * value[:, funds] * on["redemption"]
        called = state.margin.due() * on["margin_call"]
        shifted = state.parity.due(setting.parity_assets[row]) * on["risk_parity"]
        morning = state.leveraged.left_over * on["leveraged_etf"]
        dollars = np.concatenate([redeemed, morning, called, shifted], axis=1)
        trade = np.einsum("wp,pn->wn", dollars / value, setting.units) * before

        # responding to the day's own return
        weights = setting.units[underlyings] * before[:, None, :] / value[:, underlyings, None]
        rebalance = state.leveraged.response(setting.leveraged_assets[row], setting.unlisted[row])
        hedge = gamma.response(setting.gamma.dollars[row])
        response = leveraged.SAME_DAY * rebalance * on["leveraged_etf"] + hedge * on["dealer_gamma"]
        returns, total, gain = settle(news, trade, weights, response, setting.volume[row], setting.volatility[row], strength)

        moved = strength[:, None] * impact(total, setting.volume[row], setting.volatility[row])
        state.displaced = (1 - RECOVERY) * state.displaced + moved
        log_price = setting.path[row] + setting.loading * (scripted_path[row] - anchor) + state.displaced
        state.value = np.einsum("wn,pn->wp", setting.price * np.exp(log_price), setting.units)
        grown = np.log(state.value / value)

        state.redemption.look(grown[:, funds])
        state.leveraged.look(returns, rebalance)
        state.margin.look(np.expm1(grown[:, books]), float(setting.debit[row]))
        state.parity.look(grown[:, parity])
        if record is not None:
            record.log_price.append(log_price)
            record.value.append(state.value)
            record.flow.append(flow)
            record.shares.append(state.redemption.shares)
            record.assets.append(state.leveraged.worth(setting.leveraged_assets[row]))
            record.moved.append(moved[0])
            record.total.append(total[0])
            record.gain.append(gain)
            today = {
                "redemption": redeemed,
                "margin_call": called,
                "leveraged_etf": morning + leveraged.SAME_DAY * rebalance * returns * on["leveraged_etf"],
                "risk_parity": shifted,
                "dealer_gamma": hedge * returns * on["dealer_gamma"],
            }
            for channel, traded in today.items():
                record.trades[channel].append(traded)
        state.row = row + 1
    return state
