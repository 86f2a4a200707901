"""Sessions and cut-offs: the clock everything else trusts."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from orchestration import calendars


def test_a_session_sees_what_was_public_at_six_on_the_next() -> None:
    assert calendars.cutoff_on(date(2026, 2, 6)) == date(2026, 2, 9)
    assert calendars.cutoff_at(date(2026, 2, 6)) == datetime(2026, 2, 9, 11, tzinfo=UTC)
    assert calendars.cutoff_at(date(2026, 7, 2)) == datetime(2026, 7, 6, 10, tzinfo=UTC)


def test_thanksgiving_and_weekends_are_no_sessions() -> None:
    assert not calendars.is_session(date(2025, 11, 27))
    assert calendars.next_session(date(2025, 11, 26)) == date(2025, 11, 28)
    assert calendars.previous_session(date(2026, 2, 17)) == date(2026, 2, 13)
    assert not calendars.is_session(date(2026, 2, 15))


@pytest.mark.parametrize(
    ("now", "session"),
    [
        (datetime(2026, 2, 5, 10, 59, tzinfo=UTC), date(2026, 2, 3)),
        (datetime(2026, 2, 5, 11, 0, tzinfo=UTC), date(2026, 2, 4)),
        (datetime(2026, 2, 8, 18, 0, tzinfo=UTC), date(2026, 2, 5)),
        (datetime(2026, 2, 9, 11, 30, tzinfo=UTC), date(2026, 2, 6)),
    ],
)
def test_the_latest_closed_session_is_the_one_whose_cut_off_has_passed(now: datetime, session: date) -> None:
    assert calendars.latest_closed_session(now) == session


def test_a_release_during_a_day_is_known_the_next_morning_and_never_on_a_weekend_release() -> None:
    released = pd.Series(pd.to_datetime(["2025-03-21", "2026-01-21", "2025-03-22", "1926-07-03"]))
    assert calendars.known_on_of_release(released).dt.strftime("%Y-%m-%d").tolist() == ["2025-03-22", "2026-01-22", "2025-03-25", "1926-07-06"]


def test_a_morning_fetch_belongs_to_its_morning_and_a_later_one_to_the_next() -> None:
    assert calendars.known_on_of_fetch(datetime(2026, 2, 5, 11, 30, tzinfo=UTC)) == date(2026, 2, 5)
    assert calendars.known_on_of_fetch(datetime(2026, 2, 5, 14, 0, tzinfo=UTC)) == date(2026, 2, 6)


@pytest.mark.parametrize(
    ("cadence", "following"),
    [("daily", date(2026, 2, 2)), ("weekly", date(2026, 2, 6)), ("monthly", date(2026, 2, 28)), ("quarterly", date(2026, 3, 31))],
)
def test_the_next_observation_follows_the_cadence(cadence: str, following: date) -> None:
    day = date(2025, 12, 31) if cadence == "quarterly" else date(2026, 1, 31) if cadence == "monthly" else date(2026, 1, 30)
    assert calendars.next_observation(day, cadence) == following


def test_a_month_that_ends_on_a_weekend_is_over_with_its_last_session() -> None:
    assert calendars.next_observation(date(2025, 11, 28), "monthly") == date(2025, 12, 31)
    assert calendars.next_observation(date(2024, 6, 28), "quarterly") == date(2024, 9, 30)
    assert calendars.next_observation(date(2026, 2, 4), "monthly") == date(2026, 2, 28)


def test_the_days_around_a_run_reach_a_year_ahead_and_know_the_next_session() -> None:
    days = calendars.days_around(date(2026, 2, 4)).set_index("calendar_day")
    assert (days.index[0], days.index[-1]) == (pd.Timestamp(calendars.FIRST_SESSION), pd.Timestamp(2027, 3, 11))
    assert days.loc[pd.Timestamp(2026, 2, 15)].tolist() == [False, pd.Timestamp(2026, 2, 17)]
    assert days.loc[pd.Timestamp(2026, 2, 17)].tolist() == [True, pd.Timestamp(2026, 2, 17)]
    shorter = calendars.days_around(date(2025, 2, 4)).set_index("calendar_day")
    pd.testing.assert_frame_equal(shorter, days.loc[: shorter.index[-1]])


def test_a_calendar_that_ends_before_the_days_ahead_do_is_read_to_its_end() -> None:
    last = calendars.last_session()
    assert calendars.days_around(last)["session_on_or_after"].iloc[-1] == pd.Timestamp(calendars.next_session(last))
