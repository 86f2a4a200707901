"""Fire sales: the oracle's numbers, brute force fund by fund on random networks, and what happens where there is nothing to hold, to sell or to lose."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from orchestration.metrics.fire_sale import Array, FireSale, endogenous_risk, fire_sale, fund_overlap


class Network(NamedTuple):
    """Funds × securities in dollars, net assets, depths, a shock and slopes."""

    holdings: Array
    tna: Array
    depth: Array
    shock: Array
    sensitivity: Array


def drawn(seed: int, funds: int = 12, securities: int = 30, *, thin: float = 30.0) -> Network:
    """A network whose depths are `thin` times what is held: small enough for a second round that can be seen."""
    random = np.random.default_rng(seed)
    holdings = np.where(random.random((funds, securities)) < 0.3, random.lognormal(3, 1, (funds, securities)), 0.0)
    tna = holdings.sum(axis=1) * random.uniform(1.0, 1.1, funds) + 1
    depth = thin * random.uniform(0.5, 2, securities) * (holdings.sum(axis=0) + 1)
    depth[random.random(securities) < 0.2] = np.nan
    return Network(holdings, tna, depth, random.uniform(-0.3, 0.0, securities), random.uniform(0.1, 0.8, funds))


@pytest.fixture(scope="module")
def oracle(oracles: Path) -> Any:
    return json.loads((oracles / "fund_network" / "expected.json").read_text())


@pytest.fixture(scope="module")
def world(oracle: Any) -> tuple[Array, Array]:
    """The oracle's holdings in dollars and its depths."""
    given = {name: np.array(oracle["inputs"][name]) for name in ("P0", "holdings_shares", "ADV_shares", "daily_sigma")}
    return given["holdings_shares"] * given["P0"], 0.4 * given["ADV_shares"] * given["P0"] * np.sqrt(20) / given["daily_sigma"]


# ---------------------------------------------------------------- the oracle


def test_one_round_meets_the_oracle(oracle: Any, world: tuple[Array, Array]) -> None:
    holdings, depth = world
    expected = oracle["fire_sale"]
    assert depth.tolist() == pytest.approx(oracle["ContSchaanning"]["D"], rel=1e-12)
    found = fire_sale(
        sparse.csr_array(holdings),
        expected["shock"],
        tna_usd=oracle["TNA0"],
        depth_usd=depth,
        leverage=expected["leverage_D_over_E"],
        flow_sensitivity=expected["flow_performance_gamma"],
    )
    tolerance = {"rel": oracle["tol"]}
    assert (-found.direct_vulnerability).tolist() == pytest.approx(expected["fund_direct_return"], **tolerance)
    assert found.fund_sale_usd.tolist() == pytest.approx(expected["fund_sales"], **tolerance)
    assert found.security_sale_usd.tolist() == pytest.approx(list(expected["asset_sales"].values()), **tolerance)
    assert found.price_impact.tolist() == pytest.approx(list(expected["price_impact"].values()), **tolerance)
    assert found.aggregate_vulnerability == pytest.approx(expected["AV"], **tolerance)
    assert found.systemicness.tolist() == pytest.approx(list(expected["S"].values()), **tolerance)
    assert found.indirect_vulnerability.tolist() == pytest.approx(list(expected["IV"].values()), **tolerance)


def test_endogenous_risk_meets_the_oracle(oracle: Any, world: tuple[Array, Array]) -> None:
    expected = oracle["ContSchaanning"]
    found = endogenous_risk(*world)
    assert found.eigenvalue_usd == pytest.approx(expected["perron_eigenvalue"], rel=1e-12)
    assert found.part.tolist() == pytest.approx(expected["indirect_contagion_index"], rel=1e-12)


