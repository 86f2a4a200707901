"""Runs a suite on a frame and says, in sentences, which payload failed what. The only importer of Great Expectations.

It is imported inside functions: importing it takes eight seconds, and most commands never validate anything.
Bounds belong to the suites, pages to `expectations.docs`, what follows from a failure to the caller.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cache
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from expectations import derived
from expectations.vocabulary import PAYLOAD, Derived, Expectation, Severity, Suite, expect

EXAMPLES = 3
SAMPLE = 5  # failing rows that a report keeps whole
TOGETHER = 6  # expectations a call: the library copies every column it is given for each of them
LONG = 200_000  # rows from which a few at a time are worth the 0.08 CPU s that each call costs
SCHEMA = "ExpectTableColumnsToMatchSet"
INFINITIES = "_infinite_figures"
NO_INFINITIES = expect("ExpectColumnValuesToBeBetween", "no publisher and no formula of ours means infinity", column=INFINITIES, min_value=0, max_value=0)


@dataclass(frozen=True)
class Failure:
    """One expectation that one payload does not meet. `payload` is None where rows belong to none: a mart's, or none at all.

    rows: the first of those that fail, key and values looked at; none where the table as a whole fails.
    """

    payload: int | None
    file: str
    severity: Severity
    expectation: Expectation
    expected: str
    found: str
    rows: tuple[Mapping[str, object], ...] = field(default=(), repr=False, compare=False)

    @property
    def reason(self) -> str:
        return self.expectation.reason

    def sentence(self) -> str:
        return f"expected {self.expected}, found {self.found} ({self.reason})"


@dataclass(frozen=True)
class Report:
    """What a validation found. `result` is Great Expectations' own, its lists cut to what a page shows."""

    table: str
    rows: int
    expectations: tuple[Expectation, ...]
    failures: tuple[Failure, ...]
    result: Any = field(repr=False, compare=False)

    @property
    def evaluated(self) -> int:
        return len(self.expectations)

    @property
    def passed(self) -> bool:
        """Nothing critical failed."""
        return not any(failure.severity == "critical" for failure in self.failures)

    def critical_payloads(self) -> frozenset[int]:
        """Payloads that must not enter."""
        return frozenset(failure.payload for failure in self.failures if failure.severity == "critical" and failure.payload is not None)

    def as_markdown(self) -> str:
        """A table for the Dagster UI, one row an expectation; payloads beyond the third that fail the same are counted."""
        if not self.failures:
            return f"All {self.evaluated} expectations hold on {self.rows:,} rows."
        grouped: dict[tuple[str, str, str], list[Failure]] = defaultdict(list)
        for failure in sorted(self.failures, key=lambda failure: failure.severity):
            grouped[(failure.expected, failure.reason, failure.severity)].append(failure)
        lines = ["| expectation | expected | found | severity |", "|---|---|---|---|"]
        for (expected, reason, severity), failures in grouped.items():
            found = [f"{failure.file}: {failure.found}" if failure.file else failure.found for failure in failures[:EXAMPLES]]
            if len(failures) > EXAMPLES:
                found.append(f"and {len(failures) - EXAMPLES} more payloads")
            cells = [reason, expected, " · ".join(found), severity]
            lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
        return "\n".join(lines)


def validate(table: str, suite: Suite, rows: pd.DataFrame, *, previous: pd.DataFrame | None = None, row_floor: int | None = None) -> Report:
    """Check candidate rows, or a mart's, against a suite in one call of Great Expectations.

    rows: the table's columns; in raw tables also `_payload` (integer), `_fetched_on` (date), `payload_sha256` and `_file`.
        Rows of all payloads come together and failures go back to their payload; without `_payload` they concern the table.
    previous: the newest known rows of the table; None or an empty frame where nothing is known, and then comparisons say nothing.
    row_floor: the least number of rows, normally that of the last published file; None means one. An empty frame fails
        the floor unless it is 0; no other expectation can fail on it except a missing column.
    An expectation that cannot be evaluated (a missing column, text where a number should be) fails as critical for every payload.
    """
    frame = _prepared(rows)
    known = _prepared(previous) if previous is not None else frame.iloc[:0]
    frame, underivable = _with_derived(frame, known, (*suite.derived, Derived(INFINITIES, "infinities", {})))
    floor = 1 if row_floor is None else row_floor
    house = (expect("ExpectTableRowCountToBeBetween", "an empty or shrunken table passes all other checks", min_value=floor), NO_INFINITIES)
    expectations = (*house, *suite.expectations)
    files = _files(frame) if PAYLOAD in rows.columns else {}
    result = _evaluate(table, expectations, frame)

    failures: list[Failure] = []
    for outcome in result.results:
        expectation = expectations[outcome.expectation_config.meta["position"]]
        if not outcome.success:
            failures.extend(_failures(table, expectation, outcome, frame, suite.grain, files, underivable))
            _shorten(outcome.result)
    failures.sort(key=lambda failure: (-1 if failure.payload is None else failure.payload, failure.severity))
    return Report(table, len(frame), expectations, tuple(failures), result)


