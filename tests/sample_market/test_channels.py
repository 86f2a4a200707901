"""The five ways of being forced to trade, each by numbers worked out by hand."""

import numpy as np
import pytest

from orchestration.sample_market.channels import gamma, leveraged, margin, redemption, risk_parity
from orchestration.sample_market.channels.leveraged import Leveraged
from orchestration.sample_market.channels.margin import Margin
from orchestration.sample_market.channels.redemption import Redemption
from orchestration.sample_market.channels.risk_parity import RiskParity
from orchestration.sample_market.draws import autoregression, normal, stream
from orchestration.sample_market.facts import Array

# ---------------------------------------------------------------- leveraged funds


def products() -> Leveraged:
    """Three times long and three times short the first underlying, once short and twice long the second."""
    return Leveraged.start(1, np.array([3.0, -3.0, -1.0, 2.0]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))


ASSETS = np.array([10e9, 1e9, 2e9, 5e9])
LISTED_ONLY = np.zeros(2)


def test_leveraged_funds_trade_their_factor_times_itself_less_one() -> None:
    response = products().response(ASSETS, LISTED_ONLY)
    assert response[0] == pytest.approx([3 * 2 * 10e9 + 3 * 4 * 1e9, 1 * 2 * 2e9 + 2 * 1 * 5e9])
    assert response[0] * -0.02 == pytest.approx([-1.44e9, -0.28e9])


@pytest.mark.parametrize(("factor", "per_dollar"), [(3.0, 6.0), (2.0, 2.0), (1.0, 0.0), (-1.0, 2.0), (-2.0, 6.0), (-3.0, 12.0)])
def test_long_and_inverse_funds_trade_with_the_day_and_a_plain_fund_not_at_all(factor: float, per_dollar: float) -> None:
    one = Leveraged.start(1, np.array([factor]), np.ones((1, 1)))
    assert one.response(np.array([1e9]), np.zeros(1))[0, 0] == per_dollar * 1e9


def test_unlisted_products_multiply_what_listed_ones_trade() -> None:
    listed, both = (products().response(ASSETS, np.log(factor)) for factor in (np.array([1.0, 1.0]), np.array([1.25, 2.0])))
    assert both[0] == pytest.approx(listed[0] * [1.25, 2.0])


def test_four_fifths_are_traded_on_the_day_and_a_fifth_the_next_morning() -> None:
    assert leveraged.SAME_DAY == 0.8
    funds, returns = products(), np.array([[-0.02, 0.01]])
    response = funds.response(ASSETS, LISTED_ONLY)
    assert funds.left_over.tolist() == [[0.0, 0.0]]
    funds.look(returns, response)
    assert funds.left_over[0] == pytest.approx([-0.2 * 1.44e9, 0.2 * 0.14e9])
    funds.look(np.zeros((1, 2)), response)
    assert funds.left_over.tolist() == [[0.0, 0.0]]


def test_assets_follow_their_own_leveraged_return_and_drift_back() -> None:
    funds = products()
    funds.look(np.array([[-0.02, 0.01]]), np.zeros((1, 2)))
    assert funds.deviation[0] == pytest.approx([-0.06, 0.06, -0.01, 0.02])
    assert funds.worth(ASSETS)[0] == pytest.approx([10e9 * np.exp(-0.06), 1e9 * np.exp(0.06), 2e9 * np.exp(-0.01), 5e9 * np.exp(0.02)])
    after_the_fall = funds.response(ASSETS, LISTED_ONLY)[0]
    assert after_the_fall == pytest.approx([6 * 10e9 * np.exp(-0.06) + 12 * 1e9 * np.exp(0.06), 2 * 2e9 * np.exp(-0.01) + 2 * 5e9 * np.exp(0.02)])
    for _ in range(500):
        funds.look(np.zeros((1, 2)), np.zeros((1, 2)))
    assert funds.deviation[0] == pytest.approx([0.0] * 4, abs=1e-6)


