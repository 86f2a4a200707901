"""Each writer's bytes: read back by the parser that reads the real files, and laid out as the real file is, line for line.

Numbers are made up here, so that a failure points at a writer and not at the market.
"""

import csv
import dataclasses
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import python_calamine
from lxml import etree

from orchestration import reference
from orchestration.sample_market import securities
from orchestration.sample_market.facts import Balances, Bars, Chain, FilingMonth, FlowPeriod, Listing, Position
from orchestration.sample_market.funds import FUNDS, TECHNOLOGY, Fund, Portfolio
from orchestration.sample_market.securities import Security
from orchestration.sample_market.writers import (
    NOTICE,
    ark,
    cboe,
    finra,
    fred,
    french,
    globalx,
    ici,
    invesco,
    ishares,
    ofr,
    proshares,
    sec,
    spdr,
    vanguard,
    yahoo,
)
from orchestration.sample_market.writers.archive import stored
from orchestration.sample_market.writers.workbook import workbook
from orchestration.sources import all_sources
from orchestration.sources.contract import Parsed, Payload, Request

pytestmark = pytest.mark.filterwarnings("error")

DAY = date(2026, 2, 4)
DAYS = [date(2026, 1, 30), date(2026, 2, 2), date(2026, 2, 3), DAY]
CASH = 1_234_567.89
SHARES = [security for security in securities.load() if "sp500" in security.tags and security.cusip][:56]
BONDS = [security for security in securities.load() if security.group in ("treasuries_long", "high_yield")]
AWKWARD = dataclasses.replace(SHARES[3], name='ODD, "QUOTED" & SONS <A>')  # every format has its own way of getting this wrong


def portfolio(securities: Sequence[Security]) -> list[Position]:
    """Quantities from millions to a handful, so that each format's small numbers occur."""
    lines = []
    for place, security in enumerate(securities):
        quantity = float(round(3e7 / 1.35**place) + 7)
        lines.append(Position(security, quantity, security.price, round(quantity * security.price / security.lot, 2)))
    return sorted(lines, key=lambda line: -line.market_value)


HELD = portfolio([*SHARES[:3], AWKWARD, *SHARES[4:]])
BONDS_HELD = portfolio(BONDS)


def fund(fund_id: str, issuer: str, name: str) -> Fund:
    return dataclasses.replace(FUNDS[0], fund_id=fund_id, issuer=issuer, name=name, portfolio=Portfolio())


def read(source: str, url: str, content: bytes, table: str = "") -> Parsed:
    """What the source that the address belongs to makes of the bytes; no row may be rejected."""
    request = all_sources()[source].claim(url, reference.scope(DAY))
    assert request is not None, f"{source} does not claim {url}"
    parsed = all_sources()[source].parse(Payload(request, content))
    for found in parsed.values():
        assert found.rejected.empty, found.rejected.iloc[0].to_dict()
    return parsed[table] if table else next(iter(parsed.values()))


def lines(content: bytes) -> list[str]:
    return content.decode("utf-8-sig").split("\n")


# ---------------------------------------------------------------- holdings


@dataclass(frozen=True)
class Holdings:
    """A holdings writer, the fund it writes for here, and where its file is served."""

    writer: ModuleType
    fund: Fund
    url: str
    currencies: bool = False
    weight_notes: bool = False

    def __str__(self) -> str:
        return self.fund.issuer

    def write(self, held: Sequence[Position], cash: float = CASH) -> bytes:
        content = self.writer.holdings(self.fund, DAY, held, cash, *((1e8,) if self.writer is ishares else ()))
        assert isinstance(content, bytes)
        return content

    def parsed(self, held: Sequence[Position], cash: float = CASH) -> Parsed:
        return read(f"{self.fund.issuer}_holdings", self.url, self.write(held, cash))


ISHARES_URL = (
    "https://www.blackrock.com/varnish-api/blk-one01-product-data/product-data/api/v1/get-fund-document"
    "?appType=PRODUCT_PAGE&appSubType=ISHARES&targetSite=us-ishares&locale=en_US&portfolioId=239726&userType=individual&component=holdings"
)
ISHARES = Holdings(ishares, fund("IVV", "ishares", "iShares Core S&P 500 ETF"), ISHARES_URL, currencies=True)
SPDR = Holdings(
    spdr,
    fund("SPY", "spdr", "SPDR® S&P 500® ETF Trust"),
    "https://www.ssga.com/library-content/products/fund-data/etfs/us/holdings-daily-us-en-spy.xlsx",
    currencies=True,
)
VANGUARD = Holdings(vanguard, fund("VTI", "vanguard", "Vanguard Total Stock Market ETF"), "manual://vanguard/VTI/holdings", weight_notes=True)
ARK = Holdings(
    ark,
    fund("ARKK", "ark", "ARK Innovation ETF"),
    "https://assets.ark-funds.com/fund-documents/funds-etf-csv/ARK_INNOVATION_ETF_ARKK_HOLDINGS.csv",
)
INVESCO = Holdings(
    invesco,
    fund("QQQ", "invesco", "Invesco QQQ Trust"),
    "https://www.invesco.com/us/financial-products/etfs/holdings/main/holdings/0?audienceType=Investor&action=download&ticker=QQQ",
)
GLOBALX = Holdings(
    globalx,
    fund("AIQ", "globalx", "Global X Artificial Intelligence & Technology ETF"),
    "https://assets.globalxetfs.com/funds/holdings/aiq_full-holdings_20260204.csv",
)
ALL_HOLDINGS = (ISHARES, SPDR, VANGUARD, ARK, INVESCO, GLOBALX)


