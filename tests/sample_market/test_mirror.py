"""The mirror as landing sees it: files at addresses from a day on, read by the parsers that read the real files.

Twelve thousand files are too many to read: of each source the first, the last and every twenty-fifth, of small ones all; a test that asks about
one fund reads that fund's.
"""

import io
import itertools
import json
import multiprocessing
import os
import re
import signal
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from orchestration import calendars, reference
from orchestration.sample_market import calibration, mirror, options, script, securities, truth, write_mirror
from orchestration.sample_market.calibration import Story
from orchestration.sample_market.funds import FUNDS, LEVERAGED
from orchestration.sample_market.market import LATE_POSTINGS, SPLITS, Market, assemble
from orchestration.sample_market.mirror import Answer
from orchestration.sources import all_sources
from orchestration.sources.contract import Parsed, Payload, Request, Source

pytestmark = pytest.mark.filterwarnings("error")

EVERY, FEW = 25, 30
WITHOUT_ROOM = {"cboe_vix", "fred_series", "ofr_fsi", "invesco_holdings"}  # formats in which SIMULATED has no place
HISTORY_DAYS = calendars.sessions(date(2026, 2, 2), date(2026, 2, 13))
TECHNOLOGY = [fund for fund in FUNDS if fund.segment == "tech_heavy"]


@dataclass(frozen=True)
class Served:
    """An entry of mirror.json; what its source makes of the file is read when it is asked for, and kept."""

    url: str
    since: date
    path: Path
    source: Source
    request: Request

    @cached_property
    def parsed(self) -> Mapping[str, Parsed]:
        return self.source.parse(Payload(self.request, self.path.read_bytes()))

    @property
    def rows(self) -> pd.DataFrame:
        (table,) = self.parsed.values()
        return table.rows

    @property
    def newest(self) -> date:
        found: date = self.rows["observed_on"].max().date()
        return found


@dataclass(frozen=True)
class Mirror:
    """Everything served, in order of source, path and day. claims: of each address, the sources that say it is theirs."""

    served: list[Served]
    claims: Mapping[str, Mapping[str, Request]] = field(repr=False)

    def of(self, source: str, part: str = "") -> list[Served]:
        """The files of a source whose path contains something, in order of day."""
        found = [entry for entry in self.served if entry.source.name == source and part in entry.path.as_posix()]
        assert found, f"nothing is served for {source} {part}"
        return sorted(found, key=lambda entry: entry.since)

    def last(self, source: str, part: str = "") -> Served:
        return self.of(source, part)[-1]

    @cached_property
    def some(self) -> list[Served]:
        """Of each source the first, the last and every twenty-fifth, in order of path; of small ones all."""
        chosen: list[Served] = []
        for _, group in itertools.groupby(self.served, key=lambda entry: entry.source.name):
            files = list(group)
            chosen += files if len(files) <= FEW else [*files[::EVERY], files[-1]]
        return chosen


@pytest.fixture(scope="module")
def whole(sample: Path) -> Mirror:
    scope = reference.scope(script.LAST_DAY)
    entries = json.loads((sample / "mirror.json").read_text())["files"]
    claims = {
        url: {name: request for name, source in all_sources().items() if (request := source.claim(url, scope))}
        for url in dict.fromkeys(entry["url"] for entry in entries)
    }
    served = []
    for entry in entries:
        name, request = next(iter(claims[entry["url"]].items()), ("nobody", Request(entry["url"])))
        assert name != "nobody", f"no source claims {entry['url']}"
        served.append(Served(entry["url"], date.fromisoformat(entry["from"]), sample / entry["file"], all_sources()[name], request))
    return Mirror(sorted(served, key=lambda entry: (entry.source.name, entry.path.as_posix())), claims)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def series(entry: Served, column: str) -> "pd.Series[float]":
    """A column of a file that speaks of one thing, by day."""
    found: pd.Series[float] = entry.rows.set_index("observed_on")[column].sort_index()
    return found


# ---------------------------------------------------------------- addresses and files


def test_every_address_belongs_to_exactly_one_source_and_every_source_is_served(whole: Mirror) -> None:
    for url, claims in whole.claims.items():
        assert len(claims) == 1, f"{url} is claimed by {sorted(claims)}"
    assert {entry.source.name for entry in whole.served} == set(all_sources())


