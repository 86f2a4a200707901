"""Cells of comma-separated text: quotes where a cell needs them, and nowhere else. Publishers that quote everything do so themselves."""


def cell(text: str) -> str:
    """The text as it stands between two commas (RFC 4180)."""
    if "," in text or '"' in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text
