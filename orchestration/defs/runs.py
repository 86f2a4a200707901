"""What a run is for, read from its tags. Pure functions, so that the command line, the schedule and the assets agree."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import dagster as dg

from orchestration import calendars

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
SESSIONS = "contagion/sessions"  # for people: the list of runs shows it, nothing reads it
MAY_GO_BACK = "contagion/may-publish-older"
PUBLICATION_WINDOW = timedelta(hours=2)


def sessions(first: date, last: date) -> dict[str, str]:
    """What a run is called in the list of runs: its session, or its range with how many there are."""
    if first == last:
        return {SESSIONS: f"{last}"}
    return {SESSIONS: f"{first} to {last}, {len(calendars.sessions(first, last))} sessions"}


def tags(first: date, last: date, *, may_go_back: bool = False) -> dict[str, str]:
    """Tags of a run for the sessions from first to last."""
    chosen = {PARTITION: last.isoformat()} if first == last else {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
    return {**chosen, **sessions(first, last), **({MAY_GO_BACK: "true"} if may_go_back else {})}


def as_of(run_tags: Mapping[str, str]) -> date | None:
    """The session a run is for: its partition, or the last of its range; None where it has neither."""
    key = run_tags.get(PARTITION) or run_tags.get(RANGE_END)
    return date.fromisoformat(key) if key else None


def first(run_tags: Mapping[str, str]) -> date | None:
    """The first session a run is for: where its range begins, or its partition; None where it has neither."""
    key = run_tags.get(RANGE_START) or run_tags.get(PARTITION)
    return date.fromisoformat(key) if key else None


def sessions_partitions(today: date) -> dg.DailyPartitionsDefinition:
    """One partition a New York session: the session whose morning after fetched the data. Weekends and holidays have none."""
    closed = calendars.holidays(calendars.FIRST_PARTITION, today + timedelta(days=400))
    return dg.DailyPartitionsDefinition(
        start_date=calendars.FIRST_PARTITION.isoformat(),
        timezone="America/New_York",
        exclusions=["0 0 * * 6", "0 0 * * 0", *(datetime.combine(day, time(), calendars.NEW_YORK) for day in closed)],
    )
