"""The simulated numbers, and the smallest formats that carry them."""

import io

import numpy as np
import pytest
import python_calamine

from orchestration.sample_market import identifiers
from orchestration.sample_market.market import FUNDS, Market, fund_column, simulate
from orchestration.sample_market.writers.workbook import workbook


def test_the_same_seed_gives_the_same_market(market: Market) -> None:
    again = simulate(20260204)
    for name in ("prices", "nav", "shares", "cash", "yield_10y"):
        assert np.array_equal(getattr(again, name), getattr(market, name))


@pytest.mark.parametrize("seed", range(1, 21))
def test_any_seed_gives_a_plausible_year(seed: int) -> None:
    market = simulate(seed)
    assert np.isfinite(market.prices).all()
    assert (market.prices > 0).all()
    assert (market.shares > 0).all()
    assert (market.yield_10y > 1).all()
    steps = market.vix.close[1:] / market.vix.close[:-1]
    assert steps.min() > 0.5
    assert steps.max() < 2.2  # the real record, of February 2018
    debit = [balances.debit for balances in market.margin_debt]
    assert len(debit) >= 72
    assert debit[-1] == max(debit[-60:])
    assert max(abs(np.diff(np.log(debit)))) < 0.25


def test_the_vix_of_early_february_is_the_highest_since_the_spring(market: Market) -> None:
    closes = dict(zip(market.sessions, market.vix.close.tolist(), strict=True))
    peak = max(day for day in closes if day.year == 2025 and day.month == 4)
    since = {day: close for day, close in closes.items() if day > peak.replace(month=5)}
    assert max(since, key=lambda day: since[day]).isoformat().startswith("2026-02")


def test_bars_are_ordered_low_open_close_high(market: Market) -> None:
    for bars in [*market.bars.values(), market.vix]:
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()


def test_volatility_comes_in_clusters(market: Market) -> None:
    spy = np.abs(np.diff(np.log(market.nav[:, fund_column("SPY")])))
    assert np.corrcoef(spy[1:], spy[:-1])[0, 1] > 0.1


def test_shares_are_created_in_whole_units(market: Market) -> None:
    assert np.array_equal(market.shares % 50_000, np.zeros_like(market.shares))


def test_a_portfolio_is_worth_what_its_fund_is_worth(market: Market) -> None:
    last = len(market.sessions) - 1
    for column in range(len(FUNDS)):
        for row in (0, 100, last):
            held = sum(position.market_value for position in market.portfolio(row, column)) + market.cash[row, column]
            assert held == pytest.approx(market.nav[row, column] * market.shares[row, column], rel=1e-6)


def test_identifiers_carry_right_check_digits() -> None:
    # Apple's, computed by the same rules, stand for the rules themselves.
    assert identifiers.check_digit_of_cusip("03783310") == "0"
    assert identifiers.check_digit_of_isin("US037833100") == "5"
    assert identifiers.check_digit_of_sedol("204625") == "1"
    assert len(identifiers.cusip(7)) == 9
    assert len(identifiers.isin(7)) == 12
    assert len(identifiers.sedol(7)) == 7


def test_a_workbook_opens_and_keeps_text_text() -> None:
    content = workbook({"one": [("a & b <c>", 1.5, None, "007"), (), ("x",)], "two": [("y",)]}, creator="me", title="t")
    book = python_calamine.load_workbook(io.BytesIO(content))
    assert book.sheet_names == ["one", "two"]
    assert book.get_sheet_by_name("one").to_python() == [["a & b <c>", 1.5, "", "007"], ["", "", "", ""], ["x", "", "", ""]]
