"""The whole pipeline on publishers' real files: the facts, the second run, the cut."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration import calendars

from .conftest import Pipeline, assert_same_tables, build_only, compared, cut_home

LAST = "2026-07-31"


@pytest.fixture(scope="module")
def grown(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A home that ran for one session and, ten months of files later, for another."""
    pipeline = Pipeline(tmp_path_factory.mktemp("real"), real)
    report = pipeline.run("2025-09-30")
    assert report.exit_status == 0, (report.errors, report.failures)
    return pipeline


@pytest.fixture(scope="module")
def of_2025(grown: Pipeline) -> dict[str, pd.DataFrame]:
    return grown.frames()


@pytest.fixture(scope="module")
def full(grown: Pipeline, of_2025: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The published tables with every file of the real mirror."""
    report = grown.run(LAST)
    assert report.exit_status == 0, (report.errors, report.failures)
    return grown.frames()


def test_ivv_lost_4364_million_between_the_peak_and_the_end_of_march_2020(of_2025: dict[str, pd.DataFrame]) -> None:
    flows = of_2025["fund_flow_daily"].query("fund_id == 'IVV' and '2020-02-20' <= trade_date <= '2020-03-31'")["net_flow_usd"]
    assert flows.sum() / 1e6 == pytest.approx(-4364.06, abs=0.005)
    assert flows.min() / 1e6 == pytest.approx(-3307.02, abs=0.005)


@pytest.mark.parametrize(("session", "month", "debit"), [("2025-03-31", "2025-02", 918144), ("2025-03-14", "2025-01", 937253)])
def test_margin_debt_is_known_three_weeks_after_its_month(of_2025: dict[str, pd.DataFrame], session: str, month: str, debit: float) -> None:
    cutoff = pd.Timestamp(calendars.cutoff_on(date.fromisoformat(session)))
    margin = of_2025["margin_leverage_monthly"]
    newest = margin[margin["known_on"] <= cutoff].sort_values("month").iloc[-1]
    assert (f"{newest['month']:%Y-%m}", newest["debit_balances_usd_mn"]) == (month, debit)


def test_spy_holdings_known_for_the_last_session_of_september_2025(grown: Pipeline, of_2025: dict[str, pd.DataFrame]) -> None:
    vintages = of_2025["holding_vintage"].query("fund_id == 'SPY' and known_from <= '2025-10-01' and (known_until.isna() or known_until > '2025-10-01')")
    assert len(vintages) == 504
    assert vintages["shares"].sum() == pytest.approx(6_060_939_396.43, abs=0.005)
    assert vintages["weight_pct"].sum() == pytest.approx(100.245898, abs=5e-7)
    ((lines, shares),) = grown.query("select count(*), sum(shares) from holding_known_daily where fund_id = 'SPY' and trade_date = '2025-09-30'")
    assert (lines, shares) == (504, pytest.approx(6_060_939_396.43, abs=0.005))


@pytest.mark.parametrize("session", ["2022-03-31", "2024-06-28", "2025-09-30"])
def test_tables_built_with_data_cut_at_a_day_are_the_full_builds_rows_up_to_it(
    grown: Pipeline, full: dict[str, pd.DataFrame], session: str, tmp_path: Path
) -> None:
    different, rows = compared(build_only(cut_home(grown, session, tmp_path), session), grown.published, session)
    assert different == {}
    assert rows > 5000


def test_a_fresh_home_ends_where_a_home_that_grew_ends(full: dict[str, pd.DataFrame], real: Path, tmp_path: Path) -> None:
    fresh = Pipeline(tmp_path, real)
    assert fresh.run(LAST).exit_status == 0
    assert_same_tables(fresh.frames(), full)


def test_the_second_identical_run_adds_nothing_and_publishes_the_same(grown: Pipeline, full: dict[str, pd.DataFrame]) -> None:
    before, manifest = grown.raw_files(), json.loads((grown.home / "published" / "manifest.json").read_text())
    assert grown.run(LAST).exit_status == 0
    assert grown.raw_files() == before
    assert_same_tables(grown.frames(), full)
    again = json.loads((grown.home / "published" / "manifest.json").read_text())
    assert (again["payloads"], again["tables"]) == (manifest["payloads"], manifest["tables"])


def test_the_tables_and_python_agree_on_every_cut_off(of_2025: dict[str, pd.DataFrame]) -> None:
    sessions = of_2025["trading_session"]
    days = [(row.trade_date.date(), row.cutoff_on.date()) for row in sessions.itertuples()]
    assert days == [(day, calendars.cutoff_on(day)) for day in calendars.sessions(calendars.FIRST_SESSION, date(2025, 9, 30))]


def test_sources_without_an_answer_are_reported_and_stop_nothing(of_2025: dict[str, pd.DataFrame]) -> None:
    status = of_2025["source_status"].set_index("table_name")
    assert status.loc["raw_cboe__index_history", "verdict"] in ("unavailable", "never_fetched")
    assert status.loc["raw_finra__margin_debt", "outcome"] == "ok"


def test_the_published_file_explains_itself_to_any_client(grown: Pipeline) -> None:
    tables = grown.query("select table_name, comment from duckdb_tables() where schema_name = 'marts'")
    assert tables
    assert not [name for name, comment in tables if not comment]
    assert grown.query("select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null") == []
    ((view,),) = grown.query("select comment from duckdb_views() where view_name = 'holding_known_daily'")
    assert view
