"""The words suites are written in: plain data, so that importing a suite costs nothing.

Nothing here computes or checks. No Great Expectations, no pandas, no project imports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["critical", "warning"]

# The integer number of the payload a candidate row belongs to; one call validates all payloads of a table together.
PAYLOAD = "_payload"


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations class name with its arguments, why the bound is what it is, and what a failure means."""

    kind: str
    reason: str
    severity: Severity
    arguments: Mapping[str, object]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it looks at, as the arguments name them; empty for the whole table."""
        named = [self.arguments.get(name) for name in ("column", "column_A", "column_B")]
        listed = [name for argument in ("column_list", "column_set") for name in _texts(self.arguments.get(argument))]
        return tuple(dict.fromkeys([name for name in named if isinstance(name, str)] + listed))


@dataclass(frozen=True)
class Derived:
    """A column the runner computes before anything is checked: `how` names a function of `expectations.derived`."""

    name: str
    how: str
    arguments: Mapping[str, object]


@dataclass(frozen=True)
class Suite:
    """What a table must look like.

    grain: the columns that identify a row within one payload; also what examples in a report are named by.
    rejected_share_at_most: the share of a payload's lines that may be unreadable before the whole payload is refused.
    """

    expectations: tuple[Expectation, ...]
    grain: tuple[str, ...]
    derived: tuple[Derived, ...] = ()
    rejected_share_at_most: float = 0.0


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def expect(kind: str, reason: str, /, *, severity: Severity = "critical", **arguments: object) -> Expectation:
    """One expectation. Critical: corrupt, must not enter. Warning: odd but possible, a person should look.

    A comparison of two columns says nothing where one of them is null.
    """
    if kind.startswith("ExpectColumnPair"):
        arguments.setdefault("ignore_row_if", "either_value_is_missing")
    return Expectation(kind, reason, severity, arguments)


def between(column: str, low: float | None, high: float | None, reason: str, *, severity: Severity = "critical", strict_min: bool = False) -> Expectation:
    """The commonest expectation: each value that is not null lies in [low, high], or in (low, high]."""
    return expect("ExpectColumnValuesToBeBetween", reason, severity=severity, column=column, min_value=low, max_value=high, strict_min=strict_min)


def never_null(column: str, reason: str, *, severity: Severity = "critical") -> Expectation:
    """A value in each row."""
    return expect("ExpectColumnValuesToNotBeNull", reason, severity=severity, column=column)


def derive(name: str, how: str, /, **arguments: object) -> Derived:
    """A column to compute first; expectations refer to it by name."""
    return Derived(name, how, arguments)


def suite(
    *expectations: Expectation,
    grain: tuple[str, ...],
    columns: tuple[str, ...] = (),
    derived: tuple[Derived, ...] = (),
    rejected_share_at_most: float = 0.0,
) -> Suite:
    """A suite. What is true of every table is added here: its columns exist, its grain is unique and never null."""
    schema = expect(
        "ExpectTableColumnsToMatchSet", "the columns everything downstream reads", column_set=list(dict.fromkeys(grain + columns)), exact_match=False
    )
    unique = expect("ExpectCompoundColumnsToBeUnique", f"one row per {', '.join(grain)}", column_list=[PAYLOAD, *grain])
    keys = tuple(never_null(column, "a row without its key cannot be told from another") for column in grain)
    return Suite((schema, unique, *keys, *expectations), grain, derived, rejected_share_at_most)
