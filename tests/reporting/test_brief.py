"""The morning brief on small published files: one with a story of thirty sessions written here by hand, one in which every table is empty."""

import base64
import json
import math
import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pandas as pd
import pytest
import yaml
from lxml import etree, html
from playwright.sync_api import Browser

from orchestration import settings as environment
from orchestration.cli import main
from orchestration.defs import publication
from orchestration.defs.shown import pictures
from orchestration.reporting.brief import charts, page, tables, words
from orchestration.reporting.brief.charts import ai_value, index, leaving, leverage, parts, selling, spreading
from orchestration.reporting.brief.charts.parts import Figure
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.warehouse.build import connect

from .. import pages

DRAWN = [make for section in page.SECTIONS for make in section.contents if make.__module__.startswith(charts.__name__)]
DAY = "2026-02-04"
MARTS = sorted((DBT_PROJECT / "models" / "marts").rglob("*.yml"))
# Thirty weekdays to the day of the story; n counts them from 1.
STORY = """
    create temp table days as
    select day::date as trade_date, row_number() over (order by day) as n from generate_series(date '2025-12-25', date '2026-02-04', interval 1 day) as s(day)
    where dayofweek(day) between 1 and 5;
    insert into trading_session by name select trade_date, trade_date + 1 as cutoff_on, n as session_number from days;
    insert into contagion_index_daily by name
    select trade_date, n / 100 as index_value, 0.99 as index_percentile, 0.01 as change_1d, 0.05 as change_5d, 'contagion' as regime,
        date '2026-02-03' as regime_since, date '2025-04-08' as highest_since, date '2016-12-05' as history_from, true as is_pressure_significant,
        6 as pillars_counted, 6 as pillars_known, 'leverage: margin_debt_growth 35 days old' as inputs_known from days;
    insert into contagion_index_part_daily by name
    select trade_date, part, n * weight as contribution from days, (values ('outflow', 0.004), ('leverage', 0.001), ('spread', 0.002), ('comovement', 0.0005),
        ('mechanics', 0.0015), ('network', 0.002), ('cross', -0.001)) as parts(part, weight);
    insert into headline_daily by name
    select date '2026-02-04' as trade_date, * from (values
        ('contagion_index', 1, 'index', 'The contagion index stands at 0.30, the highest since 2025-04-08', date '2025-04-08', date '2016-12-05', 'alert'),
        ('tech_outflow', 2, 'outflow', 'Tech-heavy funds lost $14.0 billion, the most on record (from 2016-01-06)', null, date '2016-01-06', 'alert'),
        ('event', 3, 'event', 'In 11 days a <b>report</b> & more', null, null, 'info')
    ) as h(headline_id, position, topic, statement, since_date, history_from, severity);
    insert into outflow_daily by name
    select date '2026-02-04' as trade_date, * from (values ('tech_heavy', -14.0e9, -20e9, -1.2, date '2016-01-06', 15),
        ('value', 0.6e9, 0.1e9, 0.3, date '2016-01-06', 4))
        as o(segment, net_flow_2d_usd, net_flow_5d_usd, net_flow_2d_pct_aum, history_from, observed_funds);
    insert into ai_sentiment_daily by name select trade_date, 1000 - n * n as ai_index, 500 + n as industrial_index from days;
    insert into ai_value_spread_daily by name
    select trade_date, 'ai_index' as growth_basis, 1 - n / 100 as log_spread, case when n = 9 then 0.3 else n / 100 end as narrowing_20d,
        date '2000-04-27' as sharpest_narrowing_since, date '1995-01-31' as history_from from days;
    insert into ai_value_spread_daily by name
    select date '1999-12-30' as trade_date, 'sp500_information_technology' as growth_basis, 0.5 as log_spread, 0.1 as narrowing_20d;
    insert into session_spillover_daily by name
    select trade_date, region, place as chain_order, -0.01 * place as region_return, -0.004 * place as explained_return, -0.006 * place as own_return,
        -0.01 * place * (place + 1) / 2 as cumulative_return, case when place = 3 then date '2025-04-04' end as worst_since, date '1995-01-04' as history_from
    from days, (values ('asia', 1), ('europe', 2), ('new_york', 3)) as r(region, place) where n > 26;
    insert into forced_selling_daily by name
    select trade_date, channel, asset_class, usd * n as forced_sale_usd, if(channel = 'redemption', usd * n, 0) as observed_sale_usd, adv as adv_usd,
        usd * n / adv as share_of_adv, if(channel = 'redemption', 'observed', 'estimated') as basis
    from days, (values ('redemption', 'equity', -2e8, 7e11), ('redemption', 'gold', 1e7, 2e9), ('leveraged_etf', 'equity', -1e8, 7e11),
        ('risk_parity', 'bond', -5e7, 4e9), ('dealer_gamma', 'equity', 3e7, 7e11)) as c(channel, asset_class, usd, adv);
    insert into dealer_gamma_daily by name
    select trade_date, 'SPX' as underlying, 7000.0 as spot, -1.5e9 as estimated_net_gamma_usd_per_pct, 7050.0 as estimated_flip_level,
        -0.709 as estimated_flip_distance_pct from days where n in (1, 29);
    insert into dealer_gamma_strike by name
    select trade_date, 'SPX' as underlying, 7000.0 as spot, 6900 + 50 * k as strike, 1e6 * (k - 3) * n as estimated_net_gamma_usd_per_pct,
        2e6 as call_gamma_usd_per_pct, 3e6 as put_gamma_usd_per_pct from days, range(6) as r(k) where n in (1, 29);
    insert into risk_parity_pressure_daily by name
    select date '2026-02-04' as trade_date, * from (values ('bond', 'IEF', -1.3e9, -0.6e9, -1.9e9, -0.5e9, -0.8e9, -2.7),
        ('gold', 'GLD', 0.2e9, 0.1e9, 0.3e9, 0.1e9, 0.1e9, 0.1)) as p(asset_class, proxy_symbol, estimated_trade_usd, estimated_trade_low_usd,
        estimated_trade_high_usd, estimated_volatility_part_usd, estimated_correlation_part_usd, estimated_share_of_adv);
    insert into fund_fire_sale_daily by name
    select date '2026-02-04' as trade_date, 'ai_basket' as scenario, * from (values ('QQQ', 'tech_heavy', 6.66e8, 2.8e8, -8e9),
        ('VOO', 'broad_equity', 3.9e8, 5.4e8, -5e9),
        ('IVV', 'broad_equity', 3.4e8, 4.7e8, -4e9), ('AGG', 'bond', 0, 0, 0)) as f(fund_id, segment, systemicness_usd, indirect_loss_usd, forced_sale_usd);
    insert into fund_overlap by name
    select * from (values (date '2026-02-03', 'IVV', 1, 'VOO', 0.99), (date '2026-02-03', 'VOO', 1, 'IVV', 0.99), (date '2026-02-03', 'VOO', 2, 'QQQ', 0.5),
        (date '2026-02-02', 'QQQ', 1, 'VOO', 0.4)) as o(trade_date, fund_id, neighbour_rank, neighbour_id, minimum_weight);
    insert into connectedness_pair_daily by name
    select date '2026-02-04' as trade_date, * from (values ('us_equity', 'gold', 9.0, 3.0), ('gold', 'us_equity', 6.0, -3.0), ('us_equity', 'value', 8.0, 1.0),
        ('value', 'us_equity', 7.0, -1.0), ('gold', 'value', 2.0, -0.5), ('value', 'gold', 2.5, 0.5)) as p(source, target, share_pct, net_pct);
    insert into connectedness_daily by name
    select date '2026-02-04' as trade_date, 'generalized' as identification, 56.0 as total_pct, date '2025-09-24' as highest_since;
    insert into comovement_daily by name select date '2026-02-04' as trade_date, 0.84 as absorption_ratio, 1.8 as correlation_surprise;
    insert into cross_asset_contagion_daily by name
    select date '2026-02-04' as trade_date, 'ai_index' as source, target, moving as is_contagion_adjusted
    from (values ('asia', true), ('gold', false)) as c(target, moving);
    insert into margin_leverage_monthly by name
    select last_day(month)::date as month, 1e6 + 1e4 * row_number() over (order by month) as debit_balances_usd_mn, 0.01 as debit_mom, 0.3 as debit_yoy,
        date '1997-01-31' as history_from, (month + interval 52 day)::date as known_on
    from generate_series(date '2024-01-01', date '2026-01-01', interval 1 month) as m(month);
    insert into level_watch_daily by name
    select date '2026-02-04' as trade_date, 'w' as watch_id, 'sp500_information_technology' as benchmark_id, 'below' as direction, 3450.0 as level,
        3491.4 as close_level, 1.2 as distance_pct, 'near' as status;
    insert into event_calendar by name
    select date '2026-02-04' as trade_date, 'e' as event_id, date '2026-02-15' as event_on, 11 as days_ahead, false as is_session,
        date '2026-02-17' as reaction_session, 'Report of a foundry' as description;
    insert into claim_check by name
    select * from (values ('a', 'Everything falls together', 'contradicted', 'found less', 'comovement_daily', 'absorption_shift'),
        ('b', 'Funds lose money', 'supported', 'found −14', 'outflow_daily', 'net_flow_2d_usd'))
        as c(claim_id, sentence, verdict, reason, metric_table, metric_column);
    insert into source_status by name
    select * from (values ('A', 'raw_a', 'daily', 'fresh', 0, null), ('B', 'raw_b', 'monthly', 'late', 40, 'expected a newer one: https://example.org/x?key=1'))
        as s(publisher, table_name, cadence, verdict, age_days, reason);
"""