def test_an_address_has_one_answer_a_day_and_every_file_one_address(whole: Mirror, sample: Path) -> None:
    assert len({(entry.url, entry.since) for entry in whole.served}) == len(whole.served)
    listed = {entry.path for entry in whole.served}
    assert len(listed) == len(whole.served)
    assert {path for path in sample.rglob("*") if path.is_file()} == listed | {sample / "mirror.json", sample / mirror.MARKER}


def test_every_file_is_read_by_its_source_without_a_rejected_row(whole: Mirror) -> None:
    for entry in whole.some:
        for table, parsed in entry.parsed.items():
            assert parsed.rejected.empty, f"{entry.path.name}: {parsed.rejected.iloc[0].to_dict()}"
            assert len(parsed.rows) > 0, f"{entry.path.name}: no rows for {table}"


def test_readers_remark_on_nothing_but_what_publishers_leave_out(whole: Mirror) -> None:
    allowed = {"fred_series": "missing values left out", "daily_bars": "no adjusted close", "vanguard_holdings": "weight_pct is market value"}
    for entry in whole.some:
        for parsed in entry.parsed.values():
            for note in parsed.notes:
                assert allowed.get(entry.source.name, "nothing") in note, f"{entry.path.name}: {note}"
                assert entry.source.name != "daily_bars" or unquote(entry.url).split("/chart/")[1].startswith("^")


# Sources that assume the longest it takes, or a person's habit of saving files: how many days after its own evening a file is there at the earliest.
SOONER_THAN_ASSUMED = {"finra_margin_debt": 14, "ici_fund_flows": 8, "vanguard_holdings": 1}


def test_nothing_is_served_before_its_source_says_that_it_was_published(whole: Mirror) -> None:
    for entry in whole.some:
        for table, parsed in entry.parsed.items():
            assumed = entry.source.published_on(parsed.rows).max().date()
            sooner = SOONER_THAN_ASSUMED.get(entry.source.name)
            published = parsed.rows["observed_on"].max().date() + timedelta(days=sooner) if sooner else assumed
            assert published <= entry.since, f"{entry.path.name}: {table} was published on {published} and is served from {entry.since}"


@pytest.mark.parametrize(
    ("source", "days"),
    [("sec_nport", 60), ("french_factors", 60), ("fred_series", 2), ("ofr_fsi", 3)],
)
def test_slow_publishers_are_as_late_as_they_are(whole: Mirror, source: str, days: int) -> None:
    for entry in (entry for entry in whole.some if entry.source.name == source):
        newest = max(parsed.rows["observed_on"].max().date() for parsed in entry.parsed.values())
        assert newest + timedelta(days=days) <= entry.since, f"{entry.path.name} speaks of {newest} and is served from {entry.since}"


def test_what_is_published_daily_is_there_on_the_morning_after_its_session(whole: Mirror) -> None:
    for entry in whole.some:
        if entry.source.name.endswith(("_holdings", "_fund_history")) or entry.source.name in ("cboe_vix", "cboe_option_chain", "daily_bars"):
            assert entry.newest == entry.since - timedelta(days=1), entry.path.name
            assert calendars.is_session(entry.newest), entry.path.name


# ---------------------------------------------------------------- histories and increments


@pytest.mark.parametrize(
    ("source", "part", "begins"),
    [
        ("ishares_fund_history", "/IVV/", date(2016, 1, 4)),
        ("spdr_fund_history", "/SPY/", date(2016, 1, 4)),
        ("cboe_vix", "", date(1995, 1, 3)),
    ],
)
def test_histories_come_whole_once_a_session(whole: Mirror, source: str, part: str, begins: date) -> None:
    answers = whole.of(source, part)
    assert [entry.newest for entry in answers] == HISTORY_DAYS
    for entry in answers:
        assert sorted(entry.rows["observed_on"].dt.date) == calendars.sessions(begins, entry.newest)