# ---------------------------------------------------------------- dealers


def test_dealers_long_gamma_buy_a_fall_and_dealers_short_of_it_sell_one() -> None:
    two_per_cent_down = -0.02
    assert (gamma.response(np.array([3e9, -3e9])) * two_per_cent_down).tolist() == pytest.approx([6e9, -6e9])


def test_dealers_gamma_is_their_share_of_all_open_interest() -> None:
    drawn = gamma.Gamma(np.array([[9e9, 2e9]]), np.array([[0.25, -0.5]]), np.zeros((1, 2)))
    assert drawn.dollars.tolist() == [[2.25e9, -1e9]]


def drawn(pull: float = 0.0) -> gamma.Gamma:
    shares, balances, sizes = (autoregression(normal(1, name, 20_000, 2), 0.9) for name in ("shares", "balances", "sizes"))
    return gamma.draw(np.full((20_000, 2), 5e9), shares, balances, sizes, np.full(20_000, pull), -0.55)


def test_the_visible_balance_correlates_with_the_share_behind_it_as_stated() -> None:
    found = drawn()
    for share, balance in zip(found.share.T, found.balance.T, strict=True):
        assert np.corrcoef(share, balance)[0, 1] == pytest.approx(gamma.BALANCE_TRUTH, abs=0.03)
    assert np.abs(found.share).max() < 1
    assert np.abs(found.balance).max() < 1
    assert (found.size > 0).all()


def test_both_signs_of_dealers_gamma_are_common() -> None:
    is_short = (drawn().dollars < 0).mean(axis=0)
    assert ((is_short > 0.15) & (is_short < 0.85)).all()


def test_a_pulled_share_stands_near_its_target() -> None:
    free, pulled = drawn(), drawn(0.85)
    assert pulled.share == pytest.approx(0.15 * free.share - 0.85 * 0.55)
    assert (pulled.dollars < 0).mean() > 0.99


# ---------------------------------------------------------------- redemptions


def funds(cash: float = 0.0, temper: float = 1.0, trend: float = 0.0) -> Redemption:
    """One world, one fund of a thousand million shares."""
    return Redemption.start(1, np.array([1e9]), np.array([trend]), np.array([temper]), np.array([cash]))


NOTHING, ONE = np.zeros(1), np.ones(1)


def traded(fund: Redemption, flows: list[float], twins: float = 0.0) -> list[float]:
    return [float(fund.trades(np.array([[flow]]), np.array([twins]))[0, 0]) for flow in flows]


def test_a_redemption_is_sold_over_three_sessions() -> None:
    assert traded(funds(), [-10e6, 0.0, 0.0, 0.0]) == pytest.approx([-6e6, -3e6, -1e6, 0.0])
    assert traded(funds(), [-10e6, -20e6, 5e6, 0.0, 0.0]) == pytest.approx([-6e6, -3e6 - 12e6, -1e6 - 6e6 + 3e6, -2e6 + 1.5e6, 0.5e6])


def test_unlisted_twins_trade_beside_the_fund() -> None:
    assert traded(funds(), [-10e6, 0.0, 0.0], twins=1.5) == pytest.approx([-15e6, -7.5e6, -2.5e6])


def test_cash_is_spent_first_at_most_half_of_it_a_day_and_the_rest_is_sold() -> None:
    fund = funds(cash=0.004)
    # half of four million is paid from cash; then half of the two million that are left
    assert traded(fund, [-10e6])[0] == pytest.approx(-0.6 * 8e6)
    assert fund.spent[0, 0] == pytest.approx(0.002)
    assert traded(fund, [-10e6])[0] == pytest.approx(-0.6 * 9e6 - 0.3 * 8e6)
    assert fund.spent[0, 0] == pytest.approx(0.003)


