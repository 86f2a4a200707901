"""The mirror as landing sees it: files at addresses from a day on, read by the parsers that read the real files."""

import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from orchestration import calendars, reference
from orchestration.sample_market import mirror, universe, write_mirror
from orchestration.sample_market.market import Market
from orchestration.sources import all_sources
from orchestration.sources.contract import Parsed, Payload, Request

pytestmark = pytest.mark.filterwarnings("error")


@dataclass(frozen=True)
class Served:
    """An entry of mirror.json with what its source makes of the file."""

    url: str
    since: date
    path: Path
    source: str
    parsed: dict[str, Parsed]

    @property
    def rows(self) -> pd.DataFrame:
        (table,) = self.parsed.values()
        return table.rows


@cache
def _served(folder: Path) -> tuple[Served, ...]:
    scope = reference.scope(universe.LAST_DAY)
    found = []
    for entry in json.loads((folder / "mirror.json").read_text())["files"]:
        claims = {name: request for name, source in all_sources().items() if (request := source.claim(entry["url"], scope))}
        assert len(claims) == 1, f"{entry['url']} is claimed by {sorted(claims)}"
        ((name, request),) = claims.items()
        parsed = all_sources()[name].parse(Payload(request, (folder / entry["file"]).read_bytes()))
        found.append(Served(entry["url"], date.fromisoformat(entry["from"]), folder / entry["file"], name, dict(parsed)))
    return tuple(found)


@pytest.fixture(scope="module")
def served(sample: Path) -> tuple[Served, ...]:
    """Every file, parsed; that each address has exactly one source is part of it."""
    return _served(sample)


@pytest.fixture(scope="module")
def of(served: tuple[Served, ...]) -> Callable[[str, str], list[Served]]:
    """The files of a source whose path contains something, in order of day."""
    return lambda source, part="": sorted((entry for entry in served if entry.source == source and part in str(entry.path)), key=lambda entry: entry.since)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_file_is_read_by_its_source_without_a_rejected_row(served: tuple[Served, ...]) -> None:
    for entry in served:
        for table, parsed in entry.parsed.items():
            assert parsed.rejected.empty, f"{entry.path.name}: {parsed.rejected.iloc[0].to_dict()}"
            assert parsed.notes == () or entry.source == "fred_series", f"{entry.path.name}: {parsed.notes}"
            assert len(parsed.rows) > 0, f"{entry.path.name}: no rows for {table}"


def test_the_mirror_speaks_for_six_publishers_and_eight_topics(served: tuple[Served, ...]) -> None:
    assert {entry.source for entry in served} == {
        "cboe_vix",
        "daily_bars",
        "finra_margin_debt",
        "fred_series",
        "ishares_fund_history",
        "ishares_holdings",
        "spdr_fund_history",
        "spdr_holdings",
    }


def test_nothing_is_served_before_it_can_have_been_published(served: tuple[Served, ...]) -> None:
    for entry in served:
        newest = entry.rows["observed_on"].max().date()
        lag = timedelta(days=14 if entry.source == "finra_margin_debt" else 1)
        assert newest + lag <= entry.since, f"{entry.path.name} speaks of {newest} and is served from {entry.since}"


def test_fred_is_a_session_behind_cboe(of: Callable[..., list[Served]]) -> None:
    cboe, fred = of("cboe_vix")[-1].rows, of("fred_series", "VIXCLS")[-1].rows
    assert cboe["observed_on"].max().date() == date(2026, 2, 13)
    assert fred["observed_on"].max().date() == date(2026, 2, 12)
    both = cboe.merge(fred.dropna(subset="value"), on="observed_on")
    assert len(both) == len(cboe) - 1
    assert both["close"].tolist() == both["value"].tolist()


def test_an_address_has_one_answer_a_day(served: tuple[Served, ...]) -> None:
    assert len({(entry.url, entry.since) for entry in served}) == len(served)


def test_histories_come_once_a_session_the_first_with_the_whole_past(of: Callable[..., list[Served]]) -> None:
    answers = of("ishares_fund_history", "/IVV/")
    newest = [entry.rows["observed_on"].max().date() for entry in answers]
    assert newest == calendars.sessions(date(2026, 1, 16), date(2026, 2, 13))
    assert len(newest) == mirror.DAILY_SESSIONS
    assert [len(entry.rows) for entry in answers] == list(range(232, 252))


def test_the_year_has_a_thanksgiving_week_of_four_sessions(of: Callable[..., list[Served]]) -> None:
    days = of("spdr_fund_history", "/SPY/")[-1].rows["observed_on"]
    assert sorted(days[days.between("2025-11-24", "2025-11-30")].dt.day) == [24, 25, 26, 28]


