"""Which simulated file was served at which address from which morning on: the mirror that the default profile reads.

Here are the publishers' addresses and lags, and nothing of their formats. What a session's evening brings is served from the next
calendar day on. Holdings: month ends since 2016, daily for the last sixty sessions. Histories and levels: whole, as their publishers serve
them, on the last evenings; bars: once whole, then the last days. Chains: in stated windows. Filings: quarterly, sixty days late.

Mirror and truth appear whole or not at all, and are left alone while their arguments and code are those that are asked for.
"""

import fcntl
import hashlib
import json
import multiprocessing
import shutil
import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from orchestration import calendars
from orchestration.sample_market import calibration, options, truth
from orchestration.sample_market.engine import WORLDS
from orchestration.sample_market.facts import Bars, FlowPeriod
from orchestration.sample_market.funds import FUNDS, LEVERAGED, Fund
from orchestration.sample_market.market import LATE_POSTINGS, SPLITS, LatePosting, Market, assemble, filing_months, in_world, industry_flows
from orchestration.sample_market.securities import load
from orchestration.sample_market.writers import ark, cboe, finra, fred, french, globalx, ici, invesco, ishares, ofr, proshares, sec, spdr, vanguard, yahoo

DEFAULT_SEED = 20260204
DAILY_SESSIONS = 60  # of holdings
HISTORY_SESSIONS = 10  # on whose evenings histories, bars and levels are served
INCREMENT_BARS = 10  # of a symbol, after its whole history has been served once
MARKER = "SIMULATED.json"
FILES = "SIMULATED"  # the folder of all files: what has no room for a title says it in its path
NOTE = (
    "SIMULATED. Every file here was written by orchestration/sample_market; no publisher has served any of it. "
    "An address is answered by the newest entry whose 'from' is not after the day of the fetch; with none, 404. Paths are relative to this file."
)

FINRA = "https://www.finra.org/sites/default/files/2021-03/margin-statistics.xlsx"
ICI = "https://www.ici.org/combined_flows_data_{year}.xls"
ISHARES = (
    "https://www.blackrock.com/varnish-api/blk-one01-product-data/product-data/api/v1/get-fund-document"
    "?appType=PRODUCT_PAGE&appSubType=ISHARES&targetSite=us-ishares&locale=en_US&portfolioId={product}&userType=individual&component={component}"
)
SPDR = "https://www.ssga.com/library-content/products/fund-data/etfs/us/{kind}-us-en-{ticker}.xlsx"
PROSHARES = "https://accounts.profunds.com/etfdata/ByFund/{ticker}-historical_nav.csv"
VANGUARD = "manual://vanguard/{fund}/holdings"
INVESCO = "https://www.invesco.com/us/financial-products/etfs/holdings/main/holdings/0?audienceType=Investor&action=download&ticker={fund}"
ARK = "https://assets.ark-funds.com/fund-documents/funds-etf-csv/{product}.csv"
GLOBAL_X = "https://assets.globalxetfs.com/funds/holdings/{ticker}_full-holdings_{day:%Y%m%d}.csv"
NPORT = "manual://sec/nport/{series}"
FRED = "https://fred.stlouisfed.org/graph/fredgraph.csv?id={series}"
VIX = "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv"
CHAIN = "https://cdn.cboe.com/api/global/delayed_quotes/options/{name}.json"
YAHOO = "https://query1.finance.yahoo.com/v8/finance/chart/{symbol}?period1=0&period2=9999999999&interval=1d&events=div%2Csplit"
FRENCH = "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/F-F_Research_Data_Factors_daily_CSV.zip"
OFR = "https://www.financialresearch.gov/financial-stress-index/data/fsi.csv"

FRIDAY, WEDNESDAY = 4, 2
INDEX_POINTS_PER_DOLLAR = 10.0  # of the net asset value of a fund that tracks the index
FINRA_RELEASES = 12
ICI_RELEASES = 26
FRENCH_LAG_DAYS = 62
OFR_LAG_SESSIONS = 2
TEN_YEARS = 2520  # sessions that FRED keeps of the S&P 500
FILERS = {"IVV": ("S000004310", "1100663"), "VOO": ("S000002839", "36405"), "VTI": ("S000002848", "36405")}
FILING_LAG_DAYS, FILINGS = 60, 4
FILES_NEGATIVE_REDEMPTIONS = "VTI"


@dataclass(frozen=True)
class Answer:
    """A file that one address serves from the morning of `served_from` on; `render` makes its bytes."""

    url: str
    served_from: date
    file: str
    render: Callable[[], bytes]


