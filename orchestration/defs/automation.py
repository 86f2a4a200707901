"""When things run: the daily job, and the schedule that starts it on the mornings after sessions."""

from collections.abc import Iterator

import dagster as dg

from orchestration import calendars

DAILY = "daily"


def automation() -> dg.Definitions:
    """The job, from publishers to the published file, and the schedule that starts it."""
    job = dg.define_asset_job(
        DAILY,
        selection=dg.AssetSelection.all(),
        description="Fetch, gate, build, gate, publish: for one session, or a range of sessions in a single run.",
    )

    @dg.schedule(
        name="every_morning",
        cron_schedule="30 6 * * *",
        execution_timezone="America/New_York",
        job=job,
        description="At 06:30 New York on every session, for the session before; silent on weekends and holidays.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    def every_morning(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        morning = context.scheduled_execution_time.astimezone(calendars.NEW_YORK).date()
        if not calendars.is_session(morning):
            yield dg.SkipReason(f"{morning} is not a New York session; the next run is on {calendars.next_session(morning)}")
            return
        session = calendars.previous_session(morning).isoformat()
        yield dg.RunRequest(run_key=session, partition_key=session)

    return dg.Definitions(jobs=[job], schedules=[every_morning])
