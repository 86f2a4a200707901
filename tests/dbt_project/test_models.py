"""The shipped SQL on a small home: oracles, real files and brute force against one dbt build. No Dagster, no landing of payloads."""

import csv
import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from orchestration import calendars
from orchestration.landing.vintages import RawVintages
from orchestration.sources import all_sources
from orchestration.sources.contract import Payload, Request, Table
from orchestration.warehouse import build

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
SHARED = ROOT.parent / "shared"
AS_OF = date(2026, 6, 30)
FETCHED_AT = pd.Timestamp("2026-06-30 12:00")
TECH = ("SOXX", "IGV", "IYW", "IXN")
WINDOW, MINIMUM, SHORT, LONG, MAX_COVERED = 250, 120, 2, 5, 5
MARKET = calendars.sessions(date(2021, 6, 1), date(2024, 6, 28))
AI_START = calendars.sessions(date(2022, 6, 1), date(2022, 6, 1))[0]
ARM_LISTED = date(2023, 9, 14)
CHAIN_DAYS = MARKET[-8:]

Query = Callable[..., list[tuple[Any, ...]]]
Days = dict[str, dict[int, tuple[float, float]]]
Series = dict[date, float]


# ---------------------------------------------------------------- the home


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def raw_table(name: str) -> Table:
    return next(table for source in all_sources().values() for table in source.tables if table.name == name)


def stamped(rows: pd.DataFrame, known_on: Any) -> pd.DataFrame:
    return rows.assign(known_on=known_on, fetched_at=FETCHED_AT, vintage_kind="reconstructed", payload_sha256="0" * 64)


def margin_debt(oracles: Path) -> pd.DataFrame:
    served = pd.read_csv(oracles / "finra_margin" / "finra_margin_vintage_2026-06.csv")
    months = pd.to_datetime(served["ym"]) + pd.offsets.MonthEnd(0)
    rows = pd.DataFrame(
        {
            "observed_on": months,
            "debit_balances_usd_mn": served["debit"],
            "free_credit_cash_usd_mn": served["cc"],
            "free_credit_margin_usd_mn": served["cm"],
        }
    )
    return stamped(rows, months + pd.Timedelta(days=22))


def next_mornings(days: "pd.Series[Any]") -> list[date]:
    return [calendars.next_session(day) for day in days]


def split_case(oracles: Path) -> pd.DataFrame:
    case = json.loads((oracles / "etf_flow" / "expected.json").read_text())["case"]
    days = pd.Series(calendars.sessions(date(2024, 1, 2), date(2024, 1, 31))[: len(case)])
    rows = pd.DataFrame({"fund_id": "EEM", "observed_on": days, "nav_usd": [c["nav"] for c in case], "shares_outstanding": [c["so"] for c in case]})
    return stamped(rows.assign(distribution_usd=None), next_mornings(days))


def tech_funds() -> pd.DataFrame:
    """Four funds on 420 sessions: two from the start, one from session 30, one from 150; late days, missing days, one silence of ten sessions."""
    sessions = calendars.sessions(date(2022, 1, 3), date(2024, 12, 31))[:420]
    random = np.random.default_rng(7)
    frames = []
    for fund_id, start in zip(TECH, (0, 0, 30, 150), strict=True):
        count = len(sessions) - start
        shares = 1e8 * np.exp(np.cumsum(random.normal(0, 0.004, count)))
        nav = 80 * np.exp(np.cumsum(random.normal(0, 0.01, count)))
        days = pd.Series(sessions[start:])
        rows = pd.DataFrame({"fund_id": fund_id, "observed_on": days, "nav_usd": nav, "shares_outstanding": shares, "distribution_usd": None})
        rows = stamped(rows, next_mornings(days))
        if fund_id == "IGV":
            rows = rows.drop(index=[200, 350, 351])
            rows.loc[[210, 380], "known_on"] = [day + timedelta(days=1) for day in rows.loc[[210, 380], "known_on"]]
        if fund_id == "IYW":
            rows = rows.drop(index=range(300, 310))
        frames.append(rows)
    return pd.concat(frames, ignore_index=True)


def growing_portfolio() -> pd.DataFrame:
    """Twelve securities on three sessions: all grow by a tenth, but for one split and one that is sold; then nothing moves."""
    first, second, third = calendars.sessions(date(2025, 3, 3), date(2025, 3, 5))
    frames = []
    for day, growth in ((first, 1.0), (second, 1.1), (third, 1.1)):
        shares = np.array([1000.0 * (number + 1) for number in range(12)]) * growth
        if day != first:
            shares[3] *= 10
        rows = pd.DataFrame({"ticker": [f"AA{chr(65 + number)}" for number in range(12)], "shares": shares, "market_value_usd": shares * 2.0})
        rows = rows.drop(index=[5]) if day == third else rows
        rows = rows.assign(fund_id="ARKQ", observed_on=day, line=range(1, len(rows) + 1))
        frames.append(stamped(rows, calendars.next_session(day)))
    return pd.concat(frames, ignore_index=True)


def bars(symbol: str, days: Sequence[date], total_return: "np.ndarray[Any, Any]", dividend_every: int = 0) -> pd.DataFrame:
    """Bars of one symbol as they were served: the close of each evening and, on ex-dates of a 1 % distribution, the session before restated."""
    paid = np.array([0.01 if dividend_every and place % dividend_every == dividend_every - 1 else 0.0 for place in range(len(days))])
    close = 100 * np.cumprod((1 + total_return) * (1 - paid))
    rows = pd.DataFrame({"symbol": symbol, "observed_on": days, "close": close, "adjusted_close": close})
    rows = stamped(rows, next_mornings(rows["observed_on"]))
    ex_dates = np.flatnonzero(paid)[np.flatnonzero(paid) > 0]
    before = rows.iloc[ex_dates - 1]
    restated = before.assign(
        adjusted_close=before["close"] * (1 - paid[ex_dates]), known_on=rows["known_on"].iloc[ex_dates].to_numpy(), payload_sha256="1" * 64
    )
    return pd.concat([rows, restated], ignore_index=True)


def market_bars() -> pd.DataFrame:
    """The AI companies, what they are measured against, and the regions' indices: distributions, a bar that came late, one that never came, holidays."""
    random = np.random.default_rng(11)
    market = random.normal(0.0003, 0.01, len(MARKET))
    companies = [row["ticker"] for row in seed("ai_infrastructure_members")]
    starts = dict.fromkeys(companies, AI_START) | {"ARM": ARM_LISTED, "XLI": MARKET[150], "IWD": MARKET[150]}
    frames = []
    for symbol in [*companies, "XLI", "IWD", "SPY", "^SP500-45", "^SP500-20", "^RLV", "^N225", "^KS11", "^TWII", "^GDAXI", "^STOXX50E"]:
        days = [day for day in MARKET if day >= starts.get(symbol, MARKET[0])]
        moves = market[-len(days) :] + random.normal(0, 0.012, len(days))
        rows = bars(symbol, days, moves, dividend_every=61 if symbol in ("NVDA", "XLI", "IWD", "SPY") else 0)
        if symbol in ("^N225", "^KS11", "^TWII", "^GDAXI"):
            rows = rows[random.random(len(rows)) > 0.4]
        if symbol == "AMD":
            rows.loc[100, "known_on"] = days[101] + timedelta(days=1)
        if symbol == "MU":
            rows = rows.drop(index=[200, 201])
        frames.append(rows)
    return pd.concat(frames, ignore_index=True)


