"""What a source is: the few types that every publisher's module speaks. No behaviour beyond error wording and matching.

A source turns a `Scope` (what we watch) into `Request`s, and a `Payload` (bytes somebody served) into `Parsed` rows.
"""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pandas as pd

from orchestration.sources.columns import Columns, Kinds, arrow, frame, height, kinds_of


class ParseError(Exception):
    """A payload that cannot be read as what its publisher normally serves. One sentence: expected, found, what to do."""

    def __init__(self, expected: str, found: str, advice: str = "keep the file; if the publisher changed its layout, mend the parser"):
        super().__init__(f"expected {expected}, found {found}; {advice}")
        self.expected = expected
        self.found = found
        self.advice = advice


# What a parser's own defect, or a file it was never meant for, may raise instead of a ParseError: one bad file stops nobody.
DEFECTS = (
    MemoryError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Fund:
    """One line of `seeds/funds.csv`: what a source needs to know to ask for a fund."""

    fund_id: str
    issuer: str
    product_id: str = ""
    cik: str = ""
    series_id: str = ""


@dataclass(frozen=True)
class Scope:
    """What the run watches on the last session `as_of`: the reference data that requests are made from."""

    as_of: date
    funds: tuple[Fund, ...] = ()
    symbols: tuple[str, ...] = ()
    series: tuple[str, ...] = ()

    def funds_of(self, issuer: str) -> tuple[Fund, ...]:
        return tuple(fund for fund in self.funds if fund.issuer == issuer)


@dataclass(frozen=True)
class Request:
    """An address, and the fund or series it is about (empty where the payload says so itself)."""

    url: str
    subject: str = ""

    @property
    def file_name(self) -> str:
        """The last part of the address: what a person would call the file."""
        parts = urlsplit(self.url)
        name = PurePosixPath(parts.path).name or parts.netloc
        return f"{name}?{parts.query}"[:120] if parts.query and "." not in name else name


@dataclass(frozen=True)
class Payload:
    """What was served, byte for byte. `fetched_at` is an aware UTC instant."""

    request: Request
    content: bytes
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@cache
def no_rejects() -> pd.DataFrame:
    """The empty frame of rejected rows, one for all: line (1-based, in the file), reason, content (the cells as served)."""
    return pd.DataFrame({"line": pd.Series(dtype="int64"), "reason": pd.Series(dtype="str"), "content": pd.Series(dtype="str")})


@dataclass(frozen=True)
class Parsed:
    """What a payload says for one table: its columns, the lines that could not be read, and remarks a person should see (ignored columns …).

    kinds: the columns' types where a table gives them.
    """

    columns: Columns
    rejected: pd.DataFrame = field(default_factory=no_rejects)
    notes: tuple[str, ...] = ()
    kinds: Kinds | None = None

    def __len__(self) -> int:
        return height(self.columns)

    @property
    def rows(self) -> pd.DataFrame:
        """The columns as a frame of their own, for whoever looks at a single payload."""
        return frame(arrow(self.columns, self.kinds or kinds_of(self.columns)))


@dataclass(frozen=True)
class Table:
    """A raw table. `columns` maps names to DuckDB types, without the clocks that landing adds.

    `key` identifies an observation: a changed value under the same key is a new vintage. Where `snapshot` is given
    (holdings), a vintage is the whole payload of those columns instead: a line that is gone is gone.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    description: str
    snapshot: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One publisher's topic.

    published_on: rows -> the nominal day of publication of each (a Series of dates, aligned with the rows); landing
        rolls it forward to a New York session and uses it where no fetch proved otherwise.
    claims: patterns of further addresses that carry this source (dated names, files saved by hand). The named group
        `subject` or `product` says what the file is about.
    """

    name: str
    publisher: str
    homepage: str
    terms: str
    cadence: str
    tables: tuple[Table, ...]
    requests: Callable[[Scope], Iterable[Request]]
    parse: Callable[[Payload], Mapping[str, Parsed]]
    published_on: Callable[[pd.DataFrame], pd.Series]
    claims: tuple[str, ...] = ()
    pause_seconds: float = 1.0
    issuer: str = ""

    def claim(self, url: str, scope: Scope) -> Request | None:
        """The request this address answers, or None where it is not ours."""
        return self.claimed([url], scope).get(url)

    def claimed(self, urls: Iterable[str], scope: Scope) -> dict[str, Request]:
        """The requests that addresses answer, those left out that are not ours."""
        asked = {request.url: request for request in reversed([*self.requests(scope)])}
        funds = {fund.product_id: fund.fund_id for fund in reversed(scope.funds_of(self.issuer))}
        patterns = [re.compile(pattern) for pattern in self.claims]
        answered: dict[str, Request] = {}
        for url in urls:
            if url in asked:
                answered[url] = asked[url]
                continue
            match = next((match for pattern in patterns if (match := pattern.fullmatch(url))), None)
            named = match.groupdict() if match else {"product": None}
            if "product" not in named:
                answered[url] = Request(url, (named.get("subject") or "").upper())
            elif named["product"] in funds:
                answered[url] = Request(url, funds[named["product"]])
        return answered
