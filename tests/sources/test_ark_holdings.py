"""ARK holdings: the real files' facts, then what must be refused."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.ark_holdings import HOLDINGS, SOURCE
from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope

ARKK = Request("https://assets.ark-funds.com/fund-documents/funds-etf-csv/ARK_INNOVATION_ETF_ARKK_HOLDINGS.csv", "ARKK")
SCOPE = Scope(date(2024, 6, 4), funds=(Fund("ARKK", "ark", "ARK_INNOVATION_ETF_ARKK_HOLDINGS"), Fund("QQQ", "invesco")))
DISCLAIMER = '"Holdings are subject to change without notice and are shown for information only."\n'
FILE = (
    'date,fund,company,ticker,cusip,shares,"market value ($)","weight (%)"\n'
    '02/03/2026,ARKK,"ALPHA INC",ALPH,111111111,"1,000","$90,000.50",90.00%\n'
    '02/03/2026,ARKK,"MONEY MARKET",,X9USD,"10,000","$10,000.00",10.00%\n' + DISCLAIMER
)


def parsed(content: str | bytes) -> Parsed:
    return SOURCE.parse(Payload(ARKK, content.encode() if isinstance(content, str) else content))[HOLDINGS.name]


@pytest.mark.parametrize(
    ("file", "day", "lines", "value"),
    [("ARKK_raw_2021-10-11.csv", "2021-10-08", 46, 20_298_573_230.06), ("ARKK_raw_2024-06-05.csv", "2024-06-04", 36, 6_187_522_185.65)],
)
def test_the_real_files_are_read_whole(real: Path, file: str, day: str, lines: int, value: float) -> None:
    table = parsed((real / "etf_ark" / file).read_bytes())
    assert len(table.rows) == lines
    assert table.rejected.empty
    assert round(table.rows["market_value_usd"].sum(), 2) == value
    assert set(table.rows["observed_on"]) == {pd.Timestamp(day)}
    assert set(table.rows["fund_id"]) == {"ARKK"}
    assert list(table.rows["line"]) == list(range(1, lines + 1))
    assert list(table.rows.columns) == list(HOLDINGS.columns)
    assert table.rows["ticker"].isna().sum() == 1, "the money-market line is kept, without a ticker"


@pytest.mark.parametrize("share_kept", [0.02, 0.3, 0.6, 0.8, 0.9, 0.99])
def test_a_file_cut_off_anywhere_is_refused(real: Path, share_kept: float) -> None:
    content = (real / "etf_ark" / "ARKK_raw_2021-10-11.csv").read_bytes()
    with pytest.raises(ParseError):
        parsed(content[: int(share_kept * len(content))])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<!DOCTYPE html><html><title>Busy</title></html>",
        "Too many requests, slow down please.\n",
        FILE.replace("shares", "quantity"),
        FILE.replace(DISCLAIMER, ""),
        FILE.replace('02/03/2026,ARKK,"MONEY', '02/04/2026,ARKK,"MONEY'),
        FILE.replace('ARKK,"MONEY', 'ARKW,"MONEY'),
        FILE.splitlines(keepends=True)[0] + DISCLAIMER,
    ],
    ids=["empty", "web page", "refusal", "renamed column", "no disclaimer", "two days", "two funds", "no rows"],
)
def test_what_is_no_holdings_file_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


def test_a_renamed_column_is_named() -> None:
    with pytest.raises(ParseError, match="none headed \\['shares'\\]"):
        parsed(FILE.replace("shares", "quantity"))


def test_a_cell_that_cannot_be_read_rejects_its_line_alone() -> None:
    table = parsed(FILE.replace('"1,000"', "many"))
    assert list(table.rows["name"]) == ["MONEY MARKET"]
    assert list(table.rejected["line"]) == [2]
    assert "'many'" in table.rejected["reason"][0]


def test_zero_is_not_null_and_a_dash_is() -> None:
    rows = parsed(FILE.replace('"1,000","$90,000.50"', '0,"-"')).rows
    assert rows["shares"][0] == 0
    assert pd.isna(rows["market_value_usd"][0])


def test_extra_columns_are_kept_out_and_reported() -> None:
    lines = FILE.splitlines()
    table = parsed("\n".join([lines[0] + ",rating", lines[1] + ",A", lines[2] + ",B", lines[3], ""]))
    assert "rating" in table.notes[0]
    assert "rating" not in table.rows


def test_each_fund_is_asked_for_under_its_own_file_name() -> None:
    assert list(SOURCE.requests(SCOPE)) == [ARKK]
    other = SOURCE.claim("https://assets.ark-funds.com/fund-documents/funds-etf-csv/ARK_NEXT_GENERATION_INTERNET_ETF_ARKW_HOLDINGS.csv", SCOPE)
    assert other is not None
    assert other.subject == "ARKW"
