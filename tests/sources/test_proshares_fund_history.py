"""ProShares history files. No real one lies beside this checkout: two days of UPRO's are the facts that the others are built around."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pytest

from orchestration.sources.contract import Fund, Parsed, ParseError, Payload, Request, Scope
from orchestration.sources.proshares_fund_history import FUND_HISTORY, SOURCE

HEADER = "Date,ProShares Name,Ticker,NAV,Prior NAV,NAV Change (%),NAV Change ($),Shares Outstanding (000),Assets Under Management"
MAY = "05/12/2025,ProShares UltraPro S&P500,UPRO,77.8027,70.8759,9.77314,6.9268,48500,3773430950"
APRIL = "04/09/2025,ProShares UltraPro S&P500,UPRO,64.884,50.4,28.7,14.484,59250,3844377000"


def history(*days: str, header: str = HEADER) -> bytes:
    return "\r\n".join((header, *days, "")).encode()


def parse(content: bytes, subject: str = "UPRO") -> Parsed:
    return SOURCE.parse(Payload(Request("manual://proshares", subject), content))[FUND_HISTORY.name]


def test_known_days_of_the_real_file() -> None:
    parsed = parse(history(MAY, APRIL))
    rows = parsed.rows
    assert rows["observed_on"].dt.strftime("%Y-%m-%d").to_list() == ["2025-05-12", "2025-04-09"]
    assert rows["nav_usd"].to_list() == [77.8027, 64.884]
    assert rows["shares_outstanding"].to_list() == [48_500_000, 59_250_000]
    assert rows["aum_usd"].to_list() == [3_773_430_950, 3_844_377_000]
    assert (rows["nav_usd"] * rows["shares_outstanding"]).to_list() == pytest.approx(rows["aum_usd"].to_list(), abs=1)
    assert set(rows["fund_id"]) == {"UPRO"}
    assert rows["distribution_usd"].isna().all()
    assert (len(parsed.rejected), parsed.notes) == (0, ())


def test_a_file_from_before_assets_were_served_has_none() -> None:
    def older(line: str) -> str:
        return line.rpartition(",")[0]

    rows = parse(history(older(MAY), header=older(HEADER))).rows
    assert rows["shares_outstanding"].to_list() == [48_500_000]
    assert rows["aum_usd"].isna().all()


def test_thousands_commas_in_quotes_blanks_and_zero_are_what_they_say() -> None:
    days = (
        '05/12/2025,Fund,UPRO,77.8027,,,,"48,500.000","3,773,430,950.00"',
        "05/09/2025,Fund,UPRO,70.8759,,,,0,0",
        "05/08/2025,Fund,UPRO,70.1,,,,,",
    )
    rows = parse(history(*days)).rows
    assert rows["shares_outstanding"].to_list()[:2] == [48_500_000, 0]
    assert rows["aum_usd"].to_list()[:2] == [3_773_430_950, 0]
    assert rows[["shares_outstanding", "aum_usd"]].iloc[2].isna().all()


def test_a_day_without_value_or_with_an_unread_cell_is_rejected_and_the_rest_stays() -> None:
    parsed = parse(history(MAY, "13/05/2025,Fund,UPRO,77,,,,48500,1", "05/08/2025,Fund,UPRO,,,,,48500,1", "05/07/2025,Fund,UPRO,70,,,,many,1"))
    assert len(parsed.rows) == 1
    assert parsed.rejected["line"].to_list() == [3, 4, 5]
    assert parsed.rejected["reason"].to_list() == ["Date: cannot read '13/05/2025'", "NAV: cannot read ''", "Shares Outstanding (000): cannot read 'many'"]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.995])
def test_a_file_that_was_cut_off_is_refused(cut: float) -> None:
    content = history(MAY, APRIL)
    with pytest.raises(ParseError, match=r"cut off\?|none headed|columns|at least one row"):
        parse(content[: int(len(content) * cut)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "an empty body"),
        (b"<html><title>Access Denied</title></html>", "a web page titled 'Access Denied'"),
        (history(MAY, header=HEADER.replace("Shares Outstanding (000)", "Shares Outstanding")), r"none headed \['Shares Outstanding \(000\)'\]"),
        (history(MAY, APRIL.replace("UPRO", "TQQQ")), "one fund for the whole file"),
        (history(), "at least one row below the header"),
    ],
)
def test_what_is_no_history_of_one_fund_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        parse(content)


def addresses(funds: Sequence[Fund]) -> list[Request]:
    return list(SOURCE.requests(Scope(date(2026, 2, 4), funds=tuple(funds))))


def test_only_funds_of_the_issuer_are_asked_for_by_the_name_it_gives_them() -> None:
    funds = (Fund("UPRO", "proshares", "UPRO"), Fund("SPXL", "direxion"), Fund("IVV", "ishares", "239726"))
    (request,) = addresses(funds)
    assert request == Request("https://accounts.profunds.com/etfdata/ByFund/UPRO-historical_nav.csv", "UPRO")
    scope = Scope(date(2026, 2, 4), funds=funds)
    assert SOURCE.claim(request.url, scope) == request
    assert SOURCE.claim(request.url.replace("UPRO", "SPXL"), scope) is None


def test_a_day_is_published_on_its_own_evening() -> None:
    rows = parse(history(MAY, APRIL)).rows
    pd.testing.assert_series_equal(SOURCE.published_on(rows), rows["observed_on"])
