"""The headlines of the published session, as `headline_daily` has them. Nothing is computed or worded here."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.warehouse.query import query

OF_THE_SESSION = """
    select topic, statement, severity from headline_daily
    where trade_date = (select max(trade_date) from trading_session) order by position, headline_id
"""


@dataclass(frozen=True)
class Headline:
    """A sentence, which says since when it has not been this extreme, and how loud it is: info, notice or alert."""

    topic: str
    statement: str
    severity: str


def headlines(published: Path) -> list[Headline]:
    """The headlines of the published session in the order of a page. Raises QueryError where nothing is published."""
    return [Headline(*row) for row in query(published, OF_THE_SESSION).rows]
