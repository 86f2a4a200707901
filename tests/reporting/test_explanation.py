"""`contagion explain` on a small published file: what it prints, what it says where something is missing, and its one-line error."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.cli import main
from orchestration.reporting.explanation import explain
from orchestration.warehouse.query import QueryError

DAY = "2026-02-04"
TABLES = f"""
    create schema marts;
    set search_path = 'marts';
    create table contagion_index_daily as
    select date '2026-02-02' as trade_date, null::double as index_value, null::double as index_percentile, null as regime, null::date as regime_since,
        false as is_pressure_significant, null::double as change_1d, null::double as change_5d, null::date as highest_since, null::date as history_from,
        0 as pillars_counted, 'leverage: margin_debt_growth unknown' as inputs_known, '3 pillars known, 4 needed' as reason
    union all
    select date '{DAY}', 0.3486, 0.9991, 'panic', date '2026-02-03', true, 0.0411, -0.1707, date '2025-04-04', date '2017-03-24', 5,
        'leverage: margin_debt_growth 35 days old', null;
    create table contagion_index_part_daily as
    select date '{DAY}' as trade_date, part, columns(* exclude (part))::double from (values
        ('outflow', 0.98, 0.1, 0.29, 0.001, null::double), ('cross', null, 0.2486, 0.71, 0.0401, -0.1707), ('leverage', null, null, null, null, null)
    ) as parts(part, percentile, contribution, share_of_index, change_1d, change_5d);
    create table contagion_index_indicator_daily as
    select date '{DAY}' as trade_date, * replace (indicator_value::double as indicator_value, percentile::double as percentile) from (values
        ('leverage', 'margin_debt_growth', 0.3612, 'fraction', 0.97, 35), ('outflow', 'outflow_2d', -1.25, 'per cent of assets', null, 0),
        ('outflow', 'outflow_5d', 1.9, 'per cent of assets', 0.995, 0)
    ) as indicators(pillar, indicator, indicator_value, unit, percentile, age_days);
    create table connectedness_pair_daily as
    select date '{DAY}' as trade_date, source, target, net_pct::double as net_pct from (values
        ('tech', 'gold', 6.0), ('gold', 'tech', -6.0), ('tech', 'value', 1.5), ('value', 'tech', -1.5), ('value', 'gold', 1.0), ('gold', 'value', -1.0)
    ) as pairs(source, target, net_pct);
    create table fund_fire_sale_daily as
    select date '{DAY}' as trade_date, fund_id, scenario, columns('_usd|ness|lity')::double from (values
        ('QQQ', 'ai_basket', 1.2e9, 0.0005, 3e8, 0.001), ('XLK', 'ai_basket', 2.5e9, 0.001, null, null), ('SPY', 'market', 9e9, 0.1, 9e9, 0.1)
    ) as funds(fund_id, scenario, systemicness_usd, systemicness, indirect_loss_usd, indirect_vulnerability);
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the simulated market with two published sessions, the first without an index."""
    published = tmp_path / "published"
    published.mkdir()
    with duckdb.connect(str(published / "contagion.duckdb")) as connection:
        connection.execute(TABLES)
    (published / "manifest.json").write_text(json.dumps({"as_of": DAY, "simulated": True}))
    monkeypatch.setenv("CONTAGION_HOME", str(tmp_path))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    return published / "contagion.duckdb"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(["explain", *arguments], standalone_mode=False)
    return capsys.readouterr().out


def test_a_market_gives_what_its_pairs_give_and_funds_are_ranked_in_dollars_of_one_scenario(home: Path) -> None:
    found = explain(home)
    assert found.day == date(2026, 2, 4)
    assert [(market.name, market.net_pct) for market in found.market_transmitters] == [("tech", 7.5)]
    assert [(market.name, market.net_pct) for market in found.market_receivers] == [("gold", -7.0), ("value", -0.5)]
    assert [fund.name for fund in found.fund_transmitters] == ["XLK", "QQQ"]
    assert [fund.name for fund in found.fund_receivers] == ["QQQ"]
    assert [part.name for part in found.parts] == ["cross", "outflow", "leverage"]


def test_the_page_says_what_the_index_is_what_moved_it_and_that_it_is_simulated(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = said(capsys)
    assert page.startswith(f"Contagion index of {DAY} — SIMULATED")
    assert "index      0.349 of 1, at or above 99.9 % of its sessions so far (from 2017-03-24), the highest since 2025-04-04" in page
    assert "changed    +0.041 on the session before, −0.171 on five sessions before; 5 of 6 pillars" in page
    assert "regime     panic since 2026-02-03; selling is shown to be passed on" in page
    assert "inputs     leverage: margin_debt_growth 35 days old" in page
    lines = [line.split() for line in page.splitlines()]
    assert ["pairs", "together", "–", "0.249", "71", "%", "+0.040", "−0.171"] in lines
    assert ["leverage", "–", "–", "–", "–", "–"] in lines
    rests = page[page.index("What it rests on") : page.index("Volatility")].splitlines()[2:]
    assert [line.split()[:5] for line in rests if line.strip()] == [
        ["outflow_5d", "1.9", "99.5", "%", "0"],
        ["margin_debt_growth", "0.361", "97.0", "%", "35"],
        ["outflow_2d", "−1.25", "–", "0", "per"],
    ]
    assert ["tech", "+7.5", "gold", "−7.0"] in lines
    assert ["value", "−0.5"] in lines
    assert ["XLK", "2,500,000,000", "10.00", "QQQ", "300,000,000", "10.00"] in lines
    assert "SPY" not in page


def test_a_session_without_an_index_says_why_and_what_else_is_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = said(capsys, "--as-of", "2026-02-02")
    assert "no index: 3 pillars known, 4 needed" in page
    assert "margin_debt_growth unknown" in page
    assert page.count("not known on that session") == 2


@pytest.mark.parametrize(("day", "named"), [("2026-02-03", "2026-02-03 (Tuesday)"), ("2026-02-07", "2026-02-07 (Saturday)")])
def test_a_session_that_is_not_there_is_one_line_that_names_those_that_are(home: Path, capsys: pytest.CaptureFixture[str], day: str, named: str) -> None:
    with pytest.raises(SystemExit) as ended:
        said(capsys, "--as-of", day)
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"expected a session from 2026-02-02 to 2026-02-04 in contagion_index_daily, found {named}\n"


def test_an_empty_or_missing_file_is_an_error_too(home: Path) -> None:
    with duckdb.connect(str(home)) as connection:
        connection.execute("delete from marts.contagion_index_daily")
    with pytest.raises(QueryError, match="expected a table with rows in contagion_index_daily, found none"):
        explain(home)
    with pytest.raises(QueryError, match="run `contagion run` first"):
        explain(home.with_name("nothing.duckdb"))
