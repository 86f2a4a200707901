"""New York sessions and knowledge cut-offs: when is a day over, and what was public when. The only importer of a market calendar.

Session D sees what was public at 06:00 New York on the next session (its cut-off). One macro in dbt says the same
(`known_by`); a test holds the two equal.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pandas as pd

NEW_YORK = ZoneInfo("America/New_York")
FIRST_SESSION = date(1990, 1, 2)
FIRST_PARTITION = date(2000, 1, 3)  # the first session a run can be for
CUT_OFF = time(6, 0)
# A scheduled run starts at 06:30 and reads what was public at the cut-off; no United States release falls between
# 06:00 and 08:00, so a fetch up to then still belongs to that morning.
LAST_MORNING_FETCH = time(8, 0)
# How far ahead of a run's session its calendar reaches: a year of events (parameter event_horizon_days) and the session after the last.
DAYS_AHEAD = 400


@cache
def _sessions() -> np.ndarray:
    """All sessions from 1990 to two years ahead, as datetime64[D]."""
    last = date(datetime.now(NEW_YORK).year + 2, 12, 31)
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_SESSION.isoformat(), end=last.isoformat())
    days: np.ndarray = calendar.sessions.to_numpy().astype("datetime64[D]")
    return days


def _at(position: int) -> date:
    session: date = _sessions()[position].astype(object)
    return session


def last_session() -> date:
    """The last session a run can be for: the calendar must know the one after it."""
    return _at(-2)


def sessions(first: date, last: date) -> list[date]:
    """Sessions from first to last, both included."""
    every = _sessions()
    days: list[date] = every[np.searchsorted(every, np.datetime64(first)) : np.searchsorted(every, np.datetime64(last), side="right")].tolist()
    return days


def is_session(day: date) -> bool:
    return bool(np.isin(np.datetime64(day), _sessions()))


def next_session(day: date) -> date:
    """The first session after `day`."""
    return _at(int(np.searchsorted(_sessions(), np.datetime64(day), side="right")))


def previous_session(day: date) -> date:
    """The last session before `day`."""
    return _at(int(np.searchsorted(_sessions(), np.datetime64(day))) - 1)


def session_on_or_after(day: date) -> date:
    return _at(int(np.searchsorted(_sessions(), np.datetime64(day))))


def session_on_or_before(day: date) -> date:
    return _at(int(np.searchsorted(_sessions(), np.datetime64(day), side="right")) - 1)


def cutoff_on(session: date) -> date:
    """The New York date at whose 06:00 the knowledge of `session` closes."""
    return next_session(session)


def instant(day: date, at: time = CUT_OFF) -> datetime:
    """That New York wall-clock time as an aware UTC instant."""
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)


def cutoff_at(session: date) -> datetime:
    return instant(cutoff_on(session))


def latest_closed_session(now: datetime) -> date:
    """The last session whose cut-off has passed: what a run started now is for."""
    local = now.astimezone(NEW_YORK)
    morning = local.date() if local.time() >= CUT_OFF else local.date() - timedelta(days=1)
    return previous_session(session_on_or_before(morning))


def known_on_of_fetch(fetched_at: datetime) -> date:
    """The first New York date at whose 06:00 something fetched then was certainly public."""
    local = fetched_at.astimezone(NEW_YORK)
    return local.date() if local.time() <= LAST_MORNING_FETCH else local.date() + timedelta(days=1)


def known_on_of_release(published_on: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """Nominal publication days rolled forward to a session, and one day on: released on X is known at 06:00 on X+1.

    Before the calendar begins (1990) weekends alone are skipped.
    """
    every = _sessions()
    nominal = published_on.to_numpy().astype("datetime64[D]")
    rolled = every[np.searchsorted(every, nominal).clip(max=len(every) - 1)]
    early = nominal < every[0]
    rolled[early] = np.busday_offset(nominal[early], 0, roll="forward")
    return pd.Series((rolled + np.timedelta64(1, "D")).astype("datetime64[s]"), index=published_on.index)


def days_around(last: date) -> pd.DataFrame:
    """Calendar days from 1990 to DAYS_AHEAD after `last`, as far as sessions are known: calendar_day, is_session, session_on_or_after."""
    every = _sessions()
    days = np.arange(every[0], min(np.datetime64(last) + DAYS_AHEAD, every[-1]) + 1)
    following = every[np.searchsorted(every, days)]
    return pd.DataFrame(
        {"calendar_day": days.astype("datetime64[s]"), "is_session": following == days, "session_on_or_after": following.astype("datetime64[s]")}
    )


def holidays(first: date, last: date) -> list[date]:
    """Weekdays from first to last on which New York does not trade."""
    weekdays = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    weekdays = weekdays[np.is_busday(weekdays)]
    closed: list[date] = weekdays[~np.isin(weekdays, _sessions())].tolist()
    return closed


def next_observation(observed_on: date, cadence: str) -> date:
    """The day that the observation after this one speaks of: next session, week, month end or quarter end."""
    if cadence == "daily":
        return next_session(observed_on)
    if cadence == "weekly":
        return observed_on + timedelta(days=7)
    # of a month's last session nothing more follows in the month, though the month's end may be days away
    month_end = (pd.Timestamp(observed_on) + pd.offsets.MonthEnd(0)).date()
    ended_on = month_end if next_session(observed_on) > month_end else observed_on
    following = pd.Timestamp(ended_on) + pd.offsets.MonthEnd(1 if cadence == "monthly" else 3)
    return following.date()
