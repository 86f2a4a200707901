"""The verbs a person types. Each imports only what it needs, so that `parse` and `--help` answer at once."""

import errno
import json
import sys
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from orchestration import settings as environment
from orchestration.settings import PROFILES, SAMPLE_AS_OF, Settings, SettingsError

USAGE = 2


class Command(click.Command):
    """A command whose help ends with examples, kept line by line."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        if self.epilog:
            formatter.write_paragraph()
            with formatter.section("Examples"):
                for line in self.epilog.strip().splitlines():
                    formatter.write_text(line.strip())


class Verbs(click.Group):
    """The group of all verbs: what keeps any of them from going on is one line and status 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # a pipe that was closed: click ends quietly
            if error.errno is None:
                _fail(str(error), 1)  # a sentence of ours
            _fail(f"cannot go on: {error.filename or 'the answer'}: {error.strerror or error}; look at the disk and at who may write there", 1)


def _fail(message: str, status: int = USAGE) -> NoReturn:
    click.secho(message, fg="red", err=True)
    raise SystemExit(status)


def _day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return environment.parse_day(value, f"--{parameter.name}".replace("_", "-"))
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None


def _settings(profile: str | None, mirror: Path | None = None) -> Settings:
    given = dict(environment.inherited())
    if profile:
        given["CONTAGION_PROFILE"] = profile
    if mirror:
        given["CONTAGION_MIRROR"] = str(mirror)
    try:
        return environment.load(given)
    except SettingsError as error:
        _fail(str(error))


profile_option = click.option("--profile", type=click.Choice(PROFILES), help="sample (simulated, the default) or live.")


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="macro-contagion-indicators", prog_name="contagion")
def main() -> None:
    """Macro contagion indicators: who is forced to sell, how much, of what, and how far it spreads."""


@main.command(
    cls=Command,
    epilog="""contagion run
    contagion run --as-of 2026-02-04
    contagion run --from 2026-01-26 --to 2026-02-04
    contagion run --profile live
    contagion run --profile live --mirror ../files --as-of 2025-09-30""",
)
@profile_option
@click.option("--mirror", type=click.Path(path_type=Path), help="A folder with mirror.json to read instead of the publishers.")
@click.option("--as-of", callback=_day, metavar="DATE", help="The session to run for; also allows an older file to be published again.")
@click.option("--from", "first", callback=_day, metavar="DATE", help="First session of a range (one run).")
@click.option("--to", "last", callback=_day, metavar="DATE", help="Last session of a range.")
@click.option("--replay", is_flag=True, help="Fetch nothing; work with what is archived.")
def run(profile: str | None, mirror: Path | None, as_of: date | None, first: date | None, last: date | None, replay: bool) -> None:
    """Fetch, check, build, check, publish: the daily pipeline through Dagster.

    Ends with status 0 when the file was published (a publisher that did not answer is a warning), and with 1 when a
    payload was quarantined or publication was blocked.
    """
    from sqlalchemy.exc import OperationalError

    from orchestration import calendars, instance
    from orchestration.reporting import terminal

    settings = _settings(profile, mirror)
    if as_of and (first or last):
        _fail("expected either --as-of or --from and --to, found both")
    if bool(first) != bool(last):
        _fail("expected --from and --to together, found one of them")
    if settings.mirror and settings.is_simulated:
        _fail("expected --profile live with a mirror, found sample: real files would be called SIMULATED")
    if settings.mirror and not (settings.mirror / "mirror.json").is_file():
        _fail(f"--mirror: expected a folder with a mirror.json, found none in {settings.mirror}")
    chosen = as_of or settings.as_of
    session = last or chosen or (SAMPLE_AS_OF if settings.is_simulated else calendars.latest_closed_session(datetime.now(UTC)))
    begin = first or session
    closed = calendars.latest_closed_session(datetime.now(UTC))
    latest = calendars.last_session() if settings.mirror or settings.is_simulated or replay else closed
    for day in (begin, session):
        if not calendars.FIRST_PARTITION <= day <= latest:
            _fail(f"expected a session from {calendars.FIRST_PARTITION} to {latest}, found {day}")
        if not calendars.is_session(day):
            before, after = calendars.session_on_or_before(day), calendars.session_on_or_after(day)
            _fail(f"expected a New York session, found {day} ({day:%A}); the nearest are {before} and {after}")
    if begin > session:
        _fail(f"expected --from before --to, found {begin} and {session}")
    try:
        with terminal.progress_bars():
            if settings.is_simulated and not replay:
                # Loading Dagster and parsing the models takes as long as writing most of the market: another process does.
                from orchestration.sample_market.writer import writer_of

                instance.prepare_instance(settings)
                writer_of(settings.home).start()
            from orchestration import launch

            by_name = as_of is not None or (settings.as_of is not None and first is None)
            report = launch.run(settings, begin, session, may_go_back=by_name, replay=replay)
    except SettingsError as error:
        _fail(str(error))
    except (OSError, RuntimeError) as error:
        _fail(f"the run could not start: {' '.join(str(error).split())}", 1)
    except OperationalError as error:
        advice = "look at the disk (`contagion doctor`), or at the database that dagster.local.yaml names"
        _fail(f"the run could not go on: Dagster's records in {settings.dagster_home} cannot be read or written ({error.orig}); {advice}", 1)
    terminal.run_report(settings, report)
    raise SystemExit(report.exit_status)


