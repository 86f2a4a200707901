"""What comovement and connectedness cost, beside the straight way to the same numbers; and what one more day costs.

The straight functions are written from the papers' formulas, one loop a sum, and share nothing with `orchestration.metrics`: tests compare with them too.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from benchmarks import python_models
from benchmarks.costs import Cost, Section, agree, cpu_seconds
from orchestration.metrics import comovement, connectedness

Array = npt.NDArray[np.float64]

SESSIONS_A_YEAR = 252
MANY = 200  # windows that are timed together: one is too short for the clock
PARAMETERS = {
    "absorption_window": 500,
    "absorption_half_life": 250,
    "absorption_fraction": 0.2,
    "absorption_short_window": 15,
    "absorption_long_window": 252,
    "turbulence_window": 1250,
    "connectedness_window": 250,
    "connectedness_lags": 1,
    "connectedness_horizon": 10,
    "connectedness_most_lags": 4,
    "comovement_coverage_minimum": 0.95,
    "comovement_single_session_maximum": 0.8,
    "comovement_minimum_assets": 5,
}


# ---------------------------------------------------------------- straight ways


def straight_absorption(returns: Array, *, fraction: float, half_life: float) -> float:
    """Weights, np.cov, eigenvalues, in the order of the formula."""
    sessions, assets = returns.shape
    weights = np.array([0.5 ** ((sessions - 1 - session) / half_life) for session in range(sessions)])
    covariance = np.cov(returns, rowvar=False, aweights=weights, ddof=0)
    eigenvalues = sorted(np.linalg.eigvalsh(covariance).tolist(), reverse=True)
    count = int(-(-round(fraction * assets, 6) // 1))
    return float(sum(eigenvalues[:count]) / np.trace(covariance))


def straight_connectedness(returns: Array, *, lags: int, horizon: int, identification: str) -> Array:
    """Equation by equation least squares, the moving average, and each θ_ij as a sum over horizons; per cent, (series, series)."""
    sessions, series = returns.shape
    regressors = np.array([np.concatenate([[1.0], *[returns[session - lag] for lag in range(1, lags + 1)]]) for session in range(lags, sessions)])
    coefficients = np.array([np.linalg.lstsq(regressors, returns[lags:, i], rcond=None)[0] for i in range(series)])
    residuals = returns[lags:] - regressors @ coefficients.T
    sigma = residuals.T @ residuals / (len(residuals) - regressors.shape[1])
    lagged = [coefficients[:, 1 + series * lag : 1 + series * (lag + 1)] for lag in range(lags)]
    average = [np.eye(series)]
    for step in range(1, horizon):
        average.append(np.sum([lagged[lag] @ average[step - 1 - lag] for lag in range(min(lags, step))], axis=0))
    root = np.linalg.cholesky(sigma)
    theta = np.zeros((series, series))
    for i in range(series):
        for j in range(series):
            for phi in average:
                theta[i, j] += (phi[i] @ sigma[:, j]) ** 2 / sigma[j, j] if identification == "generalized" else (phi[i] @ root[:, j]) ** 2
        theta[i] /= sum(phi[i] @ sigma @ phi[i] for phi in average)
    shares: Array = 100 * theta / theta.sum(axis=1, keepdims=True)
    return shares


# ---------------------------------------------------------------- a small market in the models' tables


def market(sessions: int, assets: int, *, seed: int = 1) -> tuple[Array, Array]:
    """Returns with one common factor, and log variances that remember yesterday: (sessions, assets) each."""
    random = np.random.default_rng(seed)
    returns = 0.008 * random.normal(size=(sessions, 1)) + 0.01 * random.normal(size=(sessions, assets))
    variances = np.empty((sessions, assets))
    state = np.zeros(assets)
    for session in range(sessions):
        state = 0.6 * state + 0.1 * state.mean() + 0.5 * random.normal() + random.normal(size=assets)
        variances[session] = state - 10
    return returns, variances


class Tables:
    """The tables that both Python models read, in a DuckDB connection of their own: bars of a market, and fingerprints of the days that are asked for."""

    def __init__(self, returns: Array, variances: Array, *, parameters: dict[str, float] | None = None) -> None:
        sessions, assets = returns.shape
        self.connection = duckdb.connect()
        # DuckDB reads NaN as null
        bars = {
            "session_number": np.repeat(np.arange(1, sessions + 1), assets),
            "asset_id": np.tile(np.array([f"asset_{place:02d}" for place in range(1, assets + 1)], dtype=object), sessions),
            "connectedness_order": np.tile(np.arange(1, assets + 1), sessions),
            "total_return": returns.ravel(),
            "log_range_variance": variances.ravel(),
        }
        self.connection.register("bars", bars)
        self.connection.execute(
            "create table int_comovement_bars as "
            "select * replace (session_number::integer as session_number, connectedness_order::integer as connectedness_order) from bars"
        )
        self.connection.execute("create table parameters (parameter varchar, value double)")
        self.connection.executemany("insert into parameters values (?, ?)", list((PARAMETERS | (parameters or {})).items()))

    def want(self, days: Sequence[int], *, fingerprint: int = 0) -> None:
        """Ask for these sessions; a day's fingerprint is its number, and one more where the window of all has changed."""
        self.connection.execute(
            "create or replace table int_comovement_days as select unnest($days)::integer as session_number, "
            "(unnest($days) + $more)::ubigint as comovement_fingerprint, comovement_fingerprint as connectedness_fingerprint",
            {"days": list(days), "more": fingerprint},
        )

    def build(self, name: str) -> int:
        """One incremental run of a model; how many days it computed."""
        return python_models.build(self.connection, python_models.shipped(name), key="session_number", wanted="int_comovement_days")

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        """A model's table by session."""
        return self.connection.execute(f'select * from "{name}" order by session_number').fetchall()  # noqa: S608 - names of ours


