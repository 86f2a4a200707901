"""Absorption ratio, its shift, turbulence and correlation surprise of the days that are new or whose window has changed.

Says which assets are in on a day and hands windows to `orchestration/metrics/comovement.py`; formulas are there, what is published is in
`comovement_daily`. A day is a function of its own window: whatever else is computed in the same run, its bits are the same.
"""

import hashlib
import inspect
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.metrics import comovement, windows
from orchestration.metrics.windows import UndefinedError

COLUMNS = {
    "session_number": pa.int32(),
    "absorption_ratio": pa.float64(),
    "absorption_shift": pa.float64(),
    "assets": pa.int32(),
    "sessions": pa.int32(),
    "absorption_reason": pa.string(),
    "turbulence": pa.float64(),
    "correlation_surprise": pa.float64(),
    "turbulence_assets": pa.int32(),
    "turbulence_sessions": pa.int32(),
    "turbulence_reason": pa.string(),
    "fingerprint": pa.uint64(),
    "code_version": pa.string(),
}


def measured(returns: Any, places: list[int], parameters: dict[str, float]) -> list[dict[str, Any]]:
    """One day a place of `returns` (sessions, assets; NaN where there is none), which reach far enough back for every window."""
    parameter = parameters.__getitem__
    window, past = int(parameter("absorption_window")), int(parameter("turbulence_window"))
    long, short, least = int(parameter("absorption_long_window")), int(parameter("absorption_short_window")), int(parameter("comovement_minimum_assets"))
    limits = {"coverage": parameter("comovement_coverage_minimum"), "single_observation": parameter("comovement_single_session_maximum")}

    @cache
    def ratios_so_far(members: tuple[int, ...]) -> Any:
        return np.full(len(returns), np.nan)

    def ratios(place: int, members: tuple[int, ...]) -> Any:
        # neighbouring days share all but one of their ratios, as long as the assets are the same
        so_far = ratios_so_far(members)
        for earlier in np.flatnonzero(np.isnan(so_far[place + 1 - long : place + 1])) + place + 1 - long:
            its = np.take(returns[earlier + 1 - window : earlier + 1], members, axis=1)
            so_far[earlier] = comovement.absorption_ratio(its, fraction=parameter("absorption_fraction"), half_life=parameter("absorption_half_life"))
        return so_far[place + 1 - long : place + 1]

    def absorbed(place: int) -> dict[str, Any]:
        # the shift compares ratios of the same assets: those that can be followed through all of its windows
        members = tuple(np.flatnonzero(windows.usable(returns[place + 2 - long - window : place + 1], **limits)).tolist())
        found: dict[str, Any] = {"assets": len(members), "sessions": 0}
        if len(members) < least:
            return found | {"absorption_reason": "too_few_series"}
        found["sessions"] = len(windows.complete(np.take(returns[place + 1 - window : place + 1], members, axis=1)))
        try:
            year = ratios(place, members)
            shift = comovement.standardised_shift(year, short=short)
        except UndefinedError as error:
            return found | {"absorption_reason": error.reason}
        return found | {"absorption_ratio": float(year[-1]), "absorption_shift": shift}

    def shaken(place: int) -> dict[str, Any]:
        today = returns[place]
        members = np.flatnonzero(windows.usable(returns[place - past : place + 1], **limits) & np.isfinite(today))
        found: dict[str, Any] = {"turbulence_assets": len(members), "turbulence_sessions": 0}
        if len(members) < least:
            return found | {"turbulence_reason": "too_few_series"}
        try:
            day = comovement.turbulence(np.take(returns[place - past : place], members, axis=1), today[members])
        except UndefinedError as error:
            return found | {"turbulence_reason": error.reason}
        return found | {"turbulence": day.distance / len(members), "correlation_surprise": day.surprise, "turbulence_sessions": day.observations}

    return [absorbed(place) | shaken(place) for place in places]


def code_version() -> str:
    """Another one when what computes is another: this file's arithmetic, the mathematics, numpy."""
    sources = [inspect.getsource(part) for part in (measured, comovement, windows)]
    return hashlib.sha256("\n".join([*sources, np.__version__]).encode()).hexdigest()


def model(dbt: Any, session: Any) -> pa.Table:
    """The rows of the days that are not in the table yet, or stand there with another fingerprint or of other code."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    wanted = dict(dbt.ref("int_comovement_days").project("session_number, comovement_fingerprint").order("session_number").fetchall())
    version = code_version()
    done: dict[int, int] = {}
    if dbt.is_incremental:
        done = dict(session.execute(f"select session_number, fingerprint from {dbt.this} where code_version = ?", [version]).fetchall())  # noqa: S608 - dbt's name
    new = [number for number, fingerprint in wanted.items() if done.get(number) != fingerprint]
    rows: list[dict[str, Any]] = []
    if new:
        before = max(parameters["turbulence_window"], parameters["absorption_window"] + parameters["absorption_long_window"] - 2)
        first = new[0] - int(before)
        bars = dbt.ref("int_comovement_bars").filter(f"session_number between {first} and {new[-1]}")
        its = bars.project("session_number, asset_id, total_return").order("session_number, asset_id").fetchnumpy()
        assets, column = np.unique(its["asset_id"].astype(object), return_inverse=True)
        returns = np.full((new[-1] + 1 - first, len(assets)), np.nan)
        returns[its["session_number"] - first, column] = np.ma.filled(its["total_return"].astype(float), np.nan)
        found = measured(returns, [number - first for number in new], parameters)
        rows = [row | {"session_number": number, "fingerprint": wanted[number], "code_version": version} for number, row in zip(new, found, strict=True)]
    return pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS))