def published_home(home: Path, story: str, *, simulated: bool = True) -> Settings:
    """A data home whose published file has every mart with the columns of its contract, and the rows of a story."""
    settings = environment.load({"CONTAGION_PROFILE": "sample" if simulated else "live", "CONTAGION_HOME": str(home)})
    models = [model for path in MARTS for model in yaml.safe_load(path.read_text())["models"]]
    with connect(settings.published_file, read_only=False) as connection:
        connection.execute("create schema marts; set search_path = 'marts'")
        for model in models:
            columns = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in model["columns"])
            connection.execute(f'create table marts."{model["name"]}" ({columns})')
        for statement in filter(str.strip, story.split(";\n")):
            connection.execute(statement)
    manifest = {
        "as_of": DAY,
        "knowledge_cut_off": "2026-02-05 06:00 America/New_York",
        "profile": settings.profile,
        "run_id": "r",
        "simulated": simulated,
        "file_sha256": "f" * 64,
        "payloads": {"a": ["1", "2"]},
        "tables": {"fund": 3},
        "versions": {"duckdb": "2"},
    }
    settings.published_file.with_name("manifest.json").write_text(json.dumps(manifest))
    return settings


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home of the story, with Data Docs beside it."""
    settings = published_home(tmp_path_factory.mktemp("told"), STORY)
    entry = {"critical": 0, "expectations": 13, "refused": [], "rendered_at": "2026-11-25 04:03:52+00:00", "rows": 829, "warnings": 0}
    docs = settings.home / "data_docs"
    docs.mkdir()
    (docs / "index.json").write_text(json.dumps({"fund": entry, "raw_a": {**entry, "critical": 2, "refused": ["abc"]}}))
    return settings


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of the live profile that knows sessions and nothing else."""
    return published_home(tmp_path_factory.mktemp("empty"), f"insert into trading_session by name select date '{DAY}' as trade_date", simulated=False)


