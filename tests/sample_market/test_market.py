"""What is there to be published: prices, funds, bars and balances that fit each other, and the story's figures in them."""

from datetime import date

import numpy as np
import pytest

from orchestration import calendars
from orchestration.sample_market import script
from orchestration.sample_market.calibration import Story, column
from orchestration.sample_market.facts import Array
from orchestration.sample_market.funds import FUNDS, LEVERAGED, Fund
from orchestration.sample_market.market import LATE_POSTINGS, SPLITS, Market, Series, assemble, filing_months, in_world, industry_flows
from orchestration.sample_market.truth import breached_on

TECHNOLOGY = [position for position, fund in enumerate(FUNDS) if fund.segment == "tech_heavy"]
BEFORE_SPLIT, SPLIT = date(2025, 12, 4), date(2025, 12, 5)


@pytest.fixture(scope="module")
def story_row(market: Market) -> int:
    return market.row(script.STORY_DAY)


def returns(series: Series) -> dict[date, float]:
    """Log return by day."""
    return dict(zip(series.days[1:], np.diff(np.log(series.bars.close)).tolist(), strict=True))


def test_the_same_story_gives_the_same_market(story: Story, market: Market) -> None:
    again = assemble(story)
    for name in ("prices", "nav", "shares", "cash", "flow_usd", "gamma_balance"):
        assert np.array_equal(getattr(again, name), getattr(market, name)), name
    assert all(np.array_equal(again.series[symbol].bars.high, series.bars.high) for symbol, series in market.series.items())


def test_the_market_is_what_its_own_world_publishes(story: Story, market: Market) -> None:
    alone = assemble(in_world(story, "market"))
    for name in ("prices", "nav", "shares", "cash", "flow_usd", "product_assets"):
        assert np.array_equal(getattr(alone, name), getattr(market, name)), name


def test_a_twin_publishes_its_own_prices_and_flows_on_the_same_news(story: Story, market: Market) -> None:
    twin = assemble(in_world(story, "p1_no_price_impact"))
    own = [world.name for world in story.worlds].index("p1_no_price_impact")
    price = np.array([one.price for one in story.securities]) * np.exp(np.stack(story.record.log_price)[:, own])
    assert np.abs(twin.prices - np.maximum(price, 0.01)).max() <= 0.005 + 1e-9
    assert not np.array_equal(twin.shares, market.shares)
    assert np.array_equal(twin.vix.close, market.vix.close)


def test_a_world_that_was_not_told_is_named(story: Story) -> None:
    with pytest.raises(ValueError, match=r"expected a world of market, .* found p9"):
        in_world(story, "p9")


def test_every_number_is_finite_and_every_price_positive(market: Market) -> None:
    for name in ("prices", "nav", "shares"):
        assert np.isfinite(getattr(market, name)).all(), name
        assert (getattr(market, name) > 0).all(), name
    assert (market.cash > 0).all()
    assert (market.distributions >= 0).all()
    for values in (*market.levels.values(), *market.factors.values(), *market.stress.values(), market.gamma_size, market.gamma_balance):
        assert np.isfinite(values).all()


def test_there_are_some_sixty_funds_and_four_hundred_securities(market: Market) -> None:
    assert 55 <= len(FUNDS) + len(LEVERAGED) <= 75
    assert market.prices.shape == (len(market.sessions), len(market.securities))
    assert market.nav.shape == market.shares.shape == (len(market.sessions), len(FUNDS))
    assert {"tech_heavy", "broad_equity", "value", "industrial", "bond", "gold", "credit", "emerging"} <= {fund.segment for fund in FUNDS}
    assert {fund.segment for fund in LEVERAGED} == {"leveraged", "inverse"}
    assert len({fund.fund_id for fund in (*FUNDS, *LEVERAGED)}) == len(FUNDS) + len(LEVERAGED)


# ---------------------------------------------------------------- funds


def test_shares_are_created_in_whole_units_of_the_day(market: Market) -> None:
    assert not (market.shares % 50_000).any()


