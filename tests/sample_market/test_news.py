"""What moves prices before anybody is forced to trade, and the long series made of it: plausible sizes, clusters, scripted days."""

from bisect import bisect_right
from datetime import date, timedelta

import numpy as np
import pytest

from orchestration import calendars
from orchestration.sample_market import calibration, history, news, script, securities
from orchestration.sample_market.calibration import Story
from orchestration.sample_market.facts import Array
from orchestration.sample_market.funds import SP500, Portfolio
from orchestration.sample_market.news import News

SEEDS = (20260204, 1, 2)
YEAR = np.sqrt(252)


@pytest.fixture(scope="module", params=SEEDS)
def drawn(request: pytest.FixtureRequest) -> News:
    return news.draw(request.param)


def clustering(returns: Array) -> float:
    """Correlation of a day's absolute return with the day before's."""
    size = np.abs(returns)
    return float(np.corrcoef(size[1:], size[:-1])[0, 1])


def between(one: News, values: Array, first: date, last: date) -> Array:
    return values[bisect_right(one.sessions, first) - 1 : bisect_right(one.sessions, last)]


def test_news_has_every_new_york_session_since_1995(drawn: News) -> None:
    assert drawn.sessions == calendars.sessions(date(1995, 1, 3), date(2026, 2, 13))
    for values in (drawn.market, drawn.rotation, drawn.vix, drawn.yield_10y, *drawn.groups.values(), *drawn.overnight.values()):
        assert len(values) == len(drawn.sessions)
        assert np.isfinite(values).all()


def test_the_same_seed_gives_the_same_news_and_another_seed_other_news(drawn: News) -> None:
    again, other = news.draw(drawn.seed), news.draw(drawn.seed + 1)
    for name in ("market", "rotation", "vix", "yield_10y", "gold"):
        assert np.array_equal(getattr(again, name), getattr(drawn, name))
        assert not np.array_equal(getattr(other, name), getattr(drawn, name))


def test_the_market_passes_through_its_anchors(drawn: News) -> None:
    level = np.log(script.MARKET_ANCHORS[0][1]) + np.cumsum(drawn.market)
    for day, points in script.MARKET_ANCHORS:
        assert np.exp(level[bisect_right(drawn.sessions, day) - 1]) == pytest.approx(points, rel=1e-9), day


@pytest.mark.parametrize(("name", "anchors"), [("yield_10y", script.YIELD_10Y_ANCHORS), ("yield_2y", script.YIELD_2Y_ANCHORS)])
def test_yields_pass_through_their_anchors_and_stay_positive(drawn: News, name: str, anchors: tuple[tuple[date, float], ...]) -> None:
    level = getattr(drawn, name)
    assert (level >= 0.02).all()
    for day, per_cent in anchors:
        assert level[bisect_right(drawn.sessions, day) - 1] == pytest.approx(per_cent, abs=0.0051), day


def test_a_bridge_meets_its_anchors_and_spreads_what_is_missing_by_weight() -> None:
    days = [date(2026, 1, 5) + timedelta(days=count) for count in range(5)]
    met = news.bridged(np.array([9.0, 0.1, 0.1, 0.0, 0.0]), days, [(days[0], 1.0), (days[2], 1.5), (days[4], 1.0)], np.array([1.0, 1.0, 2.0, 3.0, 1.0]))
    assert met == pytest.approx([0.0, 0.1 + 0.1, 0.1 + 0.2, -0.375, -0.125])


def test_a_year_moves_as_much_as_years_do(drawn: News) -> None:
    years = np.array([day.year for day in drawn.sessions])
    yearly = {year: float(drawn.market[years == year].std() * YEAR) for year in range(1995, 2026)}
    assert 0.11 < drawn.market.std() * YEAR < 0.20
    assert min(yearly.values()) > 0.05
    assert max(yearly.values()) < 0.45
    usual = np.median(list(yearly.values()))
    for first, last in ((date(2008, 9, 15), date(2008, 12, 31)), (date(2020, 2, 24), date(2020, 4, 30))):
        assert between(drawn, drawn.market, first, last).std() * YEAR > 1.7 * usual


def test_volatility_comes_in_clusters(drawn: News) -> None:
    assert clustering(drawn.market) > 0.12
    assert clustering(drawn.rotation) > 0.03
    assert abs(float(np.corrcoef(drawn.market[1:], drawn.market[:-1])[0, 1])) < 0.1  # of direction there is no memory