@pytest.fixture(scope="module")
def brief(told: Settings) -> Path:
    return page.write(told)


def frame(settings: Settings, table: str) -> pd.DataFrame:
    with connect(settings.published_file) as connection:
        return connection.execute(f'select * from marts."{table}"').df()


def drawn(settings: Settings, make: Callable[..., Figure]) -> Figure:
    with page.opened(settings.published_file) as connection:
        return make(connection)


def specifications(path: Path) -> dict[str, dict[str, Any]]:
    (script,) = html.parse(path).xpath("//script[@id='specifications']/text()")
    found: dict[str, dict[str, Any]] = json.loads(script)
    return found


class TestNumbers:
    def test_contributions_of_the_index_add_up_to_it_with_what_pairs_add_or_take(self, told: Settings) -> None:
        figure = drawn(told, index.contagion_index)
        parts = frame(told, "contagion_index_part_daily")
        for day, of_day in pd.DataFrame(figure.rows).groupby("trade_date"):
            expected = parts[parts.trade_date == pd.Timestamp(day)].set_index("part").contribution
            pd.testing.assert_series_equal(of_day.set_index("part").contribution.sort_index(), expected.sort_index(), check_names=False)
            assert of_day.contribution.sum() == pytest.approx(of_day.index_value.iloc[0])
        assert figure.cells[-1] == ("sum", "0.300", "100 %")
        assert figure.title.startswith("The contagion index is at 0.30 of 1; the largest part is outflows, 40 %")

    def test_levels_of_72_hours_start_at_100_and_end_where_four_closes_end(self, told: Settings) -> None:
        closes = frame(told, "ai_sentiment_daily").sort_values("trade_date").tail(4)
        figure = drawn(told, leaving.ai_hours)
        found = pd.DataFrame(figure.rows).pivot(index="trade_date", columns="series", values="level")
        for series, column in (("AI index", "ai_index"), ("industrials", "industrial_index")):
            expected = (100 * closes[column] / closes[column].iloc[0]).to_list()
            assert found[series].to_list() == pytest.approx(expected)
        assert figure.title == f"Over 72 hours (three sessions): AI index {words.number(100 * (100 / 271 - 1), '+.1f')} % and industrials +0.6 %"

    def test_the_spread_keeps_of_each_month_its_last_level_and_its_sharpest_narrowing(self, told: Settings) -> None:
        figure = drawn(told, ai_value.spread)
        daily = frame(told, "ai_value_spread_daily").sort_values("trade_date")
        months = daily.groupby(daily.trade_date.dt.to_period("M"))
        found = pd.DataFrame(figure.rows)
        assert found.log_spread_points.to_list() == pytest.approx((100 * months.log_spread.last()).to_list())
        assert found.narrowing_20d_points.to_list() == pytest.approx((100 * months.narrowing_20d.max()).to_list())
        assert figure.rows[0]["trade_date"] == date(1999, 12, 30)
        assert figure.title == "The spread narrowed by 30.0 log points in 20 sessions, the sharpest since 2000-04-27"

    def test_the_ledger_sums_classes_and_its_last_day_says_who_sells_most(self, told: Settings) -> None:
        figure = drawn(told, selling.ledger)
        daily = frame(told, "forced_selling_daily")
        last = sorted(daily.trade_date.unique())[-20:]
        expected = daily[daily.trade_date.isin(last)].groupby(["trade_date", "channel"]).forced_sale_usd.sum() / 1e9
        assert [row["forced_sale_usd_bn"] for row in figure.rows] == pytest.approx(expected.to_list())
        assert figure.title == "On 4 February 2026 channels had to sell $10.2 billion on balance"
        assert figure.cells[0] == ("fund redemptions", "−$5.7 billion", "−$5.7 billion")

    def test_shares_of_volume_are_by_class_and_the_hardest_sold_stands_first(self, told: Settings) -> None:
        figure = drawn(told, selling.against_volume)
        daily = frame(told, "forced_selling_daily")
        today = daily[daily.trade_date == DAY]
        expected = (100 * today.forced_sale_usd / today.adv_usd).groupby(today.asset_class).sum().sort_values()
        assert [row[0] for row in figure.cells] == expected.index.to_list()
        assert [row[3] for row in figure.cells] == [f"{words.number(share, '+.1f')} %" for share in expected]

    def test_gamma_is_of_the_newest_chain_and_names_the_flip_level(self, told: Settings) -> None:
        figure = drawn(told, selling.gamma)
        strikes = frame(told, "dealer_gamma_strike")
        newest = strikes[strikes.trade_date == strikes.trade_date.max()].sort_values("strike")
        assert [row["net_gamma_usd_mn_per_pct"] for row in figure.rows] == pytest.approx((newest.estimated_net_gamma_usd_per_pct / 1e6).to_list())
        assert figure.cells == (("SPX", "2026-02-03", "7,000.0", "−$1.5 billion", "short", "7,050.0 (spot −0.7 %)"),)

    def test_a_fund_is_tied_to_the_one_most_like_it_on_the_newest_day_of_overlaps(self, told: Settings) -> None:
        figure = drawn(told, spreading.fund_network)
        assert [(row["fund_id"], row["neighbour_id"], row["neighbour_costs_usd_mn"]) for row in figure.rows] == [
            ("QQQ", None, None),
            ("VOO", "IVV", pytest.approx(340)),
            ("IVV", "VOO", pytest.approx(390)),
        ]
        assert figure.title == "QQQ passes most on: it costs other funds $666 million; VOO is the largest payer on balance ($150 million)"

    def test_a_market_s_net_position_is_the_sum_over_its_pairs(self, told: Settings) -> None:
        figure = drawn(told, spreading.market_network)
        pairs = frame(told, "connectedness_pair_daily")
        given, taken = pairs.groupby("source").share_pct.sum(), pairs.groupby("target").share_pct.sum()
        nets = {row["source"]: row["source_net_pct"] for row in figure.rows}
        assert nets == pytest.approx(pairs.groupby("source").net_pct.sum().to_dict())
        assert max(nets, key=lambda name: nets[name]) == (given - taken).idxmax() == "us_equity"

    def test_margin_debt_shows_what_was_public_by_the_cut_off_and_since_when(self, told: Settings) -> None:
        figure = drawn(told, leverage.margin_debt)
        months = frame(told, "margin_leverage_monthly")
        assert len(figure.rows) == (months.known_on <= "2026-02-05").sum() < len(months)
        assert figure.title.startswith("Margin debt was $1,240.0 billion at the end of December 2025, public since 2026-01-22, the highest on record")

    def test_the_first_screen_answers_four_questions(self, told: Settings) -> None:
        with page.opened(told.published_file) as connection:
            found = tables.answers(connection)
        assert (found.regime, found.regime_since, found.index) == ("contagion", "2026-02-03", "0.300")
        assert found.records == [("contagion index", "the highest since 2025-04-08"), ("outflow", "the most on record (from 2016-01-06)")]
        sellers = [(seller.channel, seller.usd, seller.most_of, seller.basis, seller.length) for seller in found.sellers]
        assert sellers == [
            ("fund redemptions", "$5.7 billion", "equity", "published flows", 100),
            ("leveraged ETFs", "$3.0 billion", "equity", "estimate", 53),
            ("risk parity", "$1.5 billion", "bond", "estimate", 26),
        ]
        assert found.sold == "$10.2 billion"
        assert found.givers == [("US equity", "+4.0")]
        assert found.takers == [("gold", "−3.5"), ("value", "−0.5")]
        assert [name for name, *_ in found.funds] == ["QQQ", "VOO", "IVV"]
        assert [name for name, *_ in found.payers] == ["VOO", "IVV", "QQQ"]
        assert found.together[-1] == "1 of 2 markets move with the AI basket more than volatility explains (asia)"


