"""Sentences an analyst could paste, each computed from the published file. No thresholds, no typing of numbers."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.warehouse.query import query


@dataclass(frozen=True)
class Headline:
    """A sentence, its number with unit, and since when it has not been this extreme (empty where that says nothing)."""

    topic: str
    statement: str
    value: str
    since: str


def _usd(value: float) -> str:
    size = abs(value)
    text = f"${size / 1e9:,.1f} billion" if size >= 1e9 else f"${size / 1e6:,.0f} million"
    return f"−{text}" if value < 0 else text


def _since(superlative: str, since: date | None, history_from: date) -> str:
    """Since when, or that the whole history knows nothing like it, and where that history begins."""
    return f"{superlative} since {since}" if since else f"{superlative} on record (from {history_from})"


def _row(published: Path, sql: str) -> dict[str, Any] | None:
    answer = query(published, sql)
    return dict(zip(answer.columns, answer.rows[0], strict=True)) if answer.rows else None


def _outflow(published: Path) -> Headline | None:
    row = _row(
        published,
        """
        select trade_date, net_flow_2d_usd, largest_outflow_since, history_from, observed_funds, unobserved_funds
        from outflow_daily where segment = 'tech_heavy' and net_flow_2d_usd is not null order by trade_date desc limit 1
        """,
    )
    if row is None:
        return None
    verb = "lost" if row["net_flow_2d_usd"] < 0 else "took in"
    seen = f"{row['observed_funds']} of {row['observed_funds'] + row['unobserved_funds']} funds observed"
    return Headline(
        "outflow",
        f"Tech-heavy funds {verb} {_usd(abs(row['net_flow_2d_usd']))} in two sessions to {row['trade_date']} ({seen})",
        _usd(row["net_flow_2d_usd"]),
        _since("the most", row["largest_outflow_since"], row["history_from"]) if row["net_flow_2d_usd"] < 0 else "",
    )


def _largest_fund(published: Path) -> Headline | None:
    row = _row(
        published,
        """
        select trade_date, fund_id, net_flow_usd, net_flow_pct_aum from fund_flow_daily
        where trade_date = (select max(trade_date) from fund_flow_daily where net_flow_usd is not null) and net_flow_usd < 0
        order by net_flow_usd limit 1
        """,
    )
    if row is None:
        return None
    share = f" ({-row['net_flow_pct_aum']:.1f} % of its assets)" if row["net_flow_pct_aum"] is not None else ""
    return Headline("fund", f"Largest outflow of {row['trade_date']}: {row['fund_id']} lost {_usd(-row['net_flow_usd'])}{share}", _usd(row["net_flow_usd"]), "")


def _margin(published: Path) -> Headline | None:
    row = _row(
        published,
        """
        select month, debit_balances_usd_mn, debit_yoy, is_five_year_high, highest_since, history_from, known_on
        from margin_leverage_monthly order by month desc limit 1
        """,
    )
    if row is None:
        return None
    high = ", a five-year high" if row["is_five_year_high"] else ""
    yoy = f", {row['debit_yoy']:+.0%} on the year" if row["debit_yoy"] is not None else ""
    return Headline(
        "leverage",
        f"Margin debt was {_usd(row['debit_balances_usd_mn'] * 1e6)} at the end of {row['month']:%B %Y}{high}{yoy} (public since {row['known_on']})",
        _usd(row["debit_balances_usd_mn"] * 1e6),
        _since("the highest", row["highest_since"], row["history_from"]) if high else "",
    )


def headlines(published: Path) -> list[Headline]:
    """The headlines of the published session, those without data left out."""
    found = (build(published) for build in (_outflow, _largest_fund, _margin))
    return [headline for headline in found if headline is not None]
