"""The regression of orchestration.metrics.safe_haven for each haven: its slopes on shares after each session.

Reshapes tables into arrays and back, and says which number goes where. The mathematics are in the metric, what is published is in the mart.
"""

import math
from typing import Any

import numpy as np

from orchestration.metrics import safe_haven

PARTS = ("slope_usual", "slope_lowest_10", "slope_lowest_5", "slope_lowest_1")
THRESHOLDS = ("threshold_lowest_10", "threshold_lowest_5", "threshold_lowest_1")
FALLS = ("falls_lowest_10", "falls_lowest_5", "falls_lowest_1")


def model(dbt: Any, session: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Columns by name; DuckDB reads NaN as null."""
    parameters = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    window = int(parameters["safe_haven_window"])
    shares = [parameters["safe_haven_quantile_lowest_10"], parameters["safe_haven_quantile_lowest_5"], parameters["safe_haven_quantile_lowest_1"]]
    lags = math.floor(parameters["hac_lag_scale"] * (window / parameters["hac_lag_base"]) ** parameters["hac_lag_exponent"])
    least_falls = int(parameters["safe_haven_minimum_falls"])
    rows = dbt.ref("int_safe_haven_returns").order("haven, session_number").fetchnumpy()
    havens = rows["haven"].astype(object)
    names = ("session_number", "haven", "worst", "error", "p_value", "sessions", *PARTS, *THRESHOLDS, *FALLS)
    columns: dict[str, list[np.ndarray[Any, Any]]] = {name: [] for name in names}
    for haven in np.unique(havens):
        its = havens == haven
        equity = np.ma.filled(rows["equity_return"][its].astype(float), np.nan)
        own = np.ma.filled(rows["haven_return"][its].astype(float), np.nan)
        thresholds = safe_haven.thresholds_before(equity, window, shares)
        there = np.isfinite(own)
        usable = there & np.isfinite(thresholds).all(axis=1)
        places = np.flatnonzero(usable[there])
        fit = safe_haven.rolling_fit(own[usable], equity[usable], thresholds[usable], window=window, lags=lags, least_falls=least_falls)

        def on_its_days(values: Any, length: int = int(there.sum()), places: Any = places) -> Any:
            found = np.full((length, *values.shape[1:]), np.nan)
            found[places] = values
            return found

        columns["session_number"].append(rows["session_number"][its][there])
        columns["haven"].append(havens[its][there])
        for name, values in (("worst", fit.worst), ("error", fit.error), ("p_value", fit.p_value)):
            columns[name].append(on_its_days(values))
        columns["sessions"].append(np.minimum(np.cumsum(usable[there]), window))
        for place, name in enumerate(PARTS):
            columns[name].append(on_its_days(fit.slopes)[:, place])
        for place, (threshold, falls) in enumerate(zip(THRESHOLDS, FALLS, strict=True)):
            columns[threshold].append(thresholds[there, place])
            columns[falls].append(on_its_days(fit.falls.astype(float))[:, place])
    return {name: np.concatenate(parts) if parts else np.array([]) for name, parts in columns.items()}