@main.command(
    cls=Command,
    epilog="""contagion query "from margin_leverage_monthly order by month desc limit 3"
    contagion query "select trade_date, net_flow_2d_usd from outflow_daily where segment = 'tech_heavy'" --format csv
    contagion query "from forced_selling_daily" --output ledger.parquet""",
)
@click.argument("sql")
@profile_option
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "parquet"]), help="Default: by the ending of --output, else table.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the answer to a file, whole or not at all.")
def query(sql: str, profile: str | None, form: str | None, output: Path | None) -> None:
    """Ask the published file: one statement that changes nothing and reads nothing but the published and raw files of the data home. Tables are found
    without naming their schema (`marts`)."""
    from orchestration.landing.files import whole_file_of_anyone
    from orchestration.reporting import terminal
    from orchestration.warehouse.publish import read_manifest
    from orchestration.warehouse.query import QueryError, write_parquet
    from orchestration.warehouse.query import query as ask

    settings = _settings(profile)
    form = form or (output.suffix.removeprefix(".") if output else "table")
    if output and form not in ("csv", "json", "parquet"):
        _fail(f"--output: expected a file that ends in .csv, .json or .parquet, or --format with one of them, found {output.name}")
    if form == "parquet" and not output and sys.stdout.isatty():
        _fail("--format parquet: expected --output FILE or a pipe, found a terminal, which cannot show it")
    manifest = read_manifest(settings.published_file)
    try:
        with nullcontext() if output is None else whole_file_of_anyone(output) as beside:
            if form == "parquet":
                described = {key: str(manifest[key]) for key in ("run_id", "profile", "as_of", "knowledge_cut_off") if key in manifest}
                market = {"market": terminal.SIMULATED} if manifest.get("simulated") else {}
                with nullcontext(sys.stdout.buffer) if beside is None else beside.open("wb") as sink:
                    write_parquet(settings.published_file, sql, sink, {**described, **market, "sql": sql})
            else:
                answer = ask(settings.published_file, sql)
                if form == "table":
                    terminal.answer_table(answer)
                else:
                    with nullcontext(sys.stdout) if beside is None else beside.open("w", newline="", encoding="utf-8") as text:
                        lines = answer.lines() if form == "csv" else [json.dumps(answer.records(), indent=1, ensure_ascii=False, allow_nan=False)]
                        text.writelines(f"{line}\n" for line in lines)
    except QueryError as error:
        _fail(str(error), 1)
    except OSError as error:
        if output is None:
            raise  # a pipe that was closed: click ends quietly
        _fail(f"--output: {output} cannot be written: {error.strerror}", 1)
    if manifest.get("simulated"):
        terminal.say_simulated()


@main.command(
    cls=Command,
    epilog="""contagion catalog
    contagion catalog forced_selling_daily""",
)
@click.argument("table", required=False)
@profile_option
def catalog(table: str | None, profile: str | None) -> None:
    """What the published file holds; of a TABLE its columns with units, how fresh it is, why it matters, and a query to begin with."""
    from orchestration.reporting import terminal
    from orchestration.warehouse.query import QueryError

    try:
        terminal.catalog(_settings(profile), table)
    except QueryError as error:
        _fail(" ".join(str(error).split()), 1)


@main.command(cls=Command, epilog="contagion docs")
@profile_option
def docs(profile: str | None) -> None:
    """Write dbt's documentation of every model as one page that needs no network: docs/index.html in the data home. Takes ten seconds."""
    from orchestration.defs.resources import HOME_LOCK, is_held
    from orchestration.landing.files import locked
    from orchestration.reporting import model_docs, terminal

    settings = _settings(profile)
    try:
        environment.require_checkout()
        environment.require_own_home(settings)
    except SettingsError as error:
        _fail(str(error))
    lock = settings.home / HOME_LOCK
    if is_held(lock):
        click.echo("waiting: a run holds the data home", err=True)
    try:
        with locked(lock):
            page = model_docs.write(settings, notice=terminal.SIMULATED if settings.is_simulated else "")
    except model_docs.ModelDocsError as error:
        _fail(str(error), 1)
    click.echo(f"models     {page}")


