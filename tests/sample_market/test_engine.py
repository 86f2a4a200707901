"""The day loop: what each world may and may not do, and that its books balance, recomputed from the record."""

from collections.abc import Sequence

import numpy as np
import pytest

from orchestration.sample_market import engine, script
from orchestration.sample_market.calibration import Story
from orchestration.sample_market.channels import leveraged
from orchestration.sample_market.engine import CHANNELS, WORLDS, Record, Setting, World
from orchestration.sample_market.facts import Array
from orchestration.sample_market.funds import FUNDS, LEVERAGED, UNDERLYINGS

NAMES = [world.name for world in WORLDS]
P0, P1 = NAMES.index("p0_no_forced_trades"), NAMES.index("p1_no_price_impact")
SESSIONS = 60


def traded(record: Record, channel: str) -> Array:
    """Dollars by session, world and what the channel trades."""
    return np.stack(record.trades[channel])


def first_sessions(setting: Setting, worlds: Sequence[World]) -> Record:
    record, size = Record(), len(setting.steps)
    engine.advance(setting, worlds, engine.start(setting, worlds), SESSIONS, np.zeros(size), np.zeros((size, len(FUNDS))), record)
    return record


@pytest.fixture(scope="module")
def log_price(story: Story) -> Array:
    """Sessions, worlds, securities."""
    return np.stack(story.record.log_price)


# ---------------------------------------------------------------- worlds


def test_there_are_two_twins_and_one_world_without_each_channel(story: Story) -> None:
    assert story.worlds == WORLDS
    assert NAMES[0] == "market"
    assert set(NAMES[3:]) == {f"without_{channel}" for channel in CHANNELS}
    assert set(CHANNELS) == {"redemption", "margin_call", "leveraged_etf", "risk_parity", "dealer_gamma"}


def test_in_p0_nobody_is_forced_to_trade(story: Story) -> None:
    for channel in CHANNELS:
        assert not traded(story.record, channel)[:, P0].any(), channel


def test_flows_follow_the_returns_of_the_last_days_in_the_market_and_in_p0_are_noise(story: Story) -> None:
    technology = [fund.segment == "tech_heavy" for fund in FUNDS]
    flow, shares = (np.stack(values)[:, :, technology] for values in (story.record.flow, story.record.shares))
    value = np.log(np.stack(story.record.value)[:, :, story.setting.funds][:, :, technology])
    relative = (flow[6:] / shares[5:-1]).mean(axis=2)
    five_sessions = (value[5:-1] - value[:-6]).mean(axis=2)
    assert np.corrcoef(five_sessions[:, 0], relative[:, 0])[0, 1] > 0.3
    assert abs(float(np.corrcoef(five_sessions[:, P0], relative[:, P0])[0, 1])) < 0.08


def test_p1_trades_in_every_channel_and_its_prices_are_news_alone(story: Story, log_price: Array) -> None:
    for channel in CHANNELS:
        assert traded(story.record, channel)[:, P1].any(), channel
    setting, reference = story.setting, story.setting.reference
    assert np.array_equal(log_price[: reference + 1, P1], setting.path[: reference + 1])
    # what is scripted after the reference day is one number a session times each security's loading
    scripted = log_price[reference:, P1] - setting.path[reference:]
    carried = np.outer(scripted @ setting.loading / (setting.loading @ setting.loading), setting.loading)
    assert np.abs(scripted - carried).max() < 1e-12


