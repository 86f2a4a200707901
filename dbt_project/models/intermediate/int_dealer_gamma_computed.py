"""Every known option chain through orchestration.metrics.gamma: contracts in, one row per session, underlying and strike out.

Reads the tables and says which number goes where; formulas are in `orchestration.metrics`, what is published is in the marts.
"""

from datetime import date
from itertools import accumulate, groupby
from typing import Any

import numpy as np
import pandas as pd

from orchestration.metrics.gamma import Pricing, dollar_gamma, flip_level, implied_volatility

CONTRACTS = """
    trade_date, underlying, strike, spot, years_to_expiry, option_type = 'call' as is_call, is_zero_day_next, is_zero_day_today,
    open_interest, volume, implied_volatility, mid_usd, known_on
"""
ORDER = "trade_date, underlying, expiry_on, strike, option_type, option_root"
MOST_CONTRACTS = 100_000  # in memory at a time: some tens of megabytes
STRIKE = ["trade_date", "underlying", "strike"]
GAMMA = ["call_gamma_usd_per_pct", "put_gamma_usd_per_pct", "zero_day_gamma_usd_per_pct"]
INTEREST = ["call_open_interest", "put_open_interest", "zero_day_open_interest"]
VOLUME = ["volume", "zero_day_volume"]
COUNTS = ["contracts_used", "contracts_solved", "contracts_without_volatility", "contracts_without_open_interest", "contracts_expired"]
COLUMNS = {
    "trade_date": "datetime64[us]",
    "underlying": "str",
    "strike": "float64",
    "spot": "float64",
    "flip_level": "float64",
    "known_on": "datetime64[us]",
    **dict.fromkeys([*GAMMA, *INTEREST, *VOLUME], "float64"),
    **dict.fromkeys(COUNTS, "int64"),
}


def by_strike(contracts: pd.DataFrame, parameters: dict[str, float]) -> pd.DataFrame:
    """Gamma, flip levels and counts of whole chains, by strike. contracts: in the order above; parameters: name -> value."""
    parameter = parameters.__getitem__
    pricing = Pricing(parameter("gamma_rate"), parameter("gamma_dividend_yield"), parameter("option_contract_multiplier"))
    spot, strike, years, volatility = (contracts[name].to_numpy("float64") for name in ("spot", "strike", "years_to_expiry", "implied_volatility"))
    interest, volume, mid = (contracts[name].to_numpy("float64") for name in ("open_interest", "volume", "mid_usd"))
    is_call, next_zero, today_zero = (contracts[name].to_numpy("bool") for name in ("is_call", "is_zero_day_next", "is_zero_day_today"))

    is_alive = years > 0
    is_missing = is_alive & np.isnan(volatility)
    bracket = {"lowest": parameter("gamma_volatility_lowest"), "highest": parameter("gamma_volatility_highest")}
    unsolved = [values[is_missing] for values in (mid, spot, strike, years, is_call)]
    volatility = volatility.copy()
    volatility[is_missing] = implied_volatility(*unsolved, pricing, **bracket)
    has_volatility = is_alive & ~np.isnan(volatility)
    is_used = has_volatility & ~np.isnan(interest)
    gamma = np.zeros(len(strike))
    gamma[is_used] = dollar_gamma(*(values[is_used] for values in (spot, strike, years, volatility, interest)), pricing)

    signed = interest * np.where(is_call, parameter("gamma_dealer_call_sign"), parameter("gamma_dealer_put_sign"))
    grid = {"within": parameter("gamma_flip_range"), "points_each_side": int(parameter("gamma_flip_points_each_side"))}
    chain = contracts.groupby(["trade_date", "underlying"], sort=False).ngroup().to_numpy()
    flips = []
    for whole in np.split(np.arange(len(chain)), np.flatnonzero(np.diff(chain)) + 1):
        used = whole[is_used[whole]]
        flips.append(flip_level(float(spot[whole[0]]), *(values[used] for values in (strike, years, volatility, signed)), pricing, **grid))

    open_used, traded = np.where(is_used, interest, 0.0), np.nan_to_num(volume)
    measures = contracts[[*STRIKE, "spot", "known_on"]].assign(
        flip_level=np.array(flips)[chain],
        call_gamma_usd_per_pct=gamma * is_call,
        put_gamma_usd_per_pct=gamma * ~is_call,
        zero_day_gamma_usd_per_pct=gamma * next_zero,
        call_open_interest=open_used * is_call,
        put_open_interest=open_used * ~is_call,
        zero_day_open_interest=open_used * next_zero,
        volume=traded,
        zero_day_volume=traded * today_zero,
        contracts_used=is_used,
        contracts_solved=is_used & is_missing,
        contracts_without_volatility=is_alive & ~has_volatility,
        contracts_without_open_interest=has_volatility & ~is_used,
        contracts_expired=~is_alive,
    )
    # a group is added up from its first row to its last
    how = dict.fromkeys(["spot", "known_on", "flip_level"], "first") | dict.fromkeys([*GAMMA, *INTEREST, *VOLUME, *COUNTS], "sum")
    return measures.groupby(STRIKE, as_index=False).agg(how)


def batches(days: list[tuple[date, int]]) -> list[tuple[date, date]]:
    """First and last day of runs of days with about MOST_CONTRACTS contracts; a day is never divided. days: with their contracts, in order."""
    number = [total // MOST_CONTRACTS for total in accumulate(count for _, count in days)]
    groups = groupby(zip(number, days, strict=True), key=lambda numbered: numbered[0])
    runs = [[day for _, (day, _) in group] for _, group in groups]
    return [(run[0], run[-1]) for run in runs]


def model(dbt: Any, session: Any) -> pd.DataFrame:
    """The rows of all chains, some days of contracts in memory at a time."""
    dbt.config(materialized="table")
    contracts = dbt.ref("int_option_contracts_known")
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    days = contracts.aggregate("trade_date, count(*) as contracts", "trade_date").order("trade_date").fetchall()
    parts = []
    for first, last in batches(days):
        its = contracts.filter(f"trade_date between date '{first}' and date '{last}'").order(ORDER).project(CONTRACTS)
        parts.append(by_strike(its.df(), parameters))
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS)))[list(COLUMNS)].astype(COLUMNS)
