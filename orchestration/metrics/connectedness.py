"""Connectedness: how much of the uncertainty about each series comes from shocks to the others, out of a vector autoregression.

Each series is regressed on its own past and that of the others. The error that this makes `horizon` sessions ahead has a variance, and the variance is
divided by whose shocks made it: the table. What stands off its diagonal came from elsewhere (Diebold & Yilmaz 2009, with shocks made independent in the
order of the series; 2012, with generalised shocks, in which no order counts). What the series are (the oracle and we: log variances), how long a
window is and how many lags it has is said by the caller; files, tables, clocks and anything of ours may not come in.

All numbers come from one triangular factor of the window's standardised cross-moments. On matrices of this size that takes a tenth of the time of a QR,
which linear algebra libraries spread over threads that wait for each other. A window is computed by itself, so that a later day cannot move its bits.
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from orchestration.metrics.windows import ROUNDING, Array, UndefinedError, complete, still

Identification: TypeAlias = Literal["generalized", "cholesky"]


class Connectedness(NamedTuple):
    """Shares of forecast error variance, per cent. table: (series, series), row i divides the variance of series i among the shocks of all and adds up to
    100. to: what a series gives to all others, from_: what it gets from them, net: to − from_ (series,). total: the mean of from_."""

    total: float
    to: Array
    from_: Array
    net: Array
    table: Array


class Autoregression(NamedTuple):
    """A fitted VAR, each series in its unit. coefficients: (lags, series, series), [k, i, j] of series j, k + 1 sessions before, on series i. factor: upper
    triangular (series, series), factor'factor is the residual covariance. unit: (series,), what a 1 is in the data. observations: sessions it rests on."""

    coefficients: Array
    factor: Array
    unit: Array
    observations: int


def _factor(returns: Array, lags: int) -> tuple[Array, Array, int]:
    """Upper triangular R with R'R the cross-moments of [series at lag 1, …, at lag `lags`, series], means taken off; units; rows.

    A constant in a regression is the same as means taken off, over the same rows. A series is in a unit of its own, the root of its squares.
    """
    if returns.ndim != 2 or not isinstance(lags, int | np.integer) or lags < 1:
        raise ValueError(f"expected returns (sessions, series) and a whole number of lags from 1 on, found shape {returns.shape} and {lags} lags")
    sessions, series = returns.shape
    if series < 2:
        raise UndefinedError("too_few_series", f"{series}: nothing to be connected with")
    count = max(sessions - lags, 0)
    rows = np.concatenate([returns[place : place + count] for place in range(lags - 1, -1, -1)] + [returns[lags:]], axis=1)
    rows = complete(rows)
    observations = len(rows)
    if observations < 1 + series * (lags + 1):
        raise UndefinedError("too_few_observations", f"{observations} complete sessions for {series} series at {lags} lags")
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.ones(observations) @ rows / observations
        centred = rows - mean
        moments = centred.T @ centred
    if not np.isfinite(moments).all():
        raise UndefinedError("overflow", "values beyond what squares can hold")
    squares = np.diagonal(moments)
    constant = still(squares, mean, observations)
    if constant.any():
        raise UndefinedError("constant_series", f"column {int(np.flatnonzero(constant)[0]) % series}")
    spread = np.sqrt(squares)
    try:
        factor = np.linalg.cholesky(moments / spread / spread[:, None], upper=True)
    except np.linalg.LinAlgError as error:
        raise UndefinedError("collinear_series", "some series is a combination of others or of the past") from error
    left = np.square(np.diagonal(factor)) <= ROUNDING
    if left.any():
        raise UndefinedError("collinear_series", f"column {int(np.flatnonzero(left)[0]) % series} is a combination of others or of the past")
    # one unit a series, whatever its lag
    unit = spread[-series:]
    return factor * (spread.reshape(lags + 1, series) / unit).ravel(), unit, observations