@pytest.mark.parametrize("day", [date(2016, 1, 4), date(2020, 3, 16), BEFORE_SPLIT, SPLIT, script.STORY_DAY, script.LAST_DAY])
def test_a_fund_is_worth_its_portfolio_and_its_cash(market: Market, day: date) -> None:
    row = market.row(day)
    for position, fund in enumerate(FUNDS):
        held = sum(line.market_value for line in market.portfolio(row, position))
        per_share = (held + market.cash[row, position]) / market.shares[row, position]
        assert per_share == pytest.approx(market.nav[row, position], rel=1e-5), fund.fund_id


def test_a_line_is_worth_its_quantity_at_the_price_of_the_day_largest_first(market: Market, story_row: int) -> None:
    for fund_id in ("QQQ", "AGG"):
        lines = market.portfolio(story_row, column(fund_id))
        assert [line.market_value for line in lines] == sorted((line.market_value for line in lines), reverse=True)
        for line in lines:
            assert line.price == market.prices[story_row, line.security.serial]
            assert line.market_value == pytest.approx(line.quantity * line.price / (100 if line.security.is_bond else 1), abs=0.01)


def test_tech_heavy_funds_hold_six_to_eight_hundred_billions_on_the_story_day(market: Market, story_row: int) -> None:
    assets = (market.nav[story_row] * market.shares[story_row])[TECHNOLOGY].sum()
    assert 600e9 < assets < 800e9


def test_tech_heavy_funds_are_mostly_technology_and_others_are_not(market: Market, story_row: int) -> None:
    for position, fund in enumerate(FUNDS):
        lines = market.portfolio(story_row, position)
        technology = sum(line.market_value for line in lines if line.security.sector == "Information Technology") / sum(line.market_value for line in lines)
        assert (technology >= 0.5) == (fund.segment == "tech_heavy"), f"{fund.fund_id}: {technology:.2f}"


def published_flow(market: Market, row: int, position: int) -> float:
    """As a reader of the files computes it: shares issued times net asset value, or, without shares, yesterday's assets times the median growth of lines."""
    if FUNDS[position].history:
        return float((market.shares[row, position] - market.shares[row - 1, position]) * market.nav[row, position])
    today, before = ({line.security.serial: line.quantity for line in market.portfolio(one, position)} for one in (row, row - 1))
    growth = float(np.median([today[serial] / quantity - 1 for serial, quantity in before.items()]))
    return growth * float(market.shares[row - 1, position] * market.nav[row - 1, position])


def test_fourteen_billions_leave_tech_heavy_funds_in_two_sessions(market: Market, story_row: int) -> None:
    two = {row: sum(published_flow(market, one, position) for one in (row - 1, row) for position in TECHNOLOGY) for row in range(story_row - 60, story_row + 8)}
    # what is left is less than half a creation unit of the largest fund, and the rounding of its lines
    unit = 50_000 * float(market.nav[story_row - 1, column("QQQ")])
    assert two[story_row] == pytest.approx(-14.0e9, abs=0.55 * unit)
    assert unit < 0.005 * 14.0e9
    assert min(two, key=lambda row: two[row]) == story_row


def test_publishers_without_shares_carry_part_of_the_outflow(market: Market, story_row: int) -> None:
    by_kind = {True: 0.0, False: 0.0}
    for position in TECHNOLOGY:
        by_kind[FUNDS[position].history] += published_flow(market, story_row, position)
    assert by_kind[True] < -0.5e9
    assert by_kind[False] < -0.5e9


def test_a_split_doubles_shares_halves_value_and_keeps_assets(market: Market) -> None:
    assert [(split.fund_id, split.on, split.factor) for split in SPLITS] == [("XLK", SPLIT, 2)]
    position, row = column("XLK"), market.row(SPLIT)
    assert market.shares[row, position] / market.shares[row - 1, position] == pytest.approx(2, rel=0.02)
    assert market.nav[row, position] / market.nav[row - 1, position] == pytest.approx(0.5, rel=0.05)
    # holdings know nothing of it
    before, after = ({line.security.ticker: line.quantity for line in market.portfolio(one, position)} for one in (row - 1, row))
    assert after["NVDA"] / before["NVDA"] == pytest.approx(1, rel=0.02)
    others = np.delete(market.shares, position, axis=1)
    assert (np.abs(np.log(others[row] / others[row - 1])) < 0.1).all()