def test_overlaps_meet_the_oracle(oracle: Any, world: tuple[Array, Array]) -> None:
    found = fund_overlap(*world)
    cosine = np.array(oracle["overlap_cosine"])
    for fund in range(4):
        others = [int(place) for place in found.neighbour[fund] if place >= 0]
        assert others == sorted({0, 1, 2, 3} - {fund}, key=lambda other: -cosine[fund, other])
        for rank, other in enumerate(others):
            assert found.cosine[fund, rank] == pytest.approx(cosine[fund, other], rel=1e-12)
            assert found.minimum_weight[fund, rank] == pytest.approx(oracle["overlap_min_weight"][fund][other], rel=1e-12)
            assert found.liquidity_weighted_usd[fund, rank] == pytest.approx(oracle["ContSchaanning"]["Omega"][fund][other], rel=1e-12)
    assert (found.neighbour[:, 3:] == -1).all()
    assert np.isnan(found.cosine[:, 3:]).all()


# ---------------------------------------------------------------- brute force


def by_hand(network: Network, rounds: int, *, cap: bool) -> tuple[list[float], Array]:
    """Losses by round and by fund, position by position."""
    value = network.holdings.copy()
    funds, securities = value.shape
    loss = [sum(-value[n, k] * network.shock[k] for k in range(securities)) for n in range(funds)]
    totals, by_fund = [], np.zeros(funds)
    for this in range(rounds):
        part = []
        for n in range(funds):
            held = value[n].sum()
            share = network.sensitivity[n] * max(loss[n], 0) / held if held > 0 else 0.0
            part.append(min(share, 1.0) if cap else share)
        fall = []
        for k in range(securities):
            sold = sum(part[n] * value[n, k] for n in range(funds))
            known = network.depth[k] > 0
            fall.append((min(sold / network.depth[k], 1.0) if cap else sold / network.depth[k]) if known else 0.0)
        loss = [sum(value[n, k] * fall[k] for k in range(securities)) for n in range(funds)]
        totals.append(sum(loss))
        by_fund += loss
        if cap:
            for n in range(funds):
                for k in range(securities):
                    value[n, k] *= (1 - part[n]) * (1 - fall[k]) * (1 + network.shock[k] if this == 0 else 1)
    return totals, by_fund


def sold(network: Network, **how: Any) -> FireSale:
    return fire_sale(network.holdings, network.shock, tna_usd=network.tna, depth_usd=network.depth, flow_sensitivity=network.sensitivity, **how)


@pytest.mark.parametrize("cap", [True, False])
@pytest.mark.parametrize("thin", [30.0, 0.05])
@pytest.mark.parametrize("seed", range(3))
def test_a_cascade_is_what_selling_position_by_position_gives(seed: int, thin: float, cap: bool) -> None:
    network = drawn(seed, thin=thin)
    found = sold(network, rounds=4, cap=cap)
    totals, by_fund = by_hand(network, 4, cap=cap)
    ended = len(found.round_losses_usd)
    assert found.round_losses_usd.tolist() == pytest.approx(totals[:ended], rel=1e-11)
    assert totals[ended:] == pytest.approx([0.0] * (4 - ended), abs=1e-9), "a cascade ends early only where nothing is left to lose"
    assert found.cascade_loss_usd.tolist() == pytest.approx(by_fund.tolist(), rel=1e-11)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), thin=st.sampled_from([100.0, 1.0, 0.01]))
def test_systemicness_adds_up_and_nobody_sells_or_loses_more_than_there_is(seed: int, thin: float) -> None:
    network = drawn(seed, thin=thin)
    found = sold(network, rounds=30)
    assert found.systemicness.sum() == pytest.approx(found.aggregate_vulnerability, rel=1e-10)
    assert (found.indirect_loss_usd / found.total_assets_usd).sum() == pytest.approx(found.aggregate_vulnerability, rel=1e-10)
    assert (found.fund_sale_usd <= network.holdings.sum(axis=1) * (1 + 1e-12)).all()
    assert (found.security_sale_usd <= network.holdings.sum(axis=0) * (1 + 1e-12)).all()
    assert (found.cascade_loss_usd <= network.holdings.sum(axis=1) * (1 + 1e-9)).all()
    assert np.nanmin(found.price_impact) >= -1