@pytest.mark.parametrize(("symbol", "begins"), [("SPY", date(1995, 1, 3)), ("NVDA", date(2016, 1, 4)), ("ARM", date(2023, 9, 14))])
def test_bars_come_once_with_the_whole_past_and_then_with_the_last_days(whole: Mirror, symbol: str, begins: date) -> None:
    first, *later = whole.of("daily_bars", f"/{symbol}_")
    assert sorted(first.rows["observed_on"].dt.date) == calendars.sessions(begins, HISTORY_DAYS[0])
    assert [entry.newest for entry in later] == HISTORY_DAYS[1:]
    for entry in later:
        assert sorted(entry.rows["observed_on"].dt.date) == calendars.sessions(date(2025, 1, 2), entry.newest)[-10:]


@pytest.mark.parametrize(
    ("source", "part", "columns"),
    [
        ("ishares_fund_history", "/SOXX/", ["nav_usd", "shares_outstanding", "distribution_usd"]),
        ("spdr_fund_history", "/XLK/", ["nav_usd", "shares_outstanding"]),
        ("proshares_fund_history", "/SQQQ/", ["nav_usd", "shares_outstanding", "aum_usd"]),
        ("cboe_vix", "", ["open", "high", "low", "close"]),
        ("fred_series", "/DGS10_", ["value"]),
        ("fred_series", "/SP500_", ["value"]),
        ("daily_bars", "/QQQ_", ["open", "high", "low", "close", "volume"]),
        ("daily_bars", "/N225_", ["open", "high", "low", "close"]),
    ],
)
def test_later_files_say_what_earlier_ones_said(whole: Mirror, source: str, part: str, columns: list[str]) -> None:
    answers = whole.of(source, part)
    rows = pd.concat([entry.rows for entry in (answers if source == "daily_bars" else answers[::4])])
    vintages = rows.groupby("observed_on")[columns].nunique(dropna=False)
    assert (vintages == 1).all().all(), vintages[(vintages > 1).any(axis=1)]
    days = sorted(rows["observed_on"].dt.date.unique())
    assert len(days) == len(calendars.sessions(days[0], days[-1])) or part == "/N225_" or source == "fred_series"


def test_components_of_stress_agree_from_file_to_file(whole: Mirror) -> None:
    rows = pd.concat([entry.rows for entry in whole.of("ofr_fsi")])
    assert (rows.groupby(["observed_on", "component"])["value"].nunique() == 1).all()


def test_fred_is_a_session_behind_cboe(whole: Mirror) -> None:
    cboe, fred = series(whole.last("cboe_vix"), "close"), series(whole.last("fred_series", "VIXCLS"), "value").dropna()
    assert cboe.index[-1].date() == date(2026, 2, 13)
    assert fred.index[-1].date() == date(2026, 2, 12)
    assert fred.tolist() == cboe[fred.index].tolist()
    assert len(fred) == len(cboe) - 1


def test_fred_keeps_ten_years_of_the_index(whole: Mirror) -> None:
    for entry in whole.of("fred_series", "/SP500_"):
        years = (entry.newest - entry.rows["observed_on"].min().date()).days / 365.25
        assert years == pytest.approx(10, abs=0.05)


def test_one_late_posting_repeats_the_share_count_and_is_corrected_the_next_day(whole: Mirror) -> None:
    (posting,) = LATE_POSTINGS
    answers = {entry.since: series(entry, "shares_outstanding") for entry in whole.of("ishares_fund_history", f"/{posting.fund_id}/")}
    day, before = pd.Timestamp(posting.on), pd.Timestamp(calendars.previous_session(posting.on))
    late, corrected = answers[posting.on + timedelta(days=1)], answers[calendars.next_session(posting.on) + timedelta(days=1)]
    assert late[day] == late[before] == corrected[before]
    assert corrected[day] != late[day]


@pytest.mark.parametrize("source", ["ishares_fund_history", "spdr_fund_history", "proshares_fund_history"])
def test_no_other_value_of_a_history_is_ever_restated(whole: Mirror, source: str) -> None:
    """From the first evening on which histories are served to the last; of every third fund, and of those that posted late."""
    asked = {fund.fund_id for fund in (*FUNDS[::3], *LEVERAGED[::3])} | {late.fund_id for late in LATE_POSTINGS}
    ends = [entry for entry in whole.of(source) if entry.since - timedelta(days=1) in (HISTORY_DAYS[0], HISTORY_DAYS[-1]) and entry.request.subject in asked]
    rows = pd.concat([entry.rows for entry in ends])
    vintages = rows.groupby(["fund_id", "observed_on"])[["nav_usd", "shares_outstanding"]].nunique()
    restated = vintages[(vintages > 1).any(axis=1)].index.tolist()
    assert restated == [(late.fund_id, pd.Timestamp(late.on)) for late in LATE_POSTINGS if source == "ishares_fund_history"]