@main.command(
    cls=Command,
    epilog="""contagion parse finra_margin_debt margin-statistics.xlsx
    contagion parse ishares_fund_history IVV.xls --subject IVV --format json
    contagion parse sec_nport primary_doc.xml --table raw_sec__nport_flows""",
)
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--fetched-on", callback=_day, metavar="DATE", help="The day the file was fetched (default: today in New York).")
@click.option("--subject", help="The fund or series the file is about, where it does not say (default: the file's stem).")
@click.option("--table", help="Which of the source's tables, where it has several (default: the first).")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True, help="How rows are written.")
def parse(source: str, file: Path, fetched_on: date | None, subject: str | None, table: str | None, form: str) -> None:
    """One publisher's file to rows on standard output; rejected lines and errors on standard error, status 2."""
    from orchestration.landing.one_file import UnreadableError, read_file
    from orchestration.warehouse.query import visible

    try:
        rows, rejected, notes = read_file(source, file, fetched_on=fetched_on, subject=subject, table=table)
    except UnreadableError as error:
        _fail(str(error))
    if form == "csv":
        rows.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        click.echo(json.dumps(rows.astype("object").where(rows.notna(), None).to_dict("records"), default=str, indent=1, ensure_ascii=False))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    for row in rejected.itertuples():
        click.echo(visible(f"rejected: {file.name}, line {row.line}: {row.reason} [{row.content}]"), err=True)
    if len(rejected):
        raise SystemExit(USAGE)


@main.command(cls=Command, epilog="contagion status")
@profile_option
def status(profile: str | None) -> None:
    """What is published, how old each source is, and what waits in quarantine."""
    from orchestration.reporting import terminal

    terminal.status(_settings(profile))


@main.command(cls=Command, epilog="contagion brief")
@profile_option
def brief(profile: str | None) -> None:
    """The headlines of the published file; writes its page, one HTML file that opens anywhere, and says where it lies."""
    from orchestration.reporting import terminal
    from orchestration.reporting.brief import page

    settings = _settings(profile)
    try:
        path = page.write(settings)
    except page.BriefError as error:
        _fail(" ".join(str(error).split()), 1)
    terminal.headlines(settings)
    click.echo(f"brief      {path}")


@main.command(
    cls=Command,
    epilog="""contagion explain
    contagion explain --as-of 2026-02-03""",
)
@profile_option
@click.option("--as-of", callback=_day, metavar="DATE", help="The session to explain (default: the last one published).")
def explain(profile: str | None, as_of: date | None) -> None:
    """The contagion index of a session: its regime, what moved it, who passes losses on, and what rests on old figures."""
    from orchestration.reporting import explanation, terminal
    from orchestration.warehouse.publish import read_manifest
    from orchestration.warehouse.query import QueryError

    settings = _settings(profile)
    manifest = read_manifest(settings.published_file)
    try:
        explained = explanation.explain(settings.published_file, as_of)
    except QueryError as error:
        _fail(" ".join(str(error).split()), 1)
    terminal.explanation(explained, simulated=bool(manifest.get("simulated")))


@main.command(cls=Command, epilog="contagion sources")
def sources() -> None:
    """Every source: its publisher, cadence, tables and terms."""
    from orchestration.reporting import terminal

    terminal.sources()


@main.command(cls=Command, epilog="contagion doctor")
@profile_option
def doctor(profile: str | None) -> None:
    """Check this installation and the data home, one line a check."""
    from orchestration.reporting import doctor as checks
    from orchestration.reporting import terminal

    raise SystemExit(terminal.doctor(checks.examine(_settings(profile))))


@main.command(
    cls=Command,
    epilog="""contagion alerts
    contagion alerts --test""",
)
@profile_option
@click.option("--test", "is_test", is_flag=True, help="Send a test message to every target; status 1 where one did not take it.")
def alerts(profile: str | None, is_test: bool) -> None:
    """What was told to whom: levels broken, regimes changed, releases seen, runs that failed.

    Targets are Apprise addresses in CONTAGION_ALERT_URLS, separated by blanks; without any nothing is sent.
    """
    from orchestration.reporting import outbox, terminal

    settings = _settings(profile)
    if not is_test:
        terminal.alerts(settings, outbox.Journal(settings.home))
    elif not settings.alert_urls:
        _fail("expected one or more Apprise addresses in CONTAGION_ALERT_URLS, found none; see https://appriseit.com for what they look like")
    else:
        raise SystemExit(terminal.alert_test(outbox.test(settings)))


@main.command(cls=Command, epilog="contagion dev --port 3000")
@profile_option
@click.option("--mirror", type=click.Path(path_type=Path), help="A folder with mirror.json to read instead of the publishers.")
@click.option("--port", default=3000, show_default=True, help="Where the UI listens.")
def dev(profile: str | None, mirror: Path | None, port: int) -> None:
    """The Dagster UI and daemon on 127.0.0.1."""
    from orchestration import instance

    try:
        status = instance.serve(_settings(profile, mirror), port, click.echo)
    except (SettingsError, instance.PortError) as error:
        _fail(str(error))
    raise SystemExit(status)
