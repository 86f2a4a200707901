"""What the benchmark says of an index against its truth and its twins, on ten sessions worked by hand."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import contagion
from benchmarks.contagion import NO_IMPACT, NO_TRADES, World
from orchestration.warehouse.build import connect

SESSIONS = pd.date_range("2024-01-01", periods=10)


def world(index: list[float], *, t_value: float = 2.0, spreading: int = 0) -> World:
    """A world whose rivals of the index stand still; the first sessions are called contagion."""
    regimes = ["contagion"] * spreading + ["calm"] * (10 - spreading)
    still = dict.fromkeys(("vix_close", "ofr_fsi", "ai_drawdown_pct"), 0.0)
    pillars = sorted(set(contagion.PILLAR_OF.values()))
    parts = {f"contribution_{pillar}": [value / 6 for value in index] for pillar in pillars}
    daily = pd.DataFrame({"index_value": index, "regime": regimes, **still, **parts}, index=SESSIONS)
    return World(daily, pd.DataFrame({(pillar, "size"): index for pillar in pillars}, index=SESSIONS), t_value, -t_value)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """A crisis on the third and fourth session; the fourth has the most impact, and every channel sells most on it, of two kinds of assets."""
    crisis = pd.DataFrame({"name": ["one"], "first_on": [SESSIONS[2].date()], "last_on": [SESSIONS[3].date()]})
    crisis.to_parquet(tmp_path / "crisis.parquet")
    pd.DataFrame({"trade_date": SESSIONS.date, "is_worst": [number == 3 for number in range(10)]}).to_parquet(tmp_path / "impact_day.parquet")
    kinds = [
        (channel, day, sale) for channel in contagion.PILLAR_OF for number, day in enumerate(SESSIONS.date) for sale in (-9.0 * (number == 3), -float(number))
    ]
    pd.DataFrame(kinds, columns=["channel", "trade_date", "forced_sale_usd"]).to_parquet(tmp_path / "forced_selling.parquet")
    return tmp_path


RISING_BEFORE = [0.0, 9.0, 8.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_an_index_that_rises_a_session_early_tells_the_next_session_better(truth: Path) -> None:
    """On the day: of 16 pairs of a crisis and a calm session the one of 9 wins two. A session ahead both crisis sessions are the highest."""
    areas = {(rival.name, rival.ahead): rival.area for rival in contagion.stress(world(RISING_BEFORE), truth)}
    assert areas["index", 0] == pytest.approx(14 / 16)
    assert areas["index", 1] == pytest.approx(1)
    assert areas["VIX", 0] == areas["AI drawdown", 1] == pytest.approx(0.5)


def test_a_deeper_fall_counts_as_more_stress(truth: Path) -> None:
    falling = world(RISING_BEFORE)
    falling.daily["ai_drawdown_pct"] = [-value for value in RISING_BEFORE]
    areas = {(rival.name, rival.ahead): rival.area for rival in contagion.stress(falling, truth)}
    assert areas["AI drawdown", 1] == pytest.approx(1)


@pytest.fixture
def from_the_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Percentiles that need no past."""
    monkeypatch.setattr(contagion, "YEAR", 1)


@pytest.mark.usefixtures("from_the_first_day")
def test_statements_are_about_the_days_they_name_and_need_their_twin(truth: Path) -> None:
    market = world(RISING_BEFORE)
    assert [one.text for one in contagion.transmission(market, {}, truth)] == ["price pressure is significant", "the same over the last 250 sessions alone"]
    # higher on every session but the one of most impact and most sales
    louder = world([20.0, 20.0, 20.0, 6.0, *[20.0] * 6], t_value=1.0, spreading=2)
    as_unusual = world([value / 2 for value in RISING_BEFORE])
    as_unusual.daily[:] = market.daily
    twins = {
        NO_IMPACT: louder,
        NO_TRADES: world(RISING_BEFORE, spreading=1),
        "without_redemption": louder,
        "without_margin_call": world([8.0] * 10),
        "without_risk_parity": as_unusual,
    }
    found = {one.text: one.found for one in contagion.transmission(market, twins, truth)}
    assert found == {
        "price pressure is significant": 1,
        "the same over the last 250 sessions alone": 0,
        "P1: price pressure is not significant": 1,
        "P1: share of days outside contagion and panic": pytest.approx(0.8),
        "the index is higher than P1's on the days of most impact": 1,
        "P0: share of days outside contagion and panic": pytest.approx(0.9),
        "less outflow without redemption, in the market's past": 1,
        "less outflow without redemption, as published": 1,
        "less leverage without margin_call, in the market's past": 0,
        "less leverage without margin_call, as published": 0,
        "less mechanics without risk_parity, in the market's past": 1,
        "less mechanics without risk_parity, as published": 0,
    }


