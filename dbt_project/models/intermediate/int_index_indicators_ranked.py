"""Every indicator of the contagion index as each session knew it: its newest value, how old that is, and its percentile in its own past.

A figure counts until it is too old. Pillars, the index and its regimes are `int_contagion_index_computed`; the percentile is in
`orchestration/metrics/composite.py`: neither may come in.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.metrics.composite import known_percentile

COLUMNS = ("trade_date", "indicator", "indicator_value", "observed_on", "age_days", "percentile")


def days(values: Any) -> npt.NDArray[np.int64]:
    """Dates as whole days, which can be subtracted."""
    return np.asarray(values).astype("datetime64[D]").astype(np.int64)


def model(dbt: Any, session: Any) -> dict[str, Any]:
    """Columns by name, a row an indicator and session that knows it; DuckDB reads NaN as null."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    rows = dbt.ref("int_index_indicators").order("indicator, trade_date, observed_on").fetchnumpy()
    dates = dbt.ref("int_sessions_numbered").order("trade_date").project("trade_date").fetchnumpy()["trade_date"]
    names, sessions = rows["indicator"].astype(object), days(dates)
    parts: dict[str, list[Any]] = {column: [] for column in COLUMNS}
    for name, frequency in dbt.ref("index_indicators").order("indicator").project("indicator, frequency").fetchall():
        its = {column: values[names == name] for column, values in rows.items()}
        if not len(its["indicator"]):
            continue
        value = np.asarray(its["indicator_value"], dtype=np.float64)
        percentile = known_percentile(value, int(parameters[f"percentile_minimum_{frequency}"]))
        newest = np.searchsorted(days(its["trade_date"]), sessions, side="right") - 1
        age = sessions - days(its["observed_on"])[newest]
        is_usable = (newest >= 0) & (age <= parameters[f"index_max_age_{frequency}"])
        chosen = newest[is_usable]
        found = (dates[is_usable], np.full(len(chosen), name, dtype=object), value[chosen], its["observed_on"][chosen], age[is_usable], percentile[chosen])
        for column, values in zip(COLUMNS, found, strict=True):
            parts[column].append(values)
    return {column: np.concatenate(values) if values else np.array([]) for column, values in parts.items()}