class TestPage:
    def test_it_is_one_small_file_that_asks_for_nothing(self, brief: Path) -> None:
        tree = html.parse(brief)
        assert brief.name == f"{DAY}.html"
        assert brief.stat().st_size < 3_000_000
        assert tree.xpath("//@src | //link | //object | //iframe | //img | //*[name()='image' or name()='use']") == []
        assert not [address for address in tree.xpath("//@href") if not address.startswith(("#", "../data_docs/"))]
        (style,) = tree.xpath("//style/text()")
        assert "url(" not in style
        assert "@import" not in style
        (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy

    def test_the_same_published_file_makes_the_same_bytes(self, told: Settings, brief: Path) -> None:
        before = brief.read_bytes()
        assert page.write(told) == brief
        assert brief.read_bytes() == before
        assert [path.name for path in brief.parent.iterdir()] == [brief.name]

    def test_simulated_is_said_on_top_and_under_every_chart_and_nowhere_in_a_live_page(self, brief: Path, empty: Settings) -> None:
        tree = html.parse(brief)
        assert "SIMULATED" in tree.findtext(".//title")
        assert "SIMULATED" in tree.xpath("//header")[0].text_content()
        assert all("SIMULATED" in caption.text_content() for caption in tree.xpath("//figcaption"))
        assert "SIMULATED" not in page.write(empty).read_text()

    def test_each_chart_says_why_it_matters_and_its_numbers_in_words(self, brief: Path) -> None:
        tree = html.parse(brief)
        figures = tree.xpath("//figure")
        assert [figure.get("id") for figure in figures] == [
            "index", "outflows", "ai-72-hours", "overnight", "ai-year", "spread", "ledger", "against-volume", "gamma", "risk-parity", "fund-network",
            "market-network", "margin-debt",
        ]  # fmt: skip
        for figure in figures:
            assert figure.xpath(".//p[@class='why']")[0].text_content().startswith("Why it matters.")
            assert all(re.search(r"\d", label) for label in figure.xpath(".//div[@class='chart']/@aria-label"))
            assert figure.xpath(".//div[@class='chart']/*[name()='svg']"), figure.get("id")
            assert figure.xpath(".//table/caption")

    def test_every_statement_on_it_runs_and_gives_the_rows_that_are_plotted(self, told: Settings, brief: Path) -> None:
        tree, specified = html.parse(brief), specifications(brief)
        with page.opened(told.published_file) as connection:
            for code in tree.xpath("//pre/code"):
                connection.execute(code.text_content()).fetchall()
            for figure in tree.xpath("//figure"):
                name = figure.get("id")
                answered = pd.DataFrame(parts.answer(connection, figure.xpath(".//pre/code")[0].text_content()))
                sheets = [rows for panel in specified if panel.rpartition("-")[0] == name for rows in specified[panel]["datasets"].values()]
                plotted = pd.DataFrame([row for rows in sheets for row in rows])
                compared = [column for column in answered.columns if column in plotted and pd.api.types.is_float_dtype(answered[column])]
                assert compared or name == "overnight", name
                for column in compared:
                    expected = {float(f"{value:.6g}") for value in answered[column].dropna()}
                    assert set(plotted[column].dropna()) <= expected, (name, column)
                    assert name == "margin-debt" or set(plotted[column].dropna()) == expected, (name, column)

    def test_names_from_a_table_cannot_become_markup(self, brief: Path) -> None:
        (headline,) = html.parse(brief).xpath("//td[contains(., 'report</b>')]")
        assert headline.text_content() == "In 11 days a <b>report</b> & more"

    def test_gates_stand_worst_first_with_links_that_work_from_where_the_page_lies(self, told: Settings, brief: Path) -> None:
        rows = html.parse(brief).xpath("//*[@id='gates']//tbody/tr")
        assert [row[0].text_content() for row in rows] == ["✗ critical", "✓ passed"]
        (link,) = rows[1].xpath(".//a/@href")
        assert (brief.parent / link).resolve() == told.home / "data_docs" / "fund.html"
        assert "04:03" not in brief.read_text()

    def test_headings_are_in_order_and_ids_are_unique(self, brief: Path) -> None:
        tree = html.parse(brief)
        levels = [int(heading.tag[1]) for heading in tree.xpath("//h1 | //h2 | //h3 | //h4")]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids))

    def test_a_home_that_knows_nothing_says_so_everywhere(self, empty: Settings) -> None:
        tree = html.parse(page.write(empty))
        text = tree.xpath("//main")[0].text_content()
        assert "No index. no indicator was known for this session" in text
        assert "There are no Data Docs beside this data home." in text
        assert tree.xpath("//div[@class='chart']") == []
        assert len(tree.xpath("//figure//p[@class='empty']")) == len(DRAWN)
        assert "nan" not in text.lower().split()
        assert "None" not in text