def haven_bars() -> pd.DataFrame:
    """What risk-parity funds hold beside shares: notes, credit with a bar that came late and days that never came, and gold that begins later."""
    random = np.random.default_rng(13)
    frames = []
    for symbol, start, spread in (("IEF", 0, 0.004), ("LQD", 0, 0.005), ("GLD", 400, 0.009)):
        days = MARKET[start:]
        rows = bars(symbol, days, random.normal(0, spread, len(days)), dividend_every=21 if symbol != "GLD" else 0)
        rows.insert(3, "volume", random.integers(1_000_000, 9_000_000, len(rows)))
        if symbol == "LQD":
            rows.loc[300, "known_on"] = days[301] + timedelta(days=1)
            rows = rows.drop(index=range(500, 507))
        frames.append(rows)
    return pd.concat(frames, ignore_index=True)


def option_price(spot: float, strike: float, years: float, volatility: float, is_call: bool) -> float:
    """Black-Scholes without rates, by the textbook."""
    upper = math.log(spot / strike) / (volatility * math.sqrt(years)) + volatility * math.sqrt(years) / 2
    lower = upper - volatility * math.sqrt(years)
    call = spot * (1 + math.erf(upper / math.sqrt(2))) / 2 - strike * (1 + math.erf(lower / math.sqrt(2))) / 2
    return call if is_call else call - spot + strike


def option_chains() -> pd.DataFrame:
    """Chains of eight sessions. SPY: one session without, one that came late, one restated in time. SMH, whose bars nobody serves: three sessions."""
    random = np.random.default_rng(13)
    frames = []
    for place, day in enumerate(CHAIN_DAYS):
        for underlying in ("SPY", "SMH")[: 2 if place < 3 else 1]:
            spot = round(400 * math.exp(random.normal(0, 0.03)), 2)
            lines = []
            for expiry in (day, calendars.next_session(day), day + timedelta(days=30)):
                for strike in range(360, 445, 10):
                    for kind in ("call", "put"):
                        volatility, years = random.uniform(0.1, 0.5), (expiry - day).days / 365
                        price = option_price(spot, strike, years, volatility, kind == "call") if years else 0.0
                        lines.append((expiry, float(strike), kind, None if random.random() < 0.3 else volatility, price * 0.99, price * 1.01))
            rows = pd.DataFrame(lines, columns=["expiry_on", "strike", "option_type", "implied_volatility", "bid", "ask"])
            rows = rows.assign(underlying=underlying, observed_on=day, spot=spot, option_root=underlying, open_interest=random.integers(0, 9999, len(rows)))
            rows = rows.assign(volume=random.integers(0, 999, len(rows))).astype({"open_interest": "float64"})
            rows.loc[random.random(len(rows)) < 0.1, "bid"] = 0.0
            rows.loc[20, "open_interest"] = None
            frames.append(stamped(rows, calendars.next_session(day) + timedelta(days=place == 5)))
            if place == 1:
                frames.insert(-1, frames[-1].assign(open_interest=1.0, fetched_at=FETCHED_AT - pd.Timedelta(hours=1), payload_sha256="1" * 64))
    return pd.concat([frame for frame in frames if frame["observed_on"].iloc[0] != CHAIN_DAYS[3]], ignore_index=True)


def vix() -> pd.DataFrame:
    """A level with ties, and days that Cboe left out."""
    level = np.round(18 * np.exp(np.convolve(np.random.default_rng(5).normal(0, 0.05, len(MARKET)), np.ones(20), "same")))
    rows = pd.DataFrame({"symbol": "VIX", "observed_on": MARKET, "open": level, "high": level, "low": level, "close": level})
    return stamped(rows, next_mornings(rows["observed_on"])).drop(index=[300, 301])


def real_rows(real: Path, source: str, file: str, subject: str, table: str) -> pd.DataFrame:
    payload = Payload(Request(f"manual://{subject}", subject), (real / file).read_bytes(), datetime(2026, 6, 1, tzinfo=UTC))
    rows = all_sources()[source].parse(payload)[table].rows
    return stamped(rows, rows["observed_on"] + pd.Timedelta(days=1))


def leveraged_history() -> pd.DataFrame:
    """Two funds on QQQ as their files told it on each evening: on the ninth session TQQQ's shares are split two for one and all values restated."""
    sessions = MARKET[:12]
    frames = []
    for fund_id, shares in (("TQQQ", 1e6), ("SQQQ", 2e6)):
        for evening in range(12):
            splits = fund_id == "TQQQ" and evening >= 8
            days = pd.Series(sessions[: evening + 1] if evening in (0, 8) else sessions[evening : evening + 1])
            count = [shares * (2 if splits and day >= sessions[8] else 1) for day in days]
            assets = [1e9 + 1e7 * sessions.index(day) for day in days]
            nav = [worth / held / (2 if splits and day < sessions[8] else 1) for worth, held, day in zip(assets, count, days, strict=True)]
            rows = pd.DataFrame({"fund_id": fund_id, "observed_on": days, "nav_usd": nav, "shares_outstanding": count, "aum_usd": assets})
            frames.append(stamped(rows, calendars.next_session(sessions[evening])).assign(payload_sha256=f"{evening:064d}"))
    return pd.concat(frames, ignore_index=True)


def leveraged_bars() -> pd.DataFrame:
    """Bars of what these funds follow."""
    return bars("QQQ", MARKET[:12], np.random.default_rng(3).normal(0, 0.02, 12))


def write(home: Path, name: str, frames: list[pd.DataFrame]) -> None:
    table = raw_table(name)
    rows = pd.concat([frame.reindex(columns=[*table.columns, *list(frame.columns[-4:])]).astype({"observed_on": "datetime64[s]"}) for frame in frames])
    columns = {**table.columns, "known_on": "DATE", "fetched_at": "TIMESTAMP", "vintage_kind": "VARCHAR", "payload_sha256": "VARCHAR"}
    folder = home / "raw" / name / "landed=2026-06-30"
    folder.mkdir(parents=True)
    casts = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(f"copy (select {casts} from rows) to '{folder / 'rows.parquet'}'")