@pytest.mark.usefixtures("from_the_first_day")
def test_what_a_channel_adds_is_printed_by_its_least_and_its_most(truth: Path) -> None:
    """Where every channel sells most the market is second of four (1/2); the twins' 6 stands between first and second (3/8), their 8.5 at 7/8."""
    market = world(RISING_BEFORE)
    found = {
        seed: contagion.removals(market, {"without_redemption": world([value] * 10)}, truth) for seed, value in ((1, 6.0), (51, 6.0), (52, 8.5), (53, 6.0))
    }
    assert [(one.channel, one.pillar) for one in found[1]] == [("redemption", "outflow")]
    assert found[1][0].whole == pytest.approx((1 / 2 / 6) ** 2)
    assert found[1][0].without == pytest.approx((3 / 8 / 6) ** 2)
    assert (found[1][0].own_whole, found[1][0].own_without) == (pytest.approx(7 / 6), pytest.approx(1))
    table = contagion.removal_table(found, lambda seed: seed > 50)
    cells = [str(next(iter(column.cells))) for column in table.columns]
    assert cells[:2] == ["redemption", "outflow"]
    assert cells[4:] == [f"{(3 / 4) ** 2 - 1:+.2%} to {(7 / 4) ** 2 - 1:+.2%}", f"{6 / 7 - 1:+.2%} to {8.5 / 7 - 1:+.2%}", "3"]


@pytest.mark.usefixtures("from_the_first_day")
def test_a_twin_is_ranked_among_the_days_of_the_market(truth: Path) -> None:
    """0, 9, 8, 7 so far: 7 is second of four, 8.5 lies between third and last; an indicator without a value that day is left out."""
    market, twin = world(RISING_BEFORE), world([8.5] * 10)
    assert contagion.contribution(market, market, "outflow").iloc[3] == pytest.approx((2 / 4 / 6) ** 2)
    assert contagion.contribution(market, twin, "outflow").iloc[3] == pytest.approx((3.5 / 4 / 6) ** 2)
    market.indicators["outflow", "later"] = [float("nan")] * 4 + [1.0] * 6
    twin.indicators["outflow", "later"] = [float("nan")] * 5 + [0.0] * 5
    found = contagion.contribution(market, twin, "outflow")
    assert found.iloc[4] == pytest.approx((4.5 / 5 / 6) ** 2)
    assert found.iloc[5] == pytest.approx(((5.5 / 6 + 0.5 / 2) / 2 / 6) ** 2)


def test_systemicness_is_judged_by_what_losses_of_the_worst_days_cost_others(tmp_path: Path) -> None:
    """Fund k of ten loses k dollars of 1/k² assets and costs others 1/k: ranks of its loss say the opposite in dollars, the same per dollar of assets.

    Published for it: a flow sensitivity of 1/k⁴, and k² that a dollar of its sales costs. Another scenario, another day and a fund without sales say otherwise.
    """
    funds = pd.DataFrame({"fund_id": [f"F{k}" for k in range(1, 11)], "k": [float(k) for k in range(1, 11)]})
    (tmp_path / "published").mkdir()
    (tmp_path / "truth").mkdir()
    worst, quiet = SESSIONS[3].date(), SESSIONS[4].date()
    with connect(tmp_path / "published" / "contagion.duckdb", read_only=False) as connection:
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.fund_fire_sale_daily as
            select
                trade_date, scenario, fund_id, 1 / k ** 2 as tna_usd, 1 / k ** 4 as flow_sensitivity,
                sign * 5 * k ** 2 as systemicness_usd, -5.0 as forced_sale_usd
            from funds cross join (values (?, 'market', 1), (?, 'market', -1000), (?, 'other', -1000)) as said (trade_date, scenario, sign)
            union all
            select ?, 'market', 'silent', 1, 1, 1, 0
            """,
            [worst, quiet, worst, worst],
        )
    lost = [funds.assign(trade_date=worst, caused=1 / funds["k"]), funds.assign(trade_date=quiet, caused=1000 * funds["k"])]
    silent = pd.DataFrame({"fund_id": ["silent"], "k": [99.0], "trade_date": [worst], "caused": [99.0]})
    losses = pd.concat([*lost, silent]).rename(columns={"k": "first_round_loss_usd", "caused": "second_round_loss_caused_usd"})
    losses.to_parquet(tmp_path / "truth" / "fund_loss.parquet")
    pd.DataFrame({"trade_date": [worst, quiet], "is_worst": [True, False]}).to_parquet(tmp_path / "truth" / "impact_day.parquet")
    found = contagion.systemicness(tmp_path)
    assert (found.published, found.free) == (pytest.approx(1), pytest.approx(-1))
    assert (found.published_per_dollar, found.free_per_dollar) == (pytest.approx(1), pytest.approx(1))
