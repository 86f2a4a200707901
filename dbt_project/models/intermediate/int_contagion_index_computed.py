"""The contagion index of every session: indicators in, percentiles, pillars, contributions and regimes out.

Reads the tables, lays indicators on the sessions and says how old each is. The mathematics are in `orchestration/metrics/composite.py`, words and
changes in `contagion_index_daily`: neither may come in.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orchestration.metrics.composite import NO_REGIME, composite, ewma_correlation, recursive_percentile, regimes

PILLARS = ("outflow", "leverage", "spread", "comovement", "mechanics", "network")
REGIMES = ("calm", "tension", "stress", "contagion", "panic")


class Indicator(NamedTuple):
    """One indicator on the sessions: its percentile, and its age in calendar days; both NaN where it is not known or too old."""

    name: str
    pillar: str
    percentile: npt.NDArray[np.float64]
    age: npt.NDArray[np.float64]


def days(values: Any) -> npt.NDArray[np.int64]:
    """Dates as whole days, which can be subtracted."""
    return np.asarray(values).astype("datetime64[D]").astype(np.int64)


def known_percentile(values: npt.NDArray[np.float64], minimum: int) -> npt.NDArray[np.float64]:
    """Percentiles in the past of each value, NaN for the values that came before there were enough."""
    found = recursive_percentile(values, minimum, ties="mean")
    found[: minimum - 1] = np.nan
    return found


def laid_on(sessions: npt.NDArray[np.int64], listed: list[tuple[str, str, str]], rows: dict[str, Any], parameters: dict[str, float]) -> list[Indicator]:
    """Every listed indicator as each session knew it: its newest value, if that is not too old. listed: name, pillar, frequency. rows: by indicator and day.

    One without rows is there too, unknown: whether it will have some one day is nothing a past session knows.
    """
    names, nothing = rows["indicator"].astype(object), np.full(len(sessions), np.nan)
    found = []
    for name, pillar, frequency in listed:
        its = {column: values[names == name] for column, values in rows.items()}
        percentile = known_percentile(np.asarray(its["indicator_value"], dtype=np.float64), int(parameters[f"percentile_minimum_{frequency}"]))
        if not len(percentile):
            found.append(Indicator(name, pillar, nothing, nothing))
            continue
        newest = np.searchsorted(days(its["trade_date"]), sessions, side="right") - 1
        age = np.where(newest >= 0, sessions - days(its["observed_on"])[newest], np.nan)
        is_usable = (age <= parameters[f"index_max_age_{frequency}"]) & np.isfinite(percentile[newest])
        found.append(Indicator(name, pillar, np.where(is_usable, percentile[newest], np.nan), np.where(is_usable, age, np.nan)))
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
    percentile = np.full(len(index_value), np.nan)
    is_known = np.isfinite(index_value)
    percentile[is_known] = known_percentile(index_value[is_known], int(parameters["percentile_minimum_daily"]))
    rules = {"up": int(parameters["regime_up_sessions"]), "down": int(parameters["regime_down_sessions"]), "margin": parameters["regime_hysteresis"]}
    entries = [parameters[f"regime_quantile_{name}"] for name in REGIMES[1:]]
    return percentile, regimes(percentile, is_transmitted, entries, needs_transmission=REGIMES.index("contagion"), **rules)


def model(dbt: Any, session: Any) -> dict[str, Any]:
    """Columns by name, a row a session from the first indicator on; DuckDB reads NaN as null."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    rows = dbt.ref("int_index_indicators").order("indicator, trade_date, observed_on").fetchnumpy()
    dates = dbt.ref("int_sessions_numbered").order("trade_date").project("trade_date").fetchnumpy()["trade_date"]
    pressed = dbt.ref("price_pressure_daily").filter("is_significant").project("trade_date").fetchnumpy()["trade_date"]
    began = days(rows["trade_date"]).min(initial=np.iinfo(np.int64).max)
    dates = dates[days(dates) >= began]
    sessions = days(dates)
    listed = dbt.ref("index_indicators").order("indicator").project("indicator, pillar, frequency").fetchall()
    indicators = laid_on(sessions, listed, rows, parameters)
    pillars = np.column_stack([mean_of_known([its.percentile for its in indicators if its.pillar == pillar], len(sessions)) for pillar in PILLARS])
    weights = np.array([parameters[f"pillar_weight_{pillar}"] for pillar in PILLARS])
    correlation = ewma_correlation(pillars, parameters["composite_ewma_lambda_daily"], int(parameters["index_first_block"]))
    whole = composite(pillars, correlation, weights, int(parameters["pillar_minimum"]))
    is_transmitted = np.isin(sessions, days(pressed))
    percentile, regime = regime_of(whole.index_value, is_transmitted, parameters)
    ages = np.column_stack([np.zeros(len(sessions)), *(np.nan_to_num(its.age) for its in indicators)])
    return {
        "trade_date": dates,
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