def dbt_build(home: Path, project: Path, *options: str, as_of: date = AS_OF) -> None:
    build.prepare(home / "build" / "contagion.duckdb", run_id="test", as_of=as_of, profile="live", is_simulated=False, outcomes=[])
    environment = {**os.environ, "CONTAGION_HOME": str(home), "DBT_TARGET_PATH": str(home / "dbt"), "DBT_LOG_PATH": str(home / "dbt")}
    dbt = [str(Path(sys.executable).with_name("dbt")), "build", "--quiet", "--project-dir", str(project), "--profiles-dir", str(project), *options]
    process = subprocess.run(dbt, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home after one `dbt build`, with every raw table that the tests do not fill empty."""
    home = tmp_path_factory.mktemp("home")
    for source in all_sources().values():
        for table in source.tables:
            RawVintages(home).ensure(table)
    histories = [tech_funds()]
    if (SHARED / "oracles").is_dir():
        write(home, "raw_finra__margin_debt", [margin_debt(SHARED / "oracles")])
        histories.append(split_case(SHARED / "oracles"))
    if (SHARED / "real").is_dir():
        history = ("ishares_fund_history", "etf_ishares/iShares-Core-SP-500-ETF_fund.xls", "IVV", "raw_ishares__fund_history")
        histories.append(real_rows(SHARED / "real", *history))
        files = ("etf_ssga/holdings-daily-us-en-spy_2025b.xlsx", "etf_ssga/holdings-daily-us-en-spy_2025.xlsx")
        write(home, "raw_spdr__holdings", [real_rows(SHARED / "real", "spdr_holdings", file, "SPY", "raw_spdr__holdings") for file in files])
    write(home, "raw_ishares__fund_history", histories)
    write(home, "raw_ark__holdings", [growing_portfolio()])
    write(home, "raw_proshares__fund_history", [leveraged_history()])
    write(home, "raw_prices__daily_bars", [market_bars(), haven_bars(), leveraged_bars()])
    write(home, "raw_cboe__index_history", [vix()])
    write(home, "raw_cboe__option_chain", [option_chains()])
    dbt_build(home, PROJECT)
    return home


@pytest.fixture(scope="module")
def query(home: Path) -> Iterator[Query]:
    with duckdb.connect(str(home / "build" / "contagion.duckdb"), read_only=True) as connection:
        connection.execute("use contagion.marts")
        yield lambda sql, *parameters: connection.execute(sql, list(parameters)).fetchall()


# ---------------------------------------------------------------- oracles and real files


def test_margin_debt_meets_the_oracle_on_every_point(query: Query, oracles: Path) -> None:
    expected = json.loads((oracles / "finra_margin" / "expected.json").read_text())
    names = {
        "debit": "debit_balances_usd_mn",
        "net_credit": "net_credit_usd_mn",
        "yoy": "debit_yoy",
        "mom": "debit_mom",
        "is_5y_high": "is_five_year_high",
        "z60_prior": "debit_zscore_60m_prior",
        "dd_from_60m_peak": "drawdown_from_60m_peak",
    }
    for month, point in expected["points"].items():
        ((*found,),) = query(f"select {', '.join(names.values())} from margin_leverage_monthly where strftime(month, '%Y-%m') = ?", month)
        assert found == [pytest.approx(point[name], abs=expected["tol"]) if point[name] is not None else None for name in names], month
    assert query("select count(*) filter (where is_five_year_high) from margin_leverage_monthly") == [(expected["n_5y_high"],)]


def test_margin_debt_is_read_as_it_was_known_on_a_day(query: Query, oracles: Path) -> None:
    newest = "select strftime(month, '%Y-%m'), debit_balances_usd_mn from margin_leverage_monthly where known_on <= ? order by month desc limit 1"
    assert query(newest, date(2025, 3, 31)) == [("2025-02", 918144.0)]
    assert query(newest, date(2025, 3, 14))[0][0] == "2025-01"


def test_a_split_is_no_flow(query: Query, oracles: Path) -> None:
    case = json.loads((oracles / "etf_flow" / "expected.json").read_text())["case"]
    found = query("select net_flow_usd, is_split from fund_flow_daily where fund_id = 'EEM' order by trade_date")
    assert found == [(step.get("expected_flow"), "split" in step) for step in case]


def test_the_ai_index_meets_the_oracle(oracles: Path, tmp_path: Path) -> None:
    """The shipped models on the oracle's companies: one share each, so that a price is a capitalisation, and no ceiling."""
    expected = json.loads((oracles / "ai_index" / "expected.json").read_text())
    days = calendars.sessions(date(2024, 1, 2), date(2024, 1, 5))
    project, home = tmp_path / "project", tmp_path / "home"
    shutil.copytree(PROJECT, project)
    spells = {"A": (days[1], ""), "B": (days[1], ""), "C": (days[1], days[3]), "D": (days[3], "")}
    (project / "seeds" / "ai_infrastructure_members.csv").write_text(
        "ticker,name,member_from,member_to,shares_outstanding_mn,shares_dated,reason,shares_basis,dated\n"
        + "".join(f"{ticker},{ticker},{first},{until},1,2024-01-02,oracle,oracle,2024-01-02\n" for ticker, (first, until) in spells.items())
    )
    parameters = project / "seeds" / "parameters.csv"
    parameters.write_text(re.sub(r"(?m)^ai_index_weight_ceiling,[^,]*", "ai_index_weight_ceiling,1", parameters.read_text()))
    caps = [*expected["caps"].values(), expected["caps_day3"]]
    prices = [(ticker, day, price) for day, prices in zip(days, caps, strict=True) for ticker, price in prices.items()]
    prices += [("XLI", day, price) for day, price in zip(days, expected["benchmark"], strict=True)]
    rows = pd.DataFrame(prices, columns=["symbol", "observed_on", "close"])
    for source in all_sources().values():
        for table in source.tables:
            RawVintages(home).ensure(table)
    write(home, "raw_prices__daily_bars", [stamped(rows.assign(adjusted_close=rows["close"]), next_mornings(rows["observed_on"]))])
    dbt_build(home, project, "--exclude-resource-type", "test", "unit_test", "--select", "+ai_sentiment_daily", as_of=days[-1])
    with duckdb.connect(str(home / "build" / "contagion.duckdb"), read_only=True) as connection:
        found = connection.execute("select ai_index, relative_index, ai_change_1d_pct from marts.ai_sentiment_daily order by trade_date").fetchall()
        weights = connection.execute("select ticker, weight from marts.ai_index_weight where rebalanced_on = ? order by 1", [days[2]]).fetchall()
    assert [index for index, _, _ in found] == pytest.approx(expected["index"], abs=1e-9)
    assert [relative for _, relative, _ in found] == pytest.approx(expected["relative_index"], abs=1e-9)
    assert [math.log(relative / 100) for _, relative, _ in found] == pytest.approx(expected["relative_log_spread"], abs=1e-11)
    assert [change for _, _, change in found[1:]] == pytest.approx([100 * change for change in expected["returns"]], abs=1e-9)
    total = 104.5 + 51.3 + 20
    assert weights == [("A", pytest.approx(104.5 / total)), ("B", pytest.approx(51.3 / total)), ("D", pytest.approx(20 / total))]


def unit_test_of(model: str, name: str) -> dict[str, Any]:
    """A model's unit test as its yml has it: what is given, by input, and the rows that are expected."""
    (path,) = PROJECT.glob(f"models/**/{model}.yml")
    (found,) = (test for test in yaml.safe_load(path.read_text())["unit_tests"] if test["name"] == name)
    return {"expected": found["expect"]["rows"], **{given["input"]: given.get("rows", []) for given in found["given"]}}


def test_the_rebalancing_of_leveraged_funds_is_unit_tested_on_the_oracles_own_cases(oracles: Path) -> None:
    oracle = json.loads((oracles / "letf" / "expected.json").read_text())
    fixture = unit_test_of("leveraged_etf_rebalance_daily", "leveraged_etf_rebalance_daily_meets_the_oracle")
    assets = {row["fund_id"]: row["nav_usd"] * row["shares_outstanding"] for row in fixture["ref('int_fund_history_known')"]}
    returns = {row["symbol"]: row["total_return"] for row in fixture["ref('int_bars_known')"]}
    rebalance = {row["underlying"]: row["estimated_rebalance_usd"] for row in fixture["expected"]}
    given = [(fund["leverage"], assets[fund["fund_id"]], returns[fund["benchmark"]], fund["benchmark"]) for fund in fixture["ref('fund')"]]
    single = [(factor, held, moved, rebalance[underlying]) for factor, held, moved, underlying in given if underlying != "ALL"]
    assert single == [(case["L"], case["AUM"], case["r"], case["rebalance_usd"]) for case in oracle["cases"]]
    together = [case[:3] for case in given if case[3] == "ALL"]
    assert together == [case[:3] for case in single if case[2] == -0.05]
    assert rebalance["ALL"] == oracle["agg_minus5pct"]


def test_leveraged_funds_are_read_through_a_split_and_have_segments_of_their_own(query: Query) -> None:
    rows = query("select trade_date, exposure_usd, estimated_rebalance_usd, underlying_return from leveraged_etf_rebalance_daily order by trade_date")
    assert [row[0] for row in rows] == MARKET[1:12]
    assert [row[1] for row in rows] == pytest.approx([(6 + 12) * (1e9 + 1e7 * place) for place in range(11)], rel=1e-12)
    assert [row[2] for row in rows] == [exposure * moved for _, exposure, _, moved in rows]
    flows = query("select trade_date, fund_id, net_flow_usd, is_split, segment from fund_flow_daily where fund_id in ('TQQQ', 'SQQQ') order by 2, 1")
    assert {(fund_id, segment) for _, fund_id, _, _, segment in flows} == {("TQQQ", "leveraged"), ("SQQQ", "inverse")}
    assert [(day, fund_id) for day, fund_id, _, is_split, _ in flows if is_split] == [(MARKET[8], "TQQQ")]
    assert [flow for _, _, flow, _, _ in flows if flow is not None] == pytest.approx([0.0] * 22, abs=1e-3)
    assert query("select count(*) from fund_flow_daily where segment in ('leveraged', 'inverse')") == [(24,)]


def test_flows_of_the_real_ivv_file_are_those_of_the_spring_of_2020(query: Query, real: Path) -> None:
    ((days, flow, worst),) = query(
        """
        select count(*),
            sum(net_flow_usd) filter (where trade_date between '2020-02-20' and '2020-03-31') / 1e6,
            min(net_flow_usd) filter (where trade_date between '2020-02-20' and '2020-03-31') / 1e6
        from fund_flow_daily where fund_id = 'IVV'
        """
    )
    assert (days, round(flow, 2), round(worst, 2)) == (5534, -4364.06, -3307.02)


def test_the_real_spy_file_is_known_whole_on_its_own_session(query: Query, real: Path) -> None:
    known = "select count(*), sum(shares), sum(weight_pct), any_value(observed_on) from holding_known_daily where fund_id = 'SPY' and trade_date = ?"
    ((lines, shares, weights, observed_on),) = query(known, date(2025, 9, 30))
    assert (lines, round(shares, 2), round(weights, 6), observed_on) == (504, 6060939396.43, 100.245898, date(2025, 9, 30))
    ((lines, _, weights, observed_on),) = query(known, date(2025, 9, 29))
    assert (lines, round(weights, 6), observed_on) == (504, 99.938924, date(2024, 5, 10))


# ---------------------------------------------------------------- conventions, by brute force


def test_holdings_imply_the_median_growth_of_shares(query: Query) -> None:
    flows = query("select net_flow_usd, previous_aum_usd, flow_basis, sessions_covered from fund_flow_daily where fund_id = 'ARKQ' order by trade_date")
    assert flows[0] == (None, None, "holdings_implied", None)
    assert flows[1] == (pytest.approx(0.1 * 2 * 78_000), pytest.approx(2 * 78_000), "holdings_implied", 1)
    assert flows[2][0] == pytest.approx(0)


def test_a_flow_reaches_securities_by_the_holdings_of_the_evening_before(query: Query) -> None:
    """Half of the tenth that came in on the second session is bought that day, by the first evening's file: the second's, with a split in it, came too late."""
    _, second, third = calendars.sessions(date(2025, 3, 3), date(2025, 3, 5))
    bought = query("select security_id, forced_sale_usd, shares, funds from forced_selling_security_daily where trade_date = ? order by 1", second)
    expected = [(f"US:AA{chr(65 + number)}", 100.0 * (number + 1), 50.0 * (number + 1), 1) for number in range(12)]
    assert bought == [(one, pytest.approx(usd), pytest.approx(shares), funds) for one, usd, shares, funds in expected]
    ledger = "select trade_date, forced_sale_usd, basis from forced_selling_daily where channel = 'redemption' and trade_date between ? and ? order by 1"
    assert query(ledger, second, third) == [(second, pytest.approx(7_800), "observed"), (third, pytest.approx(7_800), "observed")]


def test_a_fund_without_known_holdings_sells_its_outflow_whole(query: Query, real: Path) -> None:
    """The real IVV file in the spring of 2020, without a holdings file; each day's ledger is a third of its own flow and of the two before (T+2)."""
    flows = "select net_flow_usd from fund_flow_daily where fund_id = 'IVV' and trade_date between '2020-02-18' and '2020-03-31' order by trade_date"
    sold = (
        "select forced_sale_usd from forced_selling_daily where asset_class = 'equity' and trade_date between '2020-02-20' and '2020-03-31' order by trade_date"
    )
    daily = [flow for (flow,) in query(flows)]
    assert (round(sum(daily[2:]) / 1e6, 2), round(min(daily) / 1e6, 2)) == (-4364.06, -3307.02)
    assert [one for (one,) in query(sold)] == [pytest.approx(sum(daily[at : at + 3]) / 3, abs=1) for at in range(len(daily) - 2)]


def test_a_day_that_comes_late_has_no_row_and_its_flow_lands_on_the_next(query: Query) -> None:
    sessions = calendars.sessions(date(2022, 1, 3), date(2024, 12, 31))
    late = "select sessions_covered from fund_flow_daily where fund_id = 'IGV' and trade_date = ?"
    assert query(late, sessions[210]) == []
    assert query(late, sessions[211]) == [(2,)]
    assert query(late, sessions[352]) == [(3,)]
    ((created, difference),) = query(
        """
        select sum(net_flow_usd / nav_usd), arg_max(shares_outstanding, trade_date) - arg_min(shares_outstanding, trade_date)
        from fund_flow_daily where fund_id = 'IGV'
        """
    )
    assert created == pytest.approx(difference)


def observed_runs(query: Query) -> tuple[list[date], Days, dict[tuple[str, int], int]]:
    """Sessions; fund -> session -> (flow, assets before); (fund, session) -> first session of the run it stands in."""
    sessions = calendars.sessions(date(2022, 1, 3), date(2024, 12, 31))[:420]
    number = {day: position for position, day in enumerate(sessions)}
    days: Days = {fund_id: {} for fund_id in TECH}
    runs: dict[tuple[str, int], int] = {}
    for fund_id in TECH:
        start = -1
        for day, flow, assets_before, covered in query(
            "select trade_date, net_flow_usd, previous_aum_usd, sessions_covered from fund_flow_daily where fund_id = ? order by 1", fund_id
        ):
            if flow is None or covered > MAX_COVERED:
                start = number[day]
                continue
            days[fund_id][number[day]] = (flow, assets_before)
            runs[fund_id, number[day]] = start
    return sessions, days, runs


def share(days: Days, funds: list[str], first: int, last: int) -> float:
    """Flows of these funds on these sessions, over their assets before them."""
    rows = {fund_id: [days[fund_id][session] for session in range(first, last + 1) if session in days[fund_id]] for fund_id in funds}
    return sum(flow for mine in rows.values() for flow, _ in mine) / sum(mine[0][1] for mine in rows.values() if mine)


def test_shares_and_zscores_of_outflows_are_those_of_the_panel(query: Query) -> None:
    sessions, days, runs = observed_runs(query)
    found = {
        row[0]: row[1:]
        for row in query(
            """
            select trade_date, net_flow_2d_pct_aum, net_flow_2d_zscore, panel_funds, net_flow_2d_usd
            from outflow_daily where segment = 'tech_heavy' and trade_date <= ?
            """,
            sessions[-1],
        )
    }
    assert len(found) == len(sessions) - 1
    scored = 0
    for today, day in enumerate(sessions[1:], start=1):
        present = [fund_id for fund_id in TECH if today in days[fund_id]]
        window_start = max(min(runs[fund_id, today] for fund_id in present) + 1, today - SHORT - WINDOW + 1)
        panel = [fund_id for fund_id in present if runs[fund_id, today] < window_start and runs[fund_id, today] <= today - SHORT]
        pct, zscore, size, dollars = found[day]
        assert size == len(panel), day
        if today > 1:
            assert dollars == pytest.approx(sum(days[fund_id].get(session, (0.0, 0.0))[0] for fund_id in TECH for session in (today - 1, today)), abs=1e-3)
        if not panel:
            assert (pct, zscore) == (None, None)
            continue
        value = share(days, panel, today - SHORT + 1, today)
        assert pct == pytest.approx(100 * value, rel=1e-9)
        window = [session for session in range(window_start, today - SHORT + 1) if any(session in days[fund_id] for fund_id in panel)]
        history = [share(days, panel, session, session) for session in window]
        if len(history) < MINIMUM:
            assert zscore is None
        else:
            scored += 1
            assert zscore == pytest.approx((value - SHORT * np.mean(history)) / (math.sqrt(SHORT) * np.std(history, ddof=1)), rel=1e-9)
    assert scored > 250


@pytest.mark.parametrize(("value", "since"), [("net_flow_2d_usd", "largest_outflow_since"), ("net_flow_2d_pct_aum", "largest_outflow_pct_since")])
def test_a_record_dates_back_to_the_last_day_at_least_as_extreme(query: Query, value: str, since: str) -> None:
    for (segment,) in query("select distinct segment from outflow_daily"):
        series = query(f"select trade_date, {value}, {since} from outflow_daily where segment = ? order by trade_date", segment)
        earlier: list[tuple[date, float]] = []
        for day, today, found in series:
            while earlier and today is not None and earlier[-1][1] > today:
                earlier.pop()
            assert found == (earlier[-1][0] if earlier and today is not None and today < 0 else None), (segment, day)
            if today is not None:
                earlier.append((day, today))


# ---------------------------------------------------------------- the market, by brute force


def served_returns(served: pd.DataFrame) -> dict[str, Series]:
    """symbol -> session -> total return since the last session with a bar in time, as the evening of the session had it."""
    morrow = {day: pd.Timestamp(calendars.next_session(day)) for day in MARKET}
    own: dict[str, Series] = {}
    restated: dict[tuple[str, date], tuple[pd.Timestamp, float]] = {}
    for row in served.sort_values("observed_on", kind="stable").itertuples():
        known_on = pd.Timestamp(row.known_on)
        if known_on <= morrow[row.observed_on]:
            own.setdefault(row.symbol, {})[row.observed_on] = row.adjusted_close
        else:
            restated[row.symbol, row.observed_on] = (known_on, row.adjusted_close)
    returns: dict[str, Series] = {}
    for symbol, closes in own.items():
        days = list(closes)
        returns[symbol] = {days[0]: math.nan}
        for before, today in itertools.pairwise(days):
            known_on, base = restated.get((symbol, before), (pd.Timestamp.max, 0.0))
            returns[symbol][today] = closes[today] / (base if known_on <= morrow[today] else closes[before]) - 1
    return returns


@pytest.fixture(scope="module")
def returns() -> dict[str, Series]:
    return served_returns(pd.concat([market_bars(), haven_bars()]))


def capped(capitalisation: dict[str, float], ceiling: float) -> dict[str, float]:
    """Weights under a ceiling, by repeating: cap what is above, share out the rest."""
    ceiling = max(ceiling, 1 / len(capitalisation))
    weights = {ticker: size / sum(capitalisation.values()) for ticker, size in capitalisation.items()}
    full: set[str] = set()
    while over := {ticker for ticker, weight in weights.items() if weight > ceiling + 1e-15 and ticker not in full}:
        full |= over
        rest = sum(size for ticker, size in capitalisation.items() if ticker not in full)
        weights = {ticker: ceiling if ticker in full else (1 - ceiling * len(full)) * size / rest for ticker, size in capitalisation.items()}
    return weights


def test_the_ai_index_is_a_portfolio_that_drifts_between_rebalancings(query: Query, returns: dict[str, Series]) -> None:
    members = {row["ticker"]: row for row in seed("ai_infrastructure_members")}
    closes = {(row.symbol, row.observed_on): row.close for row in market_bars().itertuples()}
    changes = {row["member_from"] for row in members.values()}
    days = [day for day in MARKET if day >= AI_START]
    expected: list[float] = []
    resets: dict[date, dict[str, float]] = {}
    holdings: dict[str, float] = {}
    level = 100.0
    for day in days:
        morrow = calendars.next_session(day)
        if holdings:
            holdings = {ticker: value * (1 + returns[ticker].get(day, 0.0)) for ticker, value in holdings.items()}
            level = sum(holdings.values())
        expected.append(level)
        quarter_ends = morrow.month != day.month and day.month % 3 == 0
        if day == AI_START or quarter_ends or any(day.isoformat() < change <= morrow.isoformat() for change in changes):
            sizes = {
                ticker: float(row["shares_outstanding_mn"]) * closes[ticker, day]
                for ticker, row in members.items()
                if row["member_from"] <= morrow.isoformat() and day in returns[ticker]
            }
            resets[day] = capped(sizes, 0.1)
            holdings = {ticker: weight * level for ticker, weight in resets[day].items()}
    assert query("select ai_index from ai_sentiment_daily order by trade_date") == [(pytest.approx(level, rel=1e-11),) for level in expected]
    found = query("select rebalanced_on, ticker, weight from ai_index_weight order by 1, 2")
    assert found == [(day, ticker, pytest.approx(resets[day][ticker], rel=1e-12)) for day in sorted(resets) for ticker in sorted(resets[day])]
    assert ARM_LISTED not in resets
    assert not any(ticker == "ARM" for day, ticker, _ in found if day < date(2023, 9, 29))
    assert any(ticker == "ARM" for day, ticker, _ in found if day == date(2023, 9, 29))


def test_the_spread_sums_up_what_growth_gains_on_value_and_industrials(query: Query, returns: dict[str, Series]) -> None:
    found = {
        row[0]: row[1:]
        for row in query(
            "select trade_date, growth_basis, log_spread, narrowing_20d, narrowing_20d_zscore, narrowing_20d_percentile from ai_value_spread_daily"
        )
    }
    ai = dict(query("select trade_date, ai_index from ai_sentiment_daily"))
    level, spread, narrowings, changes = 0.0, [], [], []
    for place, day in enumerate(MARKET):
        own = {name: place > MARKET.index(start) for name, start in (("growth", AI_START), ("value", MARKET[150]), ("industrials", MARKET[150]))}
        growth = ai[day] / ai[MARKET[place - 1]] - 1 if own["growth"] else returns["^SP500-45"][day]
        value = returns["IWD" if own["value"] else "^RLV"][day]
        industrials = returns["XLI" if own["industrials"] else "^SP500-20"][day]
        if place:
            level += math.log(1 + growth) - math.log(1 + (value + industrials) / 2)
        spread.append(level)
        basis, log_spread, narrowing, zscore, percentile = found[day]
        assert basis == ("ai_index" if own["growth"] else "sp500_information_technology")
        assert log_spread == pytest.approx(level, abs=1e-10)
        if place >= 1:
            changes.append(spread[place] - spread[place - 1])
        if place < 20:
            assert (narrowing, zscore, percentile) == (None, None, None)
            continue
        narrowings.append(spread[place - 20] - spread[place])
        assert narrowing == pytest.approx(narrowings[-1], abs=1e-10)
        before = changes[max(0, place - 20 - 250) : place - 20]
        if len(before) < 120:
            assert zscore is None
        else:
            assert zscore == pytest.approx((narrowings[-1] + 20 * np.mean(before)) / (math.sqrt(20) * np.std(before, ddof=1)), abs=1e-7)
    assert len(found) == len(MARKET)


def test_margin_pressure_is_the_fall_since_the_month_that_was_known(query: Query, returns: dict[str, Series], oracles: Path) -> None:
    debts = {row.observed_on.date(): row.debit_balances_usd_mn for row in margin_debt(oracles).itertuples()}
    ai = dict(query("select trade_date, ai_index from ai_sentiment_daily"))
    equity, level = {}, 1.0
    for place, day in enumerate(MARKET):
        level *= 1 + (returns["SPY"].get(day, 0.0) if place else 0.0)
        equity[day] = level
    accounts = {
        estimate: np.array(query("select loan_to_value, house_margin, debit_share from intermediate.int_margin_accounts where estimate = ?", estimate)).T
        for estimate in ("low", "central", "high")
    }
    ai_share, sale_sessions = (float(row["value"]) for row in seed("parameters") if row["parameter"] in ("margin_ai_book_share", "margin_sale_sessions"))

    def sold(estimate: str, depth: float) -> float:
        loan_to_value, margin, share = accounts[estimate]
        worth = depth / loan_to_value
        return float((share * np.minimum(worth, np.maximum(0, 1 - (1 - margin) * worth) / margin)).sum())

    def depth(estimate: str, levels: list[float]) -> float:
        if estimate == "high":
            return min(today / max(levels[: place + 1]) for place, today in enumerate(levels))
        return min(levels) / levels[0]

    def forced(estimate: str, since: list[date]) -> float:
        books = [sold(estimate, depth(estimate, [series[day] for day in since])) for series in (equity, ai) if since[0] in series]
        return books[0] if len(books) == 1 else (1 - ai_share) * books[0] + ai_share * books[1]

    columns = ", ".join(f"estimated_{what}_{estimate}_usd" for what in ("forced_sale", "margin_call_1d", "forced_sale_1d") for estimate in accounts)
    found = {row[0]: row[1:] for row in query(f"select trade_date, month, age_days, equity_return_since_month_end, {columns} from margin_pressure_daily")}
    called: list[list[float]] = []
    for day in MARKET:
        month = max(month for month in debts if month + timedelta(days=22) <= calendars.next_session(day))
        since = [session for session in MARKET if session <= day and session >= max((early for early in MARKET if early <= month), default=day)]
        if month < MARKET[0]:
            assert day not in found
            continue
        row = found[day]
        assert row[:3] == (month, (day - month).days, pytest.approx(equity[day] / equity[since[0]] - 1, abs=1e-9))
        total = [-1e6 * debts[month] * forced(estimate, since) for estimate in accounts]
        before = [-1e6 * debts[month] * forced(estimate, since[:-1]) for estimate in accounts]
        called.append([now - then for now, then in zip(total, before, strict=True)])
        assert row[3:6] == tuple(pytest.approx(dollars, rel=1e-6, abs=100) for dollars in total), day
        assert row[6:9] == tuple(pytest.approx(dollars, rel=1e-6, abs=100) for dollars in called[-1]), day
        waiting = called[-1 - int(sale_sessions) : -1]
        if len(waiting) == sale_sessions:
            assert row[9:] == tuple(pytest.approx(sum(calls) / sale_sessions, rel=1e-6, abs=100) for calls in zip(*waiting, strict=True)), day
        else:
            assert row[9:] == (None, None, None)
    assert min(calls[1] for calls in called) < -1e6


def test_a_region_is_explained_by_the_one_that_closed_before_it(query: Query, returns: dict[str, Series]) -> None:
    chain: dict[str, list[str]] = {}
    for row in sorted((row for row in seed("benchmarks") if row["region"]), key=lambda row: row["chain_order"]):
        chain.setdefault(row["region"], []).append(row["symbol"])
    mean: dict[tuple[str, int], float] = {}
    for region, symbols in chain.items():
        for place, day in enumerate(MARKET):
            known = [returns[symbol][day] for symbol in symbols if day in returns[symbol] and not math.isnan(returns[symbol][day])]
            if known:
                mean[region, place] = sum(known) / len(known)
    before = {"asia": ("new_york", 1), "europe": ("asia", 0), "new_york": ("europe", 0)}
    found = {
        (region, day): values
        for day, region, *values in query(
            "select trade_date, region, region_return, previous_return, beta, own_return, cumulative_return, cumulative_own_return from session_spillover_daily"
        )
    }
    explained = 0
    for place, day in enumerate(MARKET):
        total, own_total, is_whole = 1.0, 0.0, True
        for region, (previous, lag) in before.items():
            pairs = [
                (mean[previous, at - lag], mean[region, at])
                for at in range(max(0, place - 250), place)
                if (previous, at - lag) in mean and (region, at) in mean
            ]
            slope = np.polyfit(*zip(*pairs, strict=True), 1)[0] if len(pairs) >= 120 else None
            today, cause = mean.get((region, place)), mean.get((previous, place - lag))
            own = today - slope * cause if today is not None and cause is not None and slope is not None else None
            if place == 0 and (region, day) not in found:
                continue
            region_return, previous_return, beta, own_return, cumulative, cumulative_own = found[region, day]
            assert (region_return, previous_return) == (pytest.approx(today), pytest.approx(cause)) if today and cause else True
            assert beta == (pytest.approx(slope, abs=1e-9) if slope is not None else None), (region, day)
            assert own_return == (pytest.approx(own, abs=1e-11) if own is not None else None), (region, day)
            if today is not None:
                total *= 1 + today
                is_whole = is_whole and own is not None
                own_total += own or 0.0
                explained += own is not None
                assert cumulative == pytest.approx(total - 1, abs=1e-12)
                assert cumulative_own == (pytest.approx(own_total, abs=1e-11) if is_whole else None)
    assert explained > 500


def test_risk_parity_trades_what_its_rule_decided_on_the_five_sessions_before(query: Query, returns: dict[str, Series]) -> None:
    proxies = {"equity": "SPY", "bond": "IEF", "gold": "GLD", "credit": "LQD"}
    moves: dict[str, dict[int, float]] = {}
    for name, symbol in proxies.items():
        places = [place for place, day in enumerate(MARKET) if day in returns[symbol]]
        spans = dict(zip(places[1:], np.diff(places), strict=True))
        moves[name] = {place: returns[symbol][MARKET[place]] / math.sqrt(spans[place]) for place in places[1:]}

    def moment(one: str, other: str, after: int) -> tuple[float, float, float]:
        """Weighted mean of the product and of both squares, on sessions with both."""
        both = [place for place in range(after + 1) if place in moves[one] and place in moves[other]]
        weights = [0.5 ** ((after - place) / 60) for place in both]
        x, y = ([moves[name][place] for place in both] for name in (one, other))
        return tuple(sum(w * a * b for w, a, b in zip(weights, *pair, strict=True)) / sum(weights) for pair in ((x, y), (x, x), (y, y)))  # type: ignore[return-value]

    @cache
    def estimate(after: int) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
        mix = [name for name in proxies if sum(place <= after for place in moves[name]) >= 120]
        mix = mix if {"equity", "bond"} <= set(mix) else []
        sigma = {name: math.sqrt(252 * moment(name, name, after)[0]) for name in mix}
        rho = {}
        for one, other in itertools.product(mix, mix):
            product, square, other_square = moment(one, other, after)
            rho[one, other] = product / math.sqrt(square * other_square)
        return sigma, rho

    def wanted(sigma: dict[str, float], rho: dict[tuple[str, str], float], mix: Sequence[str]) -> dict[str, float]:
        inverse = {name: 1 / sigma[name] for name in mix}
        weights = {name: value / sum(inverse.values()) for name, value in inverse.items()}
        variance = sum(weights[a] * weights[b] * sigma[a] * sigma[b] * rho[a, b] for a, b in itertools.product(mix, mix))
        return {name: weight * min(3, 0.1 / math.sqrt(variance)) for name, weight in weights.items()}

    @cache
    def decided(after: int) -> dict[str, tuple[float, float]]:
        """Class -> what volatilities and what correlations make the rule trade, multiples of assets."""
        (sigma0, rho0), (sigma1, rho1) = estimate(after - 1), estimate(after)
        mix = sorted(sigma0.keys() & sigma1.keys())
        corners = {(s, r): wanted((sigma0, sigma1)[s], (rho0, rho1)[r], mix) for s, r in itertools.product((0, 1), (0, 1))} if mix else {}
        return {
            name: (
                (corners[1, 0][name] - corners[0, 0][name] + corners[1, 1][name] - corners[0, 1][name]) / 2,
                (corners[0, 1][name] - corners[0, 0][name] + corners[1, 1][name] - corners[1, 0][name]) / 2,
            )
            for name in mix
        }

    names = (
        "estimated_volatility_part_usd, estimated_correlation_part_usd, estimated_trade_low_usd, volatility, exposure, classes_in_mix, sessions_since_return"
    )
    found = {(day, name): values for day, name, *values in query(f"select trade_date, asset_class, {names} from risk_parity_pressure_daily")}
    assert min(day for day, _ in found) == MARKET[121]
    traded = 0
    for place in [*range(119, 130), *range(520, 530), *range(130, len(MARKET), 53)]:
        sigma, rho = estimate(place - 1)
        assert {name for day, name in found if day == MARKET[place]} == sigma.keys(), place
        for name in sigma:
            by_volatility, by_correlation, low, volatility, exposure, classes, since_return = found[MARKET[place], name]
            assert volatility == pytest.approx(sigma[name], rel=1e-9)
            assert exposure == pytest.approx(wanted(sigma, rho, list(sigma))[name], rel=1e-9)
            assert classes == len(sigma)
            assert since_return == place - max(at for at in moves[name] if at < place)
            decisions = [decided(after).get(name) for after in range(place - 5, place)]
            parts = [sum(part) / 5 for part in zip(*decisions, strict=True)] if None not in decisions else None  # type: ignore[arg-type]
            assert (
                (by_volatility, by_correlation) == (pytest.approx(150e9 * parts[0], abs=1), pytest.approx(150e9 * parts[1], abs=1)) if parts else (None, None)
            )
            assert low == (pytest.approx(75e9 * sum(parts), abs=1) if parts else None)
            traded += parts is not None
    assert traded > 50


def usable(chain: pd.DataFrame) -> list[tuple[Any, float, float]]:
    """Contracts of a chain with their years and volatility, by bisection where none is served."""
    found = []
    for line in chain.itertuples():
        years, volatility = (line.expiry_on - line.observed_on).days / 365, line.implied_volatility
        if years <= 0 or math.isnan(line.open_interest):
            continue
        if math.isnan(volatility):
            if not line.bid > 0:
                continue
            mid, low, high = (line.bid + line.ask) / 2, 0.01, 5.0
            if not option_price(line.spot, line.strike, years, low, line.option_type == "call") < mid:
                continue
            for _ in range(80):
                volatility = (low + high) / 2
                is_low = option_price(line.spot, line.strike, years, volatility, line.option_type == "call") < mid
                low, high = (volatility, high) if is_low else (low, volatility)
        found.append((line, years, volatility))
    return found


def gammas(contracts: list[tuple[Any, float, float]], spot: float) -> list[float]:
    """Dollars per 1 % move of each contract at a spot."""
    found = []
    for line, years, volatility in contracts:
        spread = volatility * math.sqrt(years)
        upper = math.log(spot / line.strike) / spread + spread / 2
        found.append(math.exp(-(upper**2) / 2) / math.sqrt(2 * math.pi) / (spot * spread) * line.open_interest * 100 * spot**2 * 0.01)
    return found


def test_dealers_gamma_is_that_of_the_contracts_alive_and_hedges_the_next_session(query: Query) -> None:
    served = option_chains()
    close = {
        row.observed_on: row.close for row in market_bars().query("symbol == 'SPY' and payload_sha256 == @zeros", local_dict={"zeros": "0" * 64}).itertuples()
    }
    columns = (
        "spot, call_gamma_usd_per_pct, put_gamma_usd_per_pct, estimated_net_gamma_usd_per_pct, estimated_net_gamma_calls_sold_usd_per_pct, "
        "estimated_flip_level, estimated_hedge_flow_usd, previous_chain_age_sessions, zero_day_gamma_share, zero_day_volume_share, contracts_used, "
        "contracts_expired, known_on"
    )
    found = {(day, name): row for day, name, *row in query(f"select trade_date, underlying, {columns} from dealer_gamma_daily order by 1, 2")}
    spy = [day for place, day in enumerate(CHAIN_DAYS) if place not in (3, 5)]
    assert set(found) == {(day, "SPY") for day in spy} | {(day, "SMH") for day in CHAIN_DAYS[:3]}
    before: dict[str, tuple[date, float]] = {}
    flips = 0
    for (day, name), row in found.items():
        spot, calls, puts, net, sold, flip, flow, age, zero_gamma, zero_volume, used, expired, known_on = row
        chain = served[(served["observed_on"] == day) & (served["underlying"] == name) & (served["payload_sha256"] == "0" * 64)]
        contracts = usable(chain)
        sides = [1 if line.option_type == "call" else -1 for line, _, _ in contracts]
        dollars = gammas(contracts, spot)
        expected = {side: sum(gamma for gamma, mine in zip(dollars, sides, strict=True) if mine == side) for side in (1, -1)}
        assert (calls, puts) == (pytest.approx(expected[1], rel=1e-9), pytest.approx(expected[-1], rel=1e-9))
        assert (net, sold) == (pytest.approx(calls - puts), pytest.approx(-calls - puts))
        assert (used, expired, known_on) == (len(contracts), 18, calendars.next_session(day))
        tomorrow = calendars.next_session(day)
        soon = sum(gamma for gamma, (line, _, _) in zip(dollars, contracts, strict=True) if line.expiry_on == tomorrow)
        assert zero_gamma == pytest.approx(soon / (expected[1] + expected[-1]))
        assert zero_volume == pytest.approx(chain.loc[chain["expiry_on"] == day, "volume"].sum() / chain["volume"].sum())

        levels = spot * np.linspace(0.8, 1.2, 401)
        signs = [sum(side * gamma for side, gamma in zip(sides, gammas(contracts, level), strict=True)) > 0 for level in levels]
        changes = [(levels[at], levels[at + 1]) for at in range(400) if signs[at] != signs[at + 1]]
        if flip is None:
            assert not changes
        else:
            flips += 1
            low, high = min(changes, key=lambda pair: min(abs(pair[0] - spot), abs(pair[1] - spot)))
            assert low <= flip <= high

        last_day, last_net = before.get(name, (None, math.nan))
        sessions = None if last_day is None else MARKET.index(day) - MARKET.index(last_day)
        assert age == sessions
        if name == "SPY" and sessions == 1:
            assert flow == pytest.approx(-100 * last_net * (close[day] / close[MARKET[MARKET.index(day) - 1]] - 1))
        else:
            assert flow is None
        before[name] = (day, net)
    assert flips > 2


def test_gamma_by_strike_adds_up_to_the_chains(query: Query) -> None:
    gaps = query(
        """
        select
            max(abs(calls / daily.call_gamma_usd_per_pct - 1)),
            max(abs(net - daily.estimated_net_gamma_usd_per_pct) / daily.call_gamma_usd_per_pct),
            sum(used - contracts_used)
        from (
            select trade_date, underlying, sum(call_gamma_usd_per_pct) as calls, sum(estimated_net_gamma_usd_per_pct) as net, sum(contracts_used) as used
            from dealer_gamma_strike group by all
        ) inner join dealer_gamma_daily as daily using (trade_date, underlying)
        """
    )
    assert gaps == [(pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12), 0)]


