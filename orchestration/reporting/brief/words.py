"""Numbers as a reader says them: dollars, per cent, days. One way for charts, tables and sentences; no rounding rule of its own anywhere else."""

from datetime import date, datetime

NOTHING = "–"
MINUS = "−"


def number(value: float | None, form: str = ",.2f") -> str:
    """A number in a format of Python's, with a real minus sign; a dash where there is none."""
    return NOTHING if value is None else f"{value:{form}}".replace("-", MINUS)


def dollars(value: float | None) -> str:
    """US dollars in billions or millions, as headlines have them; less than ten million with a decimal."""
    if value is None:
        return NOTHING
    size, sign = abs(value), MINUS if value < 0 else ""
    if size >= 1e9:
        return f"{sign}${size / 1e9:,.1f} billion"
    if size >= 1e7:
        return f"{sign}${size / 1e6:,.0f} million"
    return f"{sign}${size / 1e6:,.1f} million" if size >= 5e4 else f"{sign if size else ''}${size:,.0f}"


def signed_dollars(value: float | None) -> str:
    """The same with a plus sign where money comes in."""
    return f"+{dollars(value)}" if value is not None and value >= 0.5 else dollars(value)


def percent(fraction: float | None, form: str = ".1f") -> str:
    """A fraction as per cent."""
    return NOTHING if fraction is None else f"{number(100 * fraction, form)} %"


def day(value: date | None) -> str:
    """A day as 4 February 2026."""
    return NOTHING if value is None else f"{value.day} {value:%B %Y}"


def weekday(value: date) -> str:
    """A day as Wednesday 4 February 2026."""
    return f"{value:%A} {day(value)}"


NAMES = {"us": "US", "ai": "AI", "nasdaq": "Nasdaq", "sp500": "S&P 500", "tech_heavy": "tech-heavy"}


def plain(name: str | None) -> str:
    """A name of a table's as words."""
    return NOTHING if name is None else NAMES.get(name) or " ".join(NAMES.get(word, word) for word in name.split("_"))


def capital(text: str) -> str:
    """The same with a capital first letter, the others as they are."""
    return text[:1].upper() + text[1:]


def since(superlative: str, day_before: date | None, history_from: date | None, *, holds: bool = True) -> str:
    """`, the most since 2020-03-12`, or `, the most on record (from 2016-01-05)`; nothing where the value is not of the kind (`holds`)."""
    if not holds or not (day_before or history_from):
        return ""
    return f", {superlative} since {day_before}" if day_before else f", {superlative} on record (from {history_from})"


def cell(value: object) -> str:
    """A value of a table as a cell of a page."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, ",.4g" if abs(value) < 1e4 else ",.0f")
    if isinstance(value, int):
        return number(value, ",d")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def listed(words: list[str]) -> str:
    """One, two and three."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else NOTHING
