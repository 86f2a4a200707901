"""What exists in the simulated market: securities, funds and the days on which something scripted happens. No arithmetic.

Names and tickers are real, so that a newcomer recognises them; prices, sizes and identifiers are not. Identifiers carry
SIM in a place where the format has room for it: nobody can join them to the real securities by accident.
"""

from dataclasses import dataclass
from datetime import date

from orchestration.sample_market.securities import Security

FIRST_DAY = date(2025, 2, 14)
LAST_DAY = date(2026, 2, 13)


@dataclass(frozen=True)
class Fund:
    """An exchange-traded fund.

    sectors, groups: it holds every security of these; both empty means every share. nav: dollars on the first day, in
    units after the split. aum: billions. income: yearly distribution as a fraction of nav, paid `payouts` times a year.
    """

    fund_id: str
    issuer: str
    product_id: str
    name: str
    inception: date
    nav: float
    aum: float
    income: float = 0.0
    payouts: int = 4
    sectors: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    venue: str = "NYSEArca"
    publishes_holdings: bool = True

    def holds(self, security: Security) -> bool:
        if not (self.sectors or self.groups):
            return not security.is_bond and security.group != "gold"
        return security.sector in self.sectors or security.group in self.groups


@dataclass(frozen=True)
class Split:
    """Each share becomes `factor` shares before the open of `on`."""

    fund_id: str
    on: date
    factor: int


@dataclass(frozen=True)
class LatePosting:
    """The history file of the evening of `on` repeats the shares outstanding of the session before; the next file is right."""

    fund_id: str
    on: date


TECHNOLOGY = "Information Technology"

