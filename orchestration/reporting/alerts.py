"""What is worth telling somebody: a level broken, a regime changed, a release seen, a run that failed. Computed from the published file, told nowhere.

A fact has a key, by which `outbox` tells it once however often it is found. No sending, no state, nothing worded that a headline words already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from orchestration import calendars, reference
from orchestration.settings import Settings
from orchestration.sources import all_sources
from orchestration.warehouse.publish import read_manifest
from orchestration.warehouse.query import query

LEVEL_BREACHED, REGIME_CHANGED, RELEASE_SEEN, RUN_FAILED = "level_breached", "regime_changed", "release_seen", "run_failed"
PUBLISHED_KINDS = (LEVEL_BREACHED, REGIME_CHANGED, RELEASE_SEEN)
KINDS = (*PUBLISHED_KINDS, RUN_FAILED)
MOST_REASONS = 10

BREACHES = """
    select watched.trade_date, watched.watch_id, watched.benchmark_id, watched.direction, watched.level, watched.close_level, said.statement
    from level_watch_daily as watched
    left join headline_daily as said on watched.trade_date = said.trade_date and said.headline_id = 'level_watch_' || watched.watch_id
    where watched.breached_on = watched.trade_date and watched.trade_date between ? and ?
    order by 1, 2
"""
# The first regime there ever was is no change.
CHANGES = """
    with followed as (
        select
            trade_date, regime, regime_since,
            last_value(regime ignore nulls) over (order by trade_date rows between unbounded preceding and 1 preceding) as regime_before
        from contagion_index_daily
    )
    select followed.trade_date, followed.regime_before, followed.regime, said.statement
    from followed
    left join headline_daily as said on followed.trade_date = said.trade_date and said.headline_id = 'contagion_index'
    where followed.regime_since = followed.trade_date and followed.regime_before <> followed.regime and followed.trade_date between ? and ?
    order by 1
"""
# A daily file is no event. What is new at a session was public at its cut-off and not at that of the session before.
RELEASES = """
    select
        source, any_value(publisher), any_value(cadence), max(last_observed_on) as observed_on, max(last_known_on) as known_on, max(next_release_on),
        min(table_name)
    from source_status
    where cadence <> 'daily' and last_observed_on is not null
    group by source
    having max(last_known_on) > ? and max(last_known_on) <= ?
    order by known_on, source
