"""The brief of the sample day in headless Chromium: what the story's first screen answers, and what every page has to stand."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from orchestration.reporting.brief import page, tables
from orchestration.reporting.brief.charts.parts import CHANNELS

from .. import pages
from .conftest import Pipeline

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def brief(sample_home: Pipeline) -> Path:
    """The page that the run itself wrote."""
    return sample_home.home / "briefs" / "2026-02-04.html"


def test_the_first_screen_of_a_laptop_answers_how_bad_since_when_who_must_sell_and_where_it_spreads(
    browser: Browser, brief: Path, sample_home: Pipeline
) -> None:
    ((index, regime, since),) = sample_home.query("select index_value, regime, regime_since from contagion_index_daily where trade_date = '2026-02-04'")
    ((last_as_high,),) = sample_home.query(f"select max(trade_date) from contagion_index_daily where trade_date < '2026-02-04' and index_value >= {index}")
    sellers = sample_home.query(
        "select channel, sum(forced_sale_usd) as usd from forced_selling_daily where trade_date = '2026-02-04' group by 1 having usd < 0 order by usd"
    )
    givers = sample_home.query("select source, sum(net_pct) as net from connectedness_pair_daily where trade_date = '2026-02-04' group by 1 order by net desc")
    with pages.opened(browser, brief) as (shown, _):
        boxes = [shown.locator(f"#{name}").bounding_box() for name in pages.FACTS]
        assert all(box is not None and box["y"] >= 0 and box["y"] + box["height"] <= pages.LAPTOP[1] for box in boxes)
        bad, since_when, selling, spreading = (" ".join(shown.locator(f"#{name}").inner_text().split()) for name in pages.FACTS)
        assert f"{index:.3f}" in bad
        assert str(regime) in bad
        assert str(since) in since_when
        assert f"the highest since {last_as_high}" in since_when
        places = [selling.index(CHANNELS[str(channel)][0]) for channel, _ in sellers]
        assert places == sorted(places)
        assert f"${-float(str(sellers[0][1])) / 1e9:.1f} billion" in selling
        assert str(givers[0][0]).split("_")[0] in spreading
        assert "QQQ" in spreading
        assert shown.locator("header .simulated").is_visible()


def test_it_is_small_asks_nobody_and_every_chart_has_marks(browser: Browser, brief: Path) -> None:
    assert brief.stat().st_size < 3_000_000
    with pages.opened(browser, brief) as (shown, heard):
        assert heard == [f"asked for {brief.as_uri()}"]
        counts = pages.marks(shown)
        assert len(counts) >= sum(make.__module__ != tables.__name__ for section in page.SECTIONS for make in section.contents)
        assert all(count > 1 for count in counts.values()), counts
        there, opened = pages.open_by_keyboard(shown)
        assert there == opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, brief: Path, axe: str, scheme: Any) -> None:
    with pages.opened(browser, brief, scheme=scheme) as (shown, _):
        assert pages.complaints(shown, axe) == []


def test_nothing_is_wider_than_a_phone(browser: Browser, brief: Path) -> None:
    with pages.opened(browser, brief, size=pages.PHONE) as (shown, _):
        assert shown.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_links_to_data_docs_lead_to_pages_of_the_home(browser: Browser, brief: Path) -> None:
    with pages.opened(browser, brief) as (shown, _):
        links = {str(link.get_attribute("href")) for link in shown.locator("#basis a").all()}
    assert len(links) > 40
    assert all((brief.parent / link).is_file() for link in links)
