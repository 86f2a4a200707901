"""Columns of plain values: stacked, cut, and made into frames with the types of a raw table."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources import all_sources
from orchestration.sources.columns import arrow, frame, height, kinds_of, stacked, without
from orchestration.sources.contract import Payload, Request, no_rejects

KINDS = {"name": "VARCHAR", "value": "DOUBLE", "line": "INTEGER", "is_new": "BOOLEAN", "observed_on": "DATE"}
COLUMNS = {
    "name": ["a", None],
    "value": [0.0, None],
    "line": [1, None],
    "is_new": [False, None],
    "observed_on": [datetime(2026, 2, 4), None],  # noqa: DTZ001
}


def test_a_frame_has_the_types_of_the_table_and_a_null_in_each() -> None:
    rows = frame(arrow(COLUMNS, KINDS))
    assert rows.dtypes.astype(str).to_dict() == {
        "name": "str",
        "value": "float64",
        "line": "Int64",
        "is_new": "boolean",
        "observed_on": "datetime64[s]",
    }
    assert rows.isna().to_numpy().tolist() == [[False] * 5, [True] * 5]
    assert rows.loc[0].to_list() == ["a", 0.0, 1, False, pd.Timestamp("2026-02-04")]


def test_types_are_told_by_the_first_value() -> None:
    assert kinds_of(COLUMNS) == KINDS
    assert kinds_of({"empty": []}) == {"empty": "VARCHAR"}


def test_a_value_that_its_type_cannot_hold_is_an_error() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        arrow({"name": ["\ud800"]}, {"name": "VARCHAR"})


def test_a_column_that_a_part_lacks_is_null_there() -> None:
    assert stacked([{"a": [1], "b": [2]}, {"a": [3, 4]}]) == {"a": [1, 3, 4], "b": [2, None, None]}
    assert stacked([]) == {}


def test_rows_are_left_out_by_their_places() -> None:
    assert without({"a": [1, 2, 3]}, {0, 2}) == {"a": [2]}
    assert [height(columns) for columns in (COLUMNS, {"a": []}, {})] == [2, 0, 0]


@pytest.mark.parametrize(
    ("source", "file", "subject"),
    [
        ("ishares_holdings", "etf_ishares/IVV_holdings_2023-04.csv", "IVV"),
        ("spdr_holdings", "etf_ssga/holdings-daily-us-en-spy_2025.xlsx", "SPY"),
        ("ishares_fund_history", "etf_ishares/iShares-Core-SP-500-ETF_fund.xls", "IVV"),
        ("daily_bars", "prices/yahoo_chart_SPY_2026-02-20.json", "SPY"),
        ("cboe_option_chain", "cboe/EXCERPT_delayed_quotes_AAPL_2026-08-07.json", "AAPL"),
    ],
)
def test_a_parser_makes_no_frame(real: Path, monkeypatch: pytest.MonkeyPatch, source: str, file: str, subject: str) -> None:
    """A frame around a small file costs ten times what reading it costs, and a run reads thousands."""
    no_rejects()
    payload = Payload(Request("manual://test", subject), (real / file).read_bytes())

    def refused(self: object, *arguments: object, **options: object) -> None:
        raise AssertionError("a frame")

    monkeypatch.setattr(pd.DataFrame, "__init__", refused)
    assert all(len(part) for part in all_sources()[source].parse(payload).values())
