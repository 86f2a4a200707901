"""What is scripted in the simulated market: where the market stood, when it trembled, and the story of February 2026. No arithmetic.

Levels follow what happened, roughly and from memory, so that a reader recognises the years; between two anchors and in every
detail the market is drawn at random. News causes most of every fall: the funds' fourteen billion dollars meet a daily volume
of hundreds of billions and move prices by tenths of a per cent.
"""

from datetime import date
from typing import NamedTuple

FIRST_DAY = date(1995, 1, 3)  # of the long series
ENGINE_FROM = date(2016, 1, 4)  # of everything else: funds, channels, securities
LAST_DAY = date(2026, 2, 13)
STORY_DAY = date(2026, 2, 4)
REFERENCE_DAY = date(2026, 1, 6)  # prices and fund sizes of the reference data are of this day: the last rotation starts after it


class Crisis(NamedTuple):
    """A time of stress, by name; both ends are part of it."""

    name: str
    first: date
    last: date


CRISES = (
    Crisis("dot-com", date(2000, 3, 24), date(2002, 10, 9)),
    Crisis("2008", date(2008, 9, 12), date(2009, 3, 9)),
    Crisis("2011", date(2011, 7, 22), date(2011, 10, 3)),
    Crisis("February 2018", date(2018, 1, 29), date(2018, 2, 8)),
    Crisis("March 2020", date(2020, 2, 20), date(2020, 3, 23)),
    Crisis("2022", date(2022, 1, 4), date(2022, 10, 12)),
    Crisis("August 2024", date(2024, 8, 1), date(2024, 8, 7)),
    Crisis("April 2025", date(2025, 4, 3), date(2025, 4, 21)),
    Crisis("February 2026", date(2026, 1, 28), date(2026, 2, 13)),
)

# S&P 500, rough closing levels: the path between two of them is a bridge in variance time.
MARKET_ANCHORS = (
    (date(1995, 1, 3), 459.0),
    (date(1998, 7, 17), 1187.0),
    (date(1998, 8, 31), 957.0),
    (date(2000, 3, 24), 1527.0),
    (date(2001, 9, 21), 966.0),
    (date(2002, 3, 19), 1170.0),
    (date(2002, 10, 9), 777.0),
    (date(2007, 10, 9), 1565.0),
    (date(2008, 9, 12), 1252.0),
    (date(2008, 11, 20), 752.0),
    (date(2009, 3, 9), 677.0),
    (date(2011, 7, 22), 1345.0),
    (date(2011, 10, 3), 1099.0),
    (date(2015, 12, 31), 2044.0),
    (date(2016, 2, 11), 1829.0),
    (date(2018, 1, 26), 2873.0),
    (date(2018, 2, 8), 2581.0),
    (date(2018, 9, 20), 2931.0),
    (date(2018, 12, 24), 2351.0),
    (date(2020, 2, 19), 3386.0),
    (date(2020, 3, 23), 2237.0),
    (date(2022, 1, 3), 4797.0),
    (date(2022, 10, 12), 3577.0),
    (date(2024, 7, 16), 5667.0),
    (date(2024, 8, 5), 5200.0),
    (date(2025, 2, 19), 6144.0),
    (date(2025, 4, 8), 5000.0),
    (date(2026, 1, 30), 6940.0),
    (date(2026, 2, 4), 6655.0),
    (date(2026, 2, 13), 6570.0),
)


class Tremor(NamedTuple):
    """A jump of log volatility that fades by half every `half_life` sessions."""

    on: date
    size: float
    half_life: float


MARKET_TREMORS = (
    Tremor(date(1998, 8, 27), 0.8, 25),
    Tremor(date(2000, 4, 3), 0.5, 60),
    Tremor(date(2001, 9, 17), 0.8, 20),
    Tremor(date(2002, 7, 10), 0.8, 40),
    Tremor(date(2007, 8, 9), 0.4, 60),
    Tremor(date(2008, 9, 15), 0.9, 40),
    Tremor(date(2008, 10, 6), 0.9, 30),
    Tremor(date(2009, 2, 20), 0.3, 40),
    Tremor(date(2010, 5, 6), 0.8, 25),
    Tremor(date(2011, 8, 4), 1.1, 35),
    Tremor(date(2015, 8, 24), 0.8, 10),
    Tremor(date(2018, 2, 5), 1.0, 10),
    Tremor(date(2018, 12, 17), 0.6, 15),
    Tremor(date(2020, 2, 24), 1.0, 25),
    Tremor(date(2020, 3, 9), 0.8, 22),
    Tremor(date(2022, 1, 20), 0.4, 60),
    Tremor(date(2022, 4, 29), 0.3, 60),
    Tremor(date(2024, 8, 2), 0.6, 4),
    Tremor(date(2024, 8, 5), 0.7, 4),
    Tremor(date(2025, 4, 3), 0.9, 9),
    Tremor(date(2025, 4, 4), 0.5, 9),
    Tremor(date(2026, 1, 28), 0.2, 12),
    Tremor(date(2026, 2, 2), 0.2, 12),
    Tremor(date(2026, 2, 3), 0.2, 12),
)


class Regime(NamedTuple):
    """A stretch in which the log volatility of the rotation between AI growth and value stands higher."""

    first: date
    last: date
    lift: float