def test_a_small_redemption_is_paid_from_cash_alone_and_inflows_rebuild_it() -> None:
    fund = funds(cash=0.004)
    assert traded(fund, [-1e6, 0.0, 0.0]) == [0.0, 0.0, 0.0]
    assert fund.spent[0, 0] == pytest.approx(0.001)
    assert traded(fund, [10e6])[0] == pytest.approx(0.6 * (10e6 - 0.3 * 1e6))
    assert fund.spent[0, 0] == pytest.approx(0.0007)


def test_holders_leave_after_losses_more_strongly_than_they_come_after_gains_and_only_where_they_respond() -> None:
    def flow_after(mood: float, responds: Array = ONE, temper: float = 1.0) -> float:
        fund = funds(temper=temper)
        fund.look(np.array([[mood / (1 - redemption.MEMORY)]]))
        return float(fund.flows(NOTHING, NOTHING, responds)[0, 0])

    assert flow_after(-0.02) == pytest.approx(-0.16 * 1.6 * 0.02 * 1e9)
    assert flow_after(0.02) == pytest.approx(0.16 * 0.02 * 1e9)
    assert flow_after(-0.02, temper=0.25) == pytest.approx(flow_after(-0.02) / 4)
    assert flow_after(-0.02, responds=NOTHING) == 0.0


def test_holders_remember_a_loss_and_flows_persist() -> None:
    fund = funds()
    fund.look(np.array([[-0.08]]))
    fund.look(np.array([[0.0]]))
    assert fund.mood[0, 0] == pytest.approx(-0.25 * 0.08 * 0.75)
    fund = funds()
    first = float(fund.flows(np.array([-0.01]), NOTHING, ONE)[0, 0])
    second = float(fund.flows(NOTHING, NOTHING, ONE)[0, 0])
    assert first == pytest.approx(-0.01 * 1e9)
    assert second == pytest.approx((-0.5 * 0.01 + 0.004 * 0.01) * 0.99e9)


def test_a_scripted_flow_happens_once_and_shares_follow_every_flow() -> None:
    fund = funds(trend=0.0002)
    moved = float(fund.flows(NOTHING, np.array([-0.0077]), ONE)[0, 0])
    assert moved == pytest.approx(-0.0075 * 1e9)
    assert fund.shares[0, 0] == pytest.approx(1e9 + moved)
    assert fund.flow[0, 0] == 0.0


def test_no_day_takes_more_than_an_eighth_of_a_fund() -> None:
    assert float(funds().flows(np.array([-0.9]), NOTHING, ONE)[0, 0]) == pytest.approx(-redemption.LARGEST * 1e9)


def test_shares_return_to_their_trend() -> None:
    fund = funds(trend=0.0002)
    fund.flows(np.array([-0.10]), NOTHING, ONE)
    for _ in range(3000):
        fund.flows(NOTHING, NOTHING, ONE)
    assert np.log(fund.shares[0, 0] / 1e9) == pytest.approx(3001 * np.log(1.0002), abs=0.02)


# ---------------------------------------------------------------- margin accounts