@pytest.mark.parametrize("holdings", ALL_HOLDINGS, ids=str)
def test_holdings_are_read_back_with_equal_numbers(holdings: Holdings) -> None:
    parsed = holdings.parsed(HELD)
    assert parsed.notes == () or holdings.weight_notes
    assert set(parsed.rows["fund_id"]) == {holdings.fund.fund_id}
    assert set(parsed.rows["observed_on"]) == {pd.Timestamp(DAY)}
    rows = parsed.rows.set_index("name").loc[[position.security.name for position in HELD]]
    assert rows["shares"].tolist() == [position.quantity for position in HELD]
    assert [re.sub(r"\W", "", ticker) for ticker in rows["ticker"]] == [position.security.ticker.replace(".", "") for position in HELD]
    assets = sum(position.market_value for position in HELD) + CASH
    weights = [100 * position.market_value / assets for position in HELD]
    assert rows["weight_pct"].tolist() == pytest.approx(weights, abs=0.006)
    assert parsed.rows["weight_pct"].sum() == pytest.approx(100, abs=0.2)
    assert parsed.rows["line"].tolist() == list(range(1, len(parsed.rows) + 1))
    if rows["market_value_usd"].notna().any():  # State Street gives none
        assert rows["market_value_usd"].tolist() == [position.market_value for position in HELD]
        assert parsed.rows["market_value_usd"].sum() == pytest.approx(assets, abs=0.005)
    if holdings.currencies:
        assert set(parsed.rows["currency"]) == {"USD"}


@pytest.mark.parametrize("holdings", ALL_HOLDINGS, ids=str)
def test_identifiers_are_those_of_the_securities(holdings: Holdings) -> None:
    rows = holdings.parsed(HELD).rows.set_index("name").loc[[position.security.name for position in HELD]]
    for kind in ("cusip", "sedol"):
        if rows[kind].notna().any():
            assert rows[kind].tolist() == [getattr(position.security, kind) for position in HELD]


@pytest.mark.parametrize("holdings", ALL_HOLDINGS, ids=str)
def test_the_same_holdings_give_the_same_bytes_and_say_simulated_where_there_is_room(holdings: Holdings) -> None:
    assert holdings.write(HELD) == holdings.write(list(HELD))
    content = holdings.write(HELD)
    assert NOTICE.encode() in content or holdings is INVESCO


@pytest.mark.parametrize("holdings", [ISHARES, VANGUARD], ids=str)
def test_bond_funds_are_read_back_too(holdings: Holdings) -> None:
    rows = holdings.parsed(BONDS_HELD).rows
    bonds = rows[rows["sedol"].notna() & rows["shares"].notna() & rows["sedol"].isin([bond.sedol for bond in BONDS])]
    assert bonds["shares"].tolist() == [position.quantity for position in BONDS_HELD]
    assert bonds["market_value_usd"].tolist() == [position.market_value for position in BONDS_HELD]


def test_numbers_of_state_street_are_text_in_sector_funds() -> None:
    sector_fund = dataclasses.replace(SPDR.fund, portfolio=Portfolio(sectors=(TECHNOLOGY,)))
    rows = read("spdr_holdings", SPDR.url, spdr.holdings(sector_fund, DAY, HELD, CASH)).rows
    assert rows["shares"].tolist() == [*(position.quantity for position in HELD), CASH]
    assert rows["sector"].notna().sum() == len(HELD)


def test_the_line_of_a_money_market_fund_has_no_ticker_and_stands_in_its_place() -> None:
    rows = ARK.parsed(HELD).rows
    sweep = rows[rows["ticker"].isna()]
    assert sweep["market_value_usd"].tolist() == [CASH]
    assert rows["market_value_usd"].is_monotonic_decreasing
    assert 1 < sweep["line"].iloc[0] < len(rows)


@pytest.mark.parametrize("cash", [CASH, -CASH])
def test_global_x_owes_something_whatever_its_cash(cash: float) -> None:
    rows = GLOBALX.parsed(HELD, cash).rows
    without_ticker = rows[rows["ticker"].isna()]["market_value_usd"]
    assert without_ticker.min() < 0
    assert without_ticker.sum() == pytest.approx(cash, abs=0.005)


FOREIGN = [
    Position(dataclasses.replace(SHARES[place], ticker=ticker, name=name, country=country, currency=currency), 1000.0, 50.0, 50_000.0)
    for place, (ticker, name, country, currency) in enumerate(
        [
            ("005930 KS", "SAMSUNG ELECTRONICS LTD", "KR", "KRW"),
            ("2330 TT", "TAIWAN SEMICONDUCTOR MANUFACTURING", "TW", "TWD"),
            ("BRK.B", "BERKSHIRE HATHAWAY INC CLASS B", "US", "USD"),
        ]
    )
]


@pytest.mark.parametrize(
    ("holdings", "tickers"),
    [
        (ISHARES, ["005930", "2330", "BRKB"]),
        (GLOBALX, ["005930 KS", "2330 TT", "BRK/B"]),
        (VANGUARD, ["005930 KS", "2330 TT", "BRK/B"]),
    ],
    ids=str,
)
def test_tickers_abroad_are_written_as_each_publisher_does(holdings: Holdings, tickers: list[str]) -> None:
    assert holdings.parsed(FOREIGN).rows["ticker"].tolist()[:3] == tickers


def test_ishares_lines_abroad_have_their_exchange_and_currency_and_no_rate() -> None:
    found = [line.strip('"').split('","') for line in lines(ISHARES.write(FOREIGN))[10:13]]
    assert [line[9:14] for line in found] == [
        ["Korea (South)", "Korea Exchange (Stock Market)", "USD", "-", "KRW"],
        ["Taiwan", "Taiwan Stock Exchange", "USD", "-", "TWD"],
        ["United States", "New York Stock Exchange Inc.", "USD", "1.00", "USD"],
    ]
    assert ISHARES.parsed(FOREIGN).rows["currency"].tolist()[:3] == ["KRW", "TWD", "USD"]


