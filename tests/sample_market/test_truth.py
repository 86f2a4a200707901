"""What nobody could have seen: that its tables say what the record says, add up, and are beside the mirror, unread."""

import ast
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from orchestration.sample_market import calibration, script, truth
from orchestration.sample_market.calibration import Story
from orchestration.sample_market.engine import CHANNELS, WORLDS
from orchestration.sample_market.facts import Array
from orchestration.sample_market.funds import FUNDS, UNDERLYINGS
from orchestration.sample_market.market import Market

NAMES = [world.name for world in WORLDS]
P1 = NAMES.index("p1_no_price_impact")
COLUMNS = {
    "forced_selling": ["trade_date", "channel", "asset_class", "forced_sale_usd"],
    "underlying": ["trade_date", "underlying", "dealer_gamma_usd_per_pct", "dealer_share", "leveraged_rebalance_usd", "dealer_hedge_usd"],
    "security_impact": ["trade_date", "serial", "ticker", *CHANNELS, "joint", "total"],
    "fund_loss": ["trade_date", "fund_id", "assets_usd", "first_round_loss_usd", "second_round_loss_usd", "second_round_loss_caused_usd"],
    "impact_day": ["trade_date", "impact_loss_usd", "is_worst"],
    "crisis": ["name", "first_on", "last_on"],
    "story": ["fact", "value", "day"],
}


