"""Terminal pages: tables that fit, words before colours, the same sense in a log file as on a screen."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from orchestration import progress
from orchestration.reporting.brief import page
from orchestration.reporting.doctor import Finding
from orchestration.reporting.explanation import SCENARIO, Explanation, Fund, Market
from orchestration.reporting.headlines import headlines as headlines_of
from orchestration.reporting.outbox import Journal
from orchestration.reporting.outcome import RunReport
from orchestration.settings import Settings
from orchestration.sources import all_sources
from orchestration.warehouse.publish import read_manifest
from orchestration.warehouse.query import Answer, QueryError, cell_text, query, visible

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


def _signed(value: float | None, form: str = "+.3f") -> str:
    return "–" if value is None else f"{value:{form}}".replace("-", "−")


def _numbers(*columns: str, title: str) -> Table:
    """A table whose first column is a name and whose others are numbers."""
    table = _table(columns[0], title=title)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _market_cells(market: Market | None) -> tuple[str, str]:
    return (market.name, _signed(market.net_pct, "+.1f")) if market else ("", "")


def _fund_cells(fund: Fund | None) -> tuple[str, str, str]:
    return (fund.name, f"{fund.loss_usd:,.0f}", "–" if fund.share is None else f"{1e4 * fund.share:.2f}") if fund else ("", "", "")


def explanation(explained: Explanation, *, simulated: bool) -> None:
    """The index of a session, what moved it, and who passes losses on."""
    console = _console()
    head = f"Contagion index of {explained.day}{' — ' + SIMULATED if simulated else ''}"
    console.print(Text(head, "bold"), soft_wrap=True)
    if explained.index_value is None:
        console.print(f"no index: {explained.reason}", soft_wrap=True)
    else:
        rank = "" if explained.index_percentile is None else f", at or above {100 * explained.index_percentile:.1f} % of its sessions so far"
        changes = f"{_signed(explained.change_1d)} on the session before, {_signed(explained.change_5d)} on five sessions before"
        since = f", the highest since {explained.highest_since}" if explained.highest_since else ""
        console.print(f"index      {explained.index_value:.3f} of 1{rank} (from {explained.history_from}){since}", soft_wrap=True)
        console.print(f"changed    {changes}; {explained.pillars_counted} of 6 pillars", soft_wrap=True)
        regime = f"{explained.regime} since {explained.regime_since}" if explained.regime else f"none: {explained.reason}"
        passed_on = "is shown to be passed on" if explained.is_pressure_significant else "is not shown to be passed on"
        console.print(f"regime     {regime}; selling {passed_on} (price-pressure slope)", soft_wrap=True)
    console.print(f"inputs     {explained.inputs_known}", soft_wrap=True)
    if explained.parts:
        moved = _numbers("part", "percentile", "contribution", "of the index", "since yesterday", "since last week", title="\nWhat moved it")
        for part in explained.parts:
            moved.add_row(
                "pairs together" if part.name == "cross" else part.name,
                "–" if part.percentile is None else f"{100 * part.percentile:.1f} %",
                _signed(part.contribution, ".3f"),
                _signed(None if part.share is None else 100 * part.share, ".0f") + ("" if part.share is None else " %"),
                _signed(part.change_1d),
                _signed(part.change_5d),
            )
        console.print(moved)
    if explained.indicators:
        rests_on = _numbers("indicator", "value", "percentile", "days old", title="\nWhat it rests on (more is worse)")
        rests_on.add_column("unit")
        rests_on.add_column("pillar")
        for one in explained.indicators:
            percentile = "–" if one.percentile is None else f"{100 * one.percentile:.1f} %"
            rests_on.add_row(one.name, f"{one.value:.3g}".replace("-", "−"), percentile, f"{one.age_days}", one.unit, one.pillar)
        console.print(rests_on)
    markets = _numbers("gives to others", "net, points", title="\nVolatility passed on between markets")
    markets.add_column("takes from others")
    markets.add_column("net, points", justify="right")
    for giver, taker in zip_longest(explained.market_transmitters, explained.market_receivers):
        markets.add_row(*_market_cells(giver), *_market_cells(taker))
    funds = _numbers("costs the others", "USD", "bp of all assets", title=f"\nForced sales of funds after a hypothetical fall ({SCENARIO})")
    funds.add_column("pays for others")
    for column in ("USD", "bp of its assets"):
        funds.add_column(column, justify="right")
    for cause, victim in zip_longest(explained.fund_transmitters, explained.fund_receivers):
        funds.add_row(*_fund_cells(cause), *_fund_cells(victim))
    for table in (markets, funds):
        if table.row_count:
            console.print(table)
        else:
            console.print(f"{table.title}: not known on that session", soft_wrap=True)


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
        if (brief := page.path_of(settings, read_manifest(settings.published_file))).exists():
            console.print(f"brief      {brief}", soft_wrap=True)
    else:
        console.print(Text.assemble(("nothing was published", "bold red"), f"; {settings.published_file} is as it was"), soft_wrap=True)
    console.print(f"data docs  {settings.home / 'data_docs' / 'index.html'}", soft_wrap=True)
    for title in report.told.sent:
        console.print(f"told       {title}", soft_wrap=True)
    for problem in report.told.problems:
        console.print(Text.assemble(("warning", "yellow"), f" alert {problem}"), soft_wrap=True)
    if report.market:
        console.print(f"market     simulated, {report.market}")
    console.print(f"run        {span}, {report.seconds:.0f} s, {report.cpu_seconds:.0f} CPU s, peak {report.peak_mb:,.0f} MB, exit {report.exit_status}")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value + 0.0:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"  # without the sign of a rounded zero
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return visible(cell_text(value))


def say_simulated() -> None:
    """Beside an answer, where it does not get into a pipe."""
    _console(err=True).print(SIMULATED, style="dim")


def answer_table(answer: Answer) -> None:
    """An answer as a table, at most 200 rows of it."""
    console = _console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in zip(answer.columns, answer.types, strict=True):
        is_number = any(word in kind for word in ("INT", "DOUBLE", "DECIMAL", "FLOAT"))
        table.add_column(Text(visible(name)), justify="right" if is_number else "left", overflow="fold")
    for row in answer.rows[:MOST_ROWS]:
        table.add_row(*(Text(_cell(value)) for value in row))
    console.print(table)
    if len(answer.rows) > MOST_ROWS:
        console.print(f"… {len(answer.rows) - MOST_ROWS:,} more rows; --format csv gives them all", style="dim")


def catalog(settings: Settings, table: str | None) -> None:
    """What the published file holds, or all that is said of one table. Raises QueryError where there is no such table, or no catalog in the file."""
    console, manifest = _console(), read_manifest(settings.published_file)
    notice = f" — {SIMULATED}" if manifest.get("simulated") else ""
    entries = {str(entry["table_name"]): entry for entry in query(settings.published_file, "from catalog order by theme, table_name").records()}
    if table is None:
        listed = _table("theme", "table", "one row per", "rows", "added", title=f"Published tables as of {manifest.get('as_of')}{notice}")
        for name, entry in entries.items():
            rows = manifest.get("tables", {}).get(name)
            listed.add_row(entry["theme"], name, entry["grain_columns"], "view" if rows is None else f"{rows:,}", entry["cadence"])
        console.print(listed)
        console.print("contagion catalog TABLE shows its columns, how fresh it is and a query to begin with", style="dim")
        return
    if table not in entries:
        near = get_close_matches(table, entries, n=3, cutoff=0.4)
        raise QueryError(f"expected a published table, found {table!r}; {'did you mean ' + ', '.join(near) if near else 'run `contagion catalog` for a list'}")
    entry, rows = entries[table], manifest.get("tables", {}).get(table)
    console.print(Text(f"{table}{notice}", "bold"), soft_wrap=True)
    console.print(entry["description"])
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    for what, said in (
        ("why it matters", entry["why_it_matters"]),
        ("key", entry["grain_columns"]),
        ("rows", f"{rows:,}, added {entry['cadence']}" if rows is not None else f"computed when the view is read, {entry['cadence']}"),
        ("age of figures", entry["figures_age"]),
        ("clock", entry["clock"]),
        ("example", entry["example_query"]),
    ):
        facts.add_row(what, Text(said))
    console.print(facts)
    columns = _table("column", "type", "unit", "what it is", title="\nColumns")
    of_table = "select column_name, data_type, unit, description from catalog_column where table_name = ? order by column_position"
    for name, kind, unit, description in query(settings.published_file, of_table, [table]).rows:
        columns.add_row(name, kind, unit or "", Text(description))
    console.print(columns)


def status(settings: Settings) -> None:
    """What is published, the age of every source, and the quarantine."""
    console = _console()
    manifest = read_manifest(settings.published_file)
    if not manifest:
        console.print(f"nothing is published in {settings.home} yet; run `contagion run`", soft_wrap=True)
    else:
        console.print(f"published  as of {manifest['as_of']}, knowledge up to {manifest.get('knowledge_cut_off')}, run {str(manifest.get('run_id'))[:8]}")
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


def alerts(settings: Settings, journal: Journal) -> None:
    """What was told, newest first, and what waits."""
    console = _console()
    count = len(settings.alert_urls)
    console.print(
        f"targets    {count} in CONTAGION_ALERT_URLS" if count else "targets    none: CONTAGION_ALERT_URLS is not set, nothing is sent", soft_wrap=True
    )
    table = _table("noted, UTC", "alert", "state", "problem of the last try")
    for entry in sorted(journal.entries.values(), key=lambda entry: entry.noted_at, reverse=True)[:MOST_ROWS]:
        style = {"sent": "", "waiting": "yellow", "given up": "bold red"}[entry.state]
        problem = "" if entry.state == "sent" else entry.problem
        table.add_row(f"{entry.noted_at:%Y-%m-%d %H:%M}", Text(entry.alert.title), Text(entry.state, style), Text(problem))
    if table.row_count:
        console.print(table)
    else:
        console.print("nothing was told yet")


def alert_test(problems: Mapping[int, str]) -> int:
    """One line a target; returns the exit status."""
    console = _console()
    for number, problem in problems.items():
        console.print(Text.assemble(("look", "yellow") if problem else ("ok  ", "green"), f" target {number}: {problem or 'took the message'}"), soft_wrap=True)
    return int(any(problems.values()))


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