class TestWriting:
    def test_nothing_published_is_one_line_and_status_1(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setenv("CONTAGION_HOME", str(tmp_path))
        with pytest.raises(SystemExit) as ended:
            main(["brief"], standalone_mode=False)
        assert ended.value.code == 1
        assert re.fullmatch(r"expected a published file at .*contagion\.duckdb, found none; run `contagion run` first\n", capsys.readouterr().err)
        assert not (tmp_path / "briefs").exists()

    def test_the_verb_prints_headlines_and_where_the_page_lies(
        self, told: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("CONTAGION_HOME", str(told.home))
        monkeypatch.setenv("CONTAGION_PROFILE", "sample")
        main(["brief"], standalone_mode=False)
        printed = capsys.readouterr().out
        assert "the highest since 2025-04-08" in " ".join(printed.split())
        assert f"brief      {told.home / 'briefs' / DAY}.html" in printed

    def test_a_brief_that_cannot_be_made_leaves_yesterday_s_page(self, tmp_path: Path) -> None:
        settings = published_home(tmp_path, "drop table claim_check")
        path = page.path_of(settings, {"as_of": DAY})
        path.parent.mkdir()
        path.write_text("before")
        with pytest.raises(Exception, match="claim_check"):
            page.write(settings)
        assert path.read_text() == "before"
        assert [found.name for found in path.parent.iterdir()] == [path.name]


def shown_in(build: Path, *, is_simulated: bool) -> dict[str, str]:
    """What the Dagster UI is given as the chart of each mart."""
    return {mart: str(shown.value) for mart, shown in pictures(build, is_simulated=is_simulated).items()}


class TestPictures:
    """Charts in the metadata of their assets."""

    @pytest.fixture(scope="class")
    def simulated(self, told: Settings) -> dict[str, str]:
        return shown_in(told.published_file, is_simulated=True)

    def test_each_mart_with_a_chart_has_a_picture_with_its_words_that_needs_nothing_beside_it(self, simulated: dict[str, str]) -> None:
        assert simulated.keys() == charts.MAIN_CHARTS.keys()
        for mart, markdown in simulated.items():
            words, picture = re.fullmatch(r"!\[(.+)\]\(data:image/svg\+xml;base64,(.+)\)", markdown).groups()  # type: ignore[union-attr]
            drawn = etree.fromstring(base64.b64decode(picture))
            assert words.endswith("."), mart
            assert float(drawn.get("width", 0)) > 700, mart
            assert "currentColor" not in etree.tostring(drawn, encoding="unicode"), mart
            assert not [found for found in drawn.iter() if found.get("href") or found.get("{http://www.w3.org/1999/xlink}href")], mart

    def test_simulated_is_said_in_the_picture_and_in_no_live_one(self, told: Settings, simulated: dict[str, str]) -> None:
        def says_so(markdown: str) -> bool:
            return "SIMULATED" in base64.b64decode(markdown.rsplit(",", 1)[1].rstrip(")")).decode()

        assert all(map(says_so, simulated.values()))
        assert not any(map(says_so, shown_in(told.published_file, is_simulated=False).values()))

    def test_a_mart_with_nothing_to_draw_says_why(self, empty: Settings) -> None:
        found = shown_in(empty.published_file, is_simulated=False)
        assert found["contagion_index_daily"] == "No session of the last year has an index."
        assert not [markdown for markdown in found.values() if "data:" in markdown]

    def test_numbers_that_cannot_be_drawn_leave_their_reason_and_all_other_charts(self, tmp_path: Path, simulated: dict[str, str]) -> None:
        wrong = "insert into contagion_index_part_daily by name select date '2026-02-04' as trade_date, 'ether' as part, 0.1 as contribution"
        found = shown_in(published_home(tmp_path, f"{STORY};\n{wrong}").published_file, is_simulated=True)
        assert {mart: found[mart] for mart in found if found[mart] != simulated[mart]} == {
            "contagion_index_daily": "cannot be drawn: KeyError: 'ether'",
            "contagion_index_part_daily": "cannot be drawn: KeyError: 'ether'",
        }


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0, "$0"), (-4.1e6, "−$4.1 million"), (3.12e8, "$312 million"), (-1.4011e10, "−$14.0 billion"), (1.225e12, "$1,225.0 billion"), (9.4, "$9")],
)
def test_dollars_are_said_as_headlines_say_them(value: float | None, said: str) -> None:
    assert words.dollars(value) == said


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours by the Web Content Accessibility Guidelines 2.2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
        return math.fsum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [parts.BLUE, parts.VERMILION, parts.GREEN, parts.PURPLE, parts.OCHRE, parts.SKY, parts.GREY])
