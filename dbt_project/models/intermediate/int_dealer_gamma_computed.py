"""Every known option chain through orchestration.metrics.gamma: contracts in, one row per session, underlying and strike out.

Reads the tables and says which number goes where; formulas are in `orchestration.metrics`, what is published is in the marts.
"""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from orchestration.metrics.gamma import Pricing, dollar_gamma, flip_level, implied_volatility

CONTRACTS = """
    trade_date, underlying, strike, spot, years_to_expiry, option_type = 'call' as is_call, is_zero_day_next, is_zero_day_today,
    open_interest, volume, implied_volatility, mid_usd, known_on
"""
COLUMNS = {
    "trade_date": "datetime64[us]",
    "underlying": "str",
    "strike": "float64",
    "spot": "float64",
    "flip_level": "float64",
    "call_gamma_usd_per_pct": "float64",
    "put_gamma_usd_per_pct": "float64",
    "zero_day_gamma_usd_per_pct": "float64",
    "call_open_interest": "float64",
    "put_open_interest": "float64",
    "zero_day_open_interest": "float64",
    "volume": "float64",
    "zero_day_volume": "float64",
    "contracts_used": "int64",
    "contracts_solved": "int64",
    "contracts_without_volatility": "int64",
    "contracts_without_open_interest": "int64",
    "contracts_expired": "int64",
    "known_on": "datetime64[us]",
}


def chain_by_strike(chain: pd.DataFrame, parameters: dict[str, float]) -> pd.DataFrame:
    """One chain's gamma by strike. chain: its contracts, in order; parameters: name -> value."""
    parameter = parameters.__getitem__
    pricing = Pricing(parameter("gamma_rate"), parameter("gamma_dividend_yield"), parameter("option_contract_multiplier"))
    spot = float(chain["spot"].iloc[0])
    strike, years, quoted = (chain[name].to_numpy("float64") for name in ("strike", "years_to_expiry", "implied_volatility"))
    is_call, next_zero, today_zero = (chain[name].to_numpy("bool") for name in ("is_call", "is_zero_day_next", "is_zero_day_today"))
    interest, volume, mid = (chain[name].to_numpy("float64") for name in ("open_interest", "volume", "mid_usd"))

    is_alive = years > 0
    is_missing = is_alive & np.isnan(quoted)
    bracket = {"lowest": parameter("gamma_volatility_lowest"), "highest": parameter("gamma_volatility_highest")}
    volatility = quoted.copy()
    volatility[is_missing] = implied_volatility(mid[is_missing], spot, strike[is_missing], years[is_missing], is_call[is_missing], pricing, **bracket)
    has_volatility = is_alive & ~np.isnan(volatility)
    is_used = has_volatility & ~np.isnan(interest)
    alive = [values[is_used] for values in (strike, years, volatility)]
    gamma = np.zeros(len(strike))
    gamma[is_used] = dollar_gamma(spot, *alive, interest[is_used], pricing)
    sign = np.where(is_call, parameter("gamma_dealer_call_sign"), parameter("gamma_dealer_put_sign"))
    grid = {"within": parameter("gamma_flip_range"), "points_each_side": int(parameter("gamma_flip_points_each_side"))}

    levels, places = np.unique(strike, return_inverse=True)
    open_used, traded = np.where(is_used, interest, 0.0), np.nan_to_num(volume)
    measures = {
        "call_gamma_usd_per_pct": gamma * is_call,
        "put_gamma_usd_per_pct": gamma * ~is_call,
        "zero_day_gamma_usd_per_pct": gamma * next_zero,
        "call_open_interest": open_used * is_call,
        "put_open_interest": open_used * ~is_call,
        "zero_day_open_interest": open_used * next_zero,
        "volume": traded,
        "zero_day_volume": traded * today_zero,
        "contracts_used": is_used,
        "contracts_solved": is_used & is_missing,
        "contracts_without_volatility": is_alive & ~has_volatility,
        "contracts_without_open_interest": has_volatility & ~is_used,
        "contracts_expired": ~is_alive,
    }
    # bincount adds up from the first contract of a strike to the last
    sums = {name: np.bincount(places, weights=values, minlength=len(levels)) for name, values in measures.items()}
    flip = flip_level(spot, *alive, (interest * sign)[is_used], pricing, **grid)
    same = {name: chain[name].iloc[0] for name in ("trade_date", "underlying", "spot", "known_on")}
    return pd.DataFrame({**sums, **same, "strike": levels, "flip_level": flip})


def model(dbt: Any, session: Any) -> pd.DataFrame:
    """The rows of all chains, one month of contracts in memory at a time."""
    dbt.config(materialized="table")
    contracts = dbt.ref("int_option_contracts_known")
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    months: list[tuple[date]] = contracts.project("date_trunc('month', trade_date) as month").distinct().order("month").fetchall()
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for (month,) in months:
        its = contracts.filter(f"date_trunc('month', trade_date) = date '{month:%Y-%m-%d}'")
        ordered = its.order("trade_date, underlying, expiry_on, strike, option_type, option_root").project(CONTRACTS).df()
        chains = ordered.groupby(["trade_date", "underlying"], sort=False)
        parts.extend(chain_by_strike(chain, parameters) for _, chain in chains)
    return pd.concat(parts[1:] or parts, ignore_index=True)[list(COLUMNS)].astype(COLUMNS)
