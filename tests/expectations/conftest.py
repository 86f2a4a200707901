"""Candidate frames as the first gate builds them: the real files' rows, each with the number, hash, file and fetch day of its payload."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path

import pandas as pd
import pytest

from expectations.runner import Report, validate
from expectations.suites import load
from orchestration.sources import all_sources
from orchestration.sources.contract import Payload, Request

# (source, file, subject, the day it was served): one line a real file that fills a table.
REAL_FILES = (
    ("finra_margin_debt", "finra_margin/margin-statistics_2025-02.xlsx", "", date(2025, 3, 23)),
    ("ici_fund_flows", "ici/combined_flows_data_2017_asof20170215.txt", "", date(2017, 2, 15)),
    ("ishares_fund_history", "etf_ishares/iShares-Core-SP-500-ETF_fund.xls", "IVV", date(2022, 5, 12)),
    ("ishares_holdings", "etf_ishares/IVV_holdings_2023-04.csv", "IVV", date(2023, 4, 7)),
    ("spdr_holdings", "etf_ssga/holdings-daily-us-en-spy_2025b.xlsx", "SPY", date(2024, 5, 13)),
    ("spdr_holdings", "etf_ssga/holdings-daily-us-en-spy_2025.xlsx", "SPY", date(2025, 10, 1)),
    ("ark_holdings", "etf_ark/ARKK_raw_2021-10-11.csv", "ARKK", date(2021, 10, 11)),
    ("ark_holdings", "etf_ark/ARKK_raw_2024-06-05.csv", "ARKK", date(2024, 6, 5)),
    ("vanguard_holdings", "etf_vanguard/Holdings_details_Total_Stock_Market_ETF.csv", "VTI", date(2025, 10, 15)),
    ("invesco_holdings", "etf_invesco/qqq_holdings_b.csv", "QQQ", date(2025, 9, 29)),
    ("ofr_fsi", "ofr/fsi_2025-09.csv", "", date(2025, 9, 15)),
    ("french_factors", "french/F-F_Research_Data_Factors_daily_2022.CSV", "", date(2022, 8, 31)),
    ("cboe_vix", "cboe/VIX_History_2026-07.csv", "VIX", date(2026, 7, 8)),
    ("cboe_option_chain", "cboe/EXCERPT_delayed_quotes_AAPL_2026-08-07.json", "AAPL", date(2026, 8, 8)),
    ("fred_series", "fred/VIXCLS_2025-09.csv", "VIXCLS", date(2025, 9, 26)),
    ("fred_series", "fred/DGS10_2025-09.csv", "DGS10", date(2025, 9, 26)),
    ("daily_bars", "prices/stooq_tlt_us_d.csv", "TLT", date(2025, 12, 29)),
    ("daily_bars", "prices/yahoo_chart_SPY_2026-02-20.json", "SPY", date(2026, 2, 21)),
    ("sec_nport", "sec_nport/nport_Dupree.xml", "S000012000", date(2023, 3, 1)),
)


def candidate(rows: pd.DataFrame, payload: int = 0, fetched_on: date = date(2025, 10, 1), file: str = "") -> pd.DataFrame:
    """Rows as one payload among the candidates of a table."""
    return rows.assign(payload_sha256=f"{payload:064x}", _payload=payload, _fetched_on=fetched_on, _file=file or f"file_{payload}.csv")


def candidates(*payloads: pd.DataFrame, fetched_on: date = date(2025, 10, 1)) -> pd.DataFrame:
    """Several payloads of one table, numbered in order."""
    return pd.concat([candidate(rows, number, fetched_on) for number, rows in enumerate(payloads)], ignore_index=True)


def check(table: str, rows: pd.DataFrame, **arguments: object) -> Report:
    """The table's own suite on these rows."""
    return validate(table, load(table), rows, **arguments)  # type: ignore[arg-type]


def complaints(report: Report, payload: int | None) -> dict[str, str]:
    """The columns (or kinds) one payload fails, with the graver severity of each."""
    failures = [failure for failure in report.failures if failure.payload == payload]
    named = [(failure.expectation.columns[0] if failure.expectation.columns else failure.expectation.kind, failure.severity) for failure in failures]
    return dict(sorted(named, key=lambda pair: pair[1], reverse=True))


@pytest.fixture(scope="session")
def tables(real: Path) -> Mapping[str, pd.DataFrame]:
    """Raw table -> its rows in all real files, as candidates."""
    frames: dict[str, list[pd.DataFrame]] = {}
    for payload, (source, file, subject, served_on) in enumerate(REAL_FILES):
        fetched_at = datetime.combine(served_on, time(11), UTC)
        parsed = all_sources()[source].parse(Payload(Request(f"https://publisher.example/{file}", subject), (real / file).read_bytes(), fetched_at))
        for table, result in parsed.items():
            frames.setdefault(table, []).append(candidate(result.rows, payload, served_on, Path(file).name))
    return {table: pd.concat(parts, ignore_index=True) for table, parts in frames.items()}


@pytest.fixture
def sound(tables: Mapping[str, pd.DataFrame]) -> Callable[[str], pd.DataFrame]:
    """The raw columns of a table's last real file, to be corrupted."""

    def rows(table: str) -> pd.DataFrame:
        frame = tables[table]
        last = frame[frame["_payload"] == frame["_payload"].max()]
        return last.drop(columns=[column for column in last.columns if column.startswith("_") or column == "payload_sha256"]).reset_index(drop=True)

    return rows