@pytest.mark.parametrize(
    ("table", "value", "percentile"),
    [("volatility_daily", "vix_close", "vix_percentile"), ("ai_value_spread_daily", "narrowing_20d", "narrowing_20d_percentile")],
)
def test_a_percentile_counts_the_days_so_far_at_or_below_today(query: Query, table: str, value: str, percentile: str) -> None:
    series = query(f"select {value}, {percentile} from {table} where {value} is not null order by trade_date")
    values = [today for today, _ in series]
    assert len(values) > 700
    for place, (today, found) in enumerate(series):
        share_so_far = sum(earlier <= today for earlier in values[: place + 1]) / (place + 1)
        assert found == (share_so_far if place + 1 >= 250 else None), place


@pytest.mark.parametrize(
    ("table", "value", "since", "sign"),
    [
        ("volatility_daily", "vix_close", "highest_since", -1),
        ("ai_value_spread_daily", "narrowing_20d", "sharpest_narrowing_since", -1),
        ("ai_sentiment_daily", "ai_change_3d_pct", "ai_sharpest_fall_since", 1),
        ("ai_sentiment_daily", "relative_change_3d_pct", "relative_sharpest_fall_since", 1),
        ("session_spillover_daily", "cumulative_return", "worst_since", 1),
    ],
)
def test_a_record_of_the_market_dates_back_to_the_last_day_at_least_as_extreme(query: Query, table: str, value: str, since: str, sign: int) -> None:
    chosen = "region = 'new_york'" if table == "session_spillover_daily" else "true"
    days = query(f"select trade_date, {value}, {since} from {table} where {chosen} and {value} is not null order by trade_date")
    earlier: list[tuple[date, float]] = []
    before, dated = None, 0
    for day, number, found in days:
        today = sign * number
        while earlier and earlier[-1][1] > today:
            earlier.pop()
        is_adverse = today < 0 if table != "volatility_daily" else before is not None and number > before
        assert found == (earlier[-1][0] if earlier and is_adverse else None), day
        dated += found is not None
        earlier.append((day, today))
        before = number
    assert dated > 100