def test_p0_and_p1_have_the_same_news(log_price: Array) -> None:
    assert np.array_equal(log_price[:, P0], log_price[:, P1])


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_world_without_a_channel_has_no_trades_of_it_and_keeps_the_others(story: Story, channel: str) -> None:
    world = NAMES.index(f"without_{channel}")
    for other in CHANNELS:
        assert traded(story.record, other)[:, world].any() == (other != channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_moves_prices(log_price: Array, channel: str) -> None:
    assert np.abs(log_price[:, 0] - log_price[:, NAMES.index(f"without_{channel}")]).max() > 1e-4


def test_the_same_setting_gives_the_same_record(story: Story) -> None:
    one, two = (first_sessions(story.setting, WORLDS) for _ in range(2))
    for name in ("log_price", "value", "flow", "shares", "moved", "total", "gain"):
        assert np.array_equal(np.stack(getattr(one, name)), np.stack(getattr(two, name))), name
    for channel in CHANNELS:
        assert np.array_equal(traded(one, channel), traded(two, channel))
    assert np.array_equal(np.stack(one.log_price), np.stack(story.record.log_price[:SESSIONS]))


def test_adding_worlds_does_not_change_the_first(story: Story) -> None:
    alone, among = first_sessions(story.setting, WORLDS[:1]), first_sessions(story.setting, WORLDS)
    for name in ("log_price", "value", "flow", "shares"):
        assert np.array_equal(np.stack(getattr(alone, name))[:, 0], np.stack(getattr(among, name))[:, 0]), name


def test_the_order_of_worlds_does_not_matter(story: Story) -> None:
    forwards, backwards = first_sessions(story.setting, WORLDS), first_sessions(story.setting, WORLDS[::-1])
    assert np.array_equal(np.stack(forwards.log_price), np.stack(backwards.log_price)[:, ::-1])


def test_a_run_may_stop_at_a_checkpoint_and_go_on_from_a_copy_of_it(story: Story) -> None:
    setting, worlds = story.setting, WORLDS[:1]
    size = len(setting.steps)
    nothing, no_flow = np.zeros(size), np.zeros((size, len(FUNDS)))
    checkpoint = engine.advance(setting, worlds, engine.start(setting, worlds), 20, nothing, no_flow)
    ends = []
    for _ in range(2):
        record = Record()
        engine.advance(setting, worlds, checkpoint.copy(), SESSIONS, nothing, no_flow, record)
        ends.append(np.stack(record.log_price))
    assert checkpoint.row == 20
    assert np.array_equal(*ends)
    assert np.array_equal(ends[0], np.stack(first_sessions(setting, worlds).log_price)[20:])


# ---------------------------------------------------------------- books


def test_every_dollar_traded_in_a_security_belongs_to_a_channel(story: Story) -> None:
    setting, record = story.setting, story.record
    price = setting.price * np.exp(np.stack(record.log_price)[:, 0])
    value = np.stack(record.value)[:, 0]
    holds = {
        "redemption": setting.funds,
        "margin_call": setting.books,
        "leveraged_etf": setting.underlyings,
        "risk_parity": setting.parity,
        "dealer_gamma": setting.underlyings,
    }
    total = np.stack(record.total)
    summed = np.zeros_like(total[1:])
    for channel, portfolios in holds.items():
        shares = traded(record, channel)[1:, 0] / value[:-1, portfolios]
        summed += shares @ setting.units[portfolios] * price[:-1]
    assert (np.abs(summed - total[1:]) <= 1.0 + 1e-6 * np.abs(total[1:])).all()


def test_prices_are_news_and_what_trades_displaced_less_three_per_cent_a_day(story: Story, log_price: Array) -> None:
    setting, total = story.setting, np.stack(story.record.total)
    size = total / setting.volume
    moved = 0.5 * setting.volatility * size / np.sqrt(np.abs(size) + 0.05)
    displaced = np.zeros_like(total)
    before = np.zeros(total.shape[1])
    for row in range(len(total)):
        displaced[row] = before = 0.97 * before + moved[row]
    assert np.abs(log_price[:, 0] - log_price[:, P1] - displaced).max() < 1e-9


def test_shares_outstanding_follow_flows(story: Story) -> None:
    shares, flow = np.stack(story.record.shares), np.stack(story.record.flow)
    assert np.abs(np.diff(shares, axis=0) - flow[1:]).max() < 1.0
    assert (shares > 0).all()


def test_assets_of_leveraged_products_move_by_their_factor_and_are_pulled_to_their_trend(story: Story) -> None:
    assets = np.log(np.stack(story.record.assets))
    deviation = assets - np.log(story.setting.leveraged_assets)[:, None, :]
    value = np.log(np.stack(story.record.value)[:, :, story.setting.underlyings])
    own = deviation[1:] - (1 - leveraged.RETURN_TO_TREND) * deviation[:-1]
    for position, fund in enumerate(LEVERAGED):
        followed = fund.leverage * np.expm1(np.diff(value[:, :, list(UNDERLYINGS).index(fund.underlying)], axis=0))
        assert np.polyfit(followed.ravel(), own[:, :, position].ravel(), 1) == pytest.approx([1.0, 0.0], abs=0.03), fund.fund_id
        assert np.corrcoef(followed.ravel(), own[:, :, position].ravel())[0, 1] > 0.999, fund.fund_id


def test_a_portfolio_is_worth_its_units_at_the_prices_of_its_world(story: Story, log_price: Array) -> None:
    for row in (0, 1000, -1):
        worth = (story.setting.price * np.exp(log_price[row])) @ story.setting.units.T
        assert story.record.value[row] == pytest.approx(worth, rel=1e-9)


# ---------------------------------------------------------------- sizes


def test_the_loop_of_the_day_gains_less_than_a_half_on_every_day(story: Story) -> None:
    assert min(story.record.gain) > 0
    assert max(story.record.gain) < 0.5


def test_news_causes_most_of_the_fall_and_forced_trades_some_of_it(story: Story) -> None:
    row = story.of_securities.sessions.index(script.STORY_DAY)
    fund = [one.fund_id for one in FUNDS].index("XLK")
    value = np.log(np.stack(story.record.value)[:, :, fund])
    fall, by_news = (value[row, world] - value[row - 3, world] for world in (0, P1))
    assert fall < by_news < 0
    assert by_news / fall > 0.6


def test_everybody_sells_on_the_story_day(story: Story) -> None:
    row = story.of_securities.sessions.index(script.STORY_DAY)
    for channel in CHANNELS:
        assert story.record.trades[channel][row][0].sum() < -1e8, channel


def test_dealers_are_short_gamma_while_it_is_scripted(story: Story) -> None:
    begin, end, _ = script.SHORT_GAMMA
    sessions = story.of_securities.sessions
    share = story.setting.gamma.share[sessions.index(begin) : sessions.index(end) + 1]
    assert (share < 0).all()