# The rotation has a volatility clock of its own: 2008 and 2020 are market-wide and leave it alone.
ROTATION_REGIMES = (
    Regime(date(1999, 1, 4), date(2002, 12, 31), 0.55),
    Regime(date(2020, 11, 2), date(2022, 12, 30), 0.25),
    Regime(date(2025, 1, 2), date(2026, 2, 13), 0.10),
)

# The two scripted rotations out of growth into value: twenty sessions each, to the last of which the narrowing is measured.
DOT_COM_ROTATION_ENDS = date(2000, 4, 24)
STORY_ROTATION_ENDS = STORY_DAY
ROTATION_SESSIONS = 20
LAST_LEG_SESSIONS = 3

# Ten-year and two-year Treasury yields and the high-yield spread, per cent, rough.
YIELD_10Y_ANCHORS = (
    (date(1995, 1, 3), 7.8),
    (date(2000, 1, 3), 6.5),
    (date(2003, 6, 13), 3.1),
    (date(2007, 6, 12), 5.2),
    (date(2008, 12, 30), 2.1),
    (date(2011, 2, 8), 3.7),
    (date(2012, 7, 25), 1.4),
    (date(2016, 7, 8), 1.4),
    (date(2018, 11, 8), 3.2),
    (date(2020, 2, 19), 1.6),
    (date(2020, 8, 4), 0.5),
    (date(2022, 10, 24), 4.2),
    (date(2023, 10, 19), 4.9),
    (date(2024, 9, 16), 3.6),
    (date(2025, 5, 21), 4.6),
    (date(2026, 1, 30), 4.22),
    (date(2026, 2, 4), 4.36),
    (date(2026, 2, 13), 4.34),
)
YIELD_2Y_ANCHORS = (
    (date(1995, 1, 3), 7.6),
    (date(2000, 11, 6), 5.9),
    (date(2003, 6, 13), 1.1),
    (date(2006, 6, 28), 5.2),
    (date(2008, 12, 16), 0.7),
    (date(2013, 5, 1), 0.2),
    (date(2018, 11, 8), 2.9),
    (date(2020, 3, 27), 0.3),
    (date(2021, 6, 1), 0.15),
    (date(2023, 10, 18), 5.2),
    (date(2024, 9, 24), 3.5),
    (date(2026, 2, 13), 3.5),
)

# Customer debit balances in billions of dollars: the log level runs straight between the ends of these months, plus noise.
MARGIN_DEBT_ANCHORS = (
    (date(1997, 1, 1), 100.0),
    (date(2000, 3, 1), 278.0),
    (date(2002, 9, 1), 130.0),
    (date(2007, 7, 1), 381.0),
    (date(2009, 2, 1), 173.0),
    (date(2011, 4, 1), 320.0),
    (date(2011, 9, 1), 262.0),
    (date(2015, 4, 1), 507.0),
    (date(2016, 2, 1), 436.0),
    (date(2018, 5, 1), 669.0),
    (date(2018, 12, 1), 554.0),
    (date(2020, 2, 1), 545.0),
    (date(2020, 3, 1), 479.0),
    (date(2021, 10, 1), 936.0),
    (date(2022, 12, 1), 607.0),
    (date(2023, 10, 1), 635.0),
    (date(2025, 1, 1), 937.0),
    (date(2025, 4, 1), 850.0),
    (date(2025, 12, 1), 1225.0),
    (date(2026, 1, 1), 1190.0),
)

# Regions: what the day's news does to them before New York opens, in log points of their own index, on top of chance.
OVERNIGHT_SELLING = (
    (date(2026, 2, 2), "asia", -0.010),
    (date(2026, 2, 2), "europe", -0.006),
    (date(2026, 2, 3), "asia", -0.013),
    (date(2026, 2, 3), "europe", -0.008),
    (date(2026, 2, 4), "asia", -0.019),
    (date(2026, 2, 4), "europe", -0.011),
)

# Havens that fall with everything else while risk-parity funds sell: log returns of gold on top of chance.
GOLD_SELLING = ((date(2026, 2, 2), -0.004), (date(2026, 2, 3), -0.009), (date(2026, 2, 4), -0.016))

# Share of assets that holders of tech-heavy funds take out, before what losses make them do; the last day closes the sum.
TECH_OUTFLOWS = (
    (date(2026, 1, 29), -0.0010),
    (date(2026, 1, 30), -0.0020),
    (date(2026, 2, 2), -0.0045),
    (date(2026, 2, 3), -0.0075),
    (date(2026, 2, 5), -0.0030),
    (date(2026, 2, 6), -0.0015),
)
STORY_OUTFLOW_USD = -14.0e9  # tech-heavy funds, two sessions to the story day

# Dealers hold options short in these sessions: their share of gamma is pulled to this value.
SHORT_GAMMA = (date(2026, 1, 27), date(2026, 2, 9), -0.55)

# First days of members of the AI basket that were not listed in 2016.
LISTED = {"ARM": date(2023, 9, 14), "DELL": date(2018, 12, 28), "VRT": date(2020, 2, 10), "AVGO": date(2016, 2, 1)}

WATCH_LEVEL = 3450.0
WATCH_ABOVE = 1.012  # the technology index closes the story day at this multiple of the level