def test_a_sunday_is_flagged_and_what_is_not_announced_is_not_seen(query: Query) -> None:
    sunday = "select trade_date, days_ahead, is_session, reaction_session from event_calendar where event_id = 'tsmc_report_2026_02' order by 1"
    seen = query(sunday)
    assert seen[0] == (date(2026, 2, 4), 11, False, date(2026, 2, 17))
    assert seen[-1] == (date(2026, 2, 13), 2, False, date(2026, 2, 17))


def test_a_day_has_its_headlines_in_order(query: Query) -> None:
    found = query("select headline_id, statement, severity from headline_daily where trade_date = ? order by position", MARKET[-1])
    expected = ["contagion_index", "ai_value_spread", "ai_sentiment", "volatility", "session_spillover", "cross_asset"]
    assert [headline for headline, _, _ in found if headline != "margin_debt"] == expected
    assert all(statement and severity in {"info", "notice", "alert"} for _, statement, severity in found)


# ---------------------------------------------------------------- what every table owes its reader


def test_tables_without_input_are_empty_and_there(query: Query) -> None:
    for table in ("industry_flow_weekly", "source_status"):
        assert query(f"select count(*) from {table}") == [(0,)]


def test_every_public_table_and_column_says_what_it_is(query: Query) -> None:
    tables = query(
        """
        select table_name, comment from duckdb_tables() where schema_name = 'marts'
        union all select view_name, comment from duckdb_views() where schema_name = 'marts'
        """
    )
    assert len(tables) >= 8
    assert [name for name, comment in tables if not comment] == []
    assert query("select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null") == []