def test_without_caps_twice_the_shock_is_twice_the_loss_in_each_round() -> None:
    network = drawn(5)
    once, twice = (sold(network._replace(shock=network.shock * times), rounds=5, cap=False) for times in (1, 2))
    assert twice.round_losses_usd.tolist() == pytest.approx((2 * once.round_losses_usd).tolist(), rel=1e-12)


def test_a_cascade_ends_before_the_round_that_is_too_small() -> None:
    network = drawn(1)
    all_rounds = sold(network, rounds=10).round_losses_usd
    total = network.tna.sum()
    some = sold(network, rounds=10, smallest_round=float(all_rounds[2]) / total * 0.999).round_losses_usd
    assert some.tolist() == all_rounds[:3].tolist()
    fewer = sold(network, rounds=10, smallest_round=float(all_rounds[2]) / total * 1.001).round_losses_usd
    assert fewer.tolist() == all_rounds[:2].tolist()
    assert len(sold(network, rounds=10, smallest_round=1.0).round_losses_usd) == 1, "the first round is always told"


@pytest.mark.parametrize("seed", range(5))
def test_endogenous_risk_is_the_leading_pair_of_the_overlap_matrix(seed: int) -> None:
    network = drawn(seed)
    known = network.depth > 0
    overlap = (network.holdings[:, known] / network.depth[known]) @ network.holdings[:, known].T
    values, vectors = np.linalg.eigh(overlap)
    found = endogenous_risk(network.holdings, network.depth)
    assert found.eigenvalue_usd == pytest.approx(values[-1], rel=1e-12)
    assert found.part.tolist() == pytest.approx(np.abs(vectors[:, -1]).tolist(), abs=1e-10)


@pytest.mark.parametrize("at_once", [1, 5, 256])
@pytest.mark.parametrize(("funds", "k"), [(12, 3), (12, 11), (12, 40), (60, 10)])
def test_neighbours_are_those_of_all_pairs(funds: int, k: int, at_once: int) -> None:
    network = drawn(funds + k, funds)
    found = fund_overlap(network.holdings, network.depth, k, funds_at_once=at_once, workers=2)
    weights = network.holdings / network.holdings.sum(axis=1, keepdims=True)
    inverse = np.where(network.depth > 0, 1 / np.where(network.depth > 0, network.depth, 1), 0)
    for a in range(funds):
        pairs = []
        for b in range(funds):
            cosine = weights[a] @ weights[b] / np.sqrt((weights[a] @ weights[a]) * (weights[b] @ weights[b]))
            if a != b and cosine > 0:
                pairs.append((cosine, b))
        pairs = sorted(pairs, reverse=True)[:k]
        assert [place for place in found.neighbour[a] if place >= 0] == [b for _, b in pairs]
        for rank, (cosine, b) in enumerate(pairs):
            assert found.cosine[a, rank] == pytest.approx(cosine, rel=1e-12)
            assert found.minimum_weight[a, rank] == pytest.approx(np.minimum(weights[a], weights[b]).sum(), rel=1e-12)
            assert found.liquidity_weighted_usd[a, rank] == pytest.approx((network.holdings[a] * network.holdings[b] * inverse).sum(), rel=1e-12)


def test_of_equal_neighbours_the_first_comes_first() -> None:
    found = fund_overlap(np.tile([[3.0, 1.0]], (6, 1)), [1.0, 1.0], 2)
    assert found.neighbour.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1], [0, 1]]
    assert found.cosine.max() <= 1


def test_funds_that_are_multiples_of_one_another_are_as_near() -> None:
    found = fund_overlap(np.outer([1, 3, 7, 0.1], np.arange(1, 8) * 0.1), 1.0, 2)
    assert found.neighbour.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]


