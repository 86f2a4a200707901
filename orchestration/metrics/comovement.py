"""Comovement: how much of what many assets do is one thing, and how unlike its past a day is.

The absorption ratio is the share of all variance that the first few eigenvectors carry: when it rises, fewer different things happen, and what is sold
for one reason is sold everywhere (Kritzman, Li, Page & Rigobon 2011). Turbulence is the distance of a day's returns from what their variances and
correlations were, correlation surprise the part of it that is not size (Kritzman & Li 2010; Kinlaw & Turkington 2012). Windows, half-lives and which
assets are in are said by the caller; files, tables, clocks and anything of ours may not come in.

Arrays: (sessions, assets), oldest first, fractions or any unit. A session without a return of some asset (NaN or infinite) is left out whole; its
weight goes to the others. What cannot be answered raises UndefinedError (`windows`): too_few_series, under 2; too_few_observations, fewer complete
sessions than assets and one, without which there is no covariance of full rank; constant_series, an asset that does not
move; overflow, returns that have no finite square. Two assets that are the
same are no fault here: the first eigenvector carries both, and shrinkage tells them apart. Each window is computed by itself, so that a later day
cannot move its bits.
"""

import math
from typing import NamedTuple

import numpy as np

from orchestration.metrics.windows import ROUNDING, Array, UndefinedError, complete, still

CEILING = 1e-9  # a fifth of 35 assets is 7, not the 8 that 7.000000000000001 rounds up to


class Turbulence(NamedTuple):
    """A day against its past. distance: squared Mahalanobis distance, as many as there are assets on an ordinary day. uncorrelated: the same with all
    correlations taken as 0. surprise: distance over uncorrelated, above 1 where assets moved together in ways they had not; None on a day that is the
    mean itself. shrinkage: the weight of zero in the correlations, 0 to 1. observations: sessions in the past."""

    distance: float
    uncorrelated: float
    surprise: float | None
    shrinkage: float
    observations: int


def _moments(returns: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The complete sessions of a window that has enough of them: means taken off, times the root of their weight; their cross-products; the means.

    weight: (sessions,), of any sum; what is left out gives its weight to the others, whose mean weight is 1.
    """
    if returns.ndim != 2:
        raise ValueError(f"expected returns (sessions, assets), found shape {returns.shape}")
    assets = returns.shape[1]
    if assets < 2:
        raise UndefinedError("too_few_series", f"{assets}: nothing to move with")
    rows = complete(returns)
    if len(rows) <= assets:
        raise UndefinedError("too_few_observations", f"{len(rows)} complete sessions for {assets} assets")
    mine = weight if rows is returns else weight[np.isfinite(returns).all(axis=1)]
    mine = mine * (len(rows) / mine.sum())
    with np.errstate(over="ignore", invalid="ignore"):
        mean = mine @ rows / len(rows)
        centred = (rows - mean) * np.sqrt(mine)[:, None]
        products = centred.T @ centred
    if not np.isfinite(products).all():
        raise UndefinedError("overflow", "returns beyond what squares can hold")
    constant = still(np.diagonal(products), mean, len(rows))
    if constant.any():
        raise UndefinedError("constant_series", f"column {int(np.flatnonzero(constant)[0])}")
    return centred, products, mean


def absorption_ratio(returns: Array, *, fraction: float = 0.2, half_life: float | None = None) -> float:
    """Σ of the ⌈fraction · assets⌉ largest eigenvalues of the covariance over its trace, 0 to 1 (Kritzman, Li, Page & Rigobon 2011).

    returns: (sessions, assets). half_life: sessions after which a session counts half as much; None weighs all the same. The mean is weighted as the
    covariance is. ValueError where fraction is not in (0, 1], half_life not positive or the shape wrong; UndefinedError as the module says.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"expected a fraction of assets in (0, 1], found {fraction}")
    if half_life is not None and not half_life > 0:
        raise ValueError(f"expected a half-life of more than 0 sessions, found {half_life}")
    returns = np.asarray(returns, dtype=np.float64)
    weight = np.ones(len(returns)) if half_life is None else np.exp2(np.arange(1 - len(returns), 1) / half_life)
    _, products, _ = _moments(returns, weight)
    count = max(1, math.ceil(fraction * len(products) - CEILING))
    return min(1.0, float(np.linalg.eigvalsh(products)[-count:].sum() / np.trace(products)))