def third(weekday: int, year: int, month: int) -> date:
    """The third Monday (0) to Friday (4) of a month; months beyond December run into the next year."""
    first = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 14)


def morning_after(session: date) -> date:
    """The first calendar day on whose morning a session's evening files are there."""
    return session + timedelta(days=1)


def history_rows(market: Market) -> range:
    """Sessions on whose evenings histories, bars and levels are served, by position: the first with the whole past."""
    return range(len(market.sessions) - HISTORY_SESSIONS, len(market.sessions))


def month_ends(market: Market) -> list[int]:
    """Last sessions of finished months, by position."""
    return [row for row in range(len(market.sessions) - 1) if market.sessions[row].month != market.sessions[row + 1].month]


def holdings_rows(market: Market, daily_sessions: int) -> list[int]:
    """Sessions on whose evenings holdings are served, by position: month ends, then daily."""
    daily = range(len(market.sessions) - daily_sessions, len(market.sessions))
    return [*(row for row in month_ends(market) if row < daily.start), *daily]


# ---------------------------------------------------------------- funds


def _future_expiry(session: date) -> date:
    """Of the index future that a fund holds: the next third Friday of March, June, September or December."""
    months = (month for month in range(session.month, session.month + 6) if month % 3 == 0)
    return next(expiry for expiry in (third(FRIDAY, session.year, month) for month in months) if expiry > session)


def _holdings(market: Market, fund: Fund, position: int, row: int) -> bytes:
    session, portfolio, cash = market.sessions[row], market.portfolio(row, position), float(market.cash[row, position])
    writers: dict[str, Callable[..., bytes]] = {
        "spdr": spdr.holdings,
        "vanguard": vanguard.holdings,
        "invesco": invesco.holdings,
        "ark": ark.holdings,
        "globalx": globalx.holdings,
    }
    if fund.issuer in writers:
        return writers[fund.issuer](fund, session, portfolio, cash)
    future = (_future_expiry(session), float(market.nav[row, position]) * INDEX_POINTS_PER_DOLLAR) if fund.portfolio.tag == "sp500" else None
    return ishares.holdings(fund, session, portfolio, cash, float(market.shares[row, position]), future=future)


def _holdings_address(fund: Fund, session: date) -> str:
    addresses = {
        "ishares": ISHARES.format(product=fund.product_id, component="holdings"),
        "spdr": SPDR.format(kind="holdings-daily", ticker=fund.fund_id.lower()),
        "vanguard": VANGUARD.format(fund=fund.fund_id),
        "invesco": INVESCO.format(fund=fund.fund_id),
        "ark": ARK.format(product=fund.product_id),
        "globalx": GLOBAL_X.format(ticker=fund.fund_id.lower(), day=session),
    }
    return addresses[fund.issuer]


def _fund_history(market: Market, fund: Fund, position: int, row: int) -> bytes:
    days = market.sessions[: row + 1]
    nav, shares, paid = (values[: row + 1, position].tolist() for values in (market.nav, market.shares, market.distributions))
    if LatePosting(fund.fund_id, days[-1]) in LATE_POSTINGS:
        shares[-1] = shares[-2]
    if fund.issuer == "spdr":
        return spdr.history(fund, days, nav, shares)
    return ishares.fund_download(fund, days, nav, shares, paid, len(market.held[position]))


def _funds(market: Market, daily_sessions: int) -> Iterator[Answer]:
    endings = {"spdr": "xlsx"}
    for position, fund in enumerate(FUNDS):
        folder, ending = f"{fund.issuer}/{fund.fund_id}", endings.get(fund.issuer, "csv")
        for row in holdings_rows(market, daily_sessions) if fund.publishes else ():
            session, served = market.sessions[row], morning_after(market.sessions[row])
            if session < fund.inception:
                continue
            render = partial(_holdings, market, fund, position, row)
            yield Answer(_holdings_address(fund, session), served, f"{folder}/holdings_{served}.{ending}", render)
        for row in history_rows(market) if fund.history else ():
            served = morning_after(market.sessions[row])
            is_spdr = fund.issuer == "spdr"
            address = SPDR.format(kind="navhist", ticker=fund.fund_id.lower()) if is_spdr else ISHARES.format(product=fund.product_id, component="fundDownload")
            file = f"{folder}/{'navhist' if is_spdr else 'fund'}_{served}.{'xlsx' if is_spdr else 'xls'}"
            yield Answer(address, served, file, partial(_fund_history, market, fund, position, row))


