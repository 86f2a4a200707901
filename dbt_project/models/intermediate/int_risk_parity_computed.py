"""The risk-parity rule applied to known returns: estimates, wanted exposure and trades by session and asset class, in multiples of assets.

Reshapes tables into arrays and back, and says which class is in the mix when. The mathematics are in `orchestration/metrics/risk_parity.py`,
dollars in `risk_parity_pressure_daily`: neither may come in.
"""

from typing import Any

import numpy as np

from orchestration.metrics import risk_parity


def model(dbt: Any, session: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Columns by name; DuckDB reads NaN as null."""
    parameters = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    target, cap = parameters["risk_parity_target_volatility"], parameters["risk_parity_leverage_cap"]
    rows = dbt.ref("int_risk_parity_returns").order("session_number, asset_class").fetchnumpy()
    numbers, classes = np.unique(rows["session_number"]), np.unique(rows["asset_class"].astype(object))
    shape = (len(numbers), len(classes))
    is_core = rows["is_core"].astype(bool).reshape(shape)
    returns = np.ma.filled(rows["total_return"].astype(float), np.nan).reshape(shape)
    covered = np.ma.filled(rows["sessions_covered"].astype(float), np.nan).reshape(shape)

    moments = risk_parity.ewma(returns, covered, parameters["risk_parity_half_life"])
    has_history = (moments.observations >= parameters["risk_parity_minimum_history"]) & np.isfinite(moments.volatility)
    is_in = has_history & np.all(has_history | ~is_core, axis=1, keepdims=True)
    volatility = np.where(is_in, moments.volatility * np.sqrt(parameters["sessions_per_year"]), np.nan)

    # a class that joins makes no trade on that day: both sides of a trade are of the classes that were in the mix before, too
    stays = is_in[1:] & is_in[:-1]
    before, after = (np.where(stays, side, np.nan) for side in (volatility[:-1], volatility[1:]))
    trade = risk_parity.forced_trade(before, moments.correlation[:-1], after, moments.correlation[1:], target, cap)
    decided = [np.full(shape, np.nan), np.full(shape, np.nan)]
    for whole, part in zip(decided, trade, strict=True):
        whole[1:] = np.where(stays, part, np.nan)
    executed = [risk_parity.executed(part, int(parameters["risk_parity_execution_sessions"])) for part in decided]

    weights = risk_parity.inverse_volatility_weights(volatility)
    mix_volatility = risk_parity.portfolio_volatility(weights, volatility, moments.correlation)
    levered = risk_parity.leverage(mix_volatility, target, cap)
    last_return = np.maximum.accumulate(np.where(np.isfinite(returns), np.arange(shape[0])[:, None], -1), axis=0)

    # a session acts on what was estimated after the one before it
    acts = is_in[:-1]
    session_place, _ = np.nonzero(acts)

    def by_class(values: Any) -> Any:
        return values[:-1][acts]

    def by_session(values: Any) -> Any:
        return values[:-1][session_place]

    return {
        "session_number": numbers[1:][session_place],
        "asset_class": np.broadcast_to(classes, acts.shape)[acts],
        "volatility": by_class(volatility),
        "weight": by_class(weights),
        "mix_volatility": by_session(mix_volatility),
        "leverage": by_session(levered),
        "exposure": by_class(weights * levered[:, None]),
        "volatility_part": executed[0][1:][acts],
        "correlation_part": executed[1][1:][acts],
        "classes_in_mix": by_session(is_in.sum(axis=1)),
        "sessions_of_history": by_class(moments.observations),
        "sessions_since_return": by_class(np.arange(1, shape[0] + 1)[:, None] - last_return),
    }
