"""Rows, sentences and pictures as Markdown, for the Dagster UI: few cells, each short. Nothing is computed."""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

LONGEST_CELL = 60


def _escaped(text: str) -> str:
    """Text that is text and nothing else: no column, no element, no link."""
    return re.sub(r"([\\|\[\]])", r"\\\1", text).replace("<", "&lt;")


def cell(value: Any) -> str:
    """A value as a person would write it: no cell longer than 60 characters, none that breaks a table."""
    match value:
        case None:
            return "–"
        case bool():
            return str(value).lower()
        case float():
            text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
        case int():
            text = f"{value:,}"
        case datetime():
            text = value.date().isoformat() if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            text = value.isoformat()
        case _:
            text = " ".join(str(value).split())
    short = text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
    return _escaped(short)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, more: int = 0) -> str:
    """A Markdown table; `more` columns that are not shown are counted below it."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    if len(lines) == 2:
        lines = [f"No rows in {', '.join(columns)}."]
    if more:
        lines.append(f"\n… and {more} more column{'s' if more > 1 else ''}")
    return "\n".join(lines)


def items(sentences: Iterable[str]) -> str:
    """Sentences one below the other."""
    return "\n".join(f"- {_escaped(sentence)}" for sentence in sentences)


def picture(svg: str, words: str) -> str:
    """An SVG that needs nothing beside it, and what it shows in words for who cannot see it. The UI takes pictures from a data address, not as elements."""
    return f"![{_escaped(' '.join(words.split()))}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