def test_volatility_rises_when_the_market_falls(drawn: News) -> None:
    change = np.diff(np.log(drawn.volatility))
    assert np.corrcoef(drawn.market[:-1], change)[0, 1] < -0.2


def test_a_tremor_lifts_volatility_far_above_that_of_the_year_before(drawn: News) -> None:
    for on in (date(2008, 10, 7), date(2011, 8, 5), date(2018, 2, 6), date(2020, 3, 10), date(2025, 4, 7)):
        assert drawn.volatility[drawn.row(on)] > 1.4 * np.median(between(drawn, drawn.volatility, on - timedelta(days=500), on - timedelta(days=30)))


def test_the_rotation_has_a_clock_of_its_own(drawn: News) -> None:
    """2008 and 2020 are market-wide: the spread of AI over value knows nothing of them."""
    assert abs(float(np.corrcoef(np.abs(drawn.rotation), drawn.volatility)[0, 1])) < 0.1
    usual = np.abs(drawn.rotation).mean()
    for first, last in ((date(2008, 9, 12), date(2009, 3, 9)), (date(2020, 2, 20), date(2020, 4, 30))):
        assert np.abs(between(drawn, drawn.rotation, first, last)).mean() < 1.6 * usual


def test_the_spread_of_ai_over_value_hardly_feels_the_markets_volatility(story: Story) -> None:
    spread = np.diff(calibration.spread(story.news, story.dot_com, story.securities, story.record, story.of_securities.sessions))
    volatility = story.news.volatility[1:]
    of_market = float(np.corrcoef(np.abs(story.news.market[1:]), volatility)[0, 1])
    assert abs(float(np.corrcoef(np.abs(spread), volatility)[0, 1])) < 0.5 * of_market


def test_the_rotation_is_wild_around_the_turn_of_the_century(drawn: News) -> None:
    dot_com = between(drawn, drawn.rotation, date(1999, 1, 4), date(2002, 12, 31))
    later = between(drawn, drawn.rotation, date(2003, 1, 2), date(2019, 12, 31))
    assert dot_com.std() > 1.25 * later.std()


def test_chance_is_quiet_while_a_rotation_is_scripted(drawn: News) -> None:
    for ends in (script.DOT_COM_ROTATION_ENDS, script.STORY_ROTATION_ENDS):
        row = drawn.row(ends)
        inside = np.abs(drawn.rotation[row - script.ROTATION_SESSIONS + 1 : row + 1]).mean()
        around = np.abs(drawn.rotation[row - 200 : row - script.ROTATION_SESSIONS + 1]).mean()
        assert inside < 0.75 * around


# ---------------------------------------------------------------- the volatility index


def test_the_volatility_index_stays_where_real_ones_have_been(drawn: News) -> None:
    vix = history.volatility_index(drawn)
    assert 14 < vix.mean() < 24
    assert vix.min() > 7  # 9.14 is the real record
    assert vix.max() < 90
    steps = vix[1:] / vix[:-1]
    assert steps.min() > 0.5
    assert steps.max() < 2.2  # the real record, of February 2018


def test_the_volatility_index_of_the_story_day_is_the_highest_since_april_2025(drawn: News) -> None:
    vix = history.volatility_index(drawn)
    closes = dict(zip(drawn.sessions, vix.tolist(), strict=True))
    story = closes[script.STORY_DAY]
    earlier = [day for day, close in closes.items() if day < script.STORY_DAY and close >= story]
    assert (max(earlier).year, max(earlier).month) == (2025, 4)
    assert all(close < story for day, close in closes.items() if day > script.STORY_DAY)


# ---------------------------------------------------------------- single securities


def test_securities_begin_in_2016_and_stand_at_their_price_on_the_reference_day(story: Story) -> None:
    single = story.of_securities
    assert single.sessions[0] == date(2016, 1, 4)
    assert np.array_equal(single.path[single.sessions.index(script.REFERENCE_DAY)], np.zeros(len(story.securities)))
    assert np.isfinite(single.path).all()
    assert (single.volatility > 0).all()


def test_volatilities_are_those_of_their_kind(story: Story) -> None:
    yearly = dict(zip((one.ticker or one.name for one in story.securities), np.diff(story.of_securities.path, axis=0).std(axis=0) * YEAR, strict=True))
    shares = [yearly[one.ticker] for one in story.securities if "sp500" in one.tags]
    assert 0.18 < np.median(shares) < 0.40
    assert 0.10 < yearly["GOLD"] < 0.20 < yearly["SILVER"] < 0.40
    bonds = [(one.duration, yearly[one.name]) for one in story.securities if one.group == "treasuries_long"]
    assert all(0.07 < volatility < 0.25 for _, volatility in bonds)