# ---------------------------------------------------------------- before


def _prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """A copy with positions as index, a payload number, and dates that pandas can subtract."""
    frame = rows.reset_index(drop=True)
    if PAYLOAD not in frame.columns:
        frame = frame.assign(**{PAYLOAD: 0})
    dates = [column for column in frame.select_dtypes(object).columns if isinstance(_first(frame[column]), date)]
    return frame.assign(**{column: pd.to_datetime(frame[column]) for column in dates})


def _first(values: "pd.Series[Any]") -> object:
    at = values.first_valid_index()
    return None if at is None else values[at]


def _with_derived(frame: pd.DataFrame, known: pd.DataFrame, columns: Sequence[Derived]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The frame with its derived columns, and why those that could not be computed are absent."""
    computed: dict[str, pd.Series[Any]] = {}
    underivable: dict[str, str] = {}
    for column in columns:
        how: Callable[..., pd.Series[Any]] = getattr(derived, column.how)
        try:
            computed[column.name] = how(frame, known, **column.arguments)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # a column is missing or holds something else
            underivable[column.name] = f"{type(error).__name__}: {error}".splitlines()[0]
    return frame.assign(**computed), underivable


def _files(frame: pd.DataFrame) -> dict[int, str]:
    """What to call each payload: its file's name and the first digits of its hash."""
    first = frame.drop_duplicates(PAYLOAD).set_index(PAYLOAD)
    names = first["_file"].astype("str") if "_file" in first.columns else pd.Series("", index=first.index)
    hashes = first["payload_sha256"].astype("str").str[:8] if "payload_sha256" in first.columns else pd.Series("", index=first.index)
    return {int(payload): " ".join(filter(None, (names[payload], f"({hashes[payload]})" if hashes[payload] else ""))) for payload in first.index}


# ---------------------------------------------------------------- Great Expectations


@cache
def _batches() -> Any:
    """The batch definition that every frame goes through; one in-memory context a process."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("frames").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _evaluate(table: str, expectations: Sequence[Expectation], frame: pd.DataFrame) -> Any:
    import great_expectations as gx
    import great_expectations.expectations as classes

    written = [
        getattr(classes, expectation.kind)(severity=expectation.severity, notes=expectation.reason, meta={"position": position}, **expectation.arguments)
        for position, expectation in enumerate(expectations)
    ]
    parts, together = [], TOGETHER if len(frame) >= LONG else len(written)
    for start in range(0, len(written), together):
        some = slice(start, start + together)
        batch = _batches().get_batch(batch_parameters={"dataframe": _narrowed(frame, expectations[some])})
        suite = gx.ExpectationSuite(name=table, expectations=written[some])
        parts.append(batch.validate(suite, result_format={"result_format": "COMPLETE", "return_unexpected_index_query": False}))
    return _joined(parts)


def _joined(parts: Sequence[Any]) -> Any:
    """The results of several calls as if they were of one."""
    whole = parts[0]
    whole.results = [outcome for part in parts for outcome in part.results]
    met = sum(bool(outcome.success) for outcome in whole.results)
    whole.success = met == len(whole.results)
    whole.statistics = {
        "evaluated_expectations": len(whole.results),
        "successful_expectations": met,
        "unsuccessful_expectations": len(whole.results) - met,
        "success_percent": 100 * met / len(whole.results),
    }
    return whole


def _narrowed(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> pd.DataFrame:
    """The columns expectations look at. A column that must only exist is there, emptied."""
    present = {column for expectation in expectations for column in expectation.columns}
    read = {column for expectation in expectations for column in expectation.columns if expectation.kind != SCHEMA}
    return frame[[column for column in frame.columns if column in read]].assign(**{column: 0 for column in frame.columns if column in present - read})


@cache
def _view() -> Any:
    """The library's view of pages. Each view compiles its eighteen templates anew, so that all pages share one."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def render(report: Report) -> str:
    """Great Expectations' own page of a report, as HTML; it refers to styles and scripts on the web."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    return str(_view().render(ValidationResultsPageRenderer().render(report.result)))


def _exception(outcome: Any) -> str | None:
    """The first line of what an expectation raised; the library nests it by metric where several were involved."""
    information = outcome.exception_info or {}
    parts = [information] if "raised_exception" in information else list(information.values())
    raised = [part.get("exception_message") for part in parts if part.get("raised_exception")]
    return str(raised[0]).strip().splitlines()[0] if raised and str(raised[0]).strip() else ("an exception without a message" if raised else None)


def _shorten(result: dict[str, Any]) -> None:
    for name, value in result.items():
        if isinstance(value, list):
            result[name] = value[:20]


# ---------------------------------------------------------------- after


def _failures(
    table: str,
    expectation: Expectation,
    outcome: Any,
    frame: pd.DataFrame,
    grain: Sequence[str],
    files: Mapping[int, str],
    underivable: Mapping[str, str],
) -> list[Failure]:
    expected = phrase(expectation)
    whole = Failure(None, "", expectation.severity, expectation, expected, "")
    if expectation.kind == SCHEMA:
        missing = [column for column in expectation.columns if column not in frame.columns]
        return _everywhere(replace(whole, found=f"none named {', '.join(missing)}"), files)
    raised = _exception(outcome)
    if raised is not None:
        absent = [underivable.get(column, f"no column {column}") for column in expectation.columns if column not in frame.columns]
        return _everywhere(replace(whole, severity="critical", found=f"that it cannot be evaluated: {'; '.join(absent) or raised}"), files)
    if "unexpected_index_list" in outcome.result:
        bad = frame.loc[outcome.result["unexpected_index_list"], [column for column in frame.columns if column in {PAYLOAD, *grain, *expectation.columns}]]
        if not files:
            return [replace(whole, found=_found(expectation, bad, grain), rows=_sample(bad))]
        return [
            replace(whole, payload=int(payload), file=files[int(payload)], found=_found(expectation, lines, grain), rows=_sample(lines))
            for payload, lines in bad.groupby(PAYLOAD)
        ]
    return _per_payload(table, replace(whole, found=_observed(outcome)), frame, files)


def _sample(bad: pd.DataFrame) -> tuple[Mapping[str, object], ...]:
    """The first failing rows as they are, null as None."""
    first = bad.head(SAMPLE).drop(columns=PAYLOAD, errors="ignore").astype(object)
    return tuple({str(name): value for name, value in row.items()} for row in first.where(first.notna(), None).to_dict("records"))


def _everywhere(whole: Failure, files: Mapping[int, str]) -> list[Failure]:
    """The same failure for each payload: nothing of the table can be vouched for."""
    return [replace(whole, payload=payload, file=file) for payload, file in files.items()] or [whole]


def _per_payload(table: str, whole: Failure, frame: pd.DataFrame, files: Mapping[int, str]) -> list[Failure]:
    """A table-level expectation failed: ask each payload alone. Where none fails alone, together they do."""
    failures = []
    for payload, file in files.items() if len(files) > 1 else ():
        outcome = _evaluate(table, [whole.expectation], frame[frame[PAYLOAD] == payload]).results[0]
        if not outcome.success:
            failures.append(replace(whole, payload=payload, file=file, found=_exception(outcome) or _observed(outcome)))
    return failures or _everywhere(whole, files)


def _observed(outcome: Any) -> str:
    return _said(outcome.result.get("observed_value"))


def phrase(expectation: Expectation) -> str:
    """The expectation as half a sentence."""
    arguments = expectation.arguments
    column = f"`{arguments.get('column')}`"
    low, high = arguments.get("min_value"), arguments.get("max_value")
    above = f"above {_said(low)}" if arguments.get("strict_min") else f"at least {_said(low)}"
    bounds = " and ".join(([above] if low is not None else []) + ([f"at most {_said(high)}"] if high is not None else []))
    match expectation.kind:
        case "ExpectColumnValuesToBeBetween":
            return f"{column} {bounds}"
        case "ExpectTableRowCountToBeBetween":
            return f"rows: {bounds}"
        case "ExpectColumnValuesToNotBeNull":
            return f"{column} never null"
        case "ExpectCompoundColumnsToBeUnique":
            return f"unique ({', '.join(column for column in expectation.columns if column != PAYLOAD)})"
        case "ExpectTableColumnsToMatchSet":
            return f"columns {', '.join(expectation.columns)}"
        case "ExpectColumnPairValuesAToBeGreaterThanB":
            return f"`{arguments['column_A']}` {'at or ' if arguments.get('or_equal') else ''}above `{arguments['column_B']}`"
        case "ExpectColumnValuesToBeInSet":
            return f"{column} one of {arguments['value_set']}"
        case kind:
            return f"{kind} {dict(arguments)}"


def _found(expectation: Expectation, bad: pd.DataFrame, grain: Sequence[str]) -> str:
    """How many rows, and the first few with their key and value."""
    shown = [column for column in expectation.columns if column != PAYLOAD and column not in grain]
    examples = []
    for row in bad.head(EXAMPLES).to_dict("records"):
        key = " ".join(_said(row[column]) for column in grain if column in row)
        values = ", ".join(f"{column} {_said(row[column])}" for column in shown)
        examples.append(f"{values} at {key}" if values else key)
    more = ", …" if len(bad) > EXAMPLES else ""
    return f"{len(bad):,} row{'s' if len(bad) != 1 else ''}: {'; '.join(examples)}{more}"


def _said(value: object) -> str:
    """A value as a person would write it."""
    if value is None or value is pd.NaT:
        return "null"
    match value:
        case datetime():
            return value.date().isoformat() if value == datetime.combine(value.date(), time()) else value.isoformat(sep=" ")
        case bool() | np.bool_():
            return str(value)
        case int() | np.integer():
            return f"{int(value):,}"
        case float() | np.floating():
            number = float(value)
            if isnan(number):
                return "null"
            if number.is_integer():
                return f"{int(number):,}"
            return f"{number:,.4f}".rstrip("0").rstrip(".") if abs(number) >= 1 else f"{number:.6g}"
        case _:
            return str(value)