# Prices of the first day. Of treasuries, beta is the duration.
SECURITIES = (
    Security(0, "NVDA", "NVIDIA CORP", TECHNOLOGY, "semis", 1.7, 138.85, 3400),
    Security(1, "AVGO", "BROADCOM INC", TECHNOLOGY, "semis", 1.5, 233.04, 1090),
    Security(2, "AMD", "ADVANCED MICRO DEVICES INC", TECHNOLOGY, "semis", 1.7, 113.10, 183),
    Security(3, "QCOM", "QUALCOMM INC", TECHNOLOGY, "semis", 1.3, 172.40, 190),
    Security(4, "TXN", "TEXAS INSTRUMENTS INC", TECHNOLOGY, "semis", 1.1, 183.90, 167),
    Security(5, "AMAT", "APPLIED MATERIALS INC", TECHNOLOGY, "semis", 1.5, 169.20, 137),
    Security(6, "MU", "MICRON TECHNOLOGY INC", TECHNOLOGY, "semis", 1.6, 99.50, 111),
    Security(7, "LRCX", "LAM RESEARCH CORP", TECHNOLOGY, "semis", 1.6, 83.10, 107),
    Security(8, "KLAC", "KLA CORP", TECHNOLOGY, "semis", 1.5, 755.20, 101),
    Security(9, "ADI", "ANALOG DEVICES INC", TECHNOLOGY, "semis", 1.2, 209.70, 104),
    Security(10, "INTC", "INTEL CORP", TECHNOLOGY, "semis", 1.4, 23.60, 102),
    Security(11, "MRVL", "MARVELL TECHNOLOGY INC", TECHNOLOGY, "semis", 1.8, 106.30, 92),
    Security(12, "MSFT", "MICROSOFT CORP", TECHNOLOGY, "software", 1.0, 408.40, 3030),
    Security(13, "ORCL", "ORACLE CORP", TECHNOLOGY, "software", 1.3, 174.20, 487),
    Security(14, "CRM", "SALESFORCE INC", TECHNOLOGY, "software", 1.2, 326.50, 313),
    Security(15, "NOW", "SERVICENOW INC", TECHNOLOGY, "software", 1.2, 985.30, 203),
    Security(16, "ADBE", "ADOBE INC", TECHNOLOGY, "software", 1.1, 460.20, 200),
    Security(17, "INTU", "INTUIT INC", TECHNOLOGY, "software", 1.1, 583.60, 163),
    Security(18, "PLTR", "PALANTIR TECHNOLOGIES INC CLASS A", TECHNOLOGY, "software", 1.8, 119.20, 271),
    Security(19, "PANW", "PALO ALTO NETWORKS INC", TECHNOLOGY, "software", 1.2, 199.60, 132),
    Security(20, "SNPS", "SYNOPSYS INC", TECHNOLOGY, "software", 1.2, 523.40, 81),
    Security(21, "AAPL", "APPLE INC", TECHNOLOGY, "hardware", 1.1, 244.60, 3670),
    Security(22, "CSCO", "CISCO SYSTEMS INC", TECHNOLOGY, "hardware", 0.9, 64.90, 258),
    Security(23, "IBM", "INTERNATIONAL BUSINESS MACHINES CORP", TECHNOLOGY, "hardware", 0.8, 261.30, 242),
    Security(24, "ANET", "ARISTA NETWORKS INC", TECHNOLOGY, "hardware", 1.5, 106.80, 134),
    Security(25, "AMZN", "AMAZON COM INC", "Consumer Discretionary", "platforms", 1.2, 228.70, 2420),
    Security(26, "GOOGL", "ALPHABET INC CLASS A", "Communication Services", "platforms", 1.1, 185.20, 2270),
    Security(27, "META", "META PLATFORMS INC CLASS A", "Communication Services", "platforms", 1.2, 736.70, 1860),
    Security(28, "NFLX", "NETFLIX INC", "Communication Services", "platforms", 1.1, 1058.60, 453),
    Security(29, "TSLA", "TESLA INC", "Consumer Discretionary", "platforms", 1.9, 355.80, 1140),
    Security(30, "HD", "HOME DEPOT INC", "Consumer Discretionary", "cyclicals", 1.0, 409.50, 407),
    Security(31, "BRK.B", "BERKSHIRE HATHAWAY INC CLASS B", "Financials", "cyclicals", 0.8, 479.60, 1030),
    Security(32, "JPM", "JPMORGAN CHASE & CO", "Financials", "cyclicals", 1.1, 276.60, 773),
    Security(33, "V", "VISA INC CLASS A", "Financials", "cyclicals", 0.9, 353.90, 690),
    Security(34, "BAC", "BANK OF AMERICA CORP", "Financials", "cyclicals", 1.1, 46.96, 357),
    Security(35, "XOM", "EXXON MOBIL CORP", "Energy", "cyclicals", 0.7, 108.20, 471),
    Security(36, "CVX", "CHEVRON CORP", "Energy", "cyclicals", 0.7, 155.30, 274),
    Security(37, "LIN", "LINDE PLC", "Materials", "cyclicals", 0.8, 461.20, 218),
    Security(38, "LLY", "ELI LILLY", "Health Care", "defensives", 0.6, 844.30, 758),
    Security(39, "UNH", "UNITEDHEALTH GROUP INC", "Health Care", "defensives", 0.5, 523.50, 479),
    Security(40, "JNJ", "JOHNSON & JOHNSON", "Health Care", "defensives", 0.4, 156.20, 376),
    Security(41, "WMT", "WALMART INC", "Consumer Staples", "defensives", 0.6, 104.00, 835),
    Security(42, "PG", "PROCTER & GAMBLE", "Consumer Staples", "defensives", 0.4, 163.30, 383),
    Security(43, "KO", "COCA-COLA", "Consumer Staples", "defensives", 0.4, 68.90, 297),
    Security(44, "NEE", "NEXTERA ENERGY INC", "Utilities", "defensives", 0.6, 68.20, 140),
    Security(45, "PLD", "PROLOGIS REIT INC", "Real Estate", "defensives", 0.9, 119.40, 111),
    Security(46, "GE", "GE AEROSPACE", "Industrials", "industrials", 1.1, 208.30, 224),
    Security(47, "CAT", "CATERPILLAR INC", "Industrials", "industrials", 1.1, 352.40, 169),
    Security(48, "RTX", "RTX CORP", "Industrials", "industrials", 0.7, 124.20, 165),
    Security(49, "UNP", "UNION PACIFIC CORP", "Industrials", "industrials", 0.8, 247.90, 150),
    Security(50, "ETN", "EATON CORP PLC", "Industrials", "industrials", 1.2, 309.60, 122),
    Security(51, "HON", "HONEYWELL INTERNATIONAL INC", "Industrials", "industrials", 0.8, 202.80, 132),
    Security(52, "BA", "BOEING", "Industrials", "industrials", 1.2, 184.40, 139),
    Security(53, "DE", "DEERE", "Industrials", "industrials", 0.9, 478.10, 130),
    Security(54, "LMT", "LOCKHEED MARTIN CORP", "Industrials", "industrials", 0.4, 424.60, 100),
    Security(55, "UPS", "UNITED PARCEL SERVICE INC CLASS B", "Industrials", "industrials", 0.8, 114.20, 97),
    Security(56, "", "TREASURY BOND", "Treasuries", "treasuries", 15.2, 99.20, 60, 4.625, date(2055, 2, 15)),
    Security(57, "", "TREASURY BOND", "Treasuries", "treasuries", 15.4, 96.40, 55, 4.50, date(2054, 11, 15)),
    Security(58, "", "TREASURY BOND", "Treasuries", "treasuries", 15.8, 92.60, 50, 4.25, date(2054, 8, 15)),
    Security(59, "", "TREASURY BOND", "Treasuries", "treasuries", 16.6, 71.80, 45, 3.00, date(2052, 8, 15)),
    Security(60, "", "TREASURY BOND", "Treasuries", "treasuries", 17.4, 55.30, 40, 2.00, date(2051, 8, 15)),
    Security(61, "", "TREASURY BOND", "Treasuries", "treasuries", 17.9, 47.10, 35, 1.25, date(2050, 5, 15)),
    Security(62, "", "CCO HOLDINGS LLC 144A", "Communications", "credit", 0.30, 91.30, 5.0, 4.50, date(2032, 5, 1)),
    Security(63, "", "TRANSDIGM INC 144A", "Capital Goods", "credit", 0.25, 100.90, 4.5, 6.375, date(2029, 3, 1)),
    Security(64, "", "MEDLINE BORROWER LP 144A", "Consumer Non-Cyclical", "credit", 0.25, 95.40, 4.5, 3.875, date(2029, 4, 1)),
    Security(65, "", "CLOUD SOFTWARE GROUP INC 144A", "Technology", "credit", 0.45, 98.10, 3.8, 6.50, date(2029, 3, 31)),
    Security(66, "", "CARNIVAL CORP 144A", "Consumer Cyclical", "credit", 0.30, 99.60, 3.2, 5.75, date(2027, 3, 1)),
    Security(67, "", "VENTURE GLOBAL LNG INC 144A", "Energy", "credit", 0.35, 105.70, 3.0, 9.50, date(2029, 2, 1)),
    Security(68, "GOLD", "GOLD BULLION", "Commodities", "gold", 0.0, 2883.00, 1.0),
)

