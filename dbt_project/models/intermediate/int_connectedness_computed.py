"""Who transmits to whom, of the days that are new or whose window has changed: the table of shares, one row a day.

Says which series are in on a day and hands windows to `orchestration/metrics/connectedness.py`; formulas are there, what is published is in
`connectedness_daily` and `connectedness_pair_daily`. A day is a function of its own window: whatever else is computed in the same run, its bits
are the same.
"""

import hashlib
import inspect
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.metrics import connectedness, windows
from orchestration.metrics.windows import UndefinedError

COLUMNS = {
    "session_number": pa.int32(),
    "generalized_total_pct": pa.float64(),
    "cholesky_total_pct": pa.float64(),
    "series": pa.list_(pa.string()),
    "generalized_pct": pa.list_(pa.float64()),
    "observations": pa.int32(),
    "lags_by_criterion": pa.int32(),
    "reason": pa.string(),
    "fingerprint": pa.uint64(),
    "code_version": pa.string(),
}


def measured(variances: Any, names: Any, places: list[int], parameters: dict[str, float]) -> list[dict[str, Any]]:
    """One day a place of `variances` (sessions, series; NaN where there is none), which reach a window back. names: of the series, in the order of shocks."""
    parameter = parameters.__getitem__
    window, lags, horizon = (int(parameter(f"connectedness_{name}")) for name in ("window", "lags", "horizon"))
    limits = {"coverage": parameter("comovement_coverage_minimum"), "single_observation": parameter("comovement_single_session_maximum")}

    def lags_by_criterion(its: Any) -> int | None:
        try:
            return connectedness.lag_order(its, most=int(parameter("connectedness_most_lags")))
        except UndefinedError:
            # more lags need more sessions than the measure itself: there is an answer without this one
            return None

    def connected(place: int) -> dict[str, Any]:
        whole = variances[place + 1 - window : place + 1]
        members = np.flatnonzero(windows.usable(whole, **limits))
        found: dict[str, Any] = {"series": names[members].tolist(), "observations": 0}
        if len(members) < parameter("comovement_minimum_assets"):
            return found | {"reason": "too_few_series"}
        its = np.take(whole, members, axis=1)
        try:
            fitted = connectedness.autoregression(its, lags=lags)
        except UndefinedError as error:
            return found | {"reason": error.reason}
        generalized = connectedness.decomposed(fitted, horizon=horizon)
        return found | {
            "generalized_total_pct": generalized.total,
            "cholesky_total_pct": connectedness.decomposed(fitted, horizon=horizon, identification="cholesky").total,
            "generalized_pct": generalized.table.ravel().tolist(),
            "observations": fitted.observations,
            "lags_by_criterion": lags_by_criterion(its),
        }

    return [connected(place) for place in places]


def code_version() -> str:
    """Another one when what computes is another: this file's arithmetic, the mathematics, numpy."""
    sources = [inspect.getsource(part) for part in (measured, connectedness, windows)]
    return hashlib.sha256("\n".join([*sources, np.__version__]).encode()).hexdigest()


def model(dbt: Any, session: Any) -> pa.Table:
    """The rows of the days that are not in the table yet, or stand there with another fingerprint or of other code."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    wanted = dict(dbt.ref("int_comovement_days").project("session_number, connectedness_fingerprint").order("session_number").fetchall())
    version = code_version()
    done: dict[int, int] = {}
    if dbt.is_incremental:
        done = dict(session.execute(f"select session_number, fingerprint from {dbt.this} where code_version = ?", [version]).fetchall())  # noqa: S608 - dbt's name
    new = [number for number, fingerprint in wanted.items() if done.get(number) != fingerprint]
    rows: list[dict[str, Any]] = []
    if new:
        first = new[0] + 1 - int(parameters["connectedness_window"])
        bars = dbt.ref("int_comovement_bars").filter(f"connectedness_order is not null and session_number between {first} and {new[-1]}")
        its = bars.project("session_number, asset_id, connectedness_order, log_range_variance").order("session_number, connectedness_order").fetchnumpy()
        _, at, column = np.unique(its["connectedness_order"], return_index=True, return_inverse=True)
        variances = np.full((new[-1] + 1 - first, len(at)), np.nan)
        variances[its["session_number"] - first, column] = np.ma.filled(its["log_range_variance"].astype(float), np.nan)
        found = measured(variances, its["asset_id"].astype(object)[at], [number - first for number in new], parameters)
        rows = [row | {"session_number": number, "fingerprint": wanted[number], "code_version": version} for number, row in zip(new, found, strict=True)]
    return pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS))
