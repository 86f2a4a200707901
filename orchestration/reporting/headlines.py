"""The headlines of the published session, as `headline_daily` has them. Nothing is computed or worded here."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.warehouse.query import query

OF_THE_SESSION = """
    select topic, statement, since_date, history_from, severity from headline_daily
    where trade_date = (select max(trade_date) from trading_session) order by position, headline_id
"""


@dataclass(frozen=True)
class Headline:
    """A sentence, since when it has not been this extreme (empty where it does not say), and how loud it is: info, notice or alert."""

    topic: str
    statement: str
    since: str
    severity: str


def headlines(published: Path) -> list[Headline]:
    """The headlines of the published session in the order of a page. Raises QueryError where nothing is published."""
    return [
        Headline(topic, statement, f"{since_date}" if since_date else f"on record (from {history_from})" if history_from else "", severity)
        for topic, statement, since_date, history_from, severity in query(published, OF_THE_SESSION).rows
    ]
