"""The whole pipeline on the simulated market: offline, without keys, it tells the story and says SIMULATED wherever it is shown."""

import shutil
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from orchestration.defs import automation
from orchestration.reporting import outbox
from orchestration.reporting.outcome import Told
from orchestration.settings import SAMPLE_AS_OF
from orchestration.warehouse.publish import read_manifest

from .. import readme
from ..webhook import Webhook, listening
from .conftest import Pipeline, build_only, compared, cut_home

STORY = SAMPLE_AS_OF.isoformat()
EVE, LATER = "2026-02-03", "2026-02-13"


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    """Takes the alerts of the second clone."""
    with listening() as opened:
        yield opened


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook) -> dict[str, Path]:
    """A second clone that writes the market anew and runs for two sessions, one after the other, and not for the story's: the published files, and the home."""
    pipeline = Pipeline(tmp_path_factory.mktemp("grown"), None, profile="sample", alert_urls=webhook.url())
    published = {"home": pipeline.home}
    for session in (EVE, LATER):
        report = pipeline.run(session)
        assert report.exit_status == 0, (report.errors, report.failures)
        published[session] = Path(shutil.copy(pipeline.published, pipeline.home / f"as_of_{session}.duckdb"))
    return published


# ---------------------------------------------------------------- the page a newcomer reads


@pytest.mark.parametrize(("command", "written"), readme.commands(), ids=lambda text: text[:60] if text.startswith("contagion") else "")
def test_the_readme_shows_what_its_commands_print(sample_home: Pipeline, monkeypatch: pytest.MonkeyPatch, command: str, written: str) -> None:
    """`python -m tests.readme` writes the outputs."""
    monkeypatch.setenv("CONTAGION_HOME", str(sample_home.home))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    assert readme.run(command) == written