def autoregression(returns: Array, *, lags: int) -> Autoregression:
    """Least squares with a constant of each series on `lags` sessions of all.

    returns: (sessions, series), oldest first, any unit. A session without value (NaN or infinite) is left out, and so are the `lags` sessions whose
    regression needs it: no gap is bridged. ValueError where shapes do not fit. UndefinedError: too_few_series (under 2), too_few_observations (under
    1 + series · (lags + 1) complete sessions), constant_series, collinear_series (one series is a combination of the others or of the past).
    """
    returns = np.asarray(returns, dtype=np.float64)
    factor, unit, observations = _factor(returns, lags)
    series = returns.shape[1]
    past = series * lags
    solved = np.linalg.solve(factor[:past, :past], factor[:past, past:])
    coefficients = np.swapaxes(solved.reshape(lags, series, series), 1, 2)
    return Autoregression(coefficients, factor[past:, past:] / np.sqrt(observations - past - 1), unit, observations)


def decomposed(fitted: Autoregression, *, horizon: int, identification: Identification = "generalized") -> Connectedness:
    """The connectedness of a fitted VAR: see `connectedness`. Two identifications of one window share its fit."""
    if not isinstance(horizon, int | np.integer) or horizon < 1:
        raise ValueError(f"expected a horizon of a whole number of sessions from 1 on, found {horizon}")
    factor, lags = fitted.factor, len(fitted.coefficients)
    if identification == "cholesky":
        shock = factor.T
    elif identification == "generalized":
        covariance = factor.T @ factor
        shock = covariance / np.sqrt(np.diagonal(covariance))
    else:
        raise ValueError(f"expected identification generalized or cholesky, found {identification!r}")
    responses = np.zeros((lags + horizon, *shock.shape))
    responses[lags] = shock
    # short windows have fits whose responses grow without end
    with np.errstate(over="ignore", invalid="ignore"):
        for now in range(lags + 1, lags + horizon):
            for lag, coefficients in enumerate(fitted.coefficients):
                responses[now] += coefficients @ responses[now - 1 - lag]
        # the variance that θ is divided by is the same along a row, and falls out when rows are made to add up to 100
        caused = np.square(responses).sum(axis=0)
    if not np.isfinite(caused).all():
        raise UndefinedError("overflow", f"responses that grow beyond what squares can hold within {horizon} sessions")
    table = 100 * caused / caused.sum(axis=1, keepdims=True)
    own = np.diagonal(table)
    to, from_ = table.sum(axis=0) - own, 100 - own
    return Connectedness(float(from_.mean()), to, from_, to - from_, table)


def connectedness(returns: Array, *, lags: int, horizon: int, identification: Identification = "generalized") -> Connectedness:
    """Who makes whose forecasts wrong: θ_ij = σ_jj⁻¹ Σ_h (e_i'Φ_hΣe_j)² / Σ_h e_i'Φ_hΣΦ_h'e_i, h < horizon, rows made to add up to 100.

    returns: (sessions, series), oldest first: whatever the series are, the paper's are log variances. lags: of the VAR. horizon: sessions ahead.
    generalized: Diebold & Yilmaz 2012 (shocks of Pesaran & Shin 1998). cholesky: Diebold & Yilmaz 2009; the first series moves all others within the
    session and none of them moves it, so that the order of the columns is part of the answer. All percentages; see `Connectedness`.
    Raises as `autoregression` does, ValueError on a horizon under 1 or another identification, UndefinedError overflow where responses grow beyond numbers
    within the horizon. What is returned is finite.
    """
    return decomposed(autoregression(returns, lags=lags), horizon=horizon, identification=identification)


def lag_order(returns: Array, *, most: int) -> int:
    """How many lags, from 1 to `most`, the data ask for: Schwarz 1978: the least log det Σ_p + p · series² · log(n) / n, on the same sessions.

    returns: (sessions, series). The residuals of every p are read off one factor. Raises as `autoregression` does for `most` lags.
    """
    returns = np.asarray(returns, dtype=np.float64)
    factor, _, observations = _factor(returns, most)
    series = returns.shape[1]
    lags = np.arange(1, most + 1)
    residual = factor[:, -series:]
    covariance = np.stack([residual[series * lag :].T @ residual[series * lag :] for lag in lags]) / observations
    criterion = np.linalg.slogdet(covariance)[1] + lags * series**2 * np.log(observations) / observations
    return int(lags[np.argmin(criterion)])
