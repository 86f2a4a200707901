"""Daily bars from Yahoo, Stooq and yfinance: the real files' facts, then what must be refused or left out."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.daily_bars import DAILY_BARS, SOURCE

SCOPE = Scope(date(2026, 2, 20), symbols=("SPY", "BRK.B", "^GSPC"))
DAY = 86_400
OPEN = 1_770_993_000  # 2026-02-13 09:30 in New York
STOOQ = "Date,Open,High,Low,Close,Volume\r\n2026-02-03,10,11,9,10.5,1000\r\n2026-02-04,10.5,12,10,11.5,0\r\n"
SEVERAL = (
    "Price,Close,Close,Adj Close,Adj Close,Volume,Volume\n"
    "Ticker,AAA,BBB,AAA,BBB,AAA,BBB\n"
    "Date,,,,,,\n"
    "2026-02-03,10,20,9,18,100,200\n"
    "2026-02-04 00:00:00-05:00,11,,10,,0,\n"
)


def parsed(content: str | bytes | dict[str, Any], subject: str = "") -> Parsed:
    body = json.dumps(content) if isinstance(content, dict) else content
    return SOURCE.parse(Payload(Request("https://example.org/bars", subject), body.encode() if isinstance(body, str) else body))[DAILY_BARS.name]


def chart(**changes: Any) -> dict[str, Any]:
    """Two daily bars as Yahoo answers them; `meta`, `quote`, `timestamp` and `adjclose` can be changed."""
    meta = {"symbol": "SPY", "gmtoffset": -18000, "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d"}
    quote = {"open": [1.0, 2.0], "high": [3.0, 4.0], "low": [0.5, 1.5], "close": [2.0, 3.0], "volume": [100, 0]}
    result = {
        "meta": meta | changes.get("meta", {}),
        "timestamp": changes.get("timestamp", [OPEN, OPEN + 4 * DAY]),
        "indicators": {"quote": [quote | changes.get("quote", {})], "adjclose": [{"adjclose": changes.get("adjclose", [1.9, 2.9])}]},
    }
    return {"chart": {"result": [result], "error": None}}


# ---------------------------------------------------------------- Yahoo


def test_yahoos_real_answer_is_read_whole(real: Path) -> None:
    rows = parsed((real / "prices" / "yahoo_chart_SPY_2026-02-20.json").read_bytes()).rows
    assert [f"{day:%m-%d}" for day in rows["observed_on"]] == ["02-13", "02-17", "02-18", "02-19", "02-20"]
    assert rows["close"].iloc[-1] == 689.4299926757812
    assert rows["volume"].iloc[-1] == 99_952_100
    assert set(rows["symbol"]) == {"SPY"}
    assert list(rows.columns) == list(DAILY_BARS.columns)


def test_raw_close_and_adjusted_close_stay_apart_and_zero_is_not_null() -> None:
    rows = parsed(chart()).rows
    assert list(rows["close"]) == [2, 3]
    assert list(rows["adjusted_close"]) == [1.9, 2.9]
    assert list(rows["volume"]) == [100, 0]


def test_a_session_belongs_to_the_day_of_its_exchange_in_summer_and_winter() -> None:
    midnight_in_july = 1_783_915_200  # 2026-07-13 00:00 in New York, 23:00 of the day before by the winter offset
    rows = parsed(chart(timestamp=[OPEN, midnight_in_july])).rows
    assert list(rows["observed_on"]) == [pd.Timestamp("2026-02-13"), pd.Timestamp("2026-07-13")]
    offset_only = parsed(chart(meta={"exchangeTimezoneName": ""})).rows
    assert list(offset_only["observed_on"]) == [pd.Timestamp("2026-02-13"), pd.Timestamp("2026-02-17")]


def test_nulls_of_a_running_session_are_skipped_and_noted() -> None:
    nothing = {name: [1.0, None] for name in ("open", "high", "low", "close", "volume")}
    table = parsed(chart(quote=nothing, adjclose=[1.0, None]))
    assert len(table.rows) == 1
    assert table.rejected.empty
    assert "2026-02-17" in table.notes[0]


def test_prices_of_a_running_session_are_not_the_days_prices() -> None:
    regular = {"start": OPEN + 4 * DAY, "end": OPEN + 4 * DAY + 23_400}
    during = {"currentTradingPeriod": {"regular": regular}, "regularMarketTime": regular["start"] + 3600}
    after = during | {"regularMarketTime": regular["end"]}
    thin = during | {"regularMarketTime": regular["end"] - 15}  # nobody traded it in the last seconds
    assert len(parsed(chart(meta=during)).rows) == 1
    assert len(parsed(chart(meta=after)).rows) == len(parsed(chart(meta=thin)).rows) == 2


def test_a_second_bar_of_one_session_replaces_the_first() -> None:
    rows = parsed(chart(timestamp=[OPEN, OPEN + 3600])).rows
    assert list(rows["close"]) == [3]


def test_an_index_without_adjusted_close_takes_its_close() -> None:
    answer = chart()
    del answer["chart"]["result"][0]["indicators"]["adjclose"]
    table = parsed(answer)
    assert list(table.rows["adjusted_close"]) == [2, 3]
    assert "adjusted close" in table.notes[0]


def test_a_bar_that_cannot_be_read_is_rejected_alone() -> None:
    table = parsed(chart(quote={"high": ["three", 4.0]}))
    assert list(table.rejected["line"]) == [1]
    assert "high" in table.rejected["reason"][0]
    assert len(table.rows) == 1
    assert len(parsed(chart(quote={"close": [None, 3.0]})).rejected) == 1, "a bar without a close is no bar"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}}, "delisted"),
        ({"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}, "Invalid Crumb"),
        ({"chart": {"result": [], "error": None}}, "chart.result"),
        ({"chart": {"result": [{"meta": {"symbol": "SPY"}, "indicators": {"quote": [{}]}}], "error": None}}, "timestamp"),
        (chart(meta={"dataGranularity": "1mo"}), "1mo"),
        (chart(timestamp=[OPEN]), "1 values"),
        (chart(timestamp=[]), "0 values"),
        (chart(timestamp=["soon", "later"]), "numbers"),
    ],
)
def test_yahoos_other_answers_are_refused_in_one_line(answer: dict[str, Any], words: str) -> None:
    with pytest.raises(ParseError, match=words) as refusal:
        parsed(answer)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("share_kept", [0.01, 0.3, 0.7, 0.99])
def test_a_chart_cut_off_anywhere_is_refused(real: Path, share_kept: float) -> None:
    content = (real / "prices" / "yahoo_chart_SPY_2026-02-20.json").read_bytes()
    with pytest.raises(ParseError, match="cut off"):
        parsed(content[: int(share_kept * len(content))])


# ---------------------------------------------------------------- Stooq


@pytest.mark.parametrize(("symbol", "close"), [("tlt", 87.74), ("iwm", 251.42)])
def test_stooqs_real_files_are_read_whole(real: Path, symbol: str, close: float) -> None:
    table = parsed((real / "prices" / f"stooq_{symbol}_us_d.csv").read_bytes(), f"{symbol}.us")
    assert len(table.rows) == 5242
    assert table.rejected.empty
    last = table.rows.iloc[-1]
    assert (last["symbol"], last["observed_on"], last["close"]) == (symbol.upper(), pd.Timestamp("2025-12-26"), close)
    assert (table.rows["adjusted_close"] == table.rows["close"]).all()
    assert "already adjusted" in table.notes[0]


@pytest.mark.parametrize("subject", ["tlt.us", "TLT.US", "stooq_tlt_us_d", "tlt_us_d", "TLT"])
def test_a_symbol_is_understood_from_an_address_or_a_file_name(subject: str) -> None:
    assert set(parsed(STOOQ, subject).rows["symbol"]) == {"TLT"}


def test_an_index_of_stooq_keeps_its_caret_and_may_have_no_volume() -> None:
    rows = parsed("Date,Open,High,Low,Close\n2026-02-03,1,2,0.5,1.5\n", "%5Espx").rows
    assert list(rows["symbol"]) == ["^SPX"]
    assert rows["volume"].isna().all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("Exceeded the daily hits limit", "back off"),
        ("Get your apikey:\n1. Open the page\n2. Copy the link\n", "back off"),
        ("Too Many Requests\r\n", "back off"),
        ("No data", "'No data'"),
        ("<html><title>Sad panda</title></html>", "Sad panda"),
        (STOOQ.replace("Close", "Last"), "Close"),
        (STOOQ[:-2], "cut off"),
        (STOOQ[:-12] + "\r\n", "cut off"),
        ("Date,Open,High,Low,Close,Volume\r\n", "at least one row"),
    ],
)
def test_what_is_no_table_of_bars_is_refused_in_one_line(content: str, words: str) -> None:
    with pytest.raises(ParseError, match=words) as refusal:
        parsed(content, "tlt.us")
    assert "\n" not in str(refusal.value)


def test_a_file_that_names_no_symbol_is_refused() -> None:
    with pytest.raises(ParseError, match="symbol"):
        parsed(STOOQ, "")


def test_a_cell_that_cannot_be_read_rejects_its_line_alone() -> None:
    table = parsed(STOOQ.replace("10.5,12", "10.5,1Z"), "tlt.us")
    assert list(table.rejected["line"]) == [3]
    assert len(table.rows) == 1
    assert parsed(STOOQ, "tlt.us").rows["volume"][1] == 0, "zero is not null"


# ---------------------------------------------------------------- yfinance


def test_the_real_yfinance_file_is_read_whole(real: Path) -> None:
    table = parsed((real / "prices" / "yf_multiindex_SPY.csv").read_bytes())
    assert len(table.rows) == 506
    assert table.rejected.empty
    first, last = table.rows.iloc[0], table.rows.iloc[-1]
    assert (first["symbol"], first["observed_on"], first["close"]) == ("SPY", pd.Timestamp("2024-06-26"), 532.8945922851562)
    assert (last["observed_on"], last["close"]) == (pd.Timestamp("2026-07-02"), 744.780029296875)
    assert "already adjusted" in table.notes[0], "685.79 on 2026-02-20, where Yahoo's raw close is 689.43"


def test_symbols_side_by_side_become_rows_and_keep_their_own_sessions() -> None:
    table = parsed(SEVERAL)
    assert [(row.symbol, f"{row.observed_on:%m-%d}", row.close, row.adjusted_close) for row in table.rows.itertuples()] == [
        ("AAA", "02-03", 10, 9),
        ("AAA", "02-04", 11, 10),
        ("BBB", "02-03", 20, 18),
    ]
    assert table.rejected.empty
    assert list(table.rows["volume"]) == [100, 0, 200]


def test_the_two_header_levels_may_stand_in_either_order() -> None:
    first, second, *rest = SEVERAL.splitlines(keepends=True)
    assert parsed(second + first + "".join(rest)).rows.equals(parsed(SEVERAL).rows)


@pytest.mark.parametrize("kept", [8, 60, 100, 130, len(SEVERAL) - 2])
def test_a_yfinance_file_cut_off_anywhere_is_refused(kept: int) -> None:
    with pytest.raises(ParseError):
        parsed(SEVERAL[:kept])


# ---------------------------------------------------------------- addresses


def test_the_whole_history_is_asked_for_under_an_address_that_never_changes() -> None:
    urls = [request.url for request in SOURCE.requests(SCOPE)]
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == ["SPY", "BRK-B", "%5EGSPC"]
    assert all("period1=0" in url and "interval=1d" in url for url in urls)


@pytest.mark.parametrize(
    ("url", "subject"),
    [
        ("https://stooq.com/q/d/l/?s=tlt.us&i=d", "TLT.US"),
        ("manual://yfinance/SPY", "SPY"),
        ("manual://yahoo/chart/SPY", "SPY"),
        ("https://query1.finance.yahoo.com/v8/finance/chart/SPY?range=1mo&interval=1d&events=div%2Csplit", "SPY"),
    ],
)
def test_further_addresses_are_claimed(url: str, subject: str) -> None:
    claimed = SOURCE.claim(url, SCOPE)
    assert claimed is not None
    assert claimed.subject == subject