def test_the_late_posting_is_in_no_tech_heavy_fund_and_on_a_day_on_which_shares_change(market: Market) -> None:
    (late,) = LATE_POSTINGS
    position, row = column(late.fund_id), market.row(late.on)
    assert FUNDS[position].segment != "tech_heavy"
    assert FUNDS[position].history
    assert market.shares[row, position] != market.shares[row - 1, position]


def test_income_is_paid_out_and_leaves_the_fund_on_its_ex_date(market: Market) -> None:
    position = column("TLT")
    paid = market.distributions[:, position]
    year = np.array([day.year == 2025 for day in market.sessions])
    assert np.count_nonzero(paid[year]) == 12
    assert paid[year].sum() == pytest.approx(0.043 * 87.5, rel=0.02)
    accrued = market.cash[:, position] / (market.shares * market.split_factor)[:, position]
    ex = np.flatnonzero(paid)
    assert accrued[ex] - accrued[ex - 1] == pytest.approx(0.043 * 87.5 / 252 - paid[ex], abs=1e-6)


def test_the_flow_of_a_fund_is_its_change_in_shares_at_the_days_value(market: Market) -> None:
    position = column("IVV")
    shares, nav = market.shares[:, position], market.nav[:, position]
    assert market.flow_usd[1:, position] == pytest.approx(np.diff(shares) * nav[1:], rel=1e-6, abs=1e5)
    assert market.flow_usd[0, position] == 0.0


# ---------------------------------------------------------------- leveraged funds


def test_assets_of_a_leveraged_fund_are_those_of_the_story_in_whole_creation_units(story: Story, market: Market) -> None:
    assets = np.stack(story.record.assets)[:, 0]
    assert not (market.product_shares % 25_000).any()
    unit = 25_000 * market.product_assets / market.product_shares
    assert (np.abs(market.product_assets - assets) <= 0.501 * unit).all()


def test_values_of_a_leveraged_fund_are_in_last_day_shares_and_its_share_counts_in_those_of_the_day(market: Market) -> None:
    factor = market.product_assets / market.product_shares / market.product_nav
    assert factor[-1] == pytest.approx(np.ones(len(LEVERAGED)), rel=1e-3)
    last_evenings = factor[-10:] / factor[-1]
    assert last_evenings == pytest.approx(np.ones_like(last_evenings), rel=1e-3)
    for position, fund in enumerate(LEVERAGED):
        step = factor[:-1, position] / factor[1:, position]
        split = np.flatnonzero(np.abs(np.log(step)) > 0.1)
        assert step[split] == pytest.approx(np.where(step[split] > 1, 2.0, 0.2), rel=1e-3), fund.fund_id
        created = market.product_shares[1:, position] / market.product_shares[:-1, position] / step
        assert not fund.history or (np.abs(np.log(created)) < 0.2).all(), fund.fund_id
        moved = market.product_nav[1:, position] / market.product_nav[:-1, position]
        assert (np.abs(np.log(moved[split])) < 0.03).all(), fund.fund_id
    assert (factor[0] > 1).any()
    assert (factor[0] < 1).any()


def test_a_share_of_the_day_is_worth_what_its_bars_say_but_for_the_cent(market: Market) -> None:
    for position, fund in enumerate(LEVERAGED):
        close = market.series[fund.fund_id].bars.close[-250:]
        assert market.product_nav[-250:, position] == pytest.approx(close, abs=0.0051), fund.fund_id


# ---------------------------------------------------------------- bars and levels


def test_bars_are_ordered_low_open_close_high(market: Market) -> None:
    for bars in [*(series.bars for series in market.series.values()), market.vix]:
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()