def account(equity: float, deposits: float = 0.0, house: float = 0.30) -> Margin:
    """One account with securities of a hundred dollars in the second of two books, its debit what the equity leaves."""
    return Margin(
        value=np.array([[100.0]]),
        debit=np.array([[100.0 - equity]]),
        liked=np.array([(100.0 - equity) / 100.0]),
        share=np.array([1.0]),
        house=np.array([house]),
        deposits=np.array([deposits]),
        book=np.array([[0.0, 1.0]]),
        waiting=np.zeros((3, 1, 1)),
    )


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts do nothing but answer calls."""
    monkeypatch.setattr(margin, "RELEVERING", 0.0)
    monkeypatch.setattr(margin, "LENDING", 0.0)


def after(one: Margin, fall: float) -> Margin:
    one.look(np.array([[0.5, fall]]), 0.0)  # what the other book does is no business of this account
    return one


@pytest.mark.usefixtures("resting")
def test_an_account_just_above_its_house_margin_is_left_alone() -> None:
    # 31 of 100, then 29.8 of 98.8: 30.16 per cent
    above = after(account(31.0), -0.012)
    assert above.waiting.sum() == 0.0
    assert (above.value[0, 0], above.debit[0, 0]) == (pytest.approx(98.8), 69.0)


@pytest.mark.usefixtures("resting")
def test_an_account_just_below_is_sold_until_its_margin_is_restored() -> None:
    # 29 of 98 is 29.59 per cent; 29.4 are wanted, 0.4 are missing, so 0.4 / 0.30 dollars are sold
    below = after(account(31.0), -0.02)
    sold = 0.4 / 0.30
    assert below.waiting[:, 0, 0] == pytest.approx([0.5 * sold, 0.3 * sold, 0.2 * sold])
    assert below.value[0, 0] == pytest.approx(98 - sold)
    assert below.debit[0, 0] == pytest.approx(69 - sold)
    assert (below.value - below.debit)[0, 0] / below.value[0, 0] == pytest.approx(0.30)
    again = after(below, 0.0)
    assert again.waiting.sum() == pytest.approx(sold)  # restored is restored


@pytest.mark.usefixtures("resting")
def test_deposits_meet_their_part_of_a_call_and_sales_the_rest() -> None:
    half = after(account(31.0, deposits=0.5), -0.02)
    assert half.waiting.sum() == pytest.approx(0.2 / 0.30)
    assert half.debit[0, 0] == pytest.approx(69 - 0.2 - 0.2 / 0.30)
    assert (half.value - half.debit)[0, 0] / half.value[0, 0] == pytest.approx(0.30)
    assert after(account(31.0, deposits=1.0), -0.02).waiting.sum() == 0.0


@pytest.mark.usefixtures("resting")
@pytest.mark.parametrize("house", margin.HOUSE_MARGINS)
def test_a_call_comes_exactly_where_equity_meets_the_house_margin(house: float) -> None:
    # a price of P* = debit / (1 - m) leaves exactly m
    one = account(45.0, house=house)
    limit = 55.0 / (1 - house) / 100.0 - 1
    assert after(account(45.0, house=house), limit + 1e-6).waiting.sum() == 0.0
    assert after(one, limit - 1e-6).waiting.sum() > 0.0


@pytest.mark.usefixtures("resting")
def test_sales_are_due_over_three_sessions_in_the_book_that_the_account_holds() -> None:
    below = after(account(31.0), -0.02)
    sold = 0.4 / 0.30
    due = [below.due()[0].tolist() for _ in range(4)]
    assert [first for first, _ in due] == [0.0] * 4
    assert [second for _, second in due] == pytest.approx([-0.5 * sold, -0.3 * sold, -0.2 * sold, 0.0])


@pytest.mark.usefixtures("resting")
def test_an_account_that_has_lost_everything_sells_what_it_has_and_no_more() -> None:
    ruined = after(account(31.0), -0.60)
    assert ruined.waiting.sum() == pytest.approx(40.0)
    assert ruined.debit[0, 0] == pytest.approx(29.0)


def test_lending_follows_the_total_and_accounts_drift_to_the_leverage_they_like() -> None:
    one = account(60.0)
    one.value[0, 0] = 110.0
    for _ in range(1000):
        one.look(np.zeros((1, 2)), 55.0)
    assert one.debit[0, 0] == pytest.approx(55.0, rel=1e-3)
    assert one.value[0, 0] == pytest.approx(55.0 / 0.4, rel=1e-3)


def test_accounts_start_above_their_limits_and_owe_what_all_owe_together() -> None:
    accounts = Margin.start(2, stream(1, "margin accounts"), 1.2e12, 3)
    assert accounts.debit.sum(axis=1) == pytest.approx([1.2e12] * 2)
    equity = (accounts.value - accounts.debit) / accounts.value
    assert (equity > accounts.house + 0.019).all()
    assert (accounts.house >= 0.25).all()  # FINRA Rule 4210
    assert set(accounts.house) == set(margin.HOUSE_MARGINS)
    assert (accounts.book.sum(axis=1) == 1).all()
    assert sum(margin.SALES) == pytest.approx(1)


# ---------------------------------------------------------------- risk parity


def history(*deviations: float, sessions: int = 120) -> Array:
    """Returns of uncorrelated assets with exactly these daily deviations about zero, whatever window of whole periods one looks at."""
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=float)
    return np.tile((signs[: len(deviations)] * np.array(deviations)[:, None]).T, (sessions // 4, 1))


def test_weights_are_inverse_to_volatility_and_leverage_meets_the_target() -> None:
    rules = RiskParity.start(1, history(0.01, 0.005, 0.02))
    for wanted in rules.wanted()[0]:
        assert wanted / wanted.sum() == pytest.approx(np.array([2.0, 4.0, 1.0]) / 7)
        # three uncorrelated parts of 2/700 a day each
        assert np.sqrt(252 * 3) * 2 / 700 * wanted.sum() == pytest.approx(risk_parity.TARGET_VOLATILITY)


def test_leverage_has_a_ceiling() -> None:
    calm = RiskParity.start(1, history(0.001, 0.001))
    assert calm.wanted()[0].sum(axis=1) == pytest.approx([risk_parity.LEVERAGE_CAP] * 3)


def test_correlation_alone_takes_leverage_down() -> None:
    apart = history(0.01, 0.01)
    together = apart.copy()
    together[:, 1] = together[:, 0]
    alone, with_it = (RiskParity.start(1, past).wanted()[0].sum(axis=1) for past in (apart, together))
    assert with_it == pytest.approx(alone / np.sqrt(2))


def test_a_change_is_traded_over_the_next_five_sessions_in_equal_parts() -> None:
    rules = RiskParity.start(1, history(0.01, 0.005))
    before = rules.exposure.copy()
    assert rules.due(np.array([150e9])).tolist() == [[0.0, 0.0]]
    rules.look(np.array([[-0.06, 0.01]]))
    change = (rules.exposure - before)[0].mean(axis=0)
    assert change[0] < 0
    day = rules.due(np.array([150e9]))[0]
    assert day == pytest.approx(150e9 * change / 5)
    assert rules.queue[0] == pytest.approx(np.tile(change / 5, (5, 1)))
    queued = rules.queue[0].copy()
    kept = rules.exposure.copy()
    rules.look(np.array([[0.0, 0.0]]))
    second = (rules.exposure - kept)[0].mean(axis=0)
    assert rules.queue[0] == pytest.approx(np.concatenate([queued[1:], np.zeros((1, 2))]) + second / 5)


def test_everything_is_sold_when_volatility_doubles_and_bought_back_when_it_halves() -> None:
    deviations = (0.020, 0.008, 0.016, 0.006)  # well below the ceiling of leverage, whatever happens here

    def total_after(size: float) -> Array:
        rules = RiskParity.start(1, history(*deviations))
        moved = np.zeros(4)
        for row in history(*deviations, sessions=160) * size:
            moved += rules.due(np.array([1.0]))[0]
            rules.look(row[None, :])
        return moved

    assert (total_after(2.0) < 0).all()
    assert (total_after(0.5) > 0).all()
    assert total_after(1.0) == pytest.approx(np.zeros(4), abs=1e-12)


def test_short_windows_react_before_long_ones() -> None:
    rules = RiskParity.start(1, history(0.01, 0.005))
    before = rules.exposure.copy()
    for row in history(0.03, 0.015, sessions=20):
        rules.look(row[None, :])
    cut = (rules.exposure / before)[0].sum(axis=1)
    assert cut[0] < cut[1] < cut[2] < 2
    assert cut[0] / 2 == pytest.approx(1 / 3)
    assert risk_parity.WINDOWS == (20, 60, 120)