def test_colours_of_series_stand_out_on_the_light_and_the_dark_page(colour: str) -> None:
    assert min(contrast(colour, "#fcfbf8"), contrast(colour, "#14171b")) >= 3


class TestAsset:
    """The step after publication, in a run of its own."""

    @staticmethod
    def run(settings: Settings) -> dg.ExecuteInProcessResult:
        home = dg.ResourceDefinition.hardcoded_resource(SimpleNamespace(settings=settings))
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize([publication.brief()], resources={"data_home": home}, instance=instance, raise_on_error=False)

    def test_it_says_its_headlines_where_the_page_lies_how_large_it_is_and_of_which_day(self, told: Settings) -> None:
        (event,) = self.run(told).asset_materializations_for_node("brief")
        path = told.home / "briefs" / f"{DAY}.html"
        found = {name: value.value for name, value in event.metadata.items()}
        assert str(found.pop("preview")).splitlines()[:3] == [
            "**SIMULATED market, not real prices or flows.**",
            "",
            "- ▲ alert · index: The contagion index stands at 0.30, the highest since 2025-04-08",
        ]
        assert found == {"as_of": DAY, "file": str(path), "size_bytes": path.stat().st_size, "market": "SIMULATED"}

    def test_a_brief_that_fails_says_why_and_leaves_what_is_published(self, tmp_path: Path) -> None:
        settings = published_home(tmp_path, "drop table claim_check")
        before = settings.published_file.read_bytes()
        result = self.run(settings)
        (failed,) = [event for event in result.all_events if event.is_step_failure]
        assert failed.step_key == "brief"
        assert "claim_check" in str(failed.step_failure_data.error)
        assert settings.published_file.read_bytes() == before