# ---------------------------------------------------------------- costs


def absorption() -> Cost:
    """Twenty years of 50 assets, one window a session."""
    sessions, window, every = 20 * SESSIONS_A_YEAR, 500, 50
    returns, _ = market(sessions + window - 1, 50)

    def ours(step: int) -> list[float]:
        return [comovement.absorption_ratio(returns[end - window : end], half_life=250) for end in range(window, len(returns) + 1, step)]

    def straight() -> list[float]:
        return [straight_absorption(returns[end - window : end], fraction=0.2, half_life=250) for end in range(window, len(returns) + 1, every)]

    agree(ours(every), straight(), within=1e-12)
    found = cpu_seconds(lambda: ours(1), repeats=2)
    return Cost("absorption ratio, 20 years × 50 assets", found, "CPU s", 2.0, cpu_seconds(lambda: ours(every)) / cpu_seconds(straight))


def _many(task: Callable[[], object]) -> None:
    for _ in range(MANY):
        task()


def windows() -> list[Cost]:
    """One window of 30 series: 250 sessions, one lag, ten sessions ahead."""
    _, variances = market(250, 30)
    costs = []
    identifications: tuple[connectedness.Identification, ...] = ("generalized", "cholesky")
    for identification in identifications:
        ours = partial(connectedness.connectedness, variances, lags=1, horizon=10, identification=identification)
        straight = partial(straight_connectedness, variances, lags=1, horizon=10, identification=identification)
        agree(ours().table, straight(), within=1e-8)
        found = cpu_seconds(partial(_many, ours), repeats=5) / MANY
        costs.append(Cost(f"connectedness of 30 series, {identification}, a window", 1000 * found, "CPU ms", 1.0, found / cpu_seconds(straight)))
    return costs


def one_more_day() -> list[Cost]:
    """The models' whole work for a day that is new, when 10 and when 100 days are in the table; and that day by day makes the same table as at once."""
    before, assets, tries = 1400, 12, 30
    returns, variances = market(before + 100 + tries, assets)
    costs = []
    for name in ("int_comovement_computed", "int_connectedness_computed"):
        model = python_models.shipped(name)
        histories = {history: Tables(returns, variances) for history in (10, 100)}
        taken: dict[int, list[float]] = {history: [] for history in histories}
        # in turn, so that whatever else the machine does slows both
        for more in range(tries + 1):
            for history, tables in histories.items():
                tables.want(range(before + 1, before + history + more + 1))
                started = time.process_time()
                computed = python_models.build(tables.connection, model, key="session_number", wanted="int_comovement_days")
                taken[history].append(time.process_time() - started)
                assert computed == (1 if more else history), f"{name}: expected one new day, found {computed}"
        at_once = Tables(returns, variances)
        at_once.want(range(before + 1, before + 100 + tries + 1))
        at_once.build(name)
        assert at_once.rows(name) == histories[100].rows(name), f"{name}: day by day and at once are not the same"
        day = {history: float(np.median(seconds[1:])) for history, seconds in taken.items()}
        costs.append(Cost(f"{name}, a day after 100 days", 1000 * day[100], "CPU ms"))
        costs.append(Cost(f"{name}, the same over a day after 10", day[100] / day[10], "ratio", 1.1))
    return costs


def measure() -> list[Cost]:
    """All of them."""
    return [absorption(), *windows(), *one_more_day()]


SECTION = Section("Comovement and connectedness", measure)