def standardised_shift(ratios: Array, *, short: int) -> float:
    """(mean of the last `short` − mean of all) / standard deviation of all (ddof 1): ΔAR of Kritzman et al. 2011 where all are 252 and the last 15.

    ratios: (sessions,), oldest first, any unit; the answer is in standard deviations. ValueError unless short is from 1 to all of them. UndefinedError:
    missing_value where one is not finite, too_few_observations under 2, constant_series where they do not vary, overflow where they cannot be squared.
    """
    ratios = np.asarray(ratios, dtype=np.float64)
    if ratios.ndim != 1 or not 1 <= short <= len(ratios):
        raise ValueError(f"expected a series of ratios and from 1 to all of them as the last ones, found shape {ratios.shape} and {short}")
    if not np.isfinite(ratios).all():
        raise UndefinedError("missing_value", f"{int((~np.isfinite(ratios)).sum())} of {len(ratios)} ratios")
    if len(ratios) < 2:
        raise UndefinedError("too_few_observations", "a single ratio does not vary")
    mean = ratios.mean()
    with np.errstate(over="ignore"):
        squares = np.square(ratios - mean).sum()
    if not np.isfinite(squares):
        raise UndefinedError("overflow", "ratios beyond what squares can hold")
    if still(squares, mean, len(ratios)):
        raise UndefinedError("constant_series", f"{len(ratios)} ratios of {ratios[0]}")
    return float((ratios[-short:].mean() - mean) / np.sqrt(squares / (len(ratios) - 1)))


def shrinkage(centred: Array, correlation: Array) -> float:
    """The weight of the identity in the best mean of it and the sample correlations, 0 to 1 (Ledoit & Wolf 2004, on standardised returns).

    centred: (sessions, assets), mean 0. correlation: (assets, assets), theirs (ddof 0). On standardised returns the paper's target, the mean variance on
    the diagonal and nothing off it, keeps the variance of each asset; on returns as they are it would give bonds the variance of shares.
    """
    sessions, assets = centred.shape
    size = float(np.square(correlation).sum())
    squared = np.square(centred)
    lengths = squared @ (sessions / (np.ones(sessions) @ squared))
    error = (float(lengths @ lengths) / sessions - size) / sessions
    dispersion = size - assets
    return min(max(error, 0.0) / dispersion, 1.0) if dispersion > 0 else 0.0


def turbulence(returns: Array, today: Array) -> Turbulence:
    """d = (r − μ) Σ⁻¹ (r − μ)' of today's returns, Σ shrunk as `shrinkage` says; and that distance over the one without correlations.

    returns: (sessions, assets) before today. today: (assets,), the same unit. Kritzman & Li 2010 for the distance, Kinlaw & Turkington 2012 for the
    surprise. ValueError where shapes do not fit. UndefinedError as the module says; missing_value where a return of today is; collinear_series where
    the assets are combinations of each other and there is nothing to shrink; overflow where today is further away than a number can say.
    """
    returns, today = np.asarray(returns, dtype=np.float64), np.asarray(today, dtype=np.float64)
    if returns.ndim != 2 or today.shape != returns.shape[1:]:
        raise ValueError(f"expected returns (sessions, assets) and today's of the same assets, found shapes {returns.shape} and {today.shape}")
    if not np.isfinite(today).all():
        raise UndefinedError("missing_value", f"{int((~np.isfinite(today)).sum())} returns of today")
    centred, products, mean = _moments(returns, np.ones(len(returns)))
    sessions, assets = centred.shape
    root = np.sqrt(np.diagonal(products))
    correlation = products / root / root[:, None]
    weight = shrinkage(centred, correlation)
    correlation *= 1 - weight
    correlation[np.diag_indices(assets)] = 1.0
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError as error:
        raise UndefinedError("collinear_series", f"{assets} assets, shrinkage {weight}") from error
    if np.square(np.diagonal(factor)).min() <= ROUNDING:
        raise UndefinedError("collinear_series", f"{assets} assets, shrinkage {weight}")
    with np.errstate(over="ignore", invalid="ignore"):
        move = (today - mean) / (root / math.sqrt(sessions))
        distance = float(np.square(np.linalg.solve(factor, move)).sum())
        uncorrelated = float(np.square(move).sum())
    if not (math.isfinite(distance) and math.isfinite(uncorrelated)):
        raise UndefinedError("overflow", "today's returns are beyond what squares can hold")
    return Turbulence(distance, uncorrelated, distance / uncorrelated if uncorrelated > 0 else None, weight, sessions)