def test_what_was_given_is_left_as_it_was() -> None:
    unordered = sparse.csr_array((np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1]), np.array([0, 2, 4])), shape=(2, 2))
    before = [unordered.data.copy(), unordered.indices.copy(), unordered.indptr.copy()]
    found = fire_sale(unordered, [-0.1, 0.0], depth_usd=1e3, leverage=1.0)
    endogenous_risk(unordered, 1e3)
    fund_overlap(unordered, 1e3)
    assert found.direct_loss_usd.tolist() == pytest.approx([0.2, 0])
    for kept, left in zip(before, (unordered.data, unordered.indices, unordered.indptr), strict=True):
        assert kept.tolist() == left.tolist()


def test_without_net_assets_a_fund_owns_its_holdings_less_its_debt() -> None:
    holdings, shock = [[60.0, 40.0], [0.0, 50.0]], [-0.1, 0.0]
    alone = fire_sale(holdings, shock, depth_usd=1e3, flow_sensitivity=0.3)
    assert alone.total_assets_usd == 150
    assert alone.aggregate_vulnerability == fire_sale(holdings, shock, tna_usd=[100, 50], depth_usd=1e3, flow_sensitivity=0.3).aggregate_vulnerability
    in_debt = fire_sale(holdings, shock, depth_usd=1e3, leverage=[3.0, 0.0])
    assert in_debt.total_assets_usd == 75
    assert in_debt.direct_vulnerability.tolist() == pytest.approx([6 / 25, 0])


def test_a_cascade_that_explodes_ends_with_its_last_number() -> None:
    holdings, assets = [[100.0, 50.0], [0.0, 80.0]], [1.0, 1.0]
    found = fire_sale(holdings, [-0.5, 0.0], tna_usd=assets, depth_usd=[1e-3, 0], leverage=[10.0, 0.0], rounds=200, cap=False)
    assert 10 < len(found.round_losses_usd) < 200
    assert np.isfinite(found.round_losses_usd).all()
    assert np.isfinite(found.cascade_loss_usd).all()
    with pytest.raises(ValueError, match="quotients beyond numbers"):
        endogenous_risk(holdings, 1e-320)


# ---------------------------------------------------------------- where there is nothing


def test_a_fund_without_holdings_sells_nothing_and_loses_nothing() -> None:
    network = drawn(2)
    network.holdings[3] = 0
    found = sold(network, rounds=5)
    for numbers in (found.direct_loss_usd, found.fund_sale_usd, found.systemicness, found.indirect_vulnerability, found.cascade_loss_usd):
        assert numbers[3] == 0
    assert np.isfinite(found.systemicness).all()
    assert endogenous_risk(network.holdings, network.depth).part[3] == 0
    overlap = fund_overlap(network.holdings, network.depth, 11)
    assert (overlap.neighbour[3] == -1).all()
    assert not (overlap.neighbour == 3).any()


def test_a_security_held_by_nobody_moves_nobody() -> None:
    network = drawn(2)
    without = sold(network, rounds=5)
    wider = Network(np.c_[network.holdings, np.zeros(12)], network.tna, np.r_[network.depth, 1.0], np.r_[network.shock, -1.0], network.sensitivity)
    found = sold(wider, rounds=5)
    assert found.security_sale_usd[-1] == 0
    assert found.price_impact[-1] == 0
    assert found.round_losses_usd.tolist() == without.round_losses_usd.tolist()
    assert endogenous_risk(wider.holdings, wider.depth).eigenvalue_usd == endogenous_risk(network.holdings, network.depth).eigenvalue_usd


@pytest.mark.parametrize("unknown", [0.0, np.nan])
def test_a_depth_of_zero_is_not_known_and_its_security_costs_nobody_anything(unknown: float) -> None:
    network = drawn(2)._replace(depth=np.full(30, unknown))
    found = sold(network, rounds=5)
    assert found.security_sale_usd.sum() > 0
    assert np.isnan(found.price_impact).all()
    assert found.aggregate_vulnerability == 0
    assert found.round_losses_usd.tolist() == [0]
    risk = endogenous_risk(network.holdings, network.depth)
    assert risk.eigenvalue_usd == 0
    assert np.isnan(risk.part).all()
    assert np.nanmax(fund_overlap(network.holdings, network.depth).liquidity_weighted_usd) == 0