class TestInChromium:
    def test_it_opens_from_its_file_asks_nobody_and_draws_every_chart(self, browser: Browser, brief: Path) -> None:
        with pages.opened(browser, brief) as (shown, heard):
            assert heard == [f"asked for {brief.as_uri()}"]
            counts = pages.marks(shown)
            assert counts.keys() == specifications(brief).keys()
            assert all(count > 1 for count in counts.values()), counts
            assert "30" in pages.tooltip_over(shown, "ledger-0") or "USD billion" in pages.tooltip_over(shown, "ledger-0")

    def test_without_scripts_every_chart_is_a_picture(self, browser: Browser, brief: Path) -> None:
        with pages.opened(browser, brief, scripts=False) as (shown, heard):
            assert heard == [f"asked for {brief.as_uri()}"]
            assert all((svg.bounding_box() or {"width": 0})["width"] > 100 for svg in shown.locator(".chart > svg").all())

    def test_disclosures_open_by_keyboard(self, browser: Browser, brief: Path) -> None:
        with pages.opened(browser, brief) as (shown, _):
            there, opened = pages.open_by_keyboard(shown)
            assert there == opened > 2 * len(DRAWN)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing_serious_with_all_disclosures_open(self, browser: Browser, brief: Path, axe: str, scheme: Any) -> None:
        with pages.opened(browser, brief, scheme=scheme) as (shown, _):
            shown.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
            assert pages.complaints(shown, axe) == []

    @pytest.mark.parametrize("which", ["told", "empty"])
    def test_nothing_is_wider_than_a_phone(self, browser: Browser, which: str, request: pytest.FixtureRequest) -> None:
        path = page.write(request.getfixturevalue(which))
        with pages.opened(browser, path, size=pages.PHONE) as (shown, _):
            shown.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
            assert shown.evaluate("document.scrollingElement.scrollWidth") <= 390

    def test_it_prints_with_charts_and_without_disclosures(self, browser: Browser, brief: Path) -> None:
        with pages.opened(browser, brief, scheme="dark") as (shown, _):
            shown.emulate_media(media="print")
            assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert shown.locator(".chart svg").first.is_visible()
            assert not shown.locator("summary").first.is_visible()
            shown.set_viewport_size({"width": 720, "height": 1000})  # A4 between its margins
            assert shown.evaluate("[...document.querySelectorAll('table, .chart svg')].every(found => found.getBoundingClientRect().right <= 720)")
            assert shown.pdf(format="A4").startswith(b"%PDF")