"""


@dataclass(frozen=True)
class Alert:
    """A fact worth telling. `key` names it for good; `session` is the New York session it is of, None where it has none."""

    key: str
    kind: str
    title: str
    body: str
    link: str
    session: date | None


@dataclass(frozen=True)
class FailedRun:
    """A run that did not do what it was for: its id, the last session it was for, and why, one line a reason."""

    run_id: str
    session: date | None
    reasons: tuple[str, ...]


def window(as_of: date, *, handled: date | None, first: date | None) -> tuple[date, date]:
    """First and last session to look at in a file published as of `as_of`.

    The sessions since `handled`, the newest as-of that was looked at before; where there is none, those of the run's
    range, which begins at `first`. In any case the last few (alert_sessions: a fact may be known late), counted from the
    newest as-of, so that a session of the past that is published again by name is no news; never more than
    alert_most_sessions.
    """
    newest = max(as_of, handled or as_of)
    recent, oldest = (_sessions_before(newest, int(reference.parameter(name)) - 1) for name in ("alert_sessions", "alert_most_sessions"))
    since = calendars.next_session(handled) if handled else first or recent
    return max(oldest, min(since, recent)), as_of


def due(settings: Settings, kind: str, *, handled: date | None = None, first: date | None = None) -> list[Alert]:
    """The alerts of a kind (PUBLISHED_KINDS) in the published file, oldest first; whether they have been told is not asked here.

    handled, first: as for `window`. Nothing where nothing is published. Raises QueryError where the file lacks a table.
    """
    manifest = read_manifest(settings.published_file)
    if not manifest:
        return []
    begin, end = window(date.fromisoformat(manifest["as_of"]), handled=handled, first=first)
    return _FINDERS[kind](settings, begin, end) if begin <= end else []


def failed(settings: Settings, run: FailedRun) -> Alert:
    """The alert of a run that failed."""
    more = len(run.reasons) - MOST_REASONS
    reasons = [*run.reasons[:MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]
    of_what = f" of {run.session}" if run.session else ""
    return _alert(
        settings, f"{RUN_FAILED}/{run.run_id}", RUN_FAILED, f"Run failed{of_what}", "\n".join(reasons), f"{settings.ui_url}/runs/{run.run_id}", run.session
    )


def trial(settings: Settings) -> Alert:
    """A message that says no more than that messages arrive."""
    return _alert(settings, "test", "test", "Test of contagion's alerts", "Alerts of this data home arrive here.", settings.ui_url, None)


def _sessions_before(session: date, count: int) -> date:
    for _ in range(count):
        session = calendars.previous_session(session)
    return session


def _alert(settings: Settings, key: str, kind: str, title: str, body: str, link: str, session: date | None) -> Alert:
    notice = ("SIMULATED: ", "SIMULATED market, not real prices or flows.\n") if settings.is_simulated else ("", "")
    return Alert(key, kind, f"{notice[0]}{title}", f"{notice[1]}{body}\n{link}", link, session)


def _page(settings: Settings, asset: str = "published") -> str:
    """The brief of the published session where there is one, else a page of the Dagster UI."""
    brief = settings.home / "briefs" / f"{read_manifest(settings.published_file)['as_of']}.html"
    return brief.as_uri() if brief.exists() else f"{settings.ui_url}/assets/{asset}"


def _breaches(settings: Settings, begin: date, end: date) -> list[Alert]:
    found = []
    for day, watch, benchmark, direction, level, close, statement in query(settings.published_file, BREACHES, [begin, end]).rows:
        title = f"Level breached on {day}: {benchmark} closed at {close:,.1f}, {direction} {level:,.0f}"
        found.append(_alert(settings, f"{LEVEL_BREACHED}/{watch}/{day}", LEVEL_BREACHED, title, statement or title, _page(settings), day))
    return found


def _changes(settings: Settings, begin: date, end: date) -> list[Alert]:
    found = []
    for day, before, regime, statement in query(settings.published_file, CHANGES, [begin, end]).rows:
        title = f"Regime changed on {day}: {before} → {regime}"
        found.append(_alert(settings, f"{REGIME_CHANGED}/{day}/{regime}", REGIME_CHANGED, title, statement or title, _page(settings), day))
    return found


def _releases(settings: Settings, begin: date, end: date) -> list[Alert]:
    found = []
    known = [calendars.cutoff_on(calendars.previous_session(begin)), calendars.cutoff_on(end)]
    for source, publisher, cadence, observed_on, known_on, next_on, table in query(settings.published_file, RELEASES, known).rows:
        session = calendars.previous_session(known_on)
        title = f"New release: {source} to {observed_on}"
        coming = f"; the next is expected by {next_on}" if next_on else ""
        body = f"{publisher}, {cadence}: observations to {observed_on}, public since {known_on}{coming}. {all_sources()[source].homepage}"
        # A file may come more often than its cadence, and a release be corrected: one period is told once.
        found.append(_alert(settings, f"{RELEASE_SEEN}/{source}/{_period(observed_on, cadence)}", RELEASE_SEEN, title, body, _page(settings, table), session))
    return found


def _period(day: date, cadence: str) -> str:
    """The week, month or quarter that an observation speaks of."""
    if cadence == "weekly":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}" if cadence == "monthly" else f"{day.year}-Q{(day.month + 2) // 3}"


_FINDERS: dict[str, Callable[[Settings, date, date], list[Alert]]] = {LEVEL_BREACHED: _breaches, REGIME_CHANGED: _changes, RELEASE_SEEN: _releases}