def test_the_year_has_a_thanksgiving_week_of_four_sessions(whole: Mirror) -> None:
    days = whole.of("spdr_fund_history", "/SPY/")[0].rows["observed_on"]
    assert sorted(days[days.between("2025-11-24", "2025-11-30")].dt.day) == [24, 25, 26, 28]


# ---------------------------------------------------------------- holdings


def holdings_days(whole: Mirror, issuer: str, fund_id: str) -> list[date]:
    """Sessions for whose evenings a fund's holdings are served, by the day they are served from."""
    return [entry.since - timedelta(days=1) for entry in whole.of(f"{issuer}_holdings", f"/{fund_id}/")]


@pytest.mark.parametrize(
    ("issuer", "fund_id"), [("spdr", "XLK"), ("ishares", "AGG"), ("vanguard", "VTI"), ("invesco", "QQQ"), ("ark", "ARKK"), ("globalx", "BOTZ")]
)
def test_holdings_come_at_month_ends_and_then_daily(whole: Mirror, issuer: str, fund_id: str) -> None:
    days = holdings_days(whole, issuer, fund_id)
    early, daily = days[: -mirror.DAILY_SESSIONS], days[-mirror.DAILY_SESSIONS :]
    assert daily == calendars.sessions(date(2025, 1, 2), script.LAST_DAY)[-60:]
    assert early[0] == (date(2016, 9, 30) if fund_id == "BOTZ" else date(2016, 1, 29))  # nothing before a fund exists
    assert early[-1] == date(2025, 10, 31)
    assert all(calendars.next_session(day).month != day.month for day in early)
    assert all((later.year * 12 + later.month) - (day.year * 12 + day.month) == 1 for day, later in itertools.pairwise(early))


def test_bullion_has_no_holdings_and_every_other_fund_has_them(whole: Mirror) -> None:
    served = {entry.request.subject for entry in whole.served if entry.source.name.endswith("_holdings")}
    assert served == {fund.fund_id for fund in FUNDS} - {"GLD", "IAU", "SLV"}
    with_history = {entry.request.subject for entry in whole.served if entry.source.name.endswith("_fund_history")}
    assert with_history == {fund.fund_id for fund in (*FUNDS, *LEVERAGED) if fund.issuer in ("ishares", "spdr", "proshares")}


def test_weights_of_every_portfolio_add_up_to_about_a_hundred(whole: Mirror) -> None:
    for entry in whole.some:
        if entry.source.name.endswith("_holdings"):
            # publishers round weights to cents of a per cent, ARK to two decimals of a few lines
            assert entry.rows["weight_pct"].sum() == pytest.approx(100, abs=0.6), entry.path.name


@pytest.mark.parametrize("fund_id", ["IVV", "SOXX", "TLT", "EEM"])
def test_net_asset_value_times_shares_is_the_value_of_the_holdings(whole: Mirror, fund_id: str) -> None:
    last = whole.last("ishares_fund_history", f"/{fund_id}/")
    assets = series(last, "nav_usd") * series(last, "shares_outstanding")
    for entry in whole.of("ishares_holdings", f"/{fund_id}/")[::30]:
        held = entry.rows["market_value_usd"].sum()
        assert held == pytest.approx(assets[pd.Timestamp(entry.newest)], rel=1e-4), entry.path.name


def test_fourteen_billions_leave_tech_heavy_funds_in_the_files_of_two_sessions(whole: Mirror) -> None:
    """Shares served times net asset value; where none are served, the median growth of lines on yesterday's market value."""
    days = [pd.Timestamp(day) for day in (date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 4))]
    total = 0.0
    for fund in TECHNOLOGY:
        if fund.history:
            last = whole.last(f"{fund.issuer}_fund_history", f"/{fund.fund_id}/")
            shares, nav = series(last, "shares_outstanding")[days], series(last, "nav_usd")[days]
            total += float((shares.diff() * nav).sum())
            continue
        served = {entry.since: entry for entry in whole.of(f"{fund.issuer}_holdings", f"/{fund.fund_id}/")}
        lines = [served[day.date() + timedelta(days=1)].rows.dropna(subset="ticker").drop_duplicates("ticker").set_index("ticker") for day in days]
        for before, after in itertools.pairwise(lines):
            growth = (after["shares"] / before["shares"] - 1).dropna().median()
            total += float(growth * before["market_value_usd"].sum())
    assert total == pytest.approx(-14.0e9, rel=0.02)


