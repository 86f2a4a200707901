"""The list of securities: that it is well formed, and that the portfolios cut from it are what their funds are in the story."""

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from math import sqrt
from pathlib import Path

import pytest

from orchestration.sample_market import identifiers, mirror, securities
from orchestration.sample_market.securities import Security
from orchestration.settings import SEEDS

LIST_DAY = date(2026, 2, 2)
TECHNOLOGY = "Information Technology"
# Of each group the sector, where it has one.
SECTOR_OF_GROUP = {
    "semis": TECHNOLOGY,
    "software": TECHNOLOGY,
    "hardware": TECHNOLOGY,
    "communications": "Communication Services",
    "cyclicals": "Consumer Discretionary",
    "financials": "Financials",
    "health": "Health Care",
    "staples": "Consumer Staples",
    "energy": "Energy",
    "utilities": "Utilities",
    "materials": "Materials",
    "real_estate": "Real Estate",
    "industrials": "Industrials",
}
GICS = set(SECTOR_OF_GROUP.values())
MIXED_GROUPS = {"platforms", "small_caps", "emerging", "developed"}
# Of each group of bonds how many lines, and the years to maturity that its funds allow.
BOND_GROUPS = {
    "treasuries_short": (4, 1, 3),
    "treasuries_intermediate": (5, 7, 10.01),
    "treasuries_long": (7, 20, 30.1),
    "agencies": (3, 4, 30),
    "corporates": (14, 4, 30),
    "high_yield": (12, 2, 10),
    "em_debt": (8, 5, 12),
}
LINES = {
    "sp500": (220, 260),
    "nasdaq100": (97, 103),
    "dow": (30, 30),
    "growth": (100, 200),
    "value": (150, 250),
    "total_market": (280, 330),
    "small": (40, 50),
    "emerging": (26, 30),
    "emerging_core": (28, 32),
    "developed": (28, 40),
    "global_tech": (50, 80),
    "semis_equal": (23, 27),
    "ai_infrastructure": (20, 20),
    "aiq": (43, 52),
    "robotics": (22, 28),
    "cloud": (23, 30),
    "ark_innovation": (28, 32),
    "ark_internet": (28, 32),
    "ark_autonomous": (26, 30),
    "aggregate": (33, 33),
}


@pytest.fixture(scope="module")
def listed() -> tuple[Security, ...]:
    return securities.load()


@pytest.fixture(scope="module")
def tagged(listed: tuple[Security, ...]) -> Callable[[str], list[Security]]:
    return lambda tag: [security for security in listed if tag in security.tags]


@pytest.fixture(scope="module")
def shares(listed: tuple[Security, ...]) -> list[Security]:
    return [security for security in listed if not security.is_bond and security.sector != "Commodities"]


def technology_share(lines: list[Security], weight: Callable[[float], float]) -> float:
    return sum(weight(line.size) for line in lines if line.sector == TECHNOLOGY) / sum(weight(line.size) for line in lines)


def yield_of(bond: Security, maturity: date) -> tuple[float, float]:
    """Yield (per cent, compounded twice a year) and modified duration that its clean price means on the day of the list."""
    periods = (maturity - LIST_DAY).days / 365.25 * 2
    whole = int(periods)
    times = [periods - whole + count for count in range(whole + 1)]
    flows = [bond.coupon / 2 + (100 if count == whole else 0) for count in range(whole + 1)]
    price = bond.price + bond.coupon / 2 * (1 - times[0])
    low, high = 0.0, 30.0
    for _ in range(50):
        rate = (low + high) / 2
        worth = sum(flow / (1 + rate / 200) ** time for flow, time in zip(flows, times, strict=True))
        low, high = (rate, high) if worth > price else (low, rate)
    weighted = sum(time / 2 * flow / (1 + rate / 200) ** time for flow, time in zip(flows, times, strict=True))
    return rate, weighted / price / (1 + rate / 200)