def test_holdings_come_at_month_ends_and_then_daily(of: Callable[..., list[Served]]) -> None:
    days = [entry.rows["observed_on"].max().date() for entry in of("spdr_holdings", "/XLK/")]
    early = days[: -mirror.DAILY_SESSIONS]
    assert early[0] == date(2025, 2, 28)
    assert len(early) == 11
    assert all(following.month != day.month for day, following in itertools.pairwise(early))


def test_december_margin_debt_is_served_the_morning_after_its_publication_and_is_a_five_year_high(of: Callable[..., list[Served]]) -> None:
    last = of("finra_margin_debt")[-1]
    assert last.since == date(2026, 1, 22)
    rows = last.rows.sort_values("observed_on")
    assert len(rows) >= 72
    assert rows["observed_on"].max().date() == date(2025, 12, 31)
    assert rows["debit_balances_usd_mn"].iloc[-1] == rows["debit_balances_usd_mn"].iloc[-60:].max()


def test_a_split_doubles_shares_halves_value_and_keeps_assets(of: Callable[..., list[Served]]) -> None:
    rows = of("spdr_fund_history", "/XLK/")[-1].rows.set_index("observed_on").sort_index()
    before, after = rows.loc["2025-12-04"], rows.loc["2025-12-05"]
    assert after["shares_outstanding"] / before["shares_outstanding"] == pytest.approx(2, rel=0.02)
    assert after["nav_usd"] / before["nav_usd"] == pytest.approx(0.5, rel=0.05)
    assert after["shares_outstanding"] * after["nav_usd"] == pytest.approx(before["shares_outstanding"] * before["nav_usd"], rel=0.05)


def test_prices_are_restated_at_the_split_and_not_before(market: Market) -> None:
    rendered = {answer.file: answer.render for answer in mirror.answers(market, 60)}

    def bar(served: str) -> "pd.Series[float]":
        request = Request("manual://yahoo/chart/XLK", "XLK")
        (bars,) = all_sources()["daily_bars"].parse(Payload(request, rendered[f"yahoo/XLK_{served}.json"]())).values()
        return bars.rows.set_index("observed_on").loc["2025-12-04"]

    before, after = bar("2025-12-05"), bar("2025-12-06")
    assert before["close"] / after["close"] == pytest.approx(2)
    assert before["volume"] / after["volume"] == pytest.approx(0.5)


def test_the_adjusted_close_is_the_close_that_reinvested_distributions_would_have_needed(of: Callable[..., list[Served]]) -> None:
    rows = of("daily_bars", "/TLT_")[-1].rows.set_index("observed_on").sort_index()
    paid = of("ishares_fund_history", "/TLT/")[-1].rows.set_index("observed_on").sort_index()["distribution_usd"].fillna(0)
    ex = paid[paid > 0].index[-1]
    position = rows.index.get_loc(ex)
    raw = rows["close"].iloc[position - 1]
    assert rows["adjusted_close"].iloc[-1] == rows["close"].iloc[-1]
    assert rows["adjusted_close"].iloc[position - 1] / raw == pytest.approx(1 - paid[ex] / raw, rel=1e-5)


def test_one_late_posting_repeats_the_share_count_and_is_corrected_the_next_day(of: Callable[..., list[Served]]) -> None:
    answers = {entry.since: entry.rows.set_index("observed_on")["shares_outstanding"] for entry in of("ishares_fund_history", "/IWD/")}
    late, corrected = answers[date(2026, 1, 23)], answers[date(2026, 1, 24)]
    assert late["2026-01-22"] == late["2026-01-21"] == corrected["2026-01-21"]
    assert corrected["2026-01-22"] > late["2026-01-22"]


def test_no_other_value_of_a_history_is_ever_restated(of: Callable[..., list[Served]]) -> None:
    for source in ("ishares_fund_history", "spdr_fund_history"):
        rows = pd.concat([entry.rows for entry in of(source)])
        vintages = rows.groupby(["fund_id", "observed_on"])[["nav_usd", "shares_outstanding"]].nunique()
        restated = vintages[(vintages > 1).any(axis=1)].index.tolist()
        assert restated == ([("IWD", pd.Timestamp("2026-01-22"))] if source == "ishares_fund_history" else [])


def test_net_asset_value_times_shares_is_the_value_of_the_holdings(of: Callable[..., list[Served]]) -> None:
    history = pd.concat([of("ishares_fund_history", f"/{fund.fund_id}/")[-1].rows for fund in universe.FUNDS if fund.issuer == "ishares"])
    assets = history.assign(assets=history["nav_usd"] * history["shares_outstanding"]).set_index(["fund_id", "observed_on"])["assets"]
    held = pd.concat([entry.rows for entry in of("ishares_holdings")]).groupby(["fund_id", "observed_on"])["market_value_usd"].sum()
    assert len(held) == 7 * 31
    assert ((held / assets.reindex(held.index) - 1).abs() < 0.005).all()


