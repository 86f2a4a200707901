"""A source and a gate small enough to see through, for the tests of landing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from orchestration import calendars
from orchestration.landing.archive import Answer, Archive
from orchestration.landing.ingest import Landing
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.vintages import RawVintages
from orchestration.sources.cells import day, number, required, text
from orchestration.sources.columns import without
from orchestration.sources.contract import Parsed, Payload, Request, Scope, Source, Table
from orchestration.sources.tables import read_csv, shaped

VALUES = Table("raw_test__values", ("name", "observed_on"), {"name": "VARCHAR", "observed_on": "DATE", "value": "DOUBLE"}, "values")
LINES = Table(
    "raw_test__lines",
    ("name", "observed_on", "line"),
    {"name": "VARCHAR", "observed_on": "DATE", "line": "INTEGER", "held": "VARCHAR", "value": "DOUBLE"},
    "lines",
    snapshot=("name", "observed_on"),
)
WEDNESDAY = date(2026, 2, 4)


def _requests(scope: Scope) -> Iterable[Request]:
    yield Request("https://example.org/values.csv", "A")


def _parse(payload: Payload) -> Mapping[str, Parsed]:
    read = read_csv(payload, {"day": ("observed_on", day("%Y-%m-%d")), "held": ("held", text), "value": ("value", required(number))})
    lines = shaped(Parsed(read.columns), LINES, name=payload.request.subject)
    days = lines.columns["observed_on"]
    repeated = {place for place, day in enumerate(days) if day in days[:place]}
    return {VALUES.name: shaped(Parsed(without(lines.columns, repeated), read.rejected), VALUES), LINES.name: lines}


def published_on(rows: pd.DataFrame) -> pd.Series:
    return rows["observed_on"]


SOURCE = Source(
    name="test_values",
    publisher="Testers",
    homepage="https://example.org",
    terms="none",
    cadence="daily",
    tables=(VALUES, LINES),
    requests=_requests,
    parse=_parse,
    published_on=published_on,
)


def body(*rows: tuple[str, str, float | str]) -> bytes:
    return b"day,held,value\n" + "".join(f"{day},{held},{value}\n" for day, held, value in rows).encode()


@dataclass
class Scripted:
    """A transport that answers what it is told: (morning, body) pairs."""

    bodies: list[tuple[date, bytes | None]]
    name: str = "scripted"

    def answers(self, source: Source, scope: Scope, archive: Archive) -> Iterable[Answer]:
        request = next(iter(source.requests(scope)))
        for morning, content in self.bodies:
            problem = "" if content is not None else "answered with status 503"
            yield Answer(request, 200 if content is not None else 503, calendars.instant(morning), content, problem=problem)


@dataclass
class OpenGate:
    """Lets everything in but values above a limit."""

    highest: float = 1000.0
    limit: float = 0.3
    seen: list[str] = field(default_factory=list)

    def judge(self, table: Table, candidates: pd.DataFrame, previous: pd.DataFrame) -> dict[int, list[str]]:
        self.seen.append(table.name)
        bad = candidates.loc[candidates["value"] > self.highest, "_payload"].unique()
        return {int(number): [f"expected values up to {self.highest}, found more"] for number in bad}

    def rejected_share_at_most(self, table: Table) -> float:
        return self.limit


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(Archive(tmp_path), RawVintages(tmp_path), Quarantine(tmp_path))


@pytest.fixture
def scope() -> Scope:
    return Scope(WEDNESDAY)


def utc(year: int, month: int, day_of_month: int, hour: int = 11) -> datetime:
    return datetime(year, month, day_of_month, hour, tzinfo=UTC)