def test_a_split_doubles_shares_halves_value_and_keeps_assets(whole: Mirror) -> None:
    rows = whole.of("spdr_fund_history", "/XLK/")[0].rows.set_index("observed_on").sort_index()
    before, after = rows.loc["2025-12-04"], rows.loc["2025-12-05"]
    assert after["shares_outstanding"] / before["shares_outstanding"] == pytest.approx(2, rel=0.02)
    assert after["nav_usd"] / before["nav_usd"] == pytest.approx(0.5, rel=0.05)
    assert after["shares_outstanding"] * after["nav_usd"] == pytest.approx(before["shares_outstanding"] * before["nav_usd"], rel=0.05)


# ---------------------------------------------------------------- bars


def test_prices_are_restated_at_the_split(whole: Mirror) -> None:
    first = whole.of("daily_bars", "/XLK_")[0]
    bars = first.rows.set_index("observed_on").sort_index()
    nav = whole.of("spdr_fund_history", "/XLK/")[0].rows.set_index("observed_on").sort_index()["nav_usd"]
    assert nav["2025-12-04"] / bars["close"]["2025-12-04"] == pytest.approx(2, rel=1e-3)
    assert nav["2025-12-05"] / bars["close"]["2025-12-05"] == pytest.approx(1, rel=1e-3)
    events = json.loads(first.path.read_bytes())["chart"]["result"][0]["events"]
    assert [event["splitRatio"] for event in events["splits"].values()] == ["2:1"]


def test_charts_begin_after_every_split() -> None:
    """They are all in shares of the last day."""
    assert all(split.on < HISTORY_DAYS[0] for split in SPLITS)


def test_the_adjusted_close_is_the_close_that_reinvested_distributions_would_have_needed(whole: Mirror) -> None:
    rows = whole.of("daily_bars", "/TLT_")[0].rows.set_index("observed_on").sort_index()
    paid = whole.of("ishares_fund_history", "/TLT/")[0].rows.set_index("observed_on").sort_index()["distribution_usd"].fillna(0)
    ex = paid[paid > 0].index[-1]
    position = rows.index.get_loc(ex)
    raw = rows["close"].iloc[position - 1]
    assert rows["adjusted_close"].iloc[-1] == rows["close"].iloc[-1]
    assert rows["adjusted_close"].iloc[position - 1] / raw == pytest.approx(1 - paid[ex] / raw, rel=1e-5)


def test_everything_the_pipeline_watches_has_bars(whole: Mirror) -> None:
    served = {entry.request.subject for entry in whole.of("daily_bars")}
    watched = set(reference.scope(script.LAST_DAY).symbols)
    assert watched <= served
    members = {one.ticker for one in securities.load() if "ai_infrastructure" in one.tags}
    assert members <= served
    assert {fund.fund_id for fund in LEVERAGED} <= served


# ---------------------------------------------------------------- industry, filings, chains, factors


def test_december_margin_debt_is_the_newest_known_on_the_story_day_and_a_five_year_high(whole: Mirror) -> None:
    known = [entry for entry in whole.of("finra_margin_debt") if entry.since <= script.STORY_DAY + timedelta(days=1)]
    last = known[-1]
    assert last.since == date(2026, 1, 22)  # published on the 21st, during the day
    rows = last.rows.sort_values("observed_on")
    assert len(rows) == 29 * 12
    assert last.newest == date(2025, 12, 31)
    assert rows["debit_balances_usd_mn"].iloc[-1] == rows["debit_balances_usd_mn"].iloc[-60:].max()


