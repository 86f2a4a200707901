"""Fire sales: what funds that lose have to sell, what that does to prices, and whom the prices hit next; who stands in whose way.

A fund that loses sells: to get back to its leverage (Greenwood, Landier & Thesmar 2015), or because its investors leave, by a flow–performance slope
(Cetorelli, Duarte & Eisenbach 2016). It sells every position in proportion, each dollar sold moves a price by one over the security's depth, and every
holder of the security loses. Repeated, it is a cascade (Cont & Schaanning 2017). Nothing here goes from fund to fund: losses go through securities.

`holdings_usd` is funds × securities, US dollars, long positions without cash, sparse (scipy) or dense. `depth_usd` is the sale that would take the whole
price, per security; 0 or NaN: not known, and then no impact is estimated, which makes every loss a lower bound. What depths, shocks and slopes are is the
caller's business, and so is what the market will do: these are rules, not forecasts. Sums over positions are taken in their order, by scipy's own loops.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]

AS_NEAR = 1e-12  # of a cosine: what is nearer than that is as near


class FireSale(NamedTuple):
    """One round per fund and security, and the cascade from it. Ratios are NaN for a fund without assets; dollars and losses are positive.

    Per fund: direct_loss_usd (the shock's; a gain is negative), fund_sale_usd, systemicness_usd (what its sale costs all holders), indirect_loss_usd (what
    all sales cost it), cascade_loss_usd (over all rounds counted); direct_vulnerability and indirect_vulnerability over its own assets; systemicness over
    the assets of all, adding up to aggregate_vulnerability. Per security: security_sale_usd, price_impact (fraction, at most 0; NaN without depth). Per round
    counted: round_losses_usd, the first being that of the one round. total_assets_usd: of all funds.
    """

    direct_loss_usd: Array
    direct_vulnerability: Array
    fund_sale_usd: Array
    systemicness_usd: Array
    systemicness: Array
    indirect_loss_usd: Array
    indirect_vulnerability: Array
    security_sale_usd: Array
    price_impact: Array
    total_assets_usd: float
    aggregate_vulnerability: float
    round_losses_usd: Array
    cascade_loss_usd: Array


class EndogenousRisk(NamedTuple):
    """The leading eigenpair of the liquidity-weighted overlap of funds: eigenvalue_usd, and the parts of funds in it, at least 0, of Euclidean length 1
    together (NaN where no holding has a known depth)."""

    eigenvalue_usd: float
    part: Array


class FundOverlap(NamedTuple):
    """The nearest funds of each (funds, k), nearest first: their places (−1: no more funds share a security) and three measures, NaN beside −1.

    minimum_weight: Σ min(w_ak, w_bk), 1 where portfolios are the same. cosine: of the weights. liquidity_weighted_usd: Σ v_ak·v_bk/D_k, what one loses when
    the other sells out.
    """

    neighbour: Whole
    minimum_weight: Array
    cosine: Array
    liquidity_weighted_usd: Array


class _OneRound(NamedTuple):
    """What a round of sales does: per security the sale and the fall of the price, per fund the loss."""

    sale: Array
    fall: Array
    loss: Array


def _matrix(holdings_usd: Any) -> Any:
    shape = holdings_usd.shape if sparse.issparse(holdings_usd) else np.shape(holdings_usd)
    if len(shape) != 2:
        raise ValueError(f"expected holdings (funds, securities), found shape {shape}")
    # a copy: what was given is summed up in place
    holdings = sparse.csr_array(holdings_usd, dtype=np.float64, copy=True)
    holdings.sum_duplicates()
    wrong = ~(np.isfinite(holdings.data) & (holdings.data >= 0))
    if wrong.any():
        raise ValueError(f"expected holdings of 0 dollars or more (short positions and cash are not sold), found {holdings.data[wrong][0]}")
    return holdings


def _vector(values: Any, size: int, name: str, smallest: float) -> Array:
    given = np.asarray(values, dtype=np.float64)
    if given.shape not in ((), (size,)):
        raise ValueError(f"expected {size} {name} or one for all, found an array of shape {given.shape}")
    wrong = ~(np.isfinite(given) & (given >= smallest))
    if wrong.any():
        raise ValueError(f"expected {name} to be finite and at least {smallest}, found {given[wrong].flat[0]}")
    return np.broadcast_to(given, (size,))


def _depths(depth_usd: Any, size: int) -> Array:
    """Depths with infinity for those not known: a price that no sale moves."""
    given = np.asarray(depth_usd, dtype=np.float64)
    depth = _vector(np.where(np.isnan(given), 0.0, given), size, "depths in dollars", 0.0)
    return np.where(depth > 0, depth, np.inf)


def _over(values: Array, base: Array) -> Array:
    """values / base, NaN where there is no base."""
    return values / np.where(base > 0, base, np.nan)


def _total(values: Array) -> float:
    """The sum from the first to the last; 0 of nothing."""
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0


def _sold(owed: Array, held: Array, cap: bool) -> Array:
    """The part of its holdings that a fund sells; 0 for a fund that holds nothing."""
    part = np.where(held > 0, owed / np.where(held > 0, held, 1.0), 0.0)
    return np.minimum(part, 1.0) if cap else part


def fire_sale(
    holdings_usd: Any,
    shock: Any,
    *,
    depth_usd: Any,
    tna_usd: Any = None,
    leverage: Any = 0.0,
    flow_sensitivity: Any = 0.0,
    rounds: int = 1,
    cap: bool = True,
    smallest_round: float = 0.0,
) -> FireSale:
    """What a shock to prices makes funds sell, and what that costs whom.

    holdings_usd: (funds, securities). shock: return by security, −1 or more. depth_usd: by security. tna_usd: net assets by fund, 0 or more, cash included;
    without them a fund has its holdings and no cash, and what they are worth less the debt of its leverage is its own. leverage: debt over net assets by
    fund; flow_sensitivity: the part of a loss that investors redeem, by fund: a loss L forces the sale of (leverage + flow_sensitivity)·L; either may be one
    number for all. A gain forces nothing. In the first round positions are those before the shock,
    as in the paper's linear model; from the second on they are what shock, sales and impacts left of them. rounds: the most that are run; a round after the
    first counts if its losses are at least smallest_round of all assets, and the first that does not ends the cascade. cap: a fund sells no more than it
    has and a price falls by no more than it is, in each round by the positions and prices that the round is valued at: so the first one's losses and the
    shock's, both on positions before the shock, can be more together than was held. Without cap the model is the linear one throughout, positions are
    not used up, and it may explode; it ends with the last round whose losses are a number.
    ValueError where shapes differ, a number is out of its range, or rounds is below 1.
    """
    if not isinstance(rounds, int | np.integer) or rounds < 1:
        raise ValueError(f"expected a whole number of rounds from 1 on, found {rounds}")
    if not smallest_round >= 0:
        raise ValueError(f"expected a smallest round of 0 or more of all assets, found {smallest_round}")
    holdings = _matrix(holdings_usd)
    funds, securities = holdings.shape
    by_security = holdings.T
    returns = _vector(shock, securities, "returns", -1.0)
    debt = _vector(leverage, funds, "leverages", 0.0)
    assets = (holdings @ np.ones(securities)) / (1 + debt) if tna_usd is None else _vector(tna_usd, funds, "net assets in dollars", 0.0)
    sensitivity = debt + _vector(flow_sensitivity, funds, "flow sensitivities", 0.0)
    depth = _depths(depth_usd, securities)

    # positions stay a scaling of the first ones: a pro-rata sale scales a row, a price a column
    units, prices = np.ones(funds), np.ones(securities)

    def sell(part: Array) -> _OneRound:
        sale = prices * (by_security @ (units * part))
        fall = sale / (np.maximum(depth, sale) if cap else depth)
        return _OneRound(sale, fall, units * (holdings @ (prices * fall)))

    held = holdings @ prices
    direct_loss = 0.0 - holdings @ returns
    first_part = part = _sold(sensitivity * np.maximum(direct_loss, 0.0), held, cap)
    first = this = sell(part)
    # a dollar of it costs all holders what they hold over the depth; where more than the depth is sold, over what is sold
    per_dollar = (by_security @ units) / (np.maximum(depth, first.sale) if cap else depth)
    systemicness = first_part * (holdings @ per_dollar)
    total = _total(assets)

    losses, cascade = [_total(first.loss)], first.loss
    while len(losses) < rounds:
        if cap:
            prices = prices * (1 + returns if len(losses) == 1 else 1.0) * (1 - this.fall)
            units = units * (1 - part)
        with np.errstate(over="ignore", invalid="ignore"):
            part = _sold(sensitivity * this.loss, units * (holdings @ prices), cap)
            this = sell(part)
            loss = _total(this.loss)
        if loss == 0 or loss < smallest_round * total or not np.isfinite(loss):
            break
        losses.append(loss)
        cascade = cascade + this.loss

    return FireSale(
        direct_loss_usd=direct_loss,
        direct_vulnerability=_over(direct_loss, assets),
        fund_sale_usd=first_part * held,
        systemicness_usd=systemicness,
        systemicness=systemicness / (total if total > 0 else np.nan),
        indirect_loss_usd=first.loss,
        indirect_vulnerability=_over(first.loss, assets),
        security_sale_usd=first.sale,
        price_impact=np.where(np.isfinite(depth), 0.0 - first.fall, np.nan),
        total_assets_usd=total,
        aggregate_vulnerability=losses[0] / (total if total > 0 else np.nan),
        round_losses_usd=np.array(losses),
        cascade_loss_usd=cascade,
    )


def endogenous_risk(holdings_usd: Any, depth_usd: Any, *, iterations: int = 10_000, tolerance: float = 1e-14) -> EndogenousRisk:
    """Which funds stand together in the same thin securities: the leading eigenpair of Ω_ab = Σ_k v_ak·v_bk/D_k (Cont & Schaanning 2017).

    holdings_usd: (funds, securities); depth_usd: by security. Ω is never formed: a vector goes to the securities and back. By iteration from equal parts
    until no component moves by more than tolerance; where two eigenvalues are so close that it takes more than iterations, the value is still right to the
    square of what the vector lacks. Nothing held with a known depth: eigenvalue 0 and an index of NaN. ValueError as in `fire_sale`.
    """
    holdings = _matrix(holdings_usd)
    funds, securities = holdings.shape
    by_security = holdings.T
    depth = _depths(depth_usd, securities)
    part, eigenvalue = np.full(funds, 1 / np.sqrt(max(funds, 1))), 0.0
    for _ in range(iterations):
        with np.errstate(over="ignore", invalid="ignore"):
            reached = holdings @ ((by_security @ part) / depth)
            eigenvalue = float(np.sqrt(_total(reached * reached)))
        if not np.isfinite(eigenvalue):
            raise ValueError("expected depths that holdings can be divided by, found quotients beyond numbers")
        if eigenvalue == 0:
            return EndogenousRisk(0.0, np.full(funds, np.nan))
        before, part = part, reached / eigenvalue
        if np.max(np.abs(part - before)) <= tolerance:
            break
    return EndogenousRisk(eigenvalue, part)


def fund_overlap(holdings_usd: Any, depth_usd: Any, k: int = 10, *, funds_at_once: int = 256, workers: int = 1) -> FundOverlap:
    """The k nearest funds of each by the cosine of their weights, of two funds as near the one that stands first, and how far they overlap.

    holdings_usd: (funds, securities); depth_usd: by security, one without known depth counts nothing in the liquidity-weighted measure. Weights are parts of
    what a fund has invested. A fund without holdings is nobody's neighbour and has none. The products of funds_at_once funds with all are in memory at a
    time for each of workers threads, and the other two measures are of the nearest only. ValueError as in `fire_sale`, and below 1 neighbour.
    """
    if k < 1:
        raise ValueError(f"expected at least 1 neighbour, found {k}")
    holdings = _matrix(holdings_usd)
    funds, securities = holdings.shape
    inverse_depth = 1 / _depths(depth_usd, securities)
    weights = _scaled(holdings, holdings @ np.ones(securities))
    directions = _scaled(weights, np.sqrt(weights.multiply(weights) @ np.ones(securities)))
    to_all = directions.T.tocsr()

    neighbour = np.full((funds, k), -1, dtype=np.int64)
    measures = np.full((3, funds, k), np.nan)

    def fill(start: int) -> None:
        cosine = (directions[start : start + funds_at_once] @ to_all).toarray()
        rows, places, order = _nearest(cosine, start, k)
        ours, others = rows + start, places
        neighbour[ours, order] = others
        measures[0, ours, order] = weights[ours].minimum(weights[others]) @ np.ones(securities)
        measures[1, ours, order] = np.minimum(cosine[rows, places], 1.0)
        measures[2, ours, order] = holdings[ours].multiply(holdings[others]) @ inverse_depth

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(fill, range(0, funds, funds_at_once)))
    return FundOverlap(neighbour, *measures)


def _nearest(cosine: Array, start: int, k: int) -> tuple[Whole, Whole, Whole]:
    """Rows, columns and ranks from 0 of the k largest entries above 0 of each row, the row's own fund (start + row) left out; ties by column."""
    count, funds = cosine.shape
    cosine[np.arange(count), start + np.arange(count)] = 0.0
    kth = np.partition(cosine, funds - k, axis=1)[:, funds - k] if funds > k else np.zeros(count)
    rows, places = np.nonzero((cosine >= kth[:, None] - AS_NEAR) & (cosine > 0))
    # portfolios that are multiples of one another differ in the last bits
    sorted_by = np.lexsort((places, -np.round(cosine[rows, places] / AS_NEAR), rows))
    rows, places = rows[sorted_by], places[sorted_by]
    order = np.arange(len(rows)) - np.searchsorted(rows, rows)
    is_in = order < k
    return rows[is_in], places[is_in], order[is_in]


def _scaled(matrix: Any, lengths: Array) -> Any:
    """Each row over its length; a row of length 0 stays."""
    return sparse.dia_array(((1 / np.where(lengths > 0, lengths, 1.0))[None, :], [0]), shape=(len(lengths), len(lengths))).tocsr() @ matrix