def test_a_line_numbered_abroad_has_an_isin_where_others_have_a_cusip() -> None:
    isins = [position.security.isin for position in FOREIGN[:2]]
    assert [isin[:2] for isin in isins] == ["KR", "TW"]
    for rows in (SPDR.parsed(FOREIGN).rows, INVESCO.parsed(FOREIGN).rows, read("sec_nport", NPORT_URL, filing(FOREIGN), "raw_sec__nport_holdings").rows):
        assert rows["isin"].tolist()[:2] == isins
        assert rows["cusip"].isna().tolist()[:2] == [True, True]


@pytest.mark.parametrize("holdings", ALL_HOLDINGS, ids=str)
def test_every_security_of_the_list_can_be_written(holdings: Holdings) -> None:
    shares = portfolio([security for security in securities.load() if not security.is_bond])
    assert len(holdings.parsed(shares).rows) >= len(shares)
    assert len(filing(shares)) > 0


def test_invesco_tickers_have_a_trailing_blank_and_cash_no_cusip() -> None:
    table = list(csv.DictReader(lines(INVESCO.write(HELD))))
    assert all(row["Holding Ticker"].endswith(" ") for row in table[:-1])
    cash = INVESCO.parsed(HELD).rows.iloc[-1]
    assert pd.isna(cash["cusip"])
    assert cash["market_value_usd"] == CASH


# ---------------------------------------------------------------- layouts of holdings

MONEY, COUNT = r"\d{1,3}(?:,\d{3})*\.\d\d", r"\d{1,3}(?:,\d{3})*"
NAME = r'(?:[^",]+|"(?:[^"]|"")+")'  # quoted only where it needs to be
LONE = r'"(?:[^"]|"")+"'


def rows_that_differ(content: bytes, start: str, pattern: str) -> list[str]:
    """Lines from the one that begins like this to the next blank or lone quoted one, that do not fit the pattern."""
    found = lines(content)
    first = next(place for place, line in enumerate(found) if line.startswith(start)) + 1
    last = next(place for place in range(first, len(found)) if not found[place].strip() or found[place].startswith(('"Inv', '"The pri', '"SIM')))
    assert last > first
    return [line for line in found[first:last] if not re.fullmatch(pattern, line)]


@pytest.mark.parametrize("name", ["ARKK_raw_2021-10-11.csv", "ARKK_raw_2024-06-05.csv"])
def test_ark_lines_look_alike(real: Path, name: str) -> None:
    served, ours = (real / "etf_ark" / name).read_bytes(), ARK.write(HELD)
    pattern = rf'\d\d/\d\d/\d{{4}},[A-Z]+,{LONE},(?:[A-Z.]*|"[A-Z ]+"),\w{{9}},"{COUNT}","\${MONEY}",\d+\.\d\d%'
    assert lines(served)[0] == lines(ours)[0]
    assert rows_that_differ(served, "date,", pattern) == rows_that_differ(ours, "date,", pattern) == []
    for content in (served, ours):
        assert content.endswith(b'."\n')


def test_invesco_lines_look_alike(real: Path) -> None:
    served, ours = (real / "etf_invesco" / "qqq_holdings_b.csv").read_bytes(), INVESCO.write(HELD)
    figures = rf'(?:"{COUNT}"|\d+),(?:"{MONEY}"|{MONEY}),\d+\.\d{{3}}'
    pattern = rf"QQQ,(?:\w{{9}},[A-Z.]+ |-USD CASH-,),{figures},{NAME},[\w -]+,(?:{NAME})?,\d\d/\d\d/\d{{4}}"
    assert lines(served)[0] == lines(ours)[0]
    assert rows_that_differ(served, "Fund Ticker", pattern) == rows_that_differ(ours, "Fund Ticker", pattern) == []
    for content in (served, ours):
        assert content.endswith(b"\n")


def test_vanguard_sections_and_lines_look_alike(real: Path) -> None:
    served, ours = (real / "etf_vanguard" / "Holdings_details_Total_Stock_Market_ETF.csv").read_bytes(), VANGUARD.write(HELD)
    fractions = rf'(?:"{COUNT}(?:\.\d+)?"|\d+(?:\.\d+)?)'
    quoted_money = rf'(?:"-?\${MONEY}"|\$\d{{1,3}}\.\d\d)'
    pattern = rf",(?:\w{{7}}|---),{NAME},[\w/.-]+,(?:\d+\.\d\d%|<0\.01%),{NAME},\w\w,(?:---|ADR),{quoted_money},{fractions}"
    reserves = rf",---,{NAME},(?:---|USD),(?:\d+\.\d\d%|<0\.01%),{quoted_money}"

    def skeleton(content: bytes) -> list[str]:
        structure = [re.sub(r"\d\d/\d\d/\d{4}", "DAY", line) for line in lines(content) if re.match(r"Holdings|[A-Z][\w -]+,as of|,SEDOL", line)]
        assert content.startswith(b"\xef\xbb\xbfHoldings details\n\n")
        assert not content.endswith(b"\n")
        return structure

    assert skeleton(served) == skeleton(ours)
    opening, closing = ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,SUB", ",SEDOL,HOLDINGS,TICKER,% OF FUNDS*,MARKET VALUE*\n"
    assert rows_that_differ(served, opening, pattern) == rows_that_differ(ours, opening, pattern) == []
    for content in (served, ours):
        below = content.decode().split(closing)[1].encode()
        assert rows_that_differ(b"start\n" + below, "start", reserves) == []


