"""When things run and when somebody is told: the jobs, the schedule that starts one on the mornings after sessions, the sensors that send alerts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from orchestration import calendars, reference
from orchestration import settings as environment
from orchestration.defs import runs, verdicts
from orchestration.reporting import alerts, outbox
from orchestration.reporting.outcome import Told
from orchestration.settings import Settings
from orchestration.warehouse.publish import read_manifest

DAILY = "daily"
RANGE = "range"
BRIEF_ONLY = "brief_only"
# The first two do the same: they are two, so that the list of runs says which was meant.
JOBS = {
    DAILY: "One session, from publishers to the brief: fetch, gate, build, gate, publish. Choose its partition; the schedule takes the last session.",
    RANGE: (
        "Several sessions in a single run, as `contagion run --from --to` starts it: every publisher is asked once, the file is that of the last session. "
        "Choose a range of partitions; Dagster's daemon (`contagion dev`) hands it to one run."
    ),
    BRIEF_ONLY: "The page of the brief once more, from the published file as it is: nothing is fetched, built or published. Takes seconds.",
}
LOOK_EVERY_SECONDS = 60
PATIENCE = timedelta(minutes=10)  # before a target that did not take an alert is asked again
NOT_CONFIGURED = "CONTAGION_ALERT_URLS is not set: nothing is looked for, nothing is sent"
WHAT = {
    alerts.LEVEL_BREACHED: "A watched level (seed watch_levels) was broken by a close",
    alerts.REGIME_CHANGED: "The regime of the contagion index is another than before, up or down",
    alerts.RELEASE_SEEN: "A publisher of weekly, monthly or quarterly figures released new ones",
    alerts.RUN_FAILED: "A run failed, a payload was quarantined or publication was blocked",
}
HOW = (
    "Sends one message to each address in CONTAGION_ALERT_URLS, with a link; `contagion run` sends the same by itself, and whoever comes first is the only one."
)


class UndeliveredError(RuntimeError):
    """An alert that was not taken: the tick shows as failed, and a later one tries again."""


def _outcome(told: Told, nothing: str) -> dg.SkipReason:
    """What a tick of a sensor shows: it starts no run, so Dagster calls it skipped. Raises UndeliveredError."""
    if told.problems:
        raise UndeliveredError("; ".join(told.problems))
    return dg.SkipReason(f"sent: {'; '.join(told.sent)}" if told.sent else nothing)


def _about_the_published(context: dg.SensorEvaluationContext, settings: Settings, kind: str) -> dg.SkipReason:
    """Look at the published file, not at Dagster's events: whatever process put it in place. Not before its run is over, which writes the brief."""
    manifest = read_manifest(settings.published_file)
    if not manifest:
        return dg.SkipReason("nothing is published yet")
    run = context.instance.get_run_by_id(manifest["run_id"])
    if run is not None and not run.is_finished:
        return dg.SkipReason(f"run {run.run_id[:8]} has published and is not over yet")
    first = runs.first(run.tags) if run is not None else None
    return _outcome(outbox.tell(settings, [kind], first=first, patience=PATIENCE), f"nothing new as of {manifest['as_of']}")


def _about_runs(context: dg.SensorEvaluationContext, settings: Settings) -> dg.SkipReason:
    """Look at the runs that ended since the last tick; the first looks back a few days."""
    since = datetime.fromisoformat(context.cursor) if context.cursor else datetime.now(UTC) - timedelta(days=reference.parameter("alert_sessions"))
    ended = verdicts.failed_runs(context.instance, since)
    told = outbox.tell(settings, [alerts.RUN_FAILED], failed=ended.runs, patience=PATIENCE)
    # What was found is in the outbox now: it is tried again from there.
    context.update_cursor(ended.until.isoformat())
    return _outcome(told, f"no run failed since {since:%Y-%m-%d %H:%M} UTC")


def _sensor(kind: str) -> dg.SensorDefinition:
    """The sensor of one kind of alert."""

    @dg.sensor(
        name=kind,
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description=f"{WHAT[kind]}. {HOW}",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        settings = environment.load()
        if not settings.alert_urls:
            return dg.SkipReason(NOT_CONFIGURED)
        return _about_runs(context, settings) if kind == alerts.RUN_FAILED else _about_the_published(context, settings, kind)

    return sensor


def job_of(first: date, last: date) -> str:
    """The job of a run for the sessions from first to last."""
    return DAILY if first == last else RANGE


def automation() -> dg.Definitions:
    """The jobs, the schedule that starts the daily one, and the sensors of what runs bring."""
    selected = {BRIEF_ONLY: dg.AssetSelection.assets("brief")}
    jobs = [dg.define_asset_job(name, selection=selected.get(name, dg.AssetSelection.all()), description=what) for name, what in JOBS.items()]

    @dg.schedule(
        name="every_morning",
        cron_schedule="30 6 * * *",
        execution_timezone="America/New_York",
        job_name=DAILY,
        description="At 06:30 New York on every session, for the session before; silent on weekends and holidays.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    def every_morning(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        morning = context.scheduled_execution_time.astimezone(calendars.NEW_YORK).date()
        if not calendars.is_session(morning):
            yield dg.SkipReason(f"{morning} is not a New York session; the next run is on {calendars.next_session(morning)}")
            return
        session = calendars.previous_session(morning)
        yield dg.RunRequest(run_key=session.isoformat(), partition_key=session.isoformat(), tags=runs.sessions(session, session))

    return dg.Definitions(jobs=jobs, schedules=[every_morning], sensors=[_sensor(kind) for kind in alerts.KINDS])
