"""Where a security is at home and what it is called there. One place, so that no writer of holdings decides it for itself.

Tickers come as Bloomberg has them: the exchange stands behind a blank, and is left out at home.
"""

from orchestration.sample_market.universe import Security

HOME, DOLLAR = "US", "USD"


def country(security: Security) -> str:
    """The issuer's country, two letters (ISO 3166)."""
    return HOME


def currency(security: Security) -> str:
    """The currency in which it trades, three letters (ISO 4217)."""
    return DOLLAR


def local_ticker(ticker: str) -> str:
    """`NVDA`, `BRK.B`, `005930`: as the exchange itself has it."""
    return ticker.partition(" ")[0]


def bloomberg_ticker(ticker: str) -> str:
    """`NVDA`, `BRK/B`, `005930 KS`: a class of shares stands behind a slash."""
    return ticker.replace(".", "/")