def test_vanguard_gives_only_the_bound_of_a_small_weight() -> None:
    small = [line for line in lines(VANGUARD.write(HELD)) if "<0.01%" in line]
    assert len(small) > 1
    assert VANGUARD.parsed(HELD).rows["weight_pct"].sum() == pytest.approx(100)


def test_ishares_lines_look_alike(real: Path) -> None:
    served = (real / "etf_ishares" / "IVV_holdings_2023-04.csv").read_bytes()
    ours = ishares.holdings(ISHARES.fund, DAY, HELD, CASH, 7e8, future=(date(2026, 3, 20), 6900.0))
    identity, figures = ",".join([LONE] * 4), ",".join([rf'"-?{MONEY}"'] * 5)
    pattern = rf'{identity},{figures},{LONE},{LONE},"[A-Z]{{3}}","1\.00","[A-Z]{{3}}","(?:-|\w\w\w \d\d, \d{{4}})"'

    def preamble(content: bytes) -> list[str]:
        return [line.partition(",")[0] for line in lines(content)[1:9]] + [lines(content)[9]]

    assert preamble(served) == preamble(ours)
    assert rows_that_differ(served, "Ticker,", pattern) == rows_that_differ(ours, "Ticker,", pattern) == []
    for content in (served, ours):
        assert content.endswith(b'"')
        assert content.count("\n\u00a0\n".encode()) == 2


@pytest.mark.parametrize("name", ["holdings-daily-us-en-spy_2025.xlsx", "holdings-daily-us-en-spy_2025b.xlsx"])
def test_state_street_sheets_look_alike(real: Path, name: str) -> None:
    def sheet(content: bytes) -> list[list[object]]:
        book = python_calamine.load_workbook(io.BytesIO(content))
        assert book.sheet_names == ["holdings"]
        return [list(row) for row in book.get_sheet_by_name("holdings").to_python(skip_empty_area=False)]

    served, ours = sheet((real / "etf_ssga" / name).read_bytes()), sheet(SPDR.write(HELD))
    assert [row[0] for row in served[:4]] == [row[0] for row in ours[:4]]
    assert served[4] == ours[4]
    assert [type(cell) for cell in served[5]] == [type(cell) for cell in ours[5]]
    assert re.sub(r"\d", "9", str(served[2][1])) == "As of 99-" + str(served[2][1])[9:12] + "-9999"
    assert ours[2][1] == "As of 04-Feb-2026"


def test_global_x_lines_are_those_its_publisher_writes() -> None:
    found = lines(GLOBALX.write(HELD))
    assert found[1:3] == ["Fund Holdings Data as of 02/04/2026", "% of Net Assets,Ticker,Name,SEDOL,Market Price ($),Shares Held,Market Value ($)"]
    amount = rf'(?:"-?{MONEY}"|-?\d{{1,3}}\.\d\d)'
    pattern = rf"-?\d+\.\d\d,(?:[\w/]+(?: [A-Z]\w)?|),{NAME},(?:\w{{7}}|),(?:{amount}|1\.0),{amount},{amount}"
    assert rows_that_differ(GLOBALX.write(HELD), "% of", pattern) == []
    assert re.fullmatch(LONE, found[-2])
    assert found[-1] == ""


# ---------------------------------------------------------------- N-PORT

NPORT_URL = "manual://sec/nport/S000004310"
MONTHS = [FilingMonth(1.5e9, 2.25e6, 1.1e9), FilingMonth(0.0, 0.0, 3.3e9), FilingMonth(2.2e9, 1e6, 4.4e9)]
QUARTER = date(2025, 12, 31)


def filing(held: Sequence[Position], *, negative_redemptions: bool = False) -> bytes:
    return sec.nport(ISHARES.fund, "S000004310", "1100663", QUARTER, held, CASH, MONTHS, negative_redemptions=negative_redemptions)


@pytest.mark.parametrize("held", [HELD, BONDS_HELD], ids=["shares", "bonds"])
def test_a_filing_is_read_back_with_its_holdings(held: list[Position]) -> None:
    rows = read("sec_nport", NPORT_URL, filing(held), "raw_sec__nport_holdings").rows
    assert set(rows["series_id"]) == {"S000004310"}
    assert set(rows["observed_on"]) == {pd.Timestamp(QUARTER)}
    assert rows["name"].tolist() == [position.security.name for position in held]
    assert rows["ticker"].fillna("").tolist() == [position.security.ticker for position in held]
    assert rows["cusip"].tolist() == [position.security.cusip for position in held]
    assert rows["isin"].tolist() == [position.security.isin for position in held]
    assert rows["shares"].tolist() == [position.quantity for position in held]
    assert rows["market_value_usd"].tolist() == [position.market_value for position in held]
    held_share = 1 - CASH / (sum(position.market_value for position in held) + CASH)
    assert rows["weight_pct"].sum() == pytest.approx(100 * held_share)
    assert set(rows["asset_class"]) == {"DBT" if held is BONDS_HELD else "EC"}


@pytest.mark.parametrize("negative", [False, True])
def test_flows_of_a_filing_are_the_same_whichever_sign_its_redemptions_have(negative: bool) -> None:
    rows = read("sec_nport", NPORT_URL, filing(HELD, negative_redemptions=negative), "raw_sec__nport_flows").rows
    assert rows["month"].tolist() == [pd.Timestamp(2025, 10, 31), pd.Timestamp(2025, 11, 30), pd.Timestamp(2025, 12, 31)]
    assert rows[["sales_usd", "reinvestment_usd", "redemption_usd"]].to_numpy().tolist() == [list(month) for month in MONTHS]
    assert rows["is_redemption_negative_in_filing"].tolist() == [negative] * 3