def test_a_rotation_is_no_fall(story: Story) -> None:
    """Weighted by size over the shares of the S&P 500 the loadings add up to nothing; those of technology are up, of value down."""
    loading = story.of_securities.loading
    assert abs((SP500.weights(story.securities) * loading).sum()) < 1e-12
    assert (Portfolio("ai_infrastructure").weights(story.securities) * loading).sum() > 0.3
    assert (Portfolio("value").weights(story.securities) * loading).sum() < -0.1
    assert not loading[[one.is_bond or one.sector == "Commodities" for one in story.securities]].any()


# ---------------------------------------------------------------- long series


def test_before_2016_a_portfolio_is_its_loadings_on_the_factors() -> None:
    one, lines = news.draw(1), securities.load()
    silent = np.zeros(len(one.sessions))
    market = history.portfolio_returns(one, lines, SP500, silent)
    assert np.corrcoef(market, one.market)[0, 1] > 0.97
    assert np.cumsum(market)[one.row(date(2015, 12, 31))] == pytest.approx(np.log(2044 / 459), abs=0.35)
    scripted = silent.copy()
    scripted[100] = -0.10
    technology = Portfolio("sp500", sectors=("Information Technology",))
    moved = history.portfolio_returns(one, lines, technology, scripted) - history.portfolio_returns(one, lines, technology, silent)
    carried = (technology.weights(lines) * news.rotation_loadings(lines)).sum()
    assert moved[100] == pytest.approx(-0.10 * carried)
    assert np.count_nonzero(np.abs(moved) > 1e-12) == 1


@pytest.mark.parametrize("seed", range(1, 21))
def test_margin_debt_peaks_in_december_2025_at_a_five_year_high(seed: int) -> None:
    balances = history.margin_debt(seed)
    assert [balances[0].month, balances[-1].month] == [date(1997, 1, 1), date(2026, 1, 1)]
    assert len(balances) == 29 * 12 + 1
    debit = [one.debit for one in balances]
    december = len(debit) - 2
    assert balances[december].month == date(2025, 12, 1)
    assert debit[december] == max(debit[december - 59 :])
    assert np.abs(np.diff(np.log(debit))).max() < 0.25
    assert all((one.credit_margin is None) == (one.month < date(2010, 2, 1)) for one in balances)


def test_free_credit_is_comparable_across_the_month_in_which_it_was_split() -> None:
    together = [one.credit_cash + (one.credit_margin or 0) for one in history.margin_debt(1)]
    assert np.abs(np.diff(np.log(together))).max() < 0.25


def test_daily_debit_runs_through_the_month_ends() -> None:
    balances = history.margin_debt(1)
    days = calendars.sessions(date(2025, 10, 1), date(2026, 2, 13))
    daily = history.daily_debit(balances, days)
    known = {one.month: one.debit * 1e6 for one in balances}
    assert daily[days.index(date(2025, 12, 31))] == pytest.approx(known[date(2025, 12, 1)], rel=0.01)
    assert daily[days.index(date(2025, 10, 31))] == pytest.approx(known[date(2025, 10, 1)], rel=0.01)
    assert daily[-1] == pytest.approx(known[date(2026, 1, 1)])


def test_asia_and_europe_answer_new_york_and_not_the_other_way_round() -> None:
    one = news.draw(1)
    new_york = one.market.copy()
    base = history.regional_returns(one, new_york)
    shocked = new_york.copy()
    shocked[500] -= 0.10
    moved = {region: values - base[region] for region, values in history.regional_returns(one, shocked).items()}
    assert set(moved) == {"japan", "korea", "taiwan", "germany", "europe"}
    for region, change in moved.items():
        assert np.flatnonzero(np.abs(change) > 1e-12).tolist() == [501], region
        assert -0.06 < change[501] < -0.02, region


def test_selling_runs_through_asia_and_europe_before_new_york_opens_on_the_story_days() -> None:
    one = news.draw(20260204)
    regional = history.regional_returns(one, one.market)
    for day in (date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 4)):
        assert one.overnight["asia"][one.row(day)] < 0
        assert one.overnight["europe"][one.row(day)] < 0
    row = one.row(script.STORY_DAY)
    assert all(np.expm1(values[row - 2 : row + 1].sum()) < 0 for values in regional.values())