def test_weekly_flows_are_estimated_revised_once_and_then_stay(whole: Mirror) -> None:
    releases = [entry.rows[entry.rows["frequency"] == "weekly"] for entry in whole.of("ici_fund_flows")]
    assert len(releases) == 26
    rows = pd.concat([rows.assign(release=number) for number, rows in enumerate(releases)])
    domestic = rows[rows["category"] == "equity_domestic"].pivot_table(index="observed_on", columns="release", values="flow_usd_mn")
    for week in domestic.index[-20:-4]:
        vintages = domestic.loc[week].dropna().tolist()
        assert vintages[0] != vintages[1] != vintages[2]
        assert set(vintages[2:]) == {vintages[2]}
        assert vintages[0] == pytest.approx(vintages[2], rel=0.06, abs=5)
    for entry in whole.of("ici_fund_flows"):
        months = entry.rows.loc[entry.rows["frequency"] == "monthly", "observed_on"]
        assert months.max().date() + timedelta(days=30) <= entry.since
    # a closed Wednesday's week ends the day before; none is missing
    assert all(calendars.is_session(week.date()) for week in domestic.index)
    assert set(np.diff(domestic.index.to_numpy()).astype("timedelta64[D]").astype(int)) <= {6, 7, 8}


def test_filings_are_quarterly_and_one_files_its_redemptions_with_the_other_sign(whole: Mirror) -> None:
    for fund_id in mirror.FILERS:
        filings = whole.of("sec_nport", f"/{fund_id}/")
        assert [(entry.since - timedelta(days=60)).isoformat() for entry in filings] == ["2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30"]
        flows = pd.concat([entry.parsed["raw_sec__nport_flows"].rows for entry in filings])
        assert flows["month"].nunique() == 12
        assert set(flows["is_redemption_negative_in_filing"]) == {fund_id == "VTI"}


def test_a_filing_holds_what_the_fund_said_it_held(whole: Mirror) -> None:
    filing = whole.of("sec_nport", "/IVV/")[-1].parsed["raw_sec__nport_holdings"].rows.set_index("isin")["shares"]
    (served,) = [entry for entry in whole.of("ishares_holdings", "/IVV/") if entry.since == date(2025, 10, 1)]
    shares = served.rows.query("asset_class == 'Equity'")["shares"]
    assert sorted(filing.tolist()) == sorted(shares.tolist())


def test_chains_are_served_for_four_underlyings_in_the_stated_windows_with_at_most_three_hundred_contracts(whole: Mirror) -> None:
    days = [day for first, last in options.WINDOWS for day in calendars.sessions(first, last)]
    served = whole.of("cboe_option_chain")
    for underlying in ("SPX", "QQQ", "XLK", "SMH"):
        assert [entry.since - timedelta(days=1) for entry in served if entry.request.subject == underlying] == days
    assert len(served) == 4 * len(days)
    for entry in whole.some:
        if entry.source.name == "cboe_option_chain":
            assert len(entry.rows) <= 300
            expired = entry.rows["expiry_on"] <= entry.rows["observed_on"]
            assert entry.rows.loc[expired, "implied_volatility"].fillna(0).eq(0).all()


def test_factors_are_released_two_months_late_with_their_whole_history(whole: Mirror) -> None:
    releases = whole.of("french_factors")
    assert [entry.newest for entry in releases] == [date(2025, 8, 29), date(2025, 9, 30), date(2025, 10, 31), date(2025, 11, 28)]
    assert {entry.rows["observed_on"].min().date() for entry in releases} == {date(1995, 1, 3)}


# ---------------------------------------------------------------- what files look like


def test_every_file_is_marked_as_simulated_in_its_path_and_inside_wherever_its_format_has_room(sample: Path, whole: Mirror) -> None:
    assert all(entry.path.relative_to(sample).parts[0] == "SIMULATED" for entry in whole.served)
    assert "SIMULATED" in json.loads((sample / "mirror.json").read_text())["note"]
    for entry in whole.some:
        content = entry.path.read_bytes()
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist() if not name.startswith("docProps/"))
        assert (b"SIMULATED" in content) == (entry.source.name not in WITHOUT_ROOM), entry.path.name