def test_no_published_number_is_infinite_or_not_a_number(query: Query) -> None:
    doubles = query(
        """
        select columns.table_name, columns.column_name
        from duckdb_columns() as columns inner join duckdb_tables() as tables using (schema_name, table_name)
        where columns.schema_name = 'marts' and columns.data_type = 'DOUBLE'
        """
    )
    assert doubles
    for table, column in doubles:
        assert query(f"select count(*) from {table} where not isfinite({column})") == [(0,)], (table, column)


def test_every_raw_column_reaches_its_staging_model() -> None:
    for source in all_sources().values():
        for table in source.tables:
            staged = next(PROJECT.glob(f"models/staging/*/{table.name.replace('raw_', 'stg_')}.sql")).read_text()
            missing = [column for column in (*table.columns, "known_on", "fetched_at", "payload_sha256") if not re.search(rf"\b{column}\b", staged)]
            assert missing == [], table.name


def test_every_parameter_that_a_model_reads_is_in_the_seed() -> None:
    known = {row["parameter"] for row in seed("parameters")}
    models = " ".join(path.read_text() for ending in ("sql", "py") for path in PROJECT.glob(f"models/**/*.{ending}"))
    used = set(re.findall(r"""parameter\(['"]([^'"]+)['"]\)|parameters\["([^"]+)"\]""", models))
    used = {one or other for one, other in used}
    assert used
    assert used <= known


def test_every_line_of_reference_data_has_a_dated_reason() -> None:
    for path in sorted((PROJECT / "seeds").glob("*.csv")):
        for row in seed(path.stem):
            assert row.get("basis") or row.get("reason"), (path.stem, row)
            assert date.fromisoformat(row.get("dated") or row["checked_on"]), (path.stem, row)


def test_the_funds_that_a_user_would_watch_are_there() -> None:
    funds = {row["fund_id"]: row for row in seed("funds")}
    wanted = "QQQ XLK SMH SOXX IGV ARKK AIQ BOTZ VGT IVV SPY VTI IWM XLI IYJ VTV IWD TLT IEF LQD HYG GLD SLV EEM EFA TQQQ SQQQ QLD QID TECL TECS SOXL SOXS SSO"
    assert set(wanted.split()) <= funds.keys()
    assert {row["reference_segment"] for row in funds.values() if float(row["leverage"]) != 1} == {"leveraged", "inverse"}
    assert len(seed("ai_infrastructure_members")) == 20
    assert (seed("watch_levels")[0]["level"], seed("watch_levels")[0]["benchmark_id"]) == ("3450", "sp500_information_technology")
