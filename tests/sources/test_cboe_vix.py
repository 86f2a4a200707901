"""Cboe's VIX history: the real file's facts, then what must be refused."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.cboe_vix import INDEX_HISTORY, SOURCE
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope

VIX = Request("https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv", "VIX")
FILE = "DATE,OPEN,HIGH,LOW,CLOSE\n02/03/2026,16.1,17.2,15.9,16.4\n2/4/2026,16.4,19.0,16.0,18.8\n"


def parsed(content: str | bytes, request: Request = VIX) -> Parsed:
    return SOURCE.parse(Payload(request, content.encode() if isinstance(content, str) else content))[INDEX_HISTORY.name]


def test_the_real_file_is_read_whole(real: Path) -> None:
    table = parsed((real / "cboe" / "VIX_History_2026-07.csv").read_bytes())
    days = table.rows["observed_on"]
    assert len(days) == 9223
    assert table.rejected.empty
    assert (days.iloc[0], days.iloc[-1]) == (pd.Timestamp("1990-01-02"), pd.Timestamp("2026-07-07"))
    assert days.is_monotonic_increasing
    assert days.is_unique
    closes = table.rows.set_index("observed_on")["close"]
    assert (closes.max(), closes.idxmax()) == (82.69, pd.Timestamp("2020-03-16"))
    assert (closes.min(), closes.idxmin()) == (9.14, pd.Timestamp("2017-11-03"))
    assert set(table.rows["symbol"]) == {"VIX"}


@pytest.mark.parametrize("stem", ["VIX_History", "VIX_History_2026-07"])
def test_a_saved_file_is_about_the_index_in_its_stem(stem: str) -> None:
    assert set(parsed(FILE, Request("file.csv", stem)).rows["symbol"]) == {"VIX"}


def test_an_index_of_one_column_has_closes_alone() -> None:
    table = parsed("DATE,VVIX\n08/27/2026,90.12\n08/28/2026,86.63\n", Request("file.csv", "VVIX_History"))
    assert table.rows[["symbol", "close"]].to_numpy().tolist() == [["VVIX", 90.12], ["VVIX", 86.63]]
    assert table.rows[["open", "high", "low"]].isna().all(axis=None)
    with pytest.raises(ParseError, match="columns"):
        parsed("DATE,VVIX\n08/27/2026,90.12\n")


def test_headings_may_name_the_index() -> None:
    old = FILE.replace("OPEN,HIGH,LOW,CLOSE", "VIX Open,VIX High,VIX Low,VIX Close").replace("DATE", "Date")
    pd.testing.assert_frame_equal(parsed(old).rows, parsed(FILE).rows)


def test_dates_may_be_unpadded() -> None:
    assert list(parsed(FILE).rows["observed_on"]) == [pd.Timestamp("2026-02-03"), pd.Timestamp("2026-02-04")]


@pytest.mark.parametrize("kept", [10, 30, 45, len(FILE) - 1])
def test_a_file_cut_off_anywhere_is_refused(kept: int) -> None:
    with pytest.raises(ParseError):
        parsed(FILE[:kept])


@pytest.mark.parametrize(
    "content",
    ["", "<html>busy</html>", "Rate limit exceeded\n", FILE.replace("CLOSE", "LAST"), "DATE,OPEN,HIGH,LOW,CLOSE\n"],
    ids=["empty", "web page", "refusal", "renamed column", "no rows"],
)
def test_what_is_no_history_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


def test_a_cell_that_cannot_be_read_rejects_its_line_alone() -> None:
    table = parsed(FILE.replace("18.8", "18.8.1"))
    assert list(table.rejected["line"]) == [3]
    assert len(table.rows) == 1


def test_zero_is_not_null() -> None:
    assert parsed(FILE.replace("16.1,", "0,")).rows["open"][0] == 0


def test_one_address_answers_every_evening() -> None:
    scope = Scope(date(2026, 2, 4))
    assert list(SOURCE.requests(scope)) == [VIX]
    assert SOURCE.claim(VIX.url, scope) == VIX