def test_ishares_files_keep_the_habits_that_break_parsers(whole: Mirror) -> None:
    bom = b"\xef\xbb\xbf"
    workbook = whole.last("ishares_fund_history", "/IVV/").path.read_bytes()
    assert workbook.startswith(bom + bom + b"<?xml")
    assert re.search(rb"&(?!amp;|lt;|gt;|quot;)", workbook)
    holdings = whole.last("ishares_holdings", "/IVV/").path.read_bytes()
    assert holdings.startswith(bom)
    assert holdings.count("\n\u00a0\n".encode()) == 2
    assert not holdings.endswith(b"\n")
    future = whole.last("ishares_holdings", "/IVV/").rows.query("asset_class == 'Futures'")
    assert future["market_value_usd"].tolist() == [0.0]
    assert future["notional_usd"].iloc[0] > 1e8


def test_the_mirror_and_its_truth_stay_small(sample: Path) -> None:
    """Nearly half of it are funds' histories, which are served whole on ten evenings; a tenth the bars of three hundred companies."""
    assert sum(path.stat().st_size for path in sample.parent.rglob("*") if path.is_file()) < 800e6


def test_the_truth_lies_beside_the_mirror_and_no_address_leads_to_it(sample: Path, whole: Mirror) -> None:
    assert {path.name for path in sample.with_name("truth").iterdir()} >= {"forced_selling.parquet", "story.parquet", "truth_rules.md"}
    assert not [entry for entry in whole.served if "truth" in entry.path.relative_to(sample).as_posix()]


def test_funds_are_those_of_the_reference_data(whole: Mirror) -> None:
    known = {fund.fund_id: fund for fund in reference.scope(script.LAST_DAY).funds}
    for fund in FUNDS:
        assert known[fund.fund_id].issuer == fund.issuer
        if fund.issuer in ("ishares", "ark", "globalx", "vanguard", "invesco"):
            assert known[fund.fund_id].product_id == fund.product_id, fund.fund_id
    for fund in LEVERAGED:
        assert known[fund.fund_id].issuer == fund.issuer
        assert known[fund.fund_id].product_id == (fund.fund_id if fund.history else ""), fund.fund_id
    for fund_id, (series, cik) in mirror.FILERS.items():
        assert (known[fund_id].series_id, known[fund_id].cik) == (series, cik)


# ---------------------------------------------------------------- the same again


@pytest.fixture(scope="module")
def again(market: Market) -> list[Answer]:
    """What another run serves: the mirror told its story itself, this is the fixtures'."""
    return mirror.answers(market)


def listed(folder: Path) -> list[tuple[str, str, str]]:
    """Address, first day and file of everything served."""
    return [
        (entry["url"], entry["from"], entry["file"].removeprefix(f"{mirror.FILES}/")) for entry in json.loads((folder / "mirror.json").read_text())["files"]
    ]


def test_two_runs_list_the_same_files_and_write_the_same_bytes(sample: Path, again: list[Answer]) -> None:
    assert [(answer.url, answer.served_from.isoformat(), answer.file) for answer in again] == listed(sample)
    of_publisher = [list(group) for _, group in itertools.groupby(again, key=lambda answer: Path(answer.file).parent)]
    for answer in (*again[::EVERY], *(group[0] for group in of_publisher), *(group[-1] for group in of_publisher)):
        assert answer.render() == (sample / mirror.FILES / answer.file).read_bytes(), answer.file


def test_two_runs_write_the_same_truth(sample: Path, story: Story, market: Market, tmp_path: Path) -> None:
    truth.write(tmp_path, story, market)
    assert _contents(tmp_path) == _contents(sample.with_name("truth"))


def test_another_seed_gives_other_numbers_at_the_same_addresses(sample: Path, other_story: Story) -> None:
    other = mirror.answers(assemble(other_story))
    assert [(answer.url, answer.served_from.isoformat(), answer.file) for answer in other] == listed(sample)
    rendered = {answer.file: answer.render for answer in other}
    for file in (
        "cboe/VIX_History_2026-02-14.csv",
        "invesco/QQQ/holdings_2026-02-05.csv",
        "yahoo/NVDA_2026-02-05.json",
        "finra/margin-statistics_2026-01-22.xlsx",
    ):
        assert rendered[file]() != (sample / mirror.FILES / file).read_bytes(), file


# ---------------------------------------------------------------- whole or not at all