def test_every_row_has_all_columns_and_plain_characters() -> None:
    header = "ticker,name,sector,group,country,currency,price,size,beta,duration,turnover,coupon,maturity,tags"
    lines = securities.LIST.read_bytes().decode("ascii").split("\n")
    assert lines[0] == header
    assert lines.pop() == ""
    assert {line.count(",") for line in lines} == {header.count(",")}
    assert not re.search(r"[\"'&]", "".join(lines))
    for row in csv.DictReader(lines):
        assert re.fullmatch(r"[A-Z0-9]+( [A-Z0-9]+)*", row["name"]), row["name"]
        assert re.fullmatch(r"([A-Z]{1,6}(\.[A-Z])?|[A-Z0-9]+ [A-Z]{2})?", row["ticker"]), row["ticker"]
        assert re.fullmatch(r"[A-Z]{2}", row["country"]), row["name"]
        assert re.fullmatch(r"[A-Z]{3}", row["currency"]), row["name"]


def test_there_are_some_four_hundred_lines_loaded_once(listed: tuple[Security, ...]) -> None:
    assert 400 <= len(listed) <= 450
    assert [security.serial for security in listed] == list(range(len(listed)))
    assert securities.load() is listed


def test_no_two_lines_are_the_same(listed: tuple[Security, ...]) -> None:
    tickers = Counter(security.ticker for security in listed if not security.is_bond)
    assert tickers[""] == 0
    assert max(tickers.values()) == 1
    issues = Counter((security.name, security.coupon, security.maturity) for security in listed if security.is_bond)
    assert max(issues.values()) == 1
    assert not any(security.ticker for security in listed if security.is_bond)


def test_check_digits_are_those_of_real_identifiers() -> None:
    # Apple's, computed by the same rules, stand for the rules themselves.
    assert identifiers.check_digit_of_cusip("03783310") == "0"
    assert identifiers.check_digit_of_isin("US037833100") == "5"
    assert identifiers.check_digit_of_sedol("204625") == "1"
    assert len(identifiers.cusip(7)) == 9
    assert len(identifiers.isin(7)) == 12
    assert len(identifiers.sedol(7)) == 7


def test_identifiers_are_distinct_of_the_right_country_and_carry_right_check_digits(listed: tuple[Security, ...]) -> None:
    for security in listed:
        is_american = security.currency == "USD"
        assert bool(security.cusip) == is_american, security.name
        if security.cusip:
            assert re.fullmatch(r"SIM\d{3}10\d", security.cusip)
            assert security.cusip[-1] == identifiers.check_digit_of_cusip(security.cusip[:-1])
            assert security.isin[2:-1] == security.cusip
        assert len(security.isin) == 12
        assert security.isin[-1] == identifiers.check_digit_of_isin(security.isin[:-1])
        assert security.isin[:2] == (security.country if not is_american or security.country == "CA" else "US")
        assert len(security.sedol) == 7
        assert security.sedol[-1] == identifiers.check_digit_of_sedol(security.sedol[:-1])
    for numbers in ([security.isin for security in listed], [security.sedol for security in listed], [s.cusip for s in listed if s.cusip]):
        assert len(set(numbers)) == len(numbers)


def test_shares_have_gics_sectors_and_groups_agree_with_them(shares: list[Security], tagged: Callable[[str], list[Security]]) -> None:
    for security in shares:
        assert security.sector in GICS, security.name
        assert security.group in MIXED_GROUPS or security.sector == SECTOR_OF_GROUP[security.group], security.name
    assert {security.sector for security in tagged("sp500")} == GICS
    assert {security.group for security in shares} == MIXED_GROUPS | set(SECTOR_OF_GROUP)


def test_figures_are_plausible(listed: tuple[Security, ...], shares: list[Security]) -> None:
    for security in listed:
        assert security.price > 0, security.name
        assert security.size > 0, security.name
        assert 0.003 <= security.turnover <= 0.02, security.name
    for security in shares:
        assert 0.3 <= security.beta <= 2.6, security.name
        assert security.duration == security.coupon == 0, security.name
        assert security.size <= 4600, security.name


def test_the_largest_shares_come_first(shares: list[Security]) -> None:
    assert [security.ticker for security in shares[:3]] == ["NVDA", "AAPL", "MSFT"]
    sizes = [security.size for security in shares if security.group not in ("small_caps", "emerging", "developed")]
    assert sizes == sorted(sizes, reverse=True)


def test_every_tag_has_as_many_lines_as_its_fund_needs(listed: tuple[Security, ...]) -> None:
    counts = Counter(tag for security in listed for tag in security.tags)
    assert set(counts) == set(LINES)
    for tag, (fewest, most) in LINES.items():
        assert fewest <= counts[tag] <= most, f"{tag}: {counts[tag]}"


