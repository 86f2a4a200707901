"""Which simulated file was served at which address from which morning on: the mirror that the default profile reads.

Here are the publishers' addresses and lags, and nothing of their formats. What a session's evening brings is served from
the next calendar day on. Holdings: month ends, then each of the last `daily_sessions`. Histories, bars and levels: those
sessions, the first with the whole past. FINRA: monthly, all year.

The mirror appears whole or not at all, and is left alone while its arguments and its code are those that are asked for.
"""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from orchestration.sample_market import universe
from orchestration.sample_market.facts import Bars, Listing
from orchestration.sample_market.market import Market, fund_column, simulate
from orchestration.sample_market.universe import Fund
from orchestration.sample_market.writers import cboe, finra, fred, ishares, spdr, yahoo

DEFAULT_SEED = 20260204
DAILY_SESSIONS = 20  # each is 30 files, and reading a file costs the pipeline some 20 ms whatever its size
MARKER = "SIMULATED.json"
NOTE = (
    "SIMULATED. Every file here was written by orchestration/sample_market; no publisher has served any of it. "
    "An address is answered by the newest entry whose 'from' is not after the day of the fetch; with none, 404. Paths are relative to this file."
)

FINRA = "https://www.finra.org/sites/default/files/2021-03/margin-statistics.xlsx"
ISHARES = (
    "https://www.blackrock.com/varnish-api/blk-one01-product-data/product-data/api/v1/get-fund-document"
    "?appType=PRODUCT_PAGE&appSubType=ISHARES&targetSite=us-ishares&locale=en_US&portfolioId={product}&userType=individual&component={component}"
)
SPDR = "https://www.ssga.com/library-content/products/fund-data/etfs/us/{kind}-us-en-{ticker}.xlsx"
FRED = "https://fred.stlouisfed.org/graph/fredgraph.csv?id={series}"
CBOE = "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv"
YAHOO = "https://query1.finance.yahoo.com/v8/finance/chart/{symbol}?period1=0&period2=9999999999&interval=1d&events=div%2Csplit"

FRIDAY, WEDNESDAY = 4, 2
INDEX_POINTS_PER_DOLLAR = 10.03  # of the net asset value of a fund that tracks the index


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


def history_rows(market: Market, daily_sessions: int) -> range:
    """Sessions on whose evenings histories, bars and levels are served, by position."""
    return range(len(market.sessions) - daily_sessions, len(market.sessions))


def holdings_rows(market: Market, daily_sessions: int) -> list[int]:
    """Sessions on whose evenings holdings are served, by position: month ends, then daily."""
    daily = history_rows(market, daily_sessions)
    month_ends = [row for row in range(daily.start) if market.sessions[row].month != market.sessions[row + 1].month]
    return [*month_ends, *daily]


def _margin_statistics(market: Market) -> Iterator[Answer]:
    """Published on the third Wednesday of the next month, during the day: there the next morning."""
    for count, balances in enumerate(market.margin_debt, start=1):
        published = third(WEDNESDAY, balances.month.year, balances.month.month + 1)
        if published > market.sessions[0]:
            served = morning_after(published)
            yield Answer(FINRA, served, f"finra/margin-statistics_{served}.xlsx", partial(finra.margin_statistics, market.margin_debt[:count]))


def _future_expiry(session: date) -> date:
    """Of the index future that a fund holds: the next third Friday of March, June, September or December."""
    months = (month for month in range(session.month, session.month + 6) if month % 3 == 0)
    return next(expiry for expiry in (third(FRIDAY, session.year, month) for month in months) if expiry > session)


def _holdings(market: Market, fund: Fund, row: int) -> bytes:
    column, session = fund_column(fund.fund_id), market.sessions[row]
    portfolio, cash = market.portfolio(row, column), float(market.cash[row, column])
    if fund.issuer == "spdr":
        return spdr.holdings(fund, session, portfolio, cash)
    is_broad = not (fund.sectors or fund.groups)
    future = (_future_expiry(session), float(market.nav[row, column]) * INDEX_POINTS_PER_DOLLAR) if is_broad else None
    return ishares.holdings(fund, session, portfolio, cash, float(market.shares[row, column]), future=future)


def _fund_history(market: Market, fund: Fund, row: int) -> bytes:
    column, days = fund_column(fund.fund_id), market.sessions[: row + 1]
    nav, shares, paid = (values[: row + 1, column].tolist() for values in (market.nav, market.shares, market.distributions))
    if universe.LatePosting(fund.fund_id, days[-1]) in universe.LATE_POSTINGS:
        shares[-1] = shares[-2]
    if fund.issuer == "spdr":
        return spdr.history(fund, days, nav, shares)
    return ishares.fund_download(fund, days, nav, shares, paid, int((market.units[:, column] > 0).sum()))


