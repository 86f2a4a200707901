"""The shipped SQL on a small home: oracles, real files and brute force against one dbt build. No Dagster, no landing of payloads."""

import csv
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

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

Query = Callable[..., list[tuple[Any, ...]]]
Days = dict[str, dict[int, tuple[float, float]]]


# ---------------------------------------------------------------- the home


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


def real_rows(real: Path, source: str, file: str, subject: str, table: str) -> pd.DataFrame:
    payload = Payload(Request(f"manual://{subject}", subject), (real / file).read_bytes(), datetime(2026, 6, 1, tzinfo=UTC))
    rows = all_sources()[source].parse(payload)[table].rows
    return stamped(rows, rows["observed_on"] + pd.Timedelta(days=1))


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
    build.prepare(home / "build" / "contagion.duckdb", run_id="test", as_of=AS_OF, profile="live", is_simulated=False, outcomes=[])
    environment = {**os.environ, "CONTAGION_HOME": str(home), "DBT_TARGET_PATH": str(home / "dbt"), "DBT_LOG_PATH": str(home / "dbt")}
    dbt = [str(Path(sys.executable).with_name("dbt")), "build", "--quiet", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    process = subprocess.run(dbt, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout
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


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_parameter_that_a_model_reads_is_in_the_seed() -> None:
    known = {row["parameter"] for row in seed("parameters")}
    models = " ".join(path.read_text() for path in PROJECT.glob("models/**/*.sql"))
    used = set(re.findall(r"parameter\('([^']+)'\)", models))
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