def test_portfolios_contain_one_another_as_their_indices_do(listed: tuple[Security, ...]) -> None:
    for security in listed:
        tags = security.tags
        assert not {"sp500", "small", "growth", "value"} & tags or "total_market" in tags, security.name
        assert "sp500" not in tags or {"growth", "value"} & tags, security.name
        assert not {"sp500", "small"} <= tags, security.name
        assert "dow" not in tags or "sp500" in tags, security.name
        assert "emerging" not in tags or "emerging_core" in tags, security.name
        assert (security.group == "small_caps") == ("small" in tags), security.name
        assert (security.group == "emerging") == ("emerging_core" in tags), security.name
        assert (security.group == "developed") == ("developed" in tags), security.name
        assert "global_tech" not in tags or security.sector == TECHNOLOGY, security.name


def test_every_company_that_builds_ai_infrastructure_is_there_as_a_dollar_line(tagged: Callable[[str], list[Security]]) -> None:
    with (SEEDS / "ai_infrastructure_members.csv").open(newline="", encoding="utf-8") as lines:
        members = {row["ticker"] for row in csv.DictReader(lines)}
    assert {security.ticker for security in tagged("ai_infrastructure")} == members
    assert {security.currency for security in tagged("ai_infrastructure")} == {"USD"}


def test_the_nasdaq_hundred_is_more_than_half_technology(tagged: Callable[[str], list[Security]]) -> None:
    assert technology_share(tagged("nasdaq100"), float) >= 0.55


@pytest.mark.parametrize("tag", ["aiq", "robotics", "cloud", "ark_innovation", "ark_internet", "ark_autonomous"])
def test_thematic_portfolios_are_more_than_half_technology_by_square_root_of_size(tag: str, tagged: Callable[[str], list[Security]]) -> None:
    assert technology_share(tagged(tag), sqrt) >= 0.55


@pytest.mark.parametrize(
    ("tag", "most"),
    [
        ("sp500", 0.4),
        ("total_market", 0.4),
        ("growth", 0.46),
        ("value", 0.2),
        ("small", 0.35),
        ("emerging", 0.36),
        ("emerging_core", 0.36),
        ("developed", 0.25),
    ],
)
def test_broad_portfolios_are_not_and_stay_clear_of_the_threshold(tag: str, most: float, tagged: Callable[[str], list[Security]]) -> None:
    assert technology_share(tagged(tag), float) < most


def test_bonds_fit_their_groups(listed: tuple[Security, ...]) -> None:
    bonds = [security for security in listed if security.is_bond]
    assert Counter(bond.group for bond in bonds) == {group: lines for group, (lines, _, _) in BOND_GROUPS.items()}
    for bond in bonds:
        assert bond.maturity is not None
        _, shortest, longest = BOND_GROUPS[bond.group]
        assert shortest <= (bond.maturity - LIST_DAY).days / 365.25 <= longest, f"{bond.name} {bond.maturity}"
        assert ("aggregate" in bond.tags) == (bond.group not in ("high_yield", "em_debt")), bond.name
        assert 0 <= bond.beta <= 0.7, bond.name


def test_yields_and_durations_follow_from_prices(listed: tuple[Security, ...]) -> None:
    for bond in listed:
        if bond.maturity is None:
            continue
        rate, duration = yield_of(bond, bond.maturity)
        assert 3.4 < rate < 11, f"{bond.name} {bond.maturity} yields {rate:.2f}"
        # a mortgage is prepaid long before it is due
        assert bond.duration == pytest.approx(duration, abs=0.11) or (bond.sector == "MBS Pass-Through" and bond.duration < duration), bond.name


def test_gold_and_silver_are_bullion(listed: tuple[Security, ...]) -> None:
    assert [(security.ticker, security.name, security.group) for security in listed if security.sector == "Commodities"] == [
        ("GOLD", "GOLD BULLION", "gold"),
        ("SILVER", "SILVER BULLION", "silver"),
    ]


def test_another_list_is_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sample_market"
    shutil.copytree(securities.LIST.parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = mirror.code_version()
    monkeypatch.setattr(mirror, "__file__", str(package / "mirror.py"))
    assert mirror.code_version() == before
    copied = package / securities.LIST.name
    copied.write_text(copied.read_text().replace("NVIDIA", "NVIDEA"))
    assert mirror.code_version() != before