def _product_history(market: Market, fund: Fund, position: int, row: int) -> bytes:
    first = bisect_left(market.sessions, fund.inception)
    kept = slice(first, row + 1)
    nav, shares, assets = (values[kept, position].tolist() for values in (market.product_nav, market.product_shares, market.product_assets))
    return proshares.history(fund, market.sessions[kept], nav, shares, assets)


def _products(market: Market) -> Iterator[Answer]:
    """Leveraged funds of the one issuer that serves histories."""
    for position, fund in enumerate(LEVERAGED):
        for row in history_rows(market) if fund.history else ():
            served = morning_after(market.sessions[row])
            file = f"{fund.issuer}/{fund.fund_id}/historical_nav_{served}.csv"
            yield Answer(PROSHARES.format(ticker=fund.fund_id), served, file, partial(_product_history, market, fund, position, row))


def _filing(market: Market, position: int, row: int, series: str, cik: str) -> bytes:
    fund, day = FUNDS[position], _month_end(market.sessions[row])
    months = filing_months(market, position, day)
    negative = fund.fund_id == FILES_NEGATIVE_REDEMPTIONS
    cash = float(market.cash[row, position])
    return sec.nport(fund, series, cik, day, market.portfolio(row, position), cash, months, negative_redemptions=negative)


