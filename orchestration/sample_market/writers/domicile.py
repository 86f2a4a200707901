"""Home, its money, and what a security is called there and abroad. One place, so that no writer of holdings decides it for itself.

Tickers come as Bloomberg has them: the exchange stands behind a blank, and is left out at home.
"""

HOME, DOLLAR = "US", "USD"


def local_ticker(ticker: str) -> str:
    """`NVDA`, `BRK.B`, `005930`: as the exchange itself has it."""
    return ticker.partition(" ")[0]


def bloomberg_ticker(ticker: str) -> str:
    """`NVDA`, `BRK/B`, `005930 KS`: a class of shares stands behind a slash."""
    return ticker.replace(".", "/")