def test_every_bar_has_a_day_and_ends_with_the_story(market: Market) -> None:
    for symbol, series in market.series.items():
        assert series.listing.symbol == symbol
        assert len(series.days) == len(series.bars.close) == len(series.bars.volume) == len(series.distributions)
        assert series.days[-1] == script.LAST_DAY
        assert series.days[0] >= series.listing.first_day
        assert all(later > earlier for earlier, later in zip(series.days, series.days[1:], strict=False))
        assert "SIMULATED" in series.listing.name


def test_what_the_whole_market_is_made_of_has_charts_with_volume(market: Market) -> None:
    """A share class is written with a hyphen, as charts write it."""
    held = {one.ticker.replace(".", "-") for one in market.securities if "total_market" in one.tags}
    assert "BRK-B" in held
    assert held <= set(market.series)
    for symbol in held:
        assert (market.series[symbol].bars.volume > 0).all(), symbol


def test_long_series_begin_in_1995_or_with_their_fund_and_companies_with_their_listing(market: Market) -> None:
    assert len([series for series in market.series.values() if series.days[0] < date(2016, 1, 4)]) >= 20
    assert market.series["SPY"].days[0] == market.series["^GSPC"].days[0] == date(1995, 1, 3)
    assert market.series["XLK"].days[0] == date(1998, 12, 16)
    assert market.series["ARM"].days[0] == date(2023, 9, 14)
    assert market.series["NVDA"].days[0] == date(2016, 1, 4)
    assert market.long_sessions == calendars.sessions(date(1995, 1, 3), date(2026, 2, 13))


def test_a_fund_closes_at_its_net_asset_value_in_shares_of_the_last_day(market: Market) -> None:
    for fund_id in ("XLK", "TLT", "QQQ"):
        position, series = column(fund_id), market.series[fund_id]
        expected = market.nav[:, position] / market.split_factor[:, position]
        assert series.bars.close[-len(expected) :] == pytest.approx(expected, abs=0.00501)


def test_no_chart_jumps_where_its_history_from_factors_meets_its_securities(market: Market) -> None:
    for symbol in ("SPY", "QQQ", "XLI", "TLT", "GLD", "^GSPC", "^SP500-45"):
        assert abs(returns(market.series[symbol])[date(2016, 1, 4)]) < 0.06, symbol


def test_the_technology_index_stands_just_above_its_watch_level_on_the_story_day_and_below_it_by_the_end(market: Market) -> None:
    closes = dict(zip(market.series["^SP500-45"].days, market.series["^SP500-45"].bars.close.tolist(), strict=True))
    assert closes[script.STORY_DAY] == pytest.approx(1.012 * 3450, abs=0.006)
    assert closes[script.LAST_DAY] < 3450
    first_below = min(day for day, close in closes.items() if day > script.STORY_DAY and close < 3450)
    assert breached_on(market) == first_below


def test_the_index_and_its_funds_move_together(market: Market) -> None:
    index = returns(market.series["^GSPC"])
    for symbol in ("SPY", "IVV"):
        fund = returns(market.series[symbol])
        both = [day for day in index if day in fund]
        assert np.corrcoef([index[day] for day in both], [fund[day] for day in both])[0, 1] > 0.99


@pytest.mark.parametrize("fund", LEVERAGED, ids=lambda fund: fund.fund_id)
def test_a_leveraged_fund_compounds_its_factor_daily(market: Market, fund: Fund) -> None:
    followed = returns(market.series["^GSPC" if fund.underlying == "SPY" else fund.underlying])
    # of the last year, in which no price is so low that its rounding shows
    moved = [(np.expm1(value), np.expm1(followed[day])) for day, value in returns(market.series[fund.fund_id]).items() if day >= date(2025, 1, 2)]
    own, underlying = np.array(moved).T
    assert np.polyfit(underlying, own, 1)[0] == pytest.approx(fund.leverage, abs=0.06 * abs(fund.leverage))


def test_regional_indices_rest_on_their_own_holidays(market: Market) -> None:
    assert not [day for day in market.series["^N225"].days if (day.month, day.day) in {(5, 3), (12, 31)}]
    assert not [day for day in market.series["^GDAXI"].days if (day.month, day.day) == (5, 1)]
    assert date(2025, 12, 31) in market.series["^GSPC"].days
    assert {series.listing.zone for series in market.series.values() if series.listing.kind == "INDEX"} == {
        "America/New_York",
        "Asia/Tokyo",
        "Asia/Seoul",
        "Asia/Taipei",
        "Europe/Berlin",
    }