def test_a_filing_has_only_elements_that_real_filings_have_and_holdings_beside_fund_info(real: Path) -> None:
    def paths(root: etree._Element) -> set[str]:
        tree = etree.ElementTree(root)
        return {re.sub(r"\[\d+\]", "", tree.getelementpath(element)) for element in root.iter(etree.Element)}

    known = set[str]().union(*(paths(etree.fromstring(path.read_bytes().strip())) for path in sorted((real / "sec_nport").glob("*.xml"))))
    ours = paths(etree.fromstring(filing(HELD))) | paths(etree.fromstring(filing(BONDS_HELD)))
    assert ours - known == set()
    form = etree.fromstring(filing(HELD)).find("{*}formData")
    assert form is not None
    assert [etree.QName(child).localname for child in form] == ["genInfo", "fundInfo", "invstOrSecs", "signature"]


def test_the_fiscal_year_of_a_filing_ends_later_than_its_quarter() -> None:
    assert b"<repPdEnd>2026-03-31</repPdEnd>" in filing(HELD)
    assert NOTICE.encode() in filing(HELD)


# ---------------------------------------------------------------- flows, factors, stress

FLOW_MONTHS = [FlowPeriod(date(2025, 11, 30), -31_250, 4_100, -900, 22_000, 3_150, 480), FlowPeriod(date(2025, 12, 31), 1_000, -999, 0, -5, 12, -1_045)]
FLOW_WEEKS = [FlowPeriod(date(2025, 12, 23), -7_000, 350, -120, 900, -410, 33), FlowPeriod(date(2025, 12, 31), 2_500, 1_100, 15, 7_000, 1_001, -4)]


def test_flows_are_read_back_and_sums_follow_from_the_parts() -> None:
    content = ici.combined_flows(2025, FLOW_MONTHS, FLOW_WEEKS)
    parsed = read("ici_fund_flows", "https://www.ici.org/combined_flows_data_2025.xls", content)
    assert parsed.notes == ()
    flows = parsed.rows.set_index(["frequency", "observed_on", "category"])["flow_usd_mn"].sort_index()
    assert len(flows) == 9 * 4
    for frequency, periods in (("monthly", FLOW_MONTHS), ("weekly", FLOW_WEEKS)):
        for period in periods:
            served = flows.loc[frequency, pd.Timestamp(period.period_end)]
            assert served["equity_domestic"] == period.domestic
            assert served["equity"] == served["equity_domestic"] + served["equity_world"] == period.domestic + period.world
            assert served["bond"] == served["bond_taxable"] + served["bond_municipal"] == period.taxable + period.municipal
            assert served["total"] == served["equity"] + served["hybrid"] + served["bond"] + served["commodity"] == sum(period[1:])


def test_the_flow_sheet_has_the_rows_of_the_real_one(real: Path) -> None:
    served = (real / "ici" / "combined_flows_data_2017_asof20170215.txt").read_bytes().decode("cp1252").split("\r\n")
    ours = ici.combined_flows(2025, FLOW_MONTHS, FLOW_WEEKS).decode("cp1252").split("\r\n")
    assert ours[0] == served[0]
    assert ours[2:8] == served[2:8]
    assert {row.count("\t") for row in ours[:-1]} == {row.count("\t") for row in served[:-1]} == {25}
    number = r'(?:"-?\d{1,3},\d{3}(?:,\d{3})*"|-?\d{1,3})'
    for found in (served, ours):
        weeks = next(place for place, row in enumerate(found) if row.startswith("Estimated weekly fund flows\t"))
        note = next(place for place, row in enumerate(found) if row.startswith('"Note:'))
        assert found[weeks - 1].strip() == found[note - 1].strip() == ""
        assert all(re.fullmatch(rf"\d\d/\d\d/\d{{4}} \t{number}(?:\t\t{number}){{8}}\t{{8}}", row) for row in found[8 : weeks - 1])
        assert all(re.fullmatch(rf"\d\d/\d\d/\d{{4}}\t{number}(?:\t\t{number}){{8}}\t{{8}}", row) for row in found[weeks + 1 : note - 1])
        assert [row.strip() for row in found[note + 1 :]] == [""] * 12


def test_the_flow_sheet_is_windows_text_and_says_simulated() -> None:
    content = ici.combined_flows(2025, FLOW_MONTHS, FLOW_WEEKS)
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert NOTICE in content.decode("cp1252")


RETURNS = np.array([0.0123, -0.00004, -0.0211, 0.1, 9.9])  # a day more than is asked for


def test_factors_are_read_back_as_fractions() -> None:
    content = french.daily_factors(DAYS, RETURNS, -RETURNS, RETURNS / 2, np.full(5, 0.00017))
    url = "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/F-F_Research_Data_Factors_daily_CSV.zip"
    parsed = read("french_factors", url, content)
    assert parsed.notes == ()
    wide = parsed.rows.pivot_table(index="observed_on", columns="factor", values="daily_return", sort=False)
    assert list(wide.columns) == ["Mkt-RF", "SMB", "HML", "RF"]
    assert [day.date() for day in wide.index] == DAYS
    assert wide["Mkt-RF"].tolist() == pytest.approx([0.0123, 0.0, -0.0211, 0.1])
    assert wide["HML"].tolist() == pytest.approx([0.0062, 0.0, -0.0106, 0.05], abs=1e-4)
    assert wide["RF"].tolist() == pytest.approx([0.00017] * 4)


