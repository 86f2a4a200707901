"""Where a security is at home, in the words that holdings files have for it. One place, so that no writer decides it for itself."""

from orchestration.sample_market.universe import Security

HOME, DOLLAR = "United States", "USD"

# Country -> (ISO 3166 code, Bloomberg's code of its exchange). Shares listed at home are known by their ticker alone.
CODES = {
    HOME: ("US", ""),
    "China": ("CN", "C1"),
    "France": ("FR", "FP"),
    "Germany": ("DE", "GR"),
    "Hong Kong": ("HK", "HK"),
    "Japan": ("JP", "JP"),
    "Netherlands": ("NL", "NA"),
    "South Korea": ("KR", "KS"),
    "Switzerland": ("CH", "SW"),
    "Taiwan": ("TW", "TT"),
    "United Kingdom": ("GB", "LN"),
}


def country(security: Security) -> str:
    """The country of its exchange, in English."""
    return HOME


def currency(security: Security) -> str:
    """The currency in which it trades, three letters."""
    return DOLLAR


def country_code(security: Security) -> str:
    """The country in two letters."""
    return CODES[country(security)][0]


def bloomberg_ticker(ticker: str, country: str) -> str:
    """`NVDA`, `BRK/B`, `005930 KS`: ticker, share class behind a slash, exchange abroad."""
    return f"{ticker.replace('.', '/')} {CODES[country][1]}".rstrip()