def test_regions_follow_new_yorks_session_before(market: Market) -> None:
    new_york, previous = returns(market.series["^GSPC"]), dict(zip(market.long_sessions[1:], market.long_sessions[:-1], strict=True))
    for symbol in ("^N225", "^KS11", "^TWII", "^GDAXI", "^STOXX50E"):
        own = returns(market.series[symbol])
        pairs = np.array([(own[day], new_york[previous[day]]) for day in own if previous[day] in new_york])
        assert np.corrcoef(pairs.T)[0, 1] > 0.2, symbol


def test_volatility_comes_in_clusters(market: Market) -> None:
    size = np.abs(np.diff(np.log(market.series["SPY"].bars.close)))
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1


def test_bonds_and_gold_fall_with_everything_else_on_the_story_days(market: Market, story_row: int) -> None:
    for symbol in ("SPY", "XLK", "TLT", "IEF", "GLD", "HYG"):
        closes = market.series[symbol].bars.close[-len(market.sessions) :]
        assert closes[story_row] < closes[story_row - 3], symbol


def test_fred_has_the_index_and_the_closes_of_the_volatility_index(market: Market) -> None:
    assert np.array_equal(market.levels["SP500"], market.series["^GSPC"].bars.close)
    assert np.array_equal(market.levels["VIXCLS"], market.vix.close)
    assert set(market.levels) == {"VIXCLS", "DGS10", "DGS2", "BAMLH0A0HYM2", "SP500"}


def test_parts_of_the_stress_index_add_up_by_category_and_by_region(market: Market) -> None:
    regions = ("United States", "Other advanced economies", "Emerging markets")
    by_region = np.sum([market.stress[name] for name in regions], axis=0)
    by_category = np.sum([values for name, values in market.stress.items() if name not in regions], axis=0)
    assert np.abs(by_region - by_category).max() < 0.0011
    assert np.corrcoef(by_category, market.vix.close)[0, 1] > 0.8


def test_factors_are_returns_of_portfolios(market: Market) -> None:
    index = np.diff(np.log(market.series["^GSPC"].bars.close))
    assert np.corrcoef(market.factors["market"][1:], index)[0, 1] > 0.97
    assert (market.factors["risk_free"] >= 0).all()
    assert (market.factors["risk_free"] < 0.0004).all()
    value = np.diff(np.log(market.series["^RLV"].bars.close))
    assert np.corrcoef(market.factors["hml"][1:], value - index)[0, 1] > 0.7


# ---------------------------------------------------------------- industry and filings


def test_industry_flows_contain_the_listed_funds_and_are_the_same_whenever_asked(market: Market) -> None:
    first, last = date(2026, 1, 29), date(2026, 2, 4)
    week = industry_flows(market, first, last)
    assert week == industry_flows(market, first, last)
    assert week.domestic < industry_flows(market, date(2025, 11, 6), date(2025, 11, 12)).domestic
    assert week.domestic < -14_000


def test_months_of_a_filing_net_to_the_funds_flow(market: Market) -> None:
    position = column("VTI")
    months = filing_months(market, position, date(2025, 12, 31))
    days, flows = np.array(market.sessions), market.flow_usd[:, position]
    for count, month in enumerate(months):
        of_month = np.array([(day.year, day.month) == (2025, 10 + count) for day in days])
        assert month.sales - month.redemption == pytest.approx(flows[of_month].sum(), rel=1e-9, abs=0.05)
        assert min(month) >= 0


def test_gamma_has_both_signs_behind_a_visible_balance_within_bounds(market: Market, story: Story) -> None:
    share: Array = story.setting.gamma.share
    assert ((share > 0).mean(axis=0) >= 0.15).all()
    assert ((share < 0).mean(axis=0) >= 0.15).all()
    assert (np.abs(market.gamma_balance) < 1).all()
    assert (market.gamma_size > 0).all()