def test_the_factor_file_has_the_rows_of_the_real_one(real: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(french.daily_factors(DAYS, RETURNS, RETURNS, RETURNS, np.full(5, 0.00017)))) as archive:
        assert archive.namelist() == ["F-F_Research_Data_Factors_daily.CSV"]
        ours = archive.read("F-F_Research_Data_Factors_daily.CSV").decode().split("\r\n")
    served = (real / "french" / "F-F_Research_Data_Factors_daily_2022.CSV").read_bytes().decode().split("\r\n")
    assert ours[3:5] == served[3:5] == ["", ",Mkt-RF,SMB,HML,RF"]
    for found in (served, ours):
        assert all(re.fullmatch(r"\d{8}(?:,[ \d-]{4}\d\.\d\d){3},[ \d-]{3}\d\.\d{3}", row) for row in found[5:-3])
        assert (found[-3], found[-1]) == ("", "")
        assert found[-2].startswith("Copyright ")
    assert NOTICE in ours


def test_stress_is_read_back_and_categories_add_up_to_the_index() -> None:
    draw = np.random.default_rng(1)
    components = {name: draw.normal(0, 1, 5) for name in (*ofr.CATEGORIES, *ofr.REGIONS)}
    components["Funding"][0] = -0.0001
    content = ofr.stress_index(DAYS, components)
    parsed = read("ofr_fsi", "https://www.financialresearch.gov/financial-stress-index/data/fsi.csv", content)
    assert parsed.notes == ()
    wide = parsed.rows.pivot_table(index="observed_on", columns="component", values="value", sort=False)
    assert len(wide) == 4
    assert wide[list(ofr.CATEGORIES)].sum(axis=1).tolist() == pytest.approx(wide[ofr.INDEX].tolist(), abs=1e-9)
    for name, values in components.items():
        assert wide[name].tolist() == pytest.approx(values[:4].tolist(), abs=0.0005)
    assert b"-0," not in content


def test_the_stress_file_has_the_rows_of_the_real_one(real: Path) -> None:
    ours = lines(ofr.stress_index(DAYS, dict.fromkeys((*ofr.CATEGORIES, *ofr.REGIONS), np.array([0.25, -1.0, 0.0, 1.2345]))))
    served = lines((real / "ofr" / "fsi_2025-09.csv").read_bytes())
    assert ours[0] == served[0]
    for found in (served, ours):
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(?:,-?\d+(?:\.\d*[1-9](?:e-\d\d)?)?){9}", row) for row in found[1:-1])
        assert found[-1] == ""


# ---------------------------------------------------------------- Cboe


def chain(underlying: str = "QQQ", root: str = "QQQ") -> Chain:
    return Chain(
        underlying=underlying,
        spot=611.37,
        root=[root, root, root],
        expiry=[date(2026, 2, 20), date(2026, 2, 20), date(2026, 3, 20)],
        strike=np.array([610.0, 612.5, 1000.0]),
        is_call=np.array([1.0, 0.0, 0.0]),
        open_interest=np.array([1500.0, 0.0, 12.0]),
        implied_volatility=np.array([0.2213, 0.25, 0.0]),
        volume=np.array([321.0, 0.0, 0.0]),
        bid=np.array([9.1, 10.0, 0.0]),
        ask=np.array([9.2, 10.4, 0.05]),
        last=np.array([9.15, 10.2, 0.0]),
    )


@pytest.mark.parametrize("day", [DAY, date(2025, 7, 3)], ids=["winter", "summer"])
@pytest.mark.parametrize(("underlying", "root", "address"), [("QQQ", "QQQ", "QQQ"), ("SPX", "SPXW", "_SPX")])
def test_a_chain_is_read_back(day: date, underlying: str, root: str, address: str) -> None:
    served = chain(underlying, root)
    parsed = read("cboe_option_chain", f"https://cdn.cboe.com/api/global/delayed_quotes/options/{address}.json", cboe.option_chain(served, day))
    rows = parsed.rows
    assert parsed.notes == ()
    assert set(rows["underlying"]) == {underlying}
    assert set(rows["observed_on"]) == {pd.Timestamp(day)}
    assert set(rows["spot"]) == {served.spot}
    assert set(rows["option_root"]) == {root}
    assert [expiry.date() for expiry in rows["expiry_on"]] == served.expiry
    assert rows["strike"].tolist() == served.strike.tolist()
    assert rows["option_type"].tolist() == ["call", "put", "put"]
    assert rows["open_interest"].tolist() == served.open_interest.tolist()
    assert rows["volume"].tolist() == served.volume.tolist()
    assert rows["implied_volatility"].fillna(0).tolist() == served.implied_volatility.tolist()


def test_a_chain_has_the_fields_of_the_real_one_in_their_order_and_types(real: Path) -> None:
    ours, served = json.loads(cboe.option_chain(chain(), DAY)), json.loads((real / "cboe" / "EXCERPT_delayed_quotes_AAPL_2026-08-07.json").read_text())
    assert ours.pop("notice") == NOTICE
    assert list(ours) == list(served)
    assert list(ours["data"]) == list(served["data"])
    for contract in ours["data"]["options"]:
        assert list(contract) == list(served["data"]["options"][0])
    for traded, example in ((ours["data"]["options"][0], served["data"]["options"][0]), (ours["data"]["options"][1], served["data"]["options"][1])):
        assert {name: type(value) for name, value in traded.items()} == {name: type(value) for name, value in example.items()}
    assert {name: type(value) for name, value in ours["data"].items()} == {name: type(value) for name, value in served["data"].items()}
    assert ours["data"]["options"][1]["option"] == "QQQ260220P00612500"


def test_the_envelope_of_a_chain_is_stamped_in_utc_and_trades_in_new_york() -> None:
    winter, summer = (json.loads(cboe.option_chain(chain(), day)) for day in (DAY, date(2025, 7, 3)))
    assert (winter["timestamp"], winter["data"]["last_trade_time"]) == ("2026-02-04 21:15:00", "2026-02-04T16:00:00")
    assert (summer["timestamp"], summer["data"]["last_trade_time"]) == ("2025-07-03 20:15:00", "2025-07-03T16:00:00")