def test_a_fund_without_assets_has_no_shares_of_them() -> None:
    network = drawn(2)
    network.holdings[3] = 0
    network.tna[3] = 0
    found = sold(network)
    assert np.isnan(found.direct_vulnerability[3])
    assert np.isnan(found.indirect_vulnerability[3])
    assert found.systemicness[3] == 0
    assert np.isfinite(found.aggregate_vulnerability)
    nobody = fire_sale(np.zeros((2, 3)), np.zeros(3), tna_usd=np.zeros(2), depth_usd=1.0, flow_sensitivity=0.3)
    assert np.isnan(nobody.aggregate_vulnerability)
    assert np.isnan(nobody.systemicness).all()


def test_a_gain_forces_nobody_to_sell() -> None:
    found = fire_sale([[50.0, 50.0], [100.0, 0.0]], [0.1, -0.2], tna_usd=[100, 100], depth_usd=1e4, flow_sensitivity=0.5)
    assert found.direct_loss_usd.tolist() == pytest.approx([5, -10])
    assert found.fund_sale_usd.tolist() == pytest.approx([2.5, 0])


def test_a_network_of_one_fund_or_of_none_has_its_shapes() -> None:
    one = fire_sale([[100.0]], [-0.1], tna_usd=[100], depth_usd=[1e3], flow_sensitivity=0.5)
    assert one.aggregate_vulnerability == pytest.approx(0.005)
    assert endogenous_risk([[100.0]], [1e3]).eigenvalue_usd == pytest.approx(10)
    assert fund_overlap([[100.0]], [1e3]).neighbour.tolist() == [[-1] * 10]
    none = fire_sale(np.zeros((0, 3)), np.zeros(3), tna_usd=np.zeros(0), depth_usd=1.0)
    assert np.isnan(none.aggregate_vulnerability)
    assert endogenous_risk(np.zeros((0, 3)), 1.0).eigenvalue_usd == 0
    assert fund_overlap(np.zeros((0, 3)), 1.0).neighbour.shape == (0, 10)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"holdings": [[-1.0, 2.0]]}, "short positions"),
        ({"holdings": [[np.nan, 2.0]]}, "short positions"),
        ({"shock": [-0.1, -0.1, -0.1]}, "expected 2 returns"),
        ({"shock": [-1.5, 0.0]}, "returns to be finite and at least -1"),
        ({"depth": [-1.0, 1.0]}, "depths"),
        ({"tna": [-5.0]}, "net assets"),
        ({"tna": [np.nan]}, "net assets"),
        ({"sensitivity": [-0.1]}, "flow sensitivities"),
        ({"rounds": 0}, "whole number of rounds from 1 on, found 0"),
        ({"rounds": 2.5}, "found 2.5"),
        ({"holdings": [1.0, 2.0]}, r"\(funds, securities\), found shape \(2,\)"),
        ({"shock": [-0.1]}, r"expected 2 returns or one for all, found an array of shape \(1,\)"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], complaint: str) -> None:
    given = {"holdings": [[1.0, 2.0]], "shock": [-0.1, 0.0], "tna": [4.0], "depth": [9.0, 9.0], "sensitivity": [0.3], "rounds": 1} | change
    with pytest.raises(ValueError, match=complaint):
        fire_sale(
            given["holdings"], given["shock"], tna_usd=given["tna"], depth_usd=given["depth"], flow_sensitivity=given["sensitivity"], rounds=given["rounds"]
        )


def test_a_network_of_fewer_than_one_neighbour_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 neighbour"):
        fund_overlap([[1.0]], [1.0], 0)