def test_weights_of_every_portfolio_add_up_to_about_a_hundred(of: Callable[..., list[Served]]) -> None:
    for source in ("ishares_holdings", "spdr_holdings"):
        weights = pd.concat([entry.rows for entry in of(source)]).groupby(["fund_id", "observed_on"])["weight_pct"].sum()
        assert weights.between(99.8, 100.2).all()


def test_tech_heavy_funds_lose_money_in_the_first_days_of_february(of: Callable[..., list[Served]]) -> None:
    histories = [of("spdr_fund_history", "/XLK/")[-1], of("ishares_fund_history", "/SOXX/")[-1], of("ishares_fund_history", "/IGV/")[-1]]
    flows = []
    for entry in histories:
        rows = entry.rows.set_index("observed_on").sort_index().loc["2026-01-02":]
        flows.append(rows["shares_outstanding"].diff() * rows["nav_usd"])
    two_sessions = sum(flows).rolling(2).sum()
    assert -16e9 < two_sessions["2026-02-04"] < -12e9
    assert two_sessions.idxmin() == pd.Timestamp("2026-02-04")


def test_what_a_file_holds_is_marked_as_simulated_wherever_its_format_has_room(sample: Path, served: tuple[Served, ...]) -> None:
    assert "SIMULATED" in json.loads((sample / "mirror.json").read_text())["note"]
    for entry in served:
        content = entry.path.read_bytes()
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))
        assert b"SIMULATED" in content or entry.source in {"cboe_vix", "fred_series"}, entry.path.name


def test_ishares_files_keep_the_habits_that_break_parsers(of: Callable[..., list[Served]]) -> None:
    bom = b"\xef\xbb\xbf"
    workbook = of("ishares_fund_history", "/IVV/")[-1].path.read_bytes()
    assert workbook.startswith(bom + bom + b"<?xml")
    assert re.search(rb"&(?!amp;|lt;|gt;|quot;)", workbook)
    holdings = of("ishares_holdings", "/IVV/")[-1].path.read_bytes()
    assert holdings.startswith(bom)
    assert holdings.count("\n\u00a0\n".encode()) == 2
    assert not holdings.endswith(b"\n")
    future = of("ishares_holdings", "/IVV/")[-1].rows.query("asset_class == 'Futures'")
    assert future["market_value_usd"].tolist() == [0.0]
    assert future["notional_usd"].iloc[0] > 1e8


def test_two_runs_write_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    assert _contents(write_mirror(tmp_path / "again")) == _contents(sample)


def test_another_seed_gives_other_numbers_at_the_same_addresses(sample: Path, tmp_path: Path) -> None:
    other = write_mirror(tmp_path / "mirror", seed=1)
    assert (other / "mirror.json").read_bytes() == (sample / "mirror.json").read_bytes()
    assert (other / "cboe/VIX_History_2026-02-14.csv").read_bytes() != (sample / "cboe/VIX_History_2026-02-14.csv").read_bytes()


def test_a_complete_mirror_of_the_same_seed_and_code_is_left_alone(sample: Path) -> None:
    calls: list[tuple[int, int]] = []
    before = (sample / "mirror.json").stat()
    assert write_mirror(sample, progress=lambda done, total: calls.append((done, total))) == sample
    assert calls == []
    assert (sample / "mirror.json").stat().st_ino == before.st_ino


def test_a_mirror_of_other_code_is_replaced_whole_and_progress_reaches_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / mirror.MARKER).write_text(json.dumps({"seed": mirror.DEFAULT_SEED, "code": "older"}))
    (folder / "left over").write_text("")
    whole = mirror.answers
    monkeypatch.setattr(mirror, "answers", lambda *given: whole(*given)[:20])
    calls: list[tuple[int, int]] = []
    write_mirror(folder, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, 20) for done in range(1, 21)]
    assert not (folder / "left over").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"mirror", ".mirror.lock"}


def test_a_crash_while_writing_leaves_the_old_mirror_and_the_next_run_completes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mirror"
    whole = mirror.answers
    monkeypatch.setattr(mirror, "answers", lambda *given: whole(*given)[:20])
    write_mirror(folder, seed=1)
    old = _contents(folder)

    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_mirror(folder, seed=2, progress=stop)
    assert _contents(folder) == old
    (tmp_path / ".mirror.partial-killed").mkdir()  # what a killed process leaves
    write_mirror(folder, seed=2)
    assert _contents(folder) != old
    assert {path.name for path in tmp_path.iterdir()} == {"mirror", ".mirror.lock"}


def test_the_mirror_stays_small(sample: Path) -> None:
    assert sum(path.stat().st_size for path in sample.rglob("*") if path.is_file()) < 30e6


def test_product_ids_are_those_of_the_reference_data() -> None:
    known = {fund.fund_id: fund for fund in reference.scope(universe.LAST_DAY).funds}
    for fund in universe.FUNDS:
        assert known[fund.fund_id].issuer == fund.issuer
        if fund.issuer == "ishares":
            assert known[fund.fund_id].product_id == fund.product_id
