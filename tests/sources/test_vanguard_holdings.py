"""Vanguard holdings: the real file's facts, its three sections, then what must be refused."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.vanguard_holdings import HOLDINGS, SOURCE

SCOPE = Scope(date(2025, 10, 14), funds=(Fund("VTI", "vanguard"), Fund("VGT", "vanguard")))
VTI = Request("manual://vanguard/VTI/holdings", "VTI")
DISCLAIMER = '"** There may be deviations when the fund applies its fair value policy."\n'
FILE = (
    "\ufeffHoldings details\n\nMade-up Balanced ETF (MBAL)\n\n\nEquity,as of 01/31/2026\n\n"
    ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,SUB-INDUSTRY,COUNTRY,SECURITYDEPOSITORYRECEIPTTYPE,MARKET VALUE*,SHARES\n"
    ',2379504,NVIDIA Corp,NVDA,60.00%,Semiconductors,US,---,"$600.00","3,000"\n'
    ",---,SOMETHING RTS,---,<0.01%,---,US,---,$0.00,0\n\n\n"
    "Fixed income,as of 01/31/2026\n\n"
    ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,MARKET VALUE*,FACEAMOUNT,COUPONYIELD,MATURITY DATE\n"
    ',---,US Treasury,T,41.00%,"$410.00","$400.00",4.00%,01/15/2030\n\n\n'
    "Short-term reserves,as of 01/31/2026\n\n"
    ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,MARKET VALUE*\n"
    ",---,Synthetic Cash,---,<0.01%,-$10.00\n\n\n\n" + DISCLAIMER
)


def parsed(content: str | bytes, request: Request = VTI) -> Parsed:
    return SOURCE.parse(Payload(request, content.encode() if isinstance(content, str) else content))[HOLDINGS.name]


def test_the_real_file_is_read_whole(real: Path) -> None:
    table = parsed((real / "etf_vanguard" / "Holdings_details_Total_Stock_Market_ETF.csv").read_bytes())
    rows = table.rows
    assert table.rejected.empty
    assert rows["asset_class"].value_counts().to_dict() == {"Equity": 3529, "Short-term reserves": 6}
    assert set(rows["observed_on"]) == {pd.Timestamp("2025-09-30")}
    assert set(rows["fund_id"]) == {"VTI"}
    assert list(rows["line"]) == list(range(1, 3536))
    assert list(rows.columns) == list(HOLDINGS.columns)
    first, last = rows.iloc[0], rows.iloc[-1]
    assert (first["ticker"], first["sedol"], first["shares"], first["market_value_usd"]) == ("NVDA", "2379504", 726_431_052, 135_537_505_682.16)
    assert (last["name"], last["market_value_usd"]) == ("Synthetic Cash - QML USD", -6_643_712.76)
    assert pd.isna(last["shares"])
    assert "BRK/B" in set(rows["ticker"])


def test_weights_are_computed_from_market_value_and_agree_with_the_served_ones(real: Path) -> None:
    table = parsed((real / "etf_vanguard" / "Holdings_details_Total_Stock_Market_ETF.csv").read_bytes())
    assert table.rows["weight_pct"].sum() == pytest.approx(100, abs=1e-9)
    assert list(table.rows["weight_pct"].head(3).round(1)) == [6.7, 6.0, 5.9]
    assert table.rows["weight_pct"].notna().all()
    assert any("market value" in note for note in table.notes)


def test_three_sections_with_different_columns_become_one_table() -> None:
    rows = parsed(FILE).rows
    assert list(rows["asset_class"]) == ["Equity", "Equity", "Fixed income", "Short-term reserves"]
    assert list(rows["market_value_usd"]) == [600, 0, 410, -10]
    assert list(rows["shares"].fillna(-1)) == [3000, 0, 400, -1], "face amount for bonds, nothing for reserves, and zero is not null"
    assert list(rows["sector"].fillna("")) == ["Semiconductors", "", "", ""]
    assert list(rows["weight_pct"]) == pytest.approx([60, 0, 41, -1])
    assert set(rows["fund_id"]) == {"MBAL"}, "the title names the fund"


@pytest.mark.parametrize("share_kept", [0.0005, 0.01, 0.5, 0.99, 0.9958, 0.997, 0.9999])
def test_a_file_cut_off_anywhere_is_refused(real: Path, share_kept: float) -> None:
    content = (real / "etf_vanguard" / "Holdings_details_Total_Stock_Market_ETF.csv").read_bytes()
    with pytest.raises(ParseError):
        parsed(content[: int(share_kept * len(content))])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html><head><title>Sign on</title></head></html>",
        "Request limit reached\n",
        FILE.replace("TICKER,% OF FUNDS*,SUB-INDUSTRY", "SYMBOL,% OF FUNDS*,SUB-INDUSTRY"),
        FILE.replace("FACEAMOUNT", "AMOUNT"),
        FILE.replace(DISCLAIMER, ""),
        FILE.replace("Short-term reserves,as of 01/31/2026", "Short-term reserves,as of 12/31/2025"),
        FILE.replace("as of 01/31/2026", "as of ---"),
        "\n".join(line for line in FILE.splitlines() if "$" not in line) + "\n",
    ],
    ids=["empty", "web page", "refusal", "renamed column", "renamed bond column", "no disclaimer", "two days", "no date", "no rows"],
)
def test_what_is_no_holdings_file_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


def test_a_cell_that_cannot_be_read_rejects_its_line_alone() -> None:
    table = parsed(FILE.replace('"$410.00"', "$4l0"))
    assert list(table.rejected["line"]) == [16]
    assert list(table.rows["line"]) == [1, 2, 4]


def test_each_fund_is_asked_for_where_files_are_saved_by_hand() -> None:
    assert [request.url for request in SOURCE.requests(SCOPE)] == ["manual://vanguard/VTI/holdings", "manual://vanguard/VGT/holdings"]
    claimed = SOURCE.claim("manual://vanguard/VTV/holdings", SCOPE)
    assert claimed is not None
    assert claimed.subject == "VTV"


def test_a_month_end_counts_as_public_in_the_middle_of_the_next_month() -> None:
    assert list(SOURCE.published_on(parsed(FILE).rows).unique()) == [pd.Timestamp("2026-02-15")]


def test_served_weights_that_sum_to_far_more_than_100_refuse_the_whole_file(real: Path) -> None:
    body = (real / "etf_vanguard" / "Holdings_details_Total_Stock_Market_ETF.csv").read_bytes()
    with pytest.raises(ParseError, match="expected served weights that sum to at most 110"):
        SOURCE.parse(Payload(Request("VTI.csv", "VTI"), body.replace(b"6.69%", b"206.69%", 1)))
