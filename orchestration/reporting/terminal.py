"""Terminal pages: tables that fit, words before colours, the same sense in a log file as on a screen."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from orchestration import progress
from orchestration.reporting.doctor import Finding
from orchestration.reporting.headlines import headlines as headlines_of
from orchestration.reporting.outcome import RunReport
from orchestration.settings import Settings
from orchestration.sources import all_sources
from orchestration.warehouse.publish import read_manifest
from orchestration.warehouse.query import Answer, QueryError, query

SIMULATED = "SIMULATED market: real tickers, invented prices and flows."
MOST_ROWS = 200
SEVERITY_STYLES = {"info": "dim", "notice": "yellow", "alert": "bold red"}


def _console(*, err: bool = False) -> Console:
    terminal = sys.stderr if err else sys.stdout
    return Console(stderr=err, width=None if terminal.isatty() else 120, highlight=False, markup=False)


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@contextmanager
def progress_bars() -> Iterator[None]:
    """Draw what long work reports; in a log file, one line each time something new begins."""
    console = _console(err=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def draw(what: str, done: int, total: int) -> None:
            if what not in tasks:
                if not console.is_terminal:
                    console.print(f"… {what}")
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None, visible=not total or done < total)

        draw("starting Dagster", 0, 0)
        with progress.listening(draw):
            yield


def headlines(settings: Settings) -> None:
    """The headlines of the published session."""
    console = _console()
    manifest = read_manifest(settings.published_file)
    table = _table("topic", "headline", "severity", title=f"Headlines as of {manifest['as_of']}{' — ' + SIMULATED if manifest['simulated'] else ''}")
    for headline in headlines_of(settings.published_file):
        table.add_row(headline.topic, Text(headline.statement), Text(headline.severity, SEVERITY_STYLES[headline.severity]))
    console.print(table)


def run_report(settings: Settings, report: RunReport) -> None:
    """How a run ended: headlines, what was missing, what was refused, where things are, what it cost."""
    console = _console()
    if report.published:
        console.print()
        headlines(settings)
        console.print()
    warnings = [failure for failure in report.failures if not failure.is_error]
    refused = [failure for failure in report.failures if failure.is_error]
    publishers = [failure for failure in warnings if failure.check == "publisher"]
    silent = sorted(failure.asset for failure in publishers if failure.found.startswith("0 of"))
    partial = [f"{failure.asset} ({failure.found})" for failure in publishers if failure.asset not in silent]
    for what, which in (("no answer for", silent), ("not every address answered for", sorted(partial))):
        if which:
            console.print(
                Text.assemble(("warning", "yellow"), f" {what} {len(which)} tables; what is known is used, with its age: ", (", ".join(which), "dim"))
            )
    for failure in warnings:
        if failure.check != "publisher":
            console.print(Text.assemble(("warning", "yellow"), f" {failure.asset}: {failure.found}"), soft_wrap=True)
    for sentence in dict.fromkeys(failure.found for failure in refused):
        assets = ", ".join(failure.asset for failure in refused if failure.found == sentence)
        console.print(Text.assemble(("refused", "bold red"), f" {assets}: {sentence}"), soft_wrap=True)
    for error in report.errors:
        console.print(Text.assemble(("error", "bold red"), f"   {error}"), soft_wrap=True)
    span = f"{report.first}" if report.first == report.last else f"{report.first} to {report.last}"
    if report.published:
        console.print(f"published  {settings.published_file}", soft_wrap=True)
    else:
        console.print(Text.assemble(("nothing was published", "bold red"), f"; {settings.published_file} is as it was"), soft_wrap=True)
    console.print(f"data docs  {settings.home / 'data_docs' / 'index.html'}", soft_wrap=True)
    if report.market:
        console.print(f"market     simulated, {report.market}")
    console.print(f"run        {span}, {report.seconds:.0f} s, {report.cpu_seconds:.0f} CPU s, peak {report.peak_mb:,.0f} MB, exit {report.exit_status}")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def answer_table(answer: Answer, *, simulated: bool) -> None:
    """An answer as a table, at most 200 rows of it."""
    console = _console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in zip(answer.columns, answer.types, strict=True):
        is_number = any(word in kind for word in ("INT", "DOUBLE", "DECIMAL", "FLOAT"))
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in answer.rows[:MOST_ROWS]:
        table.add_row(*(Text(_cell(value)) for value in row))
    console.print(table)
    if len(answer.rows) > MOST_ROWS:
        console.print(f"… {len(answer.rows) - MOST_ROWS:,} more rows; --format csv gives them all", style="dim")
    if simulated:
        _console(err=True).print(SIMULATED, style="dim")


def status(settings: Settings) -> None:
    """What is published, the age of every source, and the quarantine."""
    console = _console()
    manifest = read_manifest(settings.published_file)
    if not manifest:
        console.print(f"nothing is published in {settings.home} yet; run `contagion run`", soft_wrap=True)
    else:
        console.print(f"published  as of {manifest['as_of']}, knowledge up to {manifest['knowledge_cut_off']}, run {manifest['run_id'][:8]}")
        if manifest["simulated"]:
            console.print(SIMULATED)
        try:
            answer = query(
                settings.published_file,
                "select source, table_name, last_observed_on, next_release_on, age_days, verdict from source_status order by source, table_name",
            )
        except QueryError as error:
            console.print(str(error), style="red")
        else:
            table = _table("source", "table", "last day", "next release", "age", "verdict")
            for row in answer.rows:
                table.add_row(*(Text(_cell(value)) for value in row))
            console.print(table)
    waiting = sorted((settings.home / "quarantine").glob("*/*/reason.json"))
    for path in waiting:
        console.print(f"quarantine {path.parent.relative_to(settings.home)}", soft_wrap=True)


def sources() -> None:
    """All sources in one table."""
    table = _table("source", "publisher", "cadence", "raw tables", "terms")
    for source in all_sources().values():
        table.add_row(source.name, source.publisher, source.cadence, "\n".join(table.name for table in source.tables), Text(source.terms))
    _console().print(table)


def doctor(findings: Sequence[Finding]) -> int:
    """One line a finding; returns the exit status."""
    console = _console()
    for finding in findings:
        word = ("ok  ", "green") if finding.is_fine else ("look", "yellow")
        console.print(Text.assemble(word, f" {finding.what}: {finding.found}{'' if finding.is_fine else ' — ' + finding.advice}"), soft_wrap=True)
    return 0