def _month_end(session: date) -> date:
    first_of_next = date(session.year + session.month // 12, session.month % 12 + 1, 1)
    return first_of_next - timedelta(days=1)


def _filings(market: Market) -> Iterator[Answer]:
    """The last quarters, each sixty days after its end."""
    ends = [row for row in month_ends(market) if market.sessions[row].month % 3 == 0]
    for row in ends:
        served = _month_end(market.sessions[row]) + timedelta(days=FILING_LAG_DAYS)
        if row not in ends[-FILINGS - 1 :] or served > market.sessions[-1]:
            continue
        for fund_id, (series, cik) in FILERS.items():
            position = calibration.column(fund_id)
            yield Answer(NPORT.format(series=series), served, f"sec/{fund_id}/nport_{served}.xml", partial(_filing, market, position, row, series, cik))


# ---------------------------------------------------------------- industry


def _margin_statistics(market: Market) -> Iterator[Answer]:
    """Published on the third Wednesday of the next month, during the day: there the next morning."""
    releases = []
    for count, balances in enumerate(market.margin_debt, start=1):
        published = third(WEDNESDAY, balances.month.year, balances.month.month + 1)
        if published < market.sessions[-1]:
            releases.append((count, morning_after(published)))
    for count, served in releases[-FINRA_RELEASES:]:
        yield Answer(FINRA, served, f"finra/margin-statistics_{served}.xlsx", partial(finra.margin_statistics, market.margin_debt[:count]))


def _weeks(market: Market) -> list[date]:
    """Ends of ICI's weeks: Wednesdays, the Tuesday before where New York is closed."""
    first = market.sessions[0] + timedelta(days=(WEDNESDAY - market.sessions[0].weekday()) % 7)
    weeks = [first + timedelta(days=7 * number) for number in range((market.sessions[-1] - first).days // 7 + 1)]
    return [week if calendars.is_session(week) else week - timedelta(days=1) for week in weeks]


def _estimate(period: FlowPeriod, age: int, seed: int) -> FlowPeriod:
    """As first estimated (age 0), as revised once (1), as it stays (2 and more)."""
    if age >= 2:
        return period
    noise = np.random.default_rng([seed, period.period_end.toordinal(), age]).standard_normal(6) * (0.010, 0.003)[age]
    return FlowPeriod(period.period_end, *(round(value * (1 + error)) for value, error in zip(period[1:], noise, strict=True)))


def _industry(market: Market) -> Iterator[Answer]:
    """Eight days after each week; months once they are thirty days old."""
    weeks = _weeks(market)
    weekly = [industry_flows(market, end - timedelta(days=6), end) for end in weeks]
    ends = [_month_end(market.sessions[row]) for row in month_ends(market)]
    monthly = [industry_flows(market, end.replace(day=1), end) for end in ends]
    releases = [(count, week + timedelta(days=8)) for count, week in enumerate(weeks, start=1) if week + timedelta(days=8) <= market.sessions[-1]]

    def sheet(count: int, served: date, whole: bool) -> bytes:
        known = sum(end + timedelta(days=30) <= served for end in ends)
        released = [_estimate(period, count - 1 - position, market.seed) for position, period in enumerate(weekly[:count])]
        compiled = [_estimate(period, known - 1 - position, market.seed) for position, period in enumerate(monthly[:known])]
        return ici.combined_flows(served.year, compiled if whole else compiled[-6:], released if whole else released[-8:])

    for number, (count, served) in enumerate(releases[-ICI_RELEASES:]):
        yield Answer(ICI.format(year=served.year), served, f"ici/combined_flows_data_{served}.xls", partial(sheet, count, served, number == 0))


# ---------------------------------------------------------------- levels, bars, chains, factors


def _cut(bars: Bars, kept: slice) -> Bars:
    return Bars(*(values[kept] for values in (bars.open, bars.high, bars.low, bars.close, bars.volume, bars.growth)))


def _levels(market: Market) -> Iterator[Answer]:
    """Cboe's own history the same evening; at FRED a session later; the stress index two."""
    ahead = len(market.long_sessions) - len(market.sessions)
    for row in history_rows(market):
        served, end = morning_after(market.sessions[row]), ahead + row + 1
        yield Answer(VIX, served, f"cboe/VIX_History_{served}.csv", partial(cboe.index_history, market.long_sessions[:end], market.vix))
        for series, values in market.levels.items():
            shown = slice(max(0, end - 1 - TEN_YEARS) if series == "SP500" else 0, end - 1)
            render = partial(fred.series, series, market.long_sessions[shown], values[shown].tolist())
            yield Answer(FRED.format(series=series), served, f"fred/{series}_{served}.csv", render)
        days = market.long_sessions[: end - OFR_LAG_SESSIONS]
        yield Answer(OFR, served, f"ofr/fsi_{served}.csv", partial(ofr.stress_index, days, market.stress))


def _chart(market: Market, symbol: str, session: date, whole: bool) -> bytes:
    """Bars as served that evening, adjusted for what has been paid by then; in shares of the last day, as all charts are served after the split."""
    series = market.series[symbol]
    end = bisect_right(series.days, session)
    kept = slice(0 if whole else max(0, end - INCREMENT_BARS), end)
    days, bars = series.days[kept], _cut(series.bars, kept)
    growth = bars.growth / bars.growth[-1]
    splits = {split.on: split.factor for split in SPLITS if split.fund_id == symbol and split.on in days}
    adjusted = None if series.listing.kind == "INDEX" else bars.close * growth
    return yahoo.chart(series.listing, days, bars, adjusted, series.distributions[kept].round(6).tolist(), splits)


def _bars(market: Market) -> Iterator[Answer]:
    rows = history_rows(market)
    for symbol, series in market.series.items():
        address = YAHOO.format(symbol=symbol.replace("^", "%5E"))
        for row in rows:
            session = market.sessions[row]
            served = morning_after(session)
            if session not in series.days:
                continue
            yield Answer(address, served, f"yahoo/{symbol.lstrip('^')}_{served}.json", partial(_chart, market, symbol, session, row == rows.start))


def _chains(market: Market) -> Iterator[Answer]:
    for first, last in options.WINDOWS:
        for session in calendars.sessions(first, last):
            row, served = market.row(session), morning_after(session)
            for underlying in options.CHAINS:
                address = CHAIN.format(name=f"_{underlying}" if underlying == "SPX" else underlying)
                render = partial(_render_chain, market, underlying, row, session)
                yield Answer(address, served, f"cboe/chains/{underlying}_{served}.json", render)


def _render_chain(market: Market, underlying: str, row: int, session: date) -> bytes:
    return cboe.option_chain(options.chain(market, underlying, row), session)


def _factors(market: Market) -> Iterator[Answer]:
    """The whole history at each release, which ends two months before."""
    for month in ((2025, 8), (2025, 9), (2025, 10), (2025, 11)):
        last = _month_end(date(*month, 1))
        served = last + timedelta(days=FRENCH_LAG_DAYS)
        end = bisect_right(market.long_sessions, last)
        factors = (market.factors[name][:end] for name in ("market", "smb", "hml", "risk_free"))
        yield Answer(FRENCH, served, f"french/factors_daily_{served}.zip", partial(french.daily_factors, market.long_sessions[:end], *factors))


def answers(market: Market, daily_sessions: int = DAILY_SESSIONS) -> list[Answer]:
    """Everything that is served, by address and day."""
    publishers = (_products, _margin_statistics, _industry, _filings, _levels, _bars, _chains, _factors)
    return [*_funds(market, daily_sessions), *(answer for publisher in publishers for answer in publisher(market))]


# ---------------------------------------------------------------- writing


def code_version() -> str:
    """A hash of this package's source and data: what was written by other code is written again."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.suffix in (".py", ".csv", ".md")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _identity(seed: int, daily_sessions: int, world: str) -> dict[str, object]:
    return {"seed": seed, "daily_sessions": daily_sessions, "world": world, "code": code_version()}


def is_current(folder: Path, *, seed: int = DEFAULT_SEED, daily_sessions: int = DAILY_SESSIONS, world: str = WORLDS[0].name) -> bool:
    """Whether the mirror in `folder`, with its truth beside it, is what write_mirror would write."""
    marker = folder / MARKER
    if not (folder.with_name("truth").is_dir() and marker.is_file()):
        return False
    found: object = json.loads(marker.read_text())
    return found == _identity(seed, daily_sessions, world)


def _render(folder: Path, served: Sequence[Answer]) -> Iterator[int]:
    """Write the files of some answers; yields how many are written."""
    made: set[Path] = set()
    for done, answer in enumerate(served, start=1):
        path = folder / FILES / answer.file
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(answer.render())
        yield done


def _render_counted(folder: Path, served: Sequence[Answer], counts: MutableSequence[int], mine: int) -> None:
    for done in _render(folder, served):
        counts[mine] = done


def render_all(folder: Path, served: Sequence[Answer], processes: int, progress: Callable[[int, int], None]) -> None:
    """Files know nothing of each other: every process writes each n-th. Forks have the market without being sent it, and end by themselves."""
    fork = multiprocessing.get_context("fork")
    counts = fork.RawArray("l", processes)
    others = [fork.Process(target=_render_counted, args=(folder, served[other::processes], counts, other), daemon=True) for other in range(1, processes)]
    for other in others:
        other.start()
    try:
        for counts[0] in _render(folder, served[::processes]):
            progress(sum(counts), len(served))
        for other in others:
            other.join()
            if other.exitcode:
                raise OSError(f"a process that writes files ended with status {other.exitcode}")
    finally:
        for other in others:
            other.kill()
    progress(len(served), len(served))


def _fill(folder: Path, truth_folder: Path, seed: int, daily_sessions: int, world: str, progress: Callable[[int, int], None], processes: int) -> None:
    story = calibration.tell(seed, load())
    calibration.check(story)
    market = assemble(story)
    truth.write(truth_folder, story, market)
    if world != WORLDS[0].name:
        market = assemble(in_world(story, world))
    del story
    served = answers(market, daily_sessions)
    render_all(folder, served, processes, progress)
    listed = ({"url": answer.url, "from": answer.served_from.isoformat(), "file": f"{FILES}/{answer.file}"} for answer in served)
    entries = ",\n".join("    " + json.dumps(entry) for entry in listed)
    (folder / "mirror.json").write_text(f'{{\n  "note": {json.dumps(NOTE)},\n  "files": [\n{entries}\n  ]\n}}\n')


def write_mirror(
    folder: Path,
    *,
    seed: int = DEFAULT_SEED,
    daily_sessions: int = DAILY_SESSIONS,
    world: str = WORLDS[0].name,
    progress: Callable[[int, int], None] = lambda done, total: None,
    processes: int = 1,
) -> Path:
    """A complete mirror in `folder` and its truth in `truth` beside it, replacing what is there unless it was written with these arguments by
    this code; returns the mirror's folder.

    It is written beside and renamed, under a lock, so that nobody sees half of it and two writers do not meet.
    daily_sessions: how many of the last sessions have holdings of their own (1 to 250). world: name of the world whose files are written
    (engine.WORLDS); the truth beside a twin is the market's, from the same draws. progress: called with (files written, files in all).
    processes: how many write files at once; more than one only from a process without threads.
    Raises CalibrationError where the seed does not tell the story, ValueError where there is no such world.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        truth_folder = folder.with_name("truth")
        if is_current(folder, seed=seed, daily_sessions=daily_sessions, world=world):
            return folder
        for abandoned in folder.parent.glob(f".{folder.name}.partial-*"):
            shutil.rmtree(abandoned)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
        try:
            fresh, fresh_truth = beside / "fresh", beside / "truth"
            fresh.mkdir()
            _fill(fresh, fresh_truth, seed, daily_sessions, world, progress, processes)
            (fresh / MARKER).write_text(json.dumps(_identity(seed, daily_sessions, world)))
            # the mirror, whose marker says what both are, comes last
            for new, place in ((fresh_truth, truth_folder), (fresh, folder)):
                if place.exists():
                    place.rename(beside / f"stale {place.name}")
                new.rename(place)
        finally:
            shutil.rmtree(beside)
    return folder
