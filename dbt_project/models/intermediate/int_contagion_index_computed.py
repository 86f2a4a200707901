"""The contagion index of every session: percentiles of indicators in, pillars, contributions and regimes out.

Reads the indicators as each session knew them and says how old each is. The mathematics are in `orchestration/metrics/composite.py`, words and
changes in `contagion_index_daily`: neither may come in.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orchestration.metrics.composite import NO_REGIME, composite, ewma_correlation, known_percentile, regimes

PILLARS = ("outflow", "leverage", "spread", "comovement", "mechanics", "network")
REGIMES = ("calm", "tension", "stress", "contagion", "panic")


class Indicator(NamedTuple):
    """One indicator on the sessions: its percentile, and its age in calendar days; both NaN where it is not known, too old or without a past."""

    name: str
    pillar: str
    percentile: npt.NDArray[np.float64]
    age: npt.NDArray[np.float64]


def laid_on(sessions: Any, listed: list[tuple[str, str]], rows: dict[str, Any]) -> list[Indicator]:
    """Every listed indicator by session. listed: name, pillar. rows: by session and indicator.

    One without rows is there too, unknown: whether it will have some one day is nothing a past session knows.
    """
    names, places = rows["indicator"].astype(object), np.searchsorted(sessions, rows["trade_date"])
    found = []
    for name, pillar in listed:
        its = (names == name) & np.isfinite(rows["percentile"])
        percentile, age = np.full(len(sessions), np.nan), np.full(len(sessions), np.nan)
        percentile[places[its]], age[places[its]] = rows["percentile"][its], rows["age_days"][its]
        found.append(Indicator(name, pillar, percentile, age))
    return found


def mean_of_known(columns: list[npt.NDArray[np.float64]], sessions: int) -> npt.NDArray[np.float64]:
    """Mean over the columns that are known, from the first to the last; NaN where none is."""
    total, count = np.zeros(sessions), np.zeros(sessions)
    for column in columns:
        total, count = total + np.where(np.isfinite(column), column, 0.0), count + np.isfinite(column)
    return total / np.where(count > 0, count, np.nan)


def in_words(indicators: list[Indicator], sessions: int) -> list[str]:
    """What of the inputs is not of the session itself, and how old it is, one sentence a session."""
    parts: list[list[str]] = [[] for _ in range(sessions)]
    for indicator in sorted(indicators, key=lambda its: (PILLARS.index(its.pillar), its.name)):
        for session, age in enumerate(indicator.age.tolist()):
            if age != age:
                parts[session].append(f"{indicator.pillar}: {indicator.name} unknown")
            elif age > 0:
                parts[session].append(f"{indicator.pillar}: {indicator.name} {age:.0f} days old")
    return ["; ".join(part) if part else "all of the session" for part in parts]


def regime_of(index_value: npt.NDArray[np.float64], is_transmitted: npt.NDArray[np.bool_], parameters: dict[str, float]) -> tuple[Any, Any]:
    """The index's percentile in its own past, and the regime it stands for."""
    percentile = known_percentile(index_value, int(parameters["percentile_minimum_daily"]))
    rules = {"up": int(parameters["regime_up_sessions"]), "down": int(parameters["regime_down_sessions"]), "margin": parameters["regime_hysteresis"]}
    entries = [parameters[f"regime_quantile_{name}"] for name in REGIMES[1:]]
    return percentile, regimes(percentile, is_transmitted, entries, needs_transmission=REGIMES.index("contagion"), **rules)


def model(dbt: Any, session: Any) -> dict[str, Any]:
    """Columns by name, a row a session from the first indicator on; DuckDB reads NaN as null."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    # a table without rows comes out of Python without types
    columns = "cast(trade_date as date) as trade_date, indicator, cast(age_days as double) as age_days, cast(percentile as double) as percentile"
    ranked = dbt.ref("int_index_indicators_ranked").order("indicator, trade_date").project(columns).fetchnumpy()
    rows = {column: np.ma.filled(values, np.nan) if column == "percentile" else values for column, values in ranked.items()}
    pressed = dbt.ref("price_pressure_daily").filter("is_significant").project("trade_date").fetchnumpy()["trade_date"]
    sessions = dbt.ref("int_sessions_numbered").order("trade_date").project("trade_date").fetchnumpy()["trade_date"]
    sessions = sessions[np.searchsorted(sessions, rows["trade_date"].min()) if len(rows["trade_date"]) else len(sessions) :]
    listed = dbt.ref("index_indicators").order("indicator").project("indicator, pillar").fetchall()
    indicators = laid_on(sessions, listed, rows)
    pillars = np.column_stack([mean_of_known([its.percentile for its in indicators if its.pillar == pillar], len(sessions)) for pillar in PILLARS])
    weights = np.array([parameters[f"pillar_weight_{pillar}"] for pillar in PILLARS])
    correlation = ewma_correlation(pillars, parameters["composite_ewma_lambda_daily"], int(parameters["index_first_block"]))
    whole = composite(pillars, correlation, weights, int(parameters["pillar_minimum"]))
    is_transmitted = np.isin(sessions, pressed)
    percentile, regime = regime_of(whole.index_value, is_transmitted, parameters)
    ages = np.column_stack([np.zeros(len(sessions)), *(np.nan_to_num(its.age) for its in indicators)])
    return {
        "trade_date": sessions,
        "index_value": whole.index_value,
        **{f"contribution_{pillar}": whole.contributions[:, place] for place, pillar in enumerate(PILLARS)},
        "contribution_cross": whole.cross,
        **{f"percentile_{pillar}": pillars[:, place] for place, pillar in enumerate(PILLARS)},
        "index_percentile": percentile,
        "regime": np.array([*REGIMES, ""], dtype=object)[np.where(regime == NO_REGIME, len(REGIMES), regime)],
        "is_pressure_significant": is_transmitted,
        "pillars_known": np.isfinite(pillars).sum(axis=1),
        "pillars_counted": whole.is_in.sum(axis=1),
        "inputs_known": np.array(in_words(indicators, len(sessions)), dtype=object),
        "oldest_input_days": ages.max(axis=1),
    }