def test_the_readme_shows_the_headlines_of_make_run(sample_home: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAGION_HOME", str(sample_home.home))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    headlines, _, path = readme.run("contagion brief").rpartition("brief ")
    assert headlines in readme.shown_run()
    assert f"brief      data/sample/briefs/{Path(path.strip()).name}" in readme.shown_run()


def test_every_published_table_and_page_says_simulated(sample_home: Pipeline) -> None:
    comments = sample_home.query(
        "select comment from duckdb_tables() where schema_name = 'marts' union all select comment from duckdb_views() where schema_name = 'marts'"
    )
    assert comments
    assert all(str(comment).startswith("SIMULATED") for (comment,) in comments)
    assert read_manifest(sample_home.published)["simulated"] is True
    assert all("SIMULATED" in page.read_text() for page in (sample_home.home / "data_docs").glob("*.html"))


# ---------------------------------------------------------------- the story, from the published file alone


def test_tech_heavy_funds_lost_fourteen_billion_in_two_sessions(sample_home: Pipeline) -> None:
    ((flow, assets),) = sample_home.query(
        f"select net_flow_2d_usd, observed_aum_usd from outflow_daily where segment = 'tech_heavy' and trade_date = '{STORY}'"
    )
    assert flow == pytest.approx(-14.0e9, rel=0.02)
    assert 600e9 < assets < 800e9  # type: ignore[operator]


def test_margin_debt_is_at_a_five_year_high_that_was_public_on_the_day(sample_home: Pipeline) -> None:
    newest = sample_home.query(
        f"select month, is_five_year_high, known_on from margin_leverage_monthly where known_on <= date '{STORY}' order by month desc limit 1"
    )
    assert newest == [(date(2025, 12, 31), True, date(2026, 1, 22))]


def test_the_spread_narrows_as_sharply_as_in_the_dot_com_years(sample_home: Pipeline) -> None:
    ((since, narrowing, zscore),) = sample_home.query(
        f"select sharpest_narrowing_since, narrowing_20d, narrowing_20d_zscore from ai_value_spread_daily where trade_date = '{STORY}'"
    )
    assert 2000 <= since.year <= 2002  # type: ignore[attr-defined]
    assert narrowing > 0  # type: ignore[operator]
    assert zscore is not None


def test_the_ai_index_breaks_down_within_three_sessions(sample_home: Pipeline) -> None:
    ((ai, relative),) = sample_home.query(f"select ai_change_3d_pct, relative_change_3d_pct from ai_sentiment_daily where trade_date = '{STORY}'")
    assert -14 < ai < -8  # type: ignore[operator]
    assert relative < 0  # type: ignore[operator]


def test_the_vix_is_the_highest_since_the_spring(sample_home: Pipeline) -> None:
    ((since,),) = sample_home.query(f"select highest_since from volatility_daily where trade_date = '{STORY}'")
    assert date(2025, 4, 1) <= since <= date(2025, 5, 31)  # type: ignore[operator]


def test_the_watched_level_is_near_and_then_broken_on_the_day_the_truth_says(sample_home: Pipeline, grown: dict[str, Path]) -> None:
    assert sample_home.query(f"select status from level_watch_daily where trade_date = '{STORY}'") == [("near",)]
    facts = pq.read_table(grown["home"] / "truth" / "story.parquet").to_pylist()
    broken = next(fact["day"] for fact in facts if fact["fact"] == "watch_level_breached_on")
    later = Pipeline(grown["home"], None, profile="sample").query("select min(trade_date), min(breached_on) from level_watch_daily where status = 'breached'")
    assert later == [(broken, broken)]


def test_the_sunday_event_is_flagged_as_on_no_session(sample_home: Pipeline) -> None:
    event = sample_home.query(
        f"select event_on, is_session, reaction_session from event_calendar where trade_date = '{STORY}' and event_id = 'tsmc_report_2026_02'"
    )
    assert event == [(date(2026, 2, 15), False, date(2026, 2, 17))]


def test_there_is_a_headline_for_each(sample_home: Pipeline) -> None:
    found = {str(name) for (name,) in sample_home.query(f"select headline_id from headline_daily where trade_date = '{STORY}'")}
    wanted = {"tech_outflow", "margin_debt", "ai_value_spread", "ai_sentiment", "volatility", "level_watch_sp500_it_3450", "event", "session_spillover"}
    wanted |= {"contagion_index", "price_pressure", "absorption_shift", "connectedness", "fire_sale", "cross_asset"}
    assert wanted <= found


def test_the_index_calls_the_day_contagion_and_says_what_it_is_made_of(sample_home: Pipeline) -> None:
    ((regime, index, parts),) = sample_home.query(
        f"select any_value(regime), any_value(index_value), sum(contribution) from contagion_index_daily join contagion_index_part_daily using (trade_date) "
        f"where trade_date = '{STORY}'"
    )
    assert regime == "contagion"
    assert parts == pytest.approx(index, abs=1e-9)


def test_claims_are_judged_and_a_day_that_has_not_come_is_not_testable(sample_home: Pipeline) -> None:
    verdicts = dict(sample_home.query("select claim_id, verdict from claim_check"))
    story = {
        "tech_funds_lose_14_billion",
        "margin_debt_five_year_high",
        "spread_narrowest_since_dot_com",
        "dealers_sell_into_the_fall",
        "risk_parity_sells_bonds",
    }
    assert {verdicts[claim] for claim in story} == {"supported"}
    assert verdicts["volatility_not_seen_for_years"] == "contradicted"
    assert verdicts["level_breaks_before_the_report"] == "not_testable"


def test_everything_falls_along_the_chain_of_the_day(sample_home: Pipeline) -> None:
    returns = sample_home.query(
        f"select region, region_return, cumulative_return from session_spillover_daily where trade_date = '{STORY}' order by chain_order"
    )
    assert [region for region, _, _ in returns] == ["asia", "europe", "new_york"]
    assert all(moved < 0 and added < 0 for _, moved, added in returns)  # type: ignore[operator]


def test_a_split_is_no_flow(sample_home: Pipeline) -> None:
    splits = "select fund_id, trade_date, abs(net_flow_pct_aum) < 5 from fund_flow_daily where is_split and segment not in ('leveraged', 'inverse')"
    assert sample_home.query(splits) == [("XLK", date(2025, 12, 5), True)]
    # a fund of factor 3 may lose a fifth of its assets on a quiet day; a split taken for a flow would be hundreds of per cent
    assert sample_home.query("select count(*) > 0, max(abs(net_flow_pct_aum)) < 25 from fund_flow_daily where is_split") == [(True, True)]


# ---------------------------------------------------------------- in time, and again


def test_a_market_written_anew_gives_the_same_payloads_and_the_same_tables(sample_home: Pipeline, grown: dict[str, Path]) -> None:
    objects = {path.name for path in (sample_home.home / "landing" / "objects").glob("*/*")}
    assert len(objects) > 5000
    assert objects <= {path.name for path in (grown["home"] / "landing" / "objects").glob("*/*")}
    homes = (sample_home.home, grown["home"])  # files, not folders: how large a folder is depends on the order in which two processes filled it
    mirrors = [{path.relative_to(home): path.stat().st_size for path in (home / "mirror").rglob("*") if path.is_file()} for home in homes]
    assert mirrors[0] == mirrors[1]
    different, rows = compared(sample_home.published, grown[EVE], EVE)
    assert different == {}
    assert rows > 100_000


def test_a_run_as_of_one_day_gives_the_rows_that_a_later_run_gives_up_to_it(sample_home: Pipeline, grown: dict[str, Path]) -> None:
    """On the same home, where only new days were computed, and against a home that had computed nothing before."""
    for earlier, session in ((grown[EVE], EVE), (sample_home.published, STORY)):
        different, rows = compared(earlier, grown[LATER], session)
        assert different == {}
        assert rows > 100_000


@pytest.mark.parametrize("session", ["2025-11-28", "2026-01-22"])
def test_tables_built_with_data_cut_at_a_day_are_the_full_builds_rows_up_to_it(sample_home: Pipeline, session: str, tmp_path: Path) -> None:
    different, rows = compared(build_only(cut_home(sample_home, session, tmp_path), session), sample_home.published, session)
    assert different == {}
    assert rows > 100_000


def test_a_breach_and_each_change_of_regime_are_told_once_also_when_the_run_is_repeated(
    grown: dict[str, Path], webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two runs have told. A repeated one, and each sensor of the daemon, looks at what is published again and has nothing to say."""
    pipeline = Pipeline(grown["home"], None, profile="sample", alert_urls=webhook.url())
    facts = pq.read_table(grown["home"] / "truth" / "story.parquet").to_pylist()
    broken = next(fact["day"] for fact in facts if fact["fact"] == "watch_level_breached_on")
    days = pipeline.query("select trade_date, regime from contagion_index_daily where regime is not null and trade_date >= '2026-01-29' order by 1")
    changed = [f"{day}: {before} → {regime}" for (_, before), (day, regime) in pairwise(days) if before != regime]
    assert "2026-02-03: stress → contagion" in changed
    told = [title for title in webhook.titles if "New release" not in title]
    assert sorted(title.split(", below")[0] for title in told) == sorted(
        [f"SIMULATED: Level breached on {broken}: {told_of_level(pipeline, broken)}", *(f"SIMULATED: Regime changed on {change}" for change in changed)]
    )
    assert len(webhook.titles) == len(set(webhook.titles))

    before = len(webhook.messages)
    for name in ("home", "profile", "alert_urls"):
        monkeypatch.setenv(f"CONTAGION_{name.upper()}", str(getattr(pipeline, name)))
    assert outbox.tell(pipeline.settings(), first=date.fromisoformat(LATER)) == Told()
    monkeypatch.setenv("DAGSTER_HOME", str(grown["home"] / "dagster"))
    with dg.DagsterInstance.get() as instance:
        for sensor in automation.automation().sensors or []:
            with dg.build_sensor_context(instance=instance) as context:
                assert "sent" not in str(sensor.evaluate_tick(context).skip_message)
    assert len(webhook.messages) == before


def told_of_level(pipeline: Pipeline, day: date) -> str:
    ((benchmark, close),) = pipeline.query(f"select benchmark_id, close_level from level_watch_daily where trade_date = '{day}'")
    return f"{benchmark} closed at {close:,.1f}"