# Product ids are the publisher's own: they are part of its addresses (State Street's have the ticker instead).
FUNDS = (
    Fund("IVV", "ishares", "239726", "iShares Core S&P 500 ETF", date(2000, 5, 15), 612.4, 600, 0.012),
    Fund("SOXX", "ishares", "239705", "iShares Semiconductor ETF", date(2001, 7, 10), 221.8, 15, 0.006, groups=("semis",), venue="NasdaqGM"),
    Fund("IGV", "ishares", "239771", "iShares Expanded Tech-Software Sector ETF", date(2001, 7, 10), 104.6, 11, 0.0, groups=("software",), venue="BATS"),
    Fund(
        "IWD",
        "ishares",
        "239708",
        "iShares Russell 1000 Value ETF",
        date(2000, 5, 22),
        193.6,
        63,
        0.018,
        groups=("defensives", "cyclicals", "industrials"),
    ),
    Fund("IYJ", "ishares", "239519", "iShares U.S. Industrials ETF", date(2000, 6, 12), 141.2, 1.7, 0.009, groups=("industrials",), venue="BATS"),
    Fund("TLT", "ishares", "239454", "iShares 20+ Year Treasury Bond ETF", date(2002, 7, 22), 88.9, 52, 0.043, 12, groups=("treasuries",), venue="NasdaqGM"),
    Fund("HYG", "ishares", "239565", "iShares iBoxx $ High Yield Corporate Bond ETF", date(2007, 4, 4), 80.1, 16, 0.058, 12, groups=("credit",)),
    Fund("SPY", "spdr", "", "SPDR® S&P 500® ETF Trust", date(1993, 1, 22), 609.7, 640, 0.012),
    Fund("XLK", "spdr", "", "Technology Select Sector SPDR® ETF", date(1998, 12, 16), 119.6, 96, 0.007, sectors=(TECHNOLOGY,)),
    Fund("XLI", "spdr", "", "Industrial Select Sector SPDR® ETF", date(1998, 12, 16), 136.9, 21, 0.014, sectors=("Industrials",)),
    # Bullion is no portfolio of securities: the publisher serves no holdings workbook for it.
    Fund("GLD", "spdr", "", "SPDR® Gold Shares", date(2004, 11, 18), 266.3, 83, groups=("gold",), publishes_holdings=False),
)