def _funds(market: Market, daily_sessions: int) -> Iterator[Answer]:
    for fund in universe.FUNDS:
        if fund.issuer == "spdr":
            holdings_at, history_at = (SPDR.format(kind=kind, ticker=fund.fund_id.lower()) for kind in ("holdings-daily", "navhist"))
            holdings_file, history_file = "holdings_{}.xlsx", "navhist_{}.xlsx"
        else:
            holdings_at, history_at = (ISHARES.format(product=fund.product_id, component=component) for component in ("holdings", "fundDownload"))
            holdings_file, history_file = "holdings_{}.csv", "fund_{}.xls"
        folder = f"{fund.issuer}/{fund.fund_id}/"
        for row in holdings_rows(market, daily_sessions) if fund.publishes_holdings else ():
            served = morning_after(market.sessions[row])
            yield Answer(holdings_at, served, folder + holdings_file.format(served), partial(_holdings, market, fund, row))
        for row in history_rows(market, daily_sessions):
            served = morning_after(market.sessions[row])
            yield Answer(history_at, served, folder + history_file.format(served), partial(_fund_history, market, fund, row))


def _levels(market: Market, daily_sessions: int) -> Iterator[Answer]:
    """Cboe's own history the same evening; at FRED the day arrives one session later, and so does the Treasury's yield."""
    fred_series = {"VIXCLS": market.vix.close.tolist(), "DGS10": market.yield_10y.tolist()}
    for row in history_rows(market, daily_sessions):
        served = morning_after(market.sessions[row])
        yield Answer(CBOE, served, f"cboe/VIX_History_{served}.csv", partial(cboe.index_history, market.sessions[: row + 1], market.vix))
        for series, values in fred_series.items():
            render = partial(fred.series, series, market.sessions[:row], values[:row])
            yield Answer(FRED.format(series=series), served, f"fred/{series}_{served}.csv", render)


def _listing(fund: Fund) -> Listing:
    return Listing(fund.fund_id, fund.name, "ETF", fund.venue, "USD", "America/New_York", 9.5, 16.0, fund.inception)


def _chart(market: Market, fund: Fund, row: int) -> bytes:
    """Bars as served that evening: in shares of that day, adjusted for what has been paid by then."""
    bars, column, days = market.bars[fund.fund_id], fund_column(fund.fund_id), market.sessions[: row + 1]
    factor = market.split_factor[row, column]
    open_, high, low, close = (values[: row + 1] * factor for values in (bars.open, bars.high, bars.low, bars.close))
    growth = bars.growth[: row + 1] / bars.growth[row]
    served = Bars(open_, high, low, close, bars.volume[: row + 1] / factor, growth)
    paid = (market.distributions[: row + 1, column] / market.split_factor[: row + 1, column] * factor).round(6)
    splits = {split.on: split.factor for split in universe.SPLITS if split.fund_id == fund.fund_id and split.on <= days[-1]}
    return yahoo.chart(_listing(fund), days, served, close * growth, paid.tolist(), splits)


def _bars(market: Market, daily_sessions: int) -> Iterator[Answer]:
    """The whole history every time, as Yahoo restates it at each split and distribution."""
    for fund in universe.FUNDS:
        for row in history_rows(market, daily_sessions) if fund.fund_id in market.bars else ():
            served = morning_after(market.sessions[row])
            yield Answer(YAHOO.format(symbol=fund.fund_id), served, f"yahoo/{fund.fund_id}_{served}.json", partial(_chart, market, fund, row))


def answers(market: Market, daily_sessions: int = DAILY_SESSIONS) -> list[Answer]:
    """Everything that is served, by address and day."""
    daily = (answer for publisher in (_funds, _levels, _bars) for answer in publisher(market, daily_sessions))
    return [*_margin_statistics(market), *daily]


def code_version() -> str:
    """A hash of this package's source and lists: what was written by other code is written again."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.suffix in {".py", ".csv"}):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _is_current(folder: Path, identity: dict[str, object]) -> bool:
    marker = folder / MARKER
    return marker.is_file() and json.loads(marker.read_text()) == identity


def _fill(folder: Path, seed: int, daily_sessions: int, progress: Callable[[int, int], None] | None) -> None:
    served = answers(simulate(seed), daily_sessions)
    for done, answer in enumerate(served, start=1):
        path = folder / answer.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.render())
        if progress is not None:
            progress(done, len(served))
    entries = ",\n".join("    " + json.dumps({"url": answer.url, "from": answer.served_from.isoformat(), "file": answer.file}) for answer in served)
    (folder / "mirror.json").write_text(f'{{\n  "note": {json.dumps(NOTE)},\n  "files": [\n{entries}\n  ]\n}}\n')


def write_mirror(folder: Path, *, seed: int = DEFAULT_SEED, daily_sessions: int = DAILY_SESSIONS, progress: Callable[[int, int], None] | None = None) -> Path:
    """A complete mirror in `folder`, replacing what is there unless it was written with these arguments by this code; returns the folder.

    It is written beside and renamed, under a lock, so that nobody sees half of it and two writers do not meet.
    daily_sessions: how many of the last sessions have an answer of their own (1 to 250).
    progress: called with (files written, files in all).
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    identity: dict[str, object] = {"seed": seed, "daily_sessions": daily_sessions, "code": code_version()}
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_current(folder, identity):
            return folder
        for abandoned in folder.parent.glob(f".{folder.name}.partial-*"):
            shutil.rmtree(abandoned)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
        try:
            fresh = beside / "fresh"
            fresh.mkdir()
            _fill(fresh, seed, daily_sessions, progress)
            (fresh / MARKER).write_text(json.dumps(identity))
            if folder.exists():
                folder.rename(beside / "stale")
            fresh.rename(folder)
        finally:
            shutil.rmtree(beside)
    return folder
