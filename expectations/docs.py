"""Data Docs: one HTML page a table and an index, readable offline, written so that a reader never sees half a page.

Great Expectations renders the expectations; its page asks the web for styles and scripts, so only its tables are kept. What
it cannot know stands above them: which payload failed what, and why the bound is what it is. No judgement is made here.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TypedDict, cast

from lxml import etree
from lxml import html as markup

from expectations.runner import Report, phrase
from expectations.runner import render as rendered_by_library

STATE = "index.json"
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1d2733; background: #fff; }
h1 { font-size: 1.5rem; } h5, h6 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { border-bottom: 1px solid #d8dee6; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { background: #f3f5f8; } td table { width: auto; font-size: .9em; }
.critical, .text-danger { color: #a4161a; font-weight: 600; } .warning { color: #8a5a00; font-weight: 600; } .passed { color: #1b6e3c; font-weight: 600; }
.badge { background: #eef1f5; border-radius: .25rem; padding: 0 .3rem; font-family: ui-monospace, monospace; font-size: .92em; }
.fa-check-circle::before { content: "holds"; color: #1b6e3c; } .fa-times::before { content: "fails"; color: #a4161a; }
.fa-exclamation-triangle::before { content: "raised"; color: #a4161a; }
"""


class Entry(TypedDict):
    """A line of the index."""

    expectations: int
    rows: int
    critical: int
    warnings: int
    refused: list[str]
    rendered_at: str


def render(
    reports: Iterable[Report], folder: Path, *, refused: Mapping[str, Sequence[str]] | None = None, notice: str = "", at: datetime | None = None
) -> dict[str, Path]:
    """Write the pages of these reports and the index of all pages in the folder; pages of other tables stay as they are.

    refused: by table, a sentence for each payload in quarantine, those included that no expectation ever saw because they
    did not parse. notice: stands at the top of each page (that the market is simulated). at: the instant to print, UTC; now by
    default. Returns each table's page. Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = _state(folder)
    instant = (at or datetime.now(UTC)).isoformat(sep=" ", timespec="seconds")
    pages: dict[str, Path] = {}
    judged = {report.table: report for report in reports}
    for table in dict.fromkeys([*judged, *(refused or {})]):
        report, sentences = judged.get(table), (refused or {}).get(table, ())
        state[table] = _entry(report, sentences, instant) if report else _unread(sentences, instant)
        pages[table] = folder / f"{table}.html"
        _write(pages[table], _page(table, report, state[table], sentences, notice))
    _write(folder / STATE, json.dumps(state, indent=1, sort_keys=True))
    _write(folder / "index.html", _index(state, notice))
    return pages


def _state(folder: Path) -> dict[str, Entry]:
    """What earlier runs wrote about their tables; empty for a new folder or one whose state cannot be read."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return {table: entry for table, entry in state.items() if (folder / f"{table}.html").exists()}


def _unread(sentences: Sequence[str], at: str) -> Entry:
    """A table none of whose payloads could be read."""
    return {"expectations": 0, "rows": 0, "critical": len(sentences), "warnings": 0, "refused": [_file(sentence) for sentence in sentences], "rendered_at": at}


def _file(sentence: str) -> str:
    """The file that a refusal is about: `publisher, file: reasons`."""
    return sentence.partition(": ")[0].partition(", ")[2]


def _entry(report: Report, sentences: Sequence[str], at: str) -> Entry:
    failed = {(failure.expected, failure.severity) for failure in report.failures}
    return {
        "expectations": report.evaluated,
        "rows": report.rows,
        "critical": max(sum(severity == "critical" for _, severity in failed), len(sentences)),
        "warnings": sum(severity == "warning" for _, severity in failed),
        "refused": list(dict.fromkeys(failure.file for failure in report.failures if failure.severity == "critical" and failure.file))
        or [_file(sentence) for sentence in sentences],
        "rendered_at": at,
    }


def _verdict(entry: Entry) -> str:
    if entry["critical"]:
        return '<span class="critical">critical</span>'
    return '<span class="warning">warning</span>' if entry["warnings"] else '<span class="passed">passed</span>'


def _page(table: str, report: Report | None, entry: Entry, sentences: Sequence[str], notice: str) -> str:
    summary = f"{_verdict(entry)}: {entry['expectations']} expectations on {entry['rows']:,} rows, {entry['rendered_at']}"
    refused = f"<p>Refused: {escape(', '.join(entry['refused']))}.</p>" if entry["refused"] else ""
    quarantine = f"<h5>In quarantine</h5>{_table(('payload and reasons',), [(sentence,) for sentence in sentences])}" if sentences else ""
    body = f'<p><a href="index.html">all tables</a></p><h1>{escape(table)}</h1><p>{summary}</p>{refused}{quarantine}'
    return _document(table, body + (_judgement(report) if report else ""), notice)


def _judgement(report: Report) -> str:
    failed = [(failure.file or "the table", failure.severity, failure.expected, failure.found, failure.reason) for failure in report.failures]
    failures = f"<h5>Failed</h5>{_table(('payload', 'severity', 'expected', 'found', 'why'), failed)}" if failed else ""
    asked = [(phrase(expectation), expectation.severity, expectation.reason) for expectation in report.expectations]
    return f"{failures}<h5>Expected, and why</h5>{_table(('expected', 'severity', 'why'), asked)}{_sections(report)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{title}</th>" for title in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def _sections(report: Report) -> str:
    """The library's sections below its overview, without the parts that work only with its scripts."""
    page = markup.fromstring(rendered_by_library(report))
    useless = "//script | //style | //link | //img | //*[contains(concat(' ', @class, ' '), ' collapse ')] | //a[@data-toggle]"
    for element in _elements(page, useless):
        element.drop_tree()
    sections = _elements(page, "//div[contains(concat(' ', @class, ' '), ' ge-section ')][position() > 1]")
    for element in page.iter(etree.Element):
        for name in [name for name in element.attrib if name not in ("class", "href")]:
            del element.attrib[name]
    return "".join(markup.tostring(section, encoding="unicode") for section in sections)


def _elements(page: markup.HtmlElement, path: str) -> list[markup.HtmlElement]:
    """Elements on a path; the library's stubs cannot know that this path finds nothing else."""
    return cast(list[markup.HtmlElement], page.xpath(path))


def _index(state: dict[str, Entry], notice: str) -> str:
    rows = "".join(
        f'<tr><td><a href="{escape(table)}.html">{escape(table)}</a></td><td>{_verdict(entry)}</td><td>{entry["expectations"]}</td><td>{entry["critical"]}</td>'
        f"<td>{entry['warnings']}</td><td>{entry['rows']:,}</td><td>{escape(', '.join(entry['refused'])) or '–'}</td><td>{entry['rendered_at']}</td></tr>"
        for table, entry in sorted(state.items())
    )
    head = "".join(f"<th>{name}</th>" for name in ("table", "verdict", "expectations", "critical", "warnings", "rows", "refused payloads", "validated at"))
    return _document("Data Docs", f"<h1>Data Docs</h1><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>", notice)


def _document(title: str, body: str, notice: str) -> str:
    body = f"<p><strong>{escape(notice)}</strong></p>{body}" if notice else body
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n'


def _write(path: Path, text: str) -> None:
    """Beside, then over: whoever has the old page open or opens one meanwhile reads a whole page."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