# ---------------------------------------------------------------- bars


def bars(size: int, volume: float = 1e6) -> Bars:
    close = np.linspace(100.0, 110.0, size).round(2)
    return Bars(close - 0.25, close + 1, close - 1, close, np.full(size, volume), np.ones(size))


ETF = Listing("SPY", "SPDR® S&P 500® ETF Trust", "ETF", "NYSEArca", "USD", "America/New_York", 9.5, 16.0, date(1993, 1, 29))
EQUITY = Listing("BRK-B", "Berkshire Hathaway Inc", "EQUITY", "NYSE", "USD", "America/New_York", 9.5, 16.0, date(1996, 5, 9))
INDICES = (
    Listing("^N225", "Nikkei 225", "INDEX", "Osaka", "JPY", "Asia/Tokyo", 9.0, 15.5, date(1995, 1, 4)),
    Listing("^KS11", "KOSPI Composite Index", "INDEX", "KSE", "KRW", "Asia/Seoul", 9.0, 15.5, date(1996, 12, 11)),
    Listing("^GDAXI", "DAX", "INDEX", "XETRA", "EUR", "Europe/Berlin", 9.0, 17.5, date(1995, 1, 2)),
    Listing("^GSPC", "S&P 500", "INDEX", "SNP", "USD", "America/New_York", 9.5, 16.0, date(1995, 1, 3)),
)


def chart(listing: Listing, days: Sequence[date], served: Bars, *, adjusted: bool = True, splits: dict[date, int] | None = None) -> tuple[bytes, Parsed]:
    content = yahoo.chart(listing, days, served, served.close * 0.99 if adjusted else None, [0.0, 1.25] + [0.0] * (len(days) - 2), splits or {})
    url = f"https://query1.finance.yahoo.com/v8/finance/chart/{listing.symbol.replace('^', '%5E')}?period1=0&period2=9999999999&interval=1d&events=div%2Csplit"
    return content, read("daily_bars", url, content)


@pytest.mark.parametrize("listing", [ETF, EQUITY], ids=lambda listing: listing.symbol)
def test_bars_of_a_listing_are_read_back(listing: Listing) -> None:
    served = bars(4)
    _, parsed = chart(listing, DAYS, served)
    rows = parsed.rows
    assert parsed.notes == ()
    assert set(rows["symbol"]) == {listing.symbol}
    assert [day.date() for day in rows["observed_on"]] == DAYS
    for name in ("open", "high", "low", "close", "volume"):
        assert rows[name].tolist() == pytest.approx(getattr(served, name).tolist(), rel=1e-6)
    assert rows["adjusted_close"].tolist() == pytest.approx((served.close * 0.99).tolist(), rel=1e-6)


@pytest.mark.parametrize("listing", INDICES, ids=lambda listing: listing.symbol)
def test_an_index_has_sessions_of_its_own_zone_no_adjusted_close_and_perhaps_no_volume(listing: Listing) -> None:
    days = [date(2025, 3, 7), date(2025, 3, 10), date(2025, 3, 31), date(2025, 11, 3)]  # clocks change in between, not everywhere
    content, parsed = chart(listing, days, bars(4, volume=0.0), adjusted=False)
    assert [day.date() for day in parsed.rows["observed_on"]] == days
    assert parsed.rows["volume"].tolist() == [0.0] * 4
    assert len(parsed.notes) == 1
    assert "no adjusted close" in parsed.notes[0]
    result = json.loads(content)["chart"]["result"][0]
    assert "adjclose" not in result["indicators"]
    assert result["meta"]["instrumentType"] == "INDEX"
    assert result["meta"]["hasPrePostMarketData"] is False
    if listing.zone == "Asia/Tokyo":
        pre = result["meta"]["currentTradingPeriod"]["pre"]
        assert pre["start"] == pre["end"]
        assert (result["timestamp"][-1] + 9 * 3600) % 86_400 == 9 * 3600


def test_the_last_few_days_are_an_answer_too_with_their_own_events_only() -> None:
    content, parsed = chart(ETF, DAYS[-2:], bars(2), splits={DAY: 2, date(2025, 12, 5): 3})
    assert [day.date() for day in parsed.rows["observed_on"]] == DAYS[-2:]
    events = json.loads(content)["chart"]["result"][0]["events"]
    assert [event["splitRatio"] for event in events["splits"].values()] == ["2:1"]
    assert [event["amount"] for event in events["dividends"].values()] == [1.25]


def test_the_year_high_is_that_of_a_year() -> None:
    days = [date(2024, 1, 1) + timedelta(days=count) for count in range(300)]
    served = bars(300)
    served.high[10] = 999.0
    content, _ = chart(ETF, days, served)
    assert json.loads(content)["chart"]["result"][0]["meta"]["fiftyTwoWeekHigh"] == served.high[-252:].max()


def test_a_chart_has_the_fields_of_the_real_one(real: Path) -> None:
    served = json.loads((real / "prices" / "yahoo_chart_SPY_2026-02-20.json").read_text())["chart"]["result"][0]
    ours = json.loads(chart(ETF, DAYS, bars(4))[0])["chart"]["result"][0]
    assert [name for name in served["meta"] if name != "chartPreviousClose"] == list(ours["meta"])
    assert {name: type(value) for name, value in ours["meta"].items()} == {name: type(served["meta"][name]) for name in ours["meta"]}
    assert list(ours["indicators"]) == list(served["indicators"])
    assert set(ours["indicators"]["quote"][0]) == set(served["indicators"]["quote"][0])
    assert ours["meta"]["firstTradeDate"] == served["meta"]["firstTradeDate"]
    period = served["meta"]["currentTradingPeriod"]
    assert {name: list(hours) for name, hours in ours["meta"]["currentTradingPeriod"].items()} == {name: list(hours) for name, hours in period.items()}
    assert "SIMULATED" in ours["meta"]["longName"]