@pytest.fixture(scope="module")
def folder(story: Story, market: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    truth.write(folder, story, market)
    return folder


def column(folder: Path, table: str, name: str) -> Array:
    values: Array = pq.read_table(folder / f"{table}.parquet", columns=[name])[name].to_numpy()
    return values


def by_session(folder: Path, table: str, name: str, story: Story) -> Array:
    """A column as sessions by what has a row each session."""
    return column(folder, table, name).reshape(len(story.of_securities.sessions), -1)


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_the_stated_columns_and_rows(folder: Path, table: str) -> None:
    found = pq.read_table(folder / f"{table}.parquet")
    assert found.column_names == COLUMNS[table]
    assert found.num_rows > 0
    assert table in str(truth.__doc__)


def test_there_are_no_other_files_than_tables_and_rules(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {*(f"{table}.parquet" for table in COLUMNS), "truth_rules.md"}


def test_every_day_has_every_channel_and_security(folder: Path, story: Story) -> None:
    sessions = np.array(story.of_securities.sessions, dtype="datetime64[D]")
    assert np.array_equal(by_session(folder, "security_impact", "trade_date", story)[:, 0], sessions)
    assert np.array_equal(by_session(folder, "fund_loss", "trade_date", story)[:, 0], sessions)
    assert np.array_equal(column(folder, "impact_day", "trade_date"), sessions)
    assert by_session(folder, "security_impact", "serial", story)[-1].tolist() == [one.serial for one in story.securities]
    assert by_session(folder, "fund_loss", "fund_id", story)[0].tolist() == [fund.fund_id for fund in FUNDS]


# ---------------------------------------------------------------- what each channel did


def test_parts_and_the_joint_remainder_add_up_to_the_total(folder: Path, story: Story) -> None:
    parts = np.sum([by_session(folder, "security_impact", name, story) for name in (*CHANNELS, "joint")], axis=0)
    assert np.abs(parts - by_session(folder, "security_impact", "total", story)).max() < 1e-6  # single precision


def test_the_total_is_the_market_less_its_twin_without_price_impact(folder: Path, story: Story) -> None:
    log_price = np.stack(story.record.log_price)
    total = by_session(folder, "security_impact", "total", story)
    displaced = np.cumsum(total.astype(float), axis=0)
    assert np.abs(displaced - (log_price[:, 0] - log_price[:, P1] - (log_price[0, 0] - log_price[0, P1]))).max() < 1e-5


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channels_part_is_the_market_less_its_rerun_without_the_channel(folder: Path, story: Story, channel: str) -> None:
    log_price = np.stack(story.record.log_price)
    rerun = log_price[:, NAMES.index(f"without_{channel}")]
    expected = np.diff(log_price[:, 0] - rerun, axis=0)
    assert np.abs(by_session(folder, "security_impact", channel, story)[1:] - expected).max() < 1e-7


def test_forced_selling_by_class_adds_up_to_the_record(folder: Path, story: Story) -> None:
    table = pq.read_table(folder / "forced_selling.parquet").to_pandas()
    assert not table.duplicated(["trade_date", "channel", "asset_class"]).any()
    assert set(table["asset_class"]) == {"equity", "bond", "credit", "gold", "commodity"}
    summed = table.groupby(["channel", "trade_date"])["forced_sale_usd"].sum()
    for channel in CHANNELS:
        recorded = np.stack(story.record.trades[channel])[:, 0].sum(axis=1)
        assert summed[channel].to_numpy() == pytest.approx(recorded, rel=1e-9, abs=1.0), channel


def test_classes_are_those_of_what_was_traded(folder: Path, story: Story) -> None:
    table = pq.read_table(folder / "forced_selling.parquet").to_pandas()
    assert {channel: set(rows["asset_class"]) for channel, rows in table.groupby("channel")} == {
        "redemption": {"equity", "bond", "credit", "gold", "commodity"},
        "margin_call": {"equity"},
        "leveraged_etf": {"equity"},
        "risk_parity": {"equity", "bond", "credit", "gold"},
        "dealer_gamma": {"equity"},
    }
    treasuries = [position for position, fund in enumerate(FUNDS) if fund.fund_id in ("TLT", "IEF", "SHY", "AGG", "BND")]
    recorded = np.stack(story.record.trades["redemption"])[:, 0, treasuries].sum(axis=1)
    rows = table[(table["channel"] == "redemption") & (table["asset_class"] == "bond")]
    assert rows["forced_sale_usd"].to_numpy() == pytest.approx(recorded)


def test_everything_is_sold_on_the_story_day(folder: Path) -> None:
    table = pq.read_table(folder / "forced_selling.parquet").to_pandas()
    by_class = table[table["trade_date"] == script.STORY_DAY].groupby("asset_class")["forced_sale_usd"].sum()
    assert (by_class[["equity", "bond", "gold"]] < 0).all()


def test_what_responds_to_underlyings_is_listed_with_the_dealers_share_behind_it(folder: Path, story: Story) -> None:
    assert by_session(folder, "underlying", "underlying", story)[0].tolist() == list(UNDERLYINGS)
    for name, channel in (("leveraged_rebalance_usd", "leveraged_etf"), ("dealer_hedge_usd", "dealer_gamma")):
        assert np.array_equal(by_session(folder, "underlying", name, story), np.stack(story.record.trades[channel])[:, 0])
    gamma, share = (by_session(folder, "underlying", name, story) for name in ("dealer_gamma_usd_per_pct", "dealer_share"))
    assert gamma == pytest.approx(story.setting.gamma.size * share)


def test_a_dealers_hedge_is_against_its_gamma_times_the_days_return(folder: Path, story: Story) -> None:
    """The return of the underlying of that day, to the difference between a log of a sum and a sum of logs."""
    gamma, hedge = (by_session(folder, "underlying", name, story) for name in ("dealer_gamma_usd_per_pct", "dealer_hedge_usd"))
    value = np.stack(story.record.value)[:, 0, story.setting.underlyings]
    expected = -100 * gamma[1:] * np.diff(np.log(value), axis=0)
    assert np.corrcoef(expected.ravel(), hedge[1:].ravel())[0, 1] > 0.999
    assert np.polyfit(expected.ravel(), hedge[1:].ravel(), 1)[0] == pytest.approx(1, abs=0.02)


# ---------------------------------------------------------------- losses


def test_what_a_fund_lost_is_first_round_and_second_round(folder: Path, story: Story) -> None:
    first, second, assets = (by_session(folder, "fund_loss", f"{name}_usd", story) for name in ("first_round_loss", "second_round_loss", "assets"))
    value = np.stack(story.record.value)[:, :, story.setting.funds]
    whole = value[1:, 0] / value[:-1, 0] - 1
    assert -(first + second)[1:] / assets[1:] == pytest.approx(whole, abs=1e-12)
    by_news = value[1:, P1] / value[:-1, P1] - 1
    assert -first[1:] / assets[1:] == pytest.approx(by_news, abs=1e-12)
    shares = np.stack(story.record.shares)[:-1, 0]
    assert assets[1:] == pytest.approx(shares * value[:-1, 0])


def test_first_round_losses_outweigh_second_round_losses_on_the_story_day(folder: Path, story: Story) -> None:
    row = story.of_securities.sessions.index(script.STORY_DAY)
    first, second = (by_session(folder, "fund_loss", f"{name}_round_loss_usd", story)[row].sum() for name in ("first", "second"))
    assert first > second > 0


def test_what_a_funds_redemptions_cost_is_shared_out_of_the_impact_on_what_it_sold(folder: Path, story: Story) -> None:
    """Recomputed for one day and one fund, security by security."""
    setting, record = story.setting, story.record
    row, fund = story.of_securities.sessions.index(script.STORY_DAY), calibration.column("XLK")
    price = setting.price * np.exp(record.log_price[row - 1][0])
    sold = record.trades["redemption"][row][0, fund] / record.value[row - 1][0, fund] * setting.units[fund] * price
    held = (record.shares[row - 1][0] @ setting.units[setting.funds]) * price
    total, cost = record.total[row], 0.0
    for one in range(len(story.securities)):
        if abs(total[one]) > 1.0:
            cost -= sold[one] / total[one] * record.moved[row][one] * held[one]
    found = by_session(folder, "fund_loss", "second_round_loss_caused_usd", story)
    assert found[row, fund] == pytest.approx(cost, rel=1e-9)
    assert cost > 0


def test_the_worst_days_are_a_twentieth_and_worse_than_all_others(folder: Path) -> None:
    loss, worst = column(folder, "impact_day", "impact_loss_usd"), column(folder, "impact_day", "is_worst").astype(bool)
    assert worst.mean() == pytest.approx(0.05, abs=0.001)
    assert loss[worst].min() >= loss[~worst].max()
    assert loss[worst].min() > 0


def test_the_story_is_among_the_worst_days(folder: Path, story: Story) -> None:
    sessions, worst = story.of_securities.sessions, column(folder, "impact_day", "is_worst")
    row = sessions.index(script.STORY_DAY)
    assert worst[row]
    inside = np.array([any(crisis.first <= day <= crisis.last for crisis in script.CRISES) for day in sessions])
    assert worst[inside].mean() > 2 * worst[~inside].mean()


def test_the_crises_are_those_of_the_issue(folder: Path) -> None:
    crises = pq.read_table(folder / "crisis.parquet").to_pylist()
    assert [crisis["name"] for crisis in crises] == [
        "dot-com",
        "2008",
        "2011",
        "February 2018",
        "March 2020",
        "2022",
        "August 2024",
        "April 2025",
        "February 2026",
    ]
    assert all(crisis["first_on"] < crisis["last_on"] for crisis in crises)
    assert any(crisis["first_on"] <= date(2024, 8, 5) <= crisis["last_on"] for crisis in crises)


def test_the_figures_of_the_story_are_kept_with_the_day_its_level_breaks(folder: Path, story: Story, market: Market) -> None:
    facts = {row["fact"]: (row["value"], row["day"]) for row in pq.read_table(folder / "story.parquet").to_pylist()}
    assert {name: value for name, (value, _) in facts.items() if name != "watch_level_breached_on"} == calibration.figures(story)
    level, day = facts["watch_level_breached_on"]
    series = market.series["^SP500-45"]
    closes = dict(zip(series.days, series.bars.close.tolist(), strict=True))
    assert level == 3450
    assert closes[day] < 3450
    assert all(close >= 3450 for other, close in closes.items() if script.STORY_DAY <= other < day)


# ---------------------------------------------------------------- rules


def test_the_rules_contain_the_constants_of_the_code(folder: Path) -> None:
    text = (folder / "truth_rules.md").read_text()
    assert text == truth.rules()
    assert "SIMULATED" in text
    assert "$" not in text
    for constant in (
        "0.5 · σ · x / √(x + 0.05)",  # impact
        "60% / 30% / 10%",  # redemptions
        "1.5 dollars",  # twins
        "about 28%",  # unlisted leveraged products
        "80% is traded on the day",
        "20, 60, 120 sessions",
        "spread of 0.25",  # of risk parity's assets
        "next 5",
        "at 0.6",  # what the balance of calls and puts shows
        "15 % of days",
        "400 accounts",
        "50% / 30% / 20%",  # margin sales
        "3% of what",  # recovery
    ):
        assert constant in text, constant


def test_the_rules_follow_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.sample_market.channels.leveraged.SAME_DAY", 0.7)
    assert "70% is traded on the day" in truth.rules()


def imported(path: Path) -> set[str]:
    """Modules that a file imports, wherever in it."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports hide what comes in"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_generator_shares_no_code_with_what_reads_or_estimates_it() -> None:
    package = Path(truth.__file__).parent
    for path in sorted(package.rglob("*.py")):
        ours = {name for name in imported(path) if name.split(".")[0] in ("orchestration", "expectations")}
        assert all(name.startswith(("orchestration.sample_market", "orchestration.calendars")) or name == "orchestration" for name in ours), path.name
