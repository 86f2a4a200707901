"""The whole pipeline on the simulated market: offline, without keys, and it says SIMULATED wherever it is shown."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.settings import SAMPLE_AS_OF
from orchestration.warehouse.publish import read_manifest

from .. import readme
from .conftest import Pipeline, assert_same_tables, build_only, cut_home, up_to


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The default run: the day of the story."""
    pipeline = Pipeline(tmp_path_factory.mktemp("sample"), None, profile="sample")
    report = pipeline.run(SAMPLE_AS_OF.isoformat())
    assert report.exit_status == 0, (report.errors, report.failures)
    return pipeline


@pytest.fixture(scope="module")
def full(sample: Pipeline) -> dict[str, pd.DataFrame]:
    return sample.frames()


@pytest.mark.parametrize(("command", "written"), readme.commands(), ids=lambda text: text[:60] if text.startswith("contagion") else "")
def test_the_readme_shows_what_its_commands_print(sample: Pipeline, monkeypatch: pytest.MonkeyPatch, command: str, written: str) -> None:
    """`python -m tests.readme` writes the outputs."""
    monkeypatch.setenv("CONTAGION_HOME", str(sample.home))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    assert readme.run(command) == written


def test_the_readme_shows_the_headlines_of_make_run(sample: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAGION_HOME", str(sample.home))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    assert readme.run("contagion brief") in readme.shown_run()


@pytest.mark.parametrize("session", ["2025-11-28", "2026-01-22", "2026-02-03"])
def test_tables_built_with_data_cut_at_a_day_are_the_full_builds_rows_up_to_it(
    sample: Pipeline, full: dict[str, pd.DataFrame], session: str, tmp_path: Path
) -> None:
    expected, found = up_to(full, session), up_to(build_only(cut_home(sample, session, tmp_path), session), session)
    assert len(found["fund_flow_daily"]) > 100
    assert_same_tables(found, expected)


def test_every_published_table_and_page_says_simulated(sample: Pipeline) -> None:
    comments = sample.query(
        "select comment from duckdb_tables() where schema_name = 'marts' union all select comment from duckdb_views() where schema_name = 'marts'"
    )
    assert comments
    assert all(str(comment).startswith("SIMULATED") for (comment,) in comments)
    assert read_manifest(sample.published)["simulated"] is True
    assert all("SIMULATED" in page.read_text() for page in (sample.home / "data_docs").glob("*.html"))


def test_margin_debt_known_on_the_day_of_the_story_is_that_of_december(full: dict[str, pd.DataFrame]) -> None:
    margin = full["margin_leverage_monthly"]
    newest = margin[margin["known_on"] <= "2026-02-05"].sort_values("month").iloc[-1]
    assert (newest["month"].date(), newest["known_on"].date(), bool(newest["is_five_year_high"])) == (date(2025, 12, 31), date(2026, 1, 22), True)


def test_a_split_is_no_flow(full: dict[str, pd.DataFrame]) -> None:
    splits = full["fund_flow_daily"].query("is_split")
    assert len(splits) == 1
    assert splits["net_flow_pct_aum"].abs().max() < 5
