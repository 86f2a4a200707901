"""The funds of the simulated market: who issues them, what they hold, how large they are. Names and tickers are real, sizes are rough.

`Portfolio` says which securities a fund or a basket holds and by what weight. No arithmetic beyond that, no prices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.sample_market.facts import Array
from orchestration.sample_market.securities import Security

TECHNOLOGY = "Information Technology"


@dataclass(frozen=True)
class Portfolio:
    """Every security that has the tag (where one is given), one of the groups and one of the sectors (where any are given).

    weighting: `size`, `root` (square root of size), `equal` or `price`.
    """

    tag: str = ""
    groups: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    also: str = ""
    weighting: str = "size"

    def holds(self, security: Security) -> bool:
        return (
            (not self.tag or self.tag in security.tags)
            and (not self.also or self.also in security.tags)
            and (not self.groups or security.group in self.groups)
            and (not self.sectors or security.sector in self.sectors)
        )

    def weights(self, securities: Sequence[Security]) -> Array:
        """Weights that add up to 1, one a security."""
        raw = np.array([WEIGHTINGS[self.weighting](one) if self.holds(one) else 0.0 for one in securities])
        weights: Array = raw / raw.sum()
        return weights


WEIGHTINGS: dict[str, Callable[[Security], float]] = {
    "size": lambda security: security.size,
    "root": lambda security: security.size**0.5,
    "equal": lambda _: 1.0,
    "price": lambda security: security.price,
}


@dataclass(frozen=True)
class Fund:
    """An exchange-traded fund on the reference day.

    aum: billions of dollars. nav: dollars. growth: of shares, a year. income: yearly distribution as a fraction of nav, paid `payouts`
    times a year. cash: share of assets it can spend before it sells. history: whether its issuer serves shares outstanding day by day.
    publishes: whether its issuer serves holdings. leverage, underlying: the daily factor, of leveraged funds only.
    """

    fund_id: str
    issuer: str
    product_id: str
    name: str
    inception: date
    segment: str
    aum: float
    nav: float
    portfolio: Portfolio
    growth: float = 0.06
    income: float = 0.0
    payouts: int = 4
    cash: float = 0.004
    venue: str = "NYSEArca"
    publishes: bool = True
    leverage: int = 1
    underlying: str = ""

    @property
    def history(self) -> bool:
        return self.issuer in ("ishares", "spdr", "proshares")

    @property
    def sectors(self) -> tuple[str, ...]:
        return self.portfolio.sectors


SP500, TOTAL, NASDAQ = Portfolio("sp500"), Portfolio("total_market"), Portfolio("nasdaq100")
AGGREGATE, BULLION, SILVER = Portfolio("aggregate"), Portfolio(groups=("gold",)), Portfolio(groups=("silver",))


def _sector(name: str, tag: str = "sp500") -> Portfolio:
    return Portfolio(tag, sectors=(name,))


def _tagged(tag: str, weighting: str = "size") -> Portfolio:
    return Portfolio(tag, weighting=weighting)


def _group(*groups: str) -> Portfolio:
    return Portfolio(groups=groups)


# Product ids are the publisher's own: they are part of its addresses.
FUNDS = (
    # technology
    Fund("QQQ", "invesco", "QQQ", "Invesco QQQ Trust, Series 1", date(1999, 3, 10), "tech_heavy", 400, 622.0, NASDAQ, income=0.005, venue="NasdaqGM"),
    Fund("QQQM", "invesco", "QQQM", "Invesco NASDAQ 100 ETF", date(2020, 10, 13), "tech_heavy", 70, 256.0, NASDAQ, 0.20, 0.005, venue="NasdaqGM"),
    Fund("XLK", "spdr", "", "Technology Select Sector SPDR ETF", date(1998, 12, 16), "tech_heavy", 92, 145.0, _sector(TECHNOLOGY), income=0.006),
    Fund("XSD", "spdr", "", "SPDR S&P Semiconductor ETF", date(2006, 1, 31), "tech_heavy", 1.7, 330.0, _tagged("semis_equal", "equal"), income=0.002),
    Fund("SOXX", "ishares", "239705", "iShares Semiconductor ETF", date(2001, 7, 10), "tech_heavy", 17, 305.0, _group("semis"), income=0.006, venue="NasdaqGM"),
    Fund("IGV", "ishares", "239771", "iShares Expanded Tech-Software Sector ETF", date(2001, 7, 10), "tech_heavy", 9, 104.0, _group("software"), venue="BATS"),
    Fund("IYW", "ishares", "239522", "iShares U.S. Technology ETF", date(2000, 5, 15), "tech_heavy", 21, 202.0, _sector(TECHNOLOGY), income=0.002),
    Fund("IXN", "ishares", "239750", "iShares Global Tech ETF", date(2001, 11, 12), "tech_heavy", 6.5, 105.0, _tagged("global_tech"), income=0.004),
    Fund("VGT", "vanguard", "VGT", "Vanguard Information Technology ETF", date(2004, 1, 26), "tech_heavy", 112, 755.0, _sector(TECHNOLOGY, "total_market")),
    Fund(
        "ARKK",
        "ark",
        "ARK_INNOVATION_ETF_ARKK_HOLDINGS",
        "ARK Innovation ETF",
        date(2014, 10, 31),
        "tech_heavy",
        7.5,
        77.0,
        _tagged("ark_innovation", "root"),
        cash=0.002,
    ),
    Fund(
        "ARKW",
        "ark",
        "ARK_NEXT_GENERATION_INTERNET_ETF_ARKW_HOLDINGS",
        "ARK Next Generation Internet ETF",
        date(2014, 9, 29),
        "tech_heavy",
        2.4,
        150.0,
        _tagged("ark_internet", "root"),
        cash=0.002,
    ),
    Fund(
        "ARKQ",
        "ark",
        "ARK_AUTONOMOUS_TECH._&_ROBOTICS_ETF_ARKQ_HOLDINGS",
        "ARK Autonomous Technology & Robotics ETF",
        date(2014, 9, 30),
        "tech_heavy",
        1.9,
        118.0,
        _tagged("ark_autonomous", "root"),
        cash=0.002,
    ),
    Fund(
        "AIQ",
        "globalx",
        "aiq",
        "Global X Artificial Intelligence & Technology ETF",
        date(2018, 5, 11),
        "tech_heavy",
        7.0,
        51.0,
        _tagged("aiq", "root"),
        0.25,
        venue="NasdaqGM",
    ),
    Fund(
        "BOTZ",
        "globalx",
        "botz",
        "Global X Robotics & Artificial Intelligence ETF",
        date(2016, 9, 12),
        "tech_heavy",
        3.1,
        37.0,
        _tagged("robotics", "root"),
        0.1,
        venue="NasdaqGM",
    ),
    Fund("CLOU", "globalx", "clou", "Global X Cloud Computing ETF", date(2019, 4, 12), "tech_heavy", 0.3, 22.0, _tagged("cloud", "root"), venue="NasdaqGM"),
    # broad, growth, value, sectors
    Fund("SPY", "spdr", "", "SPDR S&P 500 ETF Trust", date(1993, 1, 22), "broad_equity", 700, 692.0, SP500, 0.03, 0.011),
    Fund("IVV", "ishares", "239726", "iShares Core S&P 500 ETF", date(2000, 5, 15), "broad_equity", 750, 695.0, SP500, 0.08, 0.012),
    Fund("VOO", "vanguard", "VOO", "Vanguard S&P 500 ETF", date(2010, 9, 7), "broad_equity", 850, 637.0, SP500, 0.12, 0.011),
    Fund("VTI", "vanguard", "VTI", "Vanguard Total Stock Market ETF", date(2001, 5, 24), "broad_equity", 570, 341.0, TOTAL, 0.08, 0.011),
    Fund("RSP", "invesco", "RSP", "Invesco S&P 500 Equal Weight ETF", date(2003, 4, 24), "broad_equity", 78, 197.0, _tagged("sp500", "equal"), 0.08, 0.015),
    Fund(
        "DIA", "spdr", "", "SPDR Dow Jones Industrial Average ETF Trust", date(1998, 1, 14), "broad_equity", 44, 495.0, _tagged("dow", "price"), 0.03, 0.015, 12
    ),
    Fund("IWM", "ishares", "239710", "iShares Russell 2000 ETF", date(2000, 5, 22), "broad_equity", 74, 258.0, _tagged("small"), 0.02, 0.011),
    Fund("IJR", "ishares", "239774", "iShares Core S&P Small-Cap ETF", date(2000, 5, 22), "broad_equity", 90, 125.0, _tagged("small", "root"), 0.06, 0.013),
    Fund("IWF", "ishares", "239706", "iShares Russell 1000 Growth ETF", date(2000, 5, 22), "growth", 122, 478.0, _tagged("growth", "root"), 0.03, 0.004),
    Fund("VUG", "vanguard", "VUG", "Vanguard Growth ETF", date(2004, 1, 26), "growth", 205, 490.0, _tagged("growth", "root"), 0.06, 0.004),
    Fund("VTV", "vanguard", "VTV", "Vanguard Value ETF", date(2004, 1, 26), "value", 160, 196.0, _tagged("value"), 0.06, 0.020),
    Fund("IWD", "ishares", "239708", "iShares Russell 1000 Value ETF", date(2000, 5, 22), "value", 70, 216.0, _tagged("value"), 0.03, 0.017),
    Fund("IVE", "ishares", "239728", "iShares S&P 500 Value ETF", date(2000, 5, 22), "value", 48, 216.0, Portfolio("sp500", also="value"), 0.05, 0.016),
    Fund("XLI", "spdr", "", "Industrial Select Sector SPDR ETF", date(1998, 12, 16), "industrial", 27, 162.0, _sector("Industrials"), 0.05, 0.013),
    Fund(
        "IYJ",
        "ishares",
        "239519",
        "iShares U.S. Industrials ETF",
        date(2000, 6, 12),
        "industrial",
        1.8,
        152.0,
        _group("industrials"),
        0.03,
        0.009,
        venue="BATS",
    ),
    Fund(
        "VIS", "vanguard", "VIS", "Vanguard Industrials ETF", date(2004, 9, 23), "industrial", 6.5, 318.0, _sector("Industrials", "total_market"), 0.06, 0.011
    ),
    Fund("XLF", "spdr", "", "Financial Select Sector SPDR ETF", date(1998, 12, 16), "financial", 53, 55.0, _sector("Financials"), 0.05, 0.013),
    Fund("XLE", "spdr", "", "Energy Select Sector SPDR ETF", date(1998, 12, 16), "energy", 30, 46.0, _sector("Energy"), 0.04, 0.031),
    Fund("XLV", "spdr", "", "Health Care Select Sector SPDR ETF", date(1998, 12, 16), "health_care", 40, 156.0, _sector("Health Care"), 0.05, 0.015),
    Fund("XLU", "spdr", "", "Utilities Select Sector SPDR ETF", date(1998, 12, 16), "utilities", 22, 43.0, _sector("Utilities"), 0.05, 0.026),
    # bonds, credit, gold, silver, abroad
    Fund(
        "TLT",
        "ishares",
        "239454",
        "iShares 20+ Year Treasury Bond ETF",
        date(2002, 7, 22),
        "bond",
        45,
        87.5,
        _group("treasuries_long"),
        0.18,
        0.043,
        12,
        venue="NasdaqGM",
    ),
    Fund(
        "IEF",
        "ishares",
        "239456",
        "iShares 7-10 Year Treasury Bond ETF",
        date(2002, 7, 22),
        "bond",
        46,
        96.0,
        _group("treasuries_intermediate"),
        0.15,
        0.037,
        12,
        venue="NasdaqGM",
    ),
    Fund(
        "SHY",
        "ishares",
        "239452",
        "iShares 1-3 Year Treasury Bond ETF",
        date(2002, 7, 22),
        "bond",
        24,
        82.8,
        _group("treasuries_short"),
        0.08,
        0.039,
        12,
        venue="NasdaqGM",
    ),
    Fund("AGG", "ishares", "239458", "iShares Core U.S. Aggregate Bond ETF", date(2003, 9, 22), "bond", 135, 100.0, AGGREGATE, 0.12, 0.038, 12),
    Fund("BND", "vanguard", "BND", "Vanguard Total Bond Market ETF", date(2007, 4, 3), "bond", 148, 74.0, AGGREGATE, 0.15, 0.038, 12, venue="NasdaqGM"),
    Fund(
        "LQD",
        "ishares",
        "239566",
        "iShares iBoxx $ Investment Grade Corporate Bond ETF",
        date(2002, 7, 22),
        "credit",
        32,
        111.0,
        _group("corporates"),
        0.03,
        0.044,
        12,
    ),
    Fund(
        "HYG", "ishares", "239565", "iShares iBoxx $ High Yield Corporate Bond ETF", date(2007, 4, 4), "credit", 19, 80.8, _group("high_yield"), 0.02, 0.058, 12
    ),
    Fund("JNK", "spdr", "", "SPDR Bloomberg High Yield Bond ETF", date(2007, 11, 28), "credit", 7.5, 97.0, _group("high_yield"), 0.0, 0.065, 12),
    Fund(
        "EMB",
        "ishares",
        "239572",
        "iShares J.P. Morgan USD Emerging Markets Bond ETF",
        date(2007, 12, 17),
        "credit",
        16,
        96.0,
        _group("em_debt"),
        0.05,
        0.052,
        12,
        venue="NasdaqGM",
    ),
    Fund("GLD", "spdr", "", "SPDR Gold Shares", date(2004, 11, 18), "gold", 155, 411.0, BULLION, 0.02, publishes=False),
    Fund("IAU", "ishares", "239561", "iShares Gold Trust", date(2005, 1, 21), "gold", 72, 84.0, BULLION, 0.08, publishes=False),
    Fund("SLV", "ishares", "239855", "iShares Silver Trust", date(2006, 4, 21), "silver", 38, 72.0, SILVER, 0.04, publishes=False),
    Fund("EEM", "ishares", "239637", "iShares MSCI Emerging Markets ETF", date(2003, 4, 7), "emerging", 26, 57.0, _tagged("emerging"), 0.0, 0.021, 2),
    Fund(
        "IEMG",
        "ishares",
        "244050",
        "iShares Core MSCI Emerging Markets ETF",
        date(2012, 10, 18),
        "emerging",
        128,
        70.0,
        _tagged("emerging_core"),
        0.12,
        0.026,
        2,
    ),
    Fund("EFA", "ishares", "239623", "iShares MSCI EAFE ETF", date(2001, 8, 14), "developed_ex_us", 72, 98.0, _tagged("developed"), 0.03, 0.030, 2),
)

# Issuers that nobody reads yet: known by their prices alone.
UNREAD = (
    Fund("SMH", "vaneck", "", "VanEck Semiconductor ETF", date(2011, 12, 20), "tech_heavy", 38, 375.0, _group("semis"), publishes=False),
    Fund(
        "FTEC",
        "fidelity",
        "",
        "Fidelity MSCI Information Technology Index ETF",
        date(2013, 10, 21),
        "tech_heavy",
        17,
        222.0,
        _sector(TECHNOLOGY, "total_market"),
        publishes=False,
    ),
)

# What leveraged products follow and options are written on.
UNDERLYINGS = {"SPY": SP500, "QQQ": NASDAQ, "XLK": _sector(TECHNOLOGY), "SMH": _group("semis")}


def _leveraged(fund_id: str, issuer: str, name: str, inception: date, aum: float, nav: float, leverage: int, underlying: str) -> Fund:
    segment = "leveraged" if leverage > 0 else "inverse"
    held = UNDERLYINGS[underlying]
    return Fund(fund_id, issuer, "", name, inception, segment, aum, nav, held, 0.1, publishes=False, leverage=leverage, underlying=underlying)


LEVERAGED = (
    _leveraged("TQQQ", "proshares", "ProShares UltraPro QQQ", date(2010, 2, 9), 27.0, 54.0, 3, "QQQ"),
    _leveraged("SQQQ", "proshares", "ProShares UltraPro Short QQQ", date(2010, 2, 9), 3.0, 68.0, -3, "QQQ"),
    _leveraged("QLD", "proshares", "ProShares Ultra QQQ", date(2006, 6, 19), 10.0, 71.0, 2, "QQQ"),
    _leveraged("QID", "proshares", "ProShares UltraShort QQQ", date(2006, 7, 11), 0.3, 20.0, -2, "QQQ"),
    _leveraged("PSQ", "proshares", "ProShares Short QQQ", date(2006, 6, 19), 0.6, 30.0, -1, "QQQ"),
    _leveraged("ROM", "proshares", "ProShares Ultra Technology", date(2007, 1, 30), 0.9, 95.0, 2, "XLK"),
    _leveraged("TECL", "direxion", "Direxion Daily Technology Bull 3X Shares", date(2008, 12, 17), 4.0, 112.0, 3, "XLK"),
    _leveraged("TECS", "direxion", "Direxion Daily Technology Bear 3X Shares", date(2008, 12, 17), 0.1, 17.0, -3, "XLK"),
    _leveraged("USD", "proshares", "ProShares Ultra Semiconductors", date(2007, 1, 30), 1.8, 56.0, 2, "SMH"),
    _leveraged("SOXL", "direxion", "Direxion Daily Semiconductor Bull 3X Shares", date(2010, 3, 11), 13.0, 48.0, 3, "SMH"),
    _leveraged("SOXS", "direxion", "Direxion Daily Semiconductor Bear 3X Shares", date(2010, 3, 11), 1.0, 36.0, -3, "SMH"),
    _leveraged("SSO", "proshares", "ProShares Ultra S&P500", date(2006, 6, 19), 7.5, 59.0, 2, "SPY"),
    _leveraged("SDS", "proshares", "ProShares UltraShort S&P500", date(2006, 7, 11), 0.4, 69.0, -2, "SPY"),
    _leveraged("UPRO", "proshares", "ProShares UltraPro S&P500", date(2009, 6, 23), 4.9, 118.0, 3, "SPY"),
    _leveraged("SPXU", "proshares", "ProShares UltraPro Short S&P500", date(2009, 6, 23), 0.5, 45.0, -3, "SPY"),
    _leveraged("SPXL", "direxion", "Direxion Daily S&P 500 Bull 3X Shares", date(2008, 11, 5), 6.2, 225.0, 3, "SPY"),
    _leveraged("SPXS", "direxion", "Direxion Daily S&P 500 Bear 3X Shares", date(2008, 11, 5), 0.4, 34.0, -3, "SPY"),
)