# ---------------------------------------------------------------- ProShares


def test_a_leveraged_funds_history_is_read_back_and_laid_out_as_the_real_one() -> None:
    upro = fund("UPRO", "proshares", "ProShares UltraPro S&P500")
    served = ([35.44, 70.8759, 77.8027, 64.884], [100e6, 50e6, 48.5e6, 59.25e6], [7.0876e9, 3_543_795_000.0, 3_773_430_950.0, 3_844_377_000.0])
    content = proshares.history(upro, DAYS, *served)
    rows = read("proshares_fund_history", "https://accounts.profunds.com/etfdata/ByFund/UPRO-historical_nav.csv", content).rows
    assert [day.date() for day in rows["observed_on"]] == DAYS[::-1]
    for name, values in zip(("nav_usd", "shares_outstanding", "aum_usd"), served, strict=True):
        assert rows[name].tolist() == values[::-1], name
    assert lines(content)[0] == ("Date,ProShares Name,Ticker,NAV,Prior NAV,NAV Change (%),NAV Change ($),Shares Outstanding (000),Assets Under Management")
    assert lines(content)[2] == "02/03/2026,ProShares UltraPro S&P500 (SIMULATED),UPRO,77.8027,70.8759,9.77314,6.9268,48500,3773430950"
    assert lines(content)[4] == "01/30/2026,ProShares UltraPro S&P500 (SIMULATED),UPRO,35.44,,,,100000,7087600000"


# ---------------------------------------------------------------- FINRA, FRED, the index history, archives


def test_headers_of_finra_fred_and_cboe_are_the_real_ones(real: Path) -> None:
    def first_row(content: bytes) -> list[object]:
        return list(python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()[0])

    balances = [Balances(date(2010, 1, 1), 266_455, 281_035, None), Balances(date(2010, 2, 1), 261_912, 140_000, 130_000)]
    assert first_row(finra.margin_statistics(balances)) == first_row((real / "finra_margin" / "margin-statistics_2025-02.xlsx").read_bytes())
    rows = read("finra_margin_debt", "https://www.finra.org/sites/default/files/2021-03/margin-statistics.xlsx", finra.margin_statistics(balances)).rows
    assert rows["debit_balances_usd_mn"].tolist() == [261_912, 266_455]
    assert rows["free_credit_margin_usd_mn"].isna().tolist() == [False, True]
    assert lines(fred.series("VIXCLS", DAYS, [20.0] * 4))[0] == lines((real / "fred" / "VIXCLS_2025-09.csv").read_bytes())[0]
    assert lines(cboe.index_history(DAYS, bars(4)))[0] == lines((real / "cboe" / "VIX_History_2026-07.csv").read_bytes())[0].rstrip("\r")


@pytest.mark.parametrize(
    "write",
    [
        lambda: stored({"one": b"1", "two": b"2"}),
        lambda: french.daily_factors(DAYS, RETURNS, RETURNS, RETURNS, RETURNS),
        lambda: SPDR.write(HELD),
        lambda: finra.margin_statistics([Balances(date(2010, 1, 1), 1, 2, None)]),
    ],
    ids=["archive", "french", "spdr", "finra"],
)
def test_archives_depend_on_nothing_but_their_members(write: Callable[[], bytes]) -> None:
    assert write() == write()
    with zipfile.ZipFile(io.BytesIO(write())) as archive:
        assert archive.testzip() is None
        for member in archive.infolist():
            assert (member.compress_type, member.date_time, member.create_system) == (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 3)


def test_a_workbook_opens_and_keeps_text_text() -> None:
    content = workbook({"one": [("a & b <c>", 1.5, None, "007"), (), ("x",)], "two": [("y",)]}, creator="me", title="t")
    book = python_calamine.load_workbook(io.BytesIO(content))
    assert book.sheet_names == ["one", "two"]
    assert book.get_sheet_by_name("one").to_python() == [["a & b <c>", 1.5, "", "007"], ["", "", "", ""], ["x", "", "", ""]]


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("source", "url", "subject"),
    [
        ("ishares_holdings", ISHARES_URL + "&asOfDate=20260204", "IVV"),
        ("vanguard_holdings", VANGUARD.url, "VTI"),
        ("ark_holdings", ARK.url, "ARKK"),
        ("invesco_holdings", INVESCO.url, "QQQ"),
        ("globalx_holdings", "https://assets.globalxetfs.com/funds/holdings/botz_full-holdings_20191231.csv", "BOTZ"),
        ("sec_nport", NPORT_URL, "S000004310"),
        ("sec_nport", "https://www.sec.gov/Archives/edgar/data/1100663/000110066326000001/primary_doc.xml", ""),
        ("ici_fund_flows", "https://www.ici.org/combined_flows_data_2016.xls", ""),
        ("cboe_option_chain", "https://cdn.cboe.com/api/global/delayed_quotes/options/_SPX.json", "SPX"),
        ("cboe_option_chain", "https://cdn.cboe.com/api/global/delayed_quotes/options/XLK.json", "XLK"),
        ("daily_bars", "https://query1.finance.yahoo.com/v8/finance/chart/%5EN225?period1=0&period2=9999999999&interval=1d&events=div%2Csplit", "^N225"),
    ],
)
def test_an_address_of_the_mirror_belongs_to_one_source(source: str, url: str, subject: str) -> None:
    scope = reference.scope(DAY)
    claims = {name: request for name, found in all_sources().items() if (request := found.claim(url, scope)) is not None}
    assert claims == {source: Request(url, subject)}