SPLITS = (Split("XLK", date(2025, 12, 5), 2),)
LATE_POSTINGS = (LatePosting("IWD", date(2026, 1, 22)),)

# Bars are served for one fund of each kind: the market, both sides of the rotation, the two havens.
FUNDS_WITH_BARS = ("SPY", "XLK", "XLI", "TLT", "GLD")

# Log returns that replace the day's draw of a factor ('market', a group) or a yield change in percentage points ('yield').
SCRIPT: tuple[tuple[date, str, float], ...] = (
    (date(2025, 4, 3), "market", -0.041),
    (date(2025, 4, 4), "market", -0.049),
    (date(2025, 4, 9), "market", 0.072),
    (date(2026, 2, 2), "market", -0.006),
    (date(2026, 2, 2), "semis", -0.021),
    (date(2026, 2, 2), "software", -0.019),
    (date(2026, 2, 2), "hardware", -0.004),
    (date(2026, 2, 2), "industrials", 0.009),
    (date(2026, 2, 3), "market", -0.011),
    (date(2026, 2, 3), "semis", -0.026),
    (date(2026, 2, 3), "software", -0.024),
    (date(2026, 2, 3), "hardware", -0.006),
    (date(2026, 2, 3), "industrials", 0.008),
    (date(2026, 2, 3), "yield", 0.05),
    (date(2026, 2, 3), "gold", -0.008),
    (date(2026, 2, 4), "market", -0.014),
    (date(2026, 2, 4), "semis", -0.024),
    (date(2026, 2, 4), "software", -0.018),
    (date(2026, 2, 4), "hardware", -0.008),
    (date(2026, 2, 4), "industrials", 0.006),
    (date(2026, 2, 4), "yield", 0.07),
    (date(2026, 2, 4), "gold", -0.016),
)

# Jumps of log volatility that then fade: the spring of 2025, and a fortnight in which the AI trade deleverages.
VOLATILITY_JUMPS = (
    (date(2025, 4, 3), 0.55),
    (date(2025, 4, 4), 0.55),
    (date(2026, 1, 30), 0.15),
    (date(2026, 2, 2), 0.20),
    (date(2026, 2, 3), 0.25),
    (date(2026, 2, 4), 0.18),
)

# Billions of dollars that holders add or take out, on top of the daily noise.
SCRIPTED_FLOWS: tuple[tuple[date, str, float], ...] = (
    (date(2026, 1, 22), "IWD", 0.6),
    (date(2026, 1, 30), "XLK", -0.7),
    (date(2026, 1, 30), "SOXX", -0.2),
    (date(2026, 2, 2), "XLK", -1.4),
    (date(2026, 2, 2), "SOXX", -0.4),
    (date(2026, 2, 2), "IGV", -0.3),
    (date(2026, 2, 3), "XLK", -4.3),
    (date(2026, 2, 3), "SOXX", -1.1),
    (date(2026, 2, 3), "IGV", -0.8),
    (date(2026, 2, 4), "XLK", -5.4),
    (date(2026, 2, 4), "SOXX", -1.4),
    (date(2026, 2, 4), "IGV", -1.0),
    (date(2026, 2, 4), "IVV", -2.1),
    (date(2026, 2, 4), "XLI", 0.3),
    (date(2026, 2, 5), "XLK", -1.1),
    (date(2026, 2, 5), "HYG", -0.5),
)

# Customer debit balances in billions: the log level runs straight between the ends of these months, plus noise.
MARGIN_DEBT_ANCHORS = (
    (date(2019, 1, 1), 566.0),
    (date(2020, 2, 1), 561.0),
    (date(2020, 3, 1), 487.0),
    (date(2021, 10, 1), 921.0),
    (date(2022, 12, 1), 604.0),
    (date(2023, 10, 1), 641.0),
    (date(2024, 12, 1), 902.0),
    (date(2025, 4, 1), 848.0),
    (date(2025, 12, 1), 1231.4),
)