FILES = 20


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, story: Story, market: Market, again: list[Answer]) -> None:
    """A mirror of twenty files of the story already told, a truth of one: what is tested is the writing."""
    monkeypatch.setattr(mirror.calibration, "tell", lambda *_: story)
    monkeypatch.setattr(mirror.calibration, "check", lambda _: {})
    monkeypatch.setattr(mirror, "assemble", lambda _: market)
    monkeypatch.setattr(mirror, "answers", lambda *_: again[:FILES])

    def write_truth(folder: Path, *_: object) -> None:
        folder.mkdir()
        (folder / "truth_rules.md").write_text("short")

    monkeypatch.setattr(mirror.truth, "write", write_truth)


LEFT = {"mirror", "truth", ".mirror.lock"}


def test_a_complete_mirror_of_the_same_seed_and_code_is_left_alone(sample: Path) -> None:
    calls: list[tuple[int, int]] = []
    before = (sample / "mirror.json").stat()
    assert write_mirror(sample, progress=lambda done, total: calls.append((done, total))) == sample
    assert calls == []
    assert (sample / "mirror.json").stat().st_ino == before.st_ino


@pytest.mark.usefixtures("quick")
def test_a_mirror_of_other_code_is_replaced_whole_and_progress_reaches_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / mirror.MARKER).write_text(json.dumps({"seed": mirror.DEFAULT_SEED, "daily_sessions": mirror.DAILY_SESSIONS, "code": "older"}))
    (folder / "left over").write_text("")
    calls: list[tuple[int, int]] = []
    write_mirror(folder, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, FILES) for done in (*range(1, FILES + 1), FILES)]
    assert not (folder / "left over").exists()
    assert {path.name for path in tmp_path.iterdir()} == LEFT


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("changed", ["seed", "daily_sessions", "world", "truth"])
def test_other_arguments_or_a_truth_that_is_gone_are_written_anew(tmp_path: Path, changed: str) -> None:
    folder = write_mirror(tmp_path / "mirror")
    first = (folder / "mirror.json").stat().st_ino
    given = {"seed": {"seed": 5}, "daily_sessions": {"daily_sessions": 3}, "world": {"world": "p1_no_price_impact"}, "truth": {}}[changed]
    if changed == "truth":
        (folder.with_name("truth") / "truth_rules.md").unlink()
        folder.with_name("truth").rmdir()
    write_mirror(folder, **given)
    assert (folder / "mirror.json").stat().st_ino != first
    assert (folder.with_name("truth") / "truth_rules.md").is_file()


@pytest.mark.usefixtures("quick")
def test_a_crash_while_writing_leaves_the_old_mirror_and_the_next_run_completes_it(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    write_mirror(folder, seed=1)
    old = _contents(tmp_path)

    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_mirror(folder, seed=2, progress=stop)
    assert _contents(tmp_path) == old
    (tmp_path / ".mirror.partial-killed").mkdir()  # what a killed process leaves
    write_mirror(folder, seed=2)
    assert _contents(tmp_path) != old
    assert {path.name for path in tmp_path.iterdir()} == LEFT


@pytest.mark.usefixtures("quick")
def test_a_writer_that_is_killed_leaves_nothing_half_written_and_no_lock(tmp_path: Path) -> None:
    folder, reached = tmp_path / "mirror", tmp_path / "reached"
    write_mirror(folder, seed=1)
    old = _contents(folder)

    def hang(done: int, _: int) -> None:
        if done == 10:
            reached.write_text("")
            time.sleep(60)

    writer = multiprocessing.get_context("fork").Process(target=write_mirror, args=(folder,), kwargs={"seed": 2, "progress": hang})
    writer.start()
    while not reached.exists():
        assert writer.is_alive()
        time.sleep(0.01)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    reached.unlink()
    assert _contents(folder) == old
    assert [path.name for path in tmp_path.glob(".mirror.partial-*")] != []
    write_mirror(folder, seed=2)
    assert json.loads((folder / mirror.MARKER).read_text())["seed"] == 2
    assert {path.name for path in tmp_path.iterdir()} == LEFT


@pytest.mark.usefixtures("quick")
def test_a_seed_that_does_not_tell_the_story_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Story) -> dict[str, float]:
        raise calibration.CalibrationError("seed 7: vix: expected 30 to inf, found 12")

    monkeypatch.setattr(mirror.calibration, "check", refuse)
    with pytest.raises(calibration.CalibrationError):
        write_mirror(tmp_path / "mirror", seed=7)
    assert {path.name for path in tmp_path.iterdir()} == {".mirror.lock"}
