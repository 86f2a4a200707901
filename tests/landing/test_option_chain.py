"""An option chain with bad contracts, through the real source, its suite and the landing: they wait in quarantine, the rest is used."""

import json
from datetime import date
from pathlib import Path

from orchestration.defs.gates import FirstGate
from orchestration.landing.ingest import Landing
from orchestration.sources.cboe_option_chain import OPTION_CHAIN, SOURCE
from orchestration.sources.contract import Scope

from .conftest import Scripted


def chain(bad: int) -> bytes:
    """200 contracts of SPX, and for each of `bad` a crossed quote, a negative open interest and a strike of 0."""
    fine = {"bid": 1.0, "ask": 1.2, "iv": 0.2, "open_interest": 10.0, "volume": 5.0}
    good = [fine | {"option": f"SPX260320{side}{6_000_000 + 10_000 * step:08d}"} for step in range(100) for side in "CP"]
    wrong = [
        fine | change
        for place in range(bad)
        for change in (
            {"option": f"SPX260417C{6_000_000 + 10_000 * place:08d}", "bid": 2.0},
            {"option": f"SPX260417P{6_000_000 + 10_000 * place:08d}", "open_interest": -1.0},
            {"option": "SPX260417C00000000"},
        )
    ]
    data = {"options": [*good, *wrong], "symbol": "_SPX", "current_price": 6900.5, "last_trade_time": "2026-02-03T16:14:59"}
    return json.dumps({"timestamp": "2026-02-03 21:30:01", "data": data, "symbol": "_SPX"}).encode()


def test_bad_contracts_wait_in_quarantine_and_the_rest_of_the_chain_is_used(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    outcome = landing.ingest(SOURCE, Scripted([(date(2026, 2, 4), chain(bad=1))]), FirstGate(tmp_path), scope)
    assert (outcome.verdict, outcome.accepted, outcome.rows_rejected) == ("ok", 1, 3)
    rows = landing.vintages.read(OPTION_CHAIN)
    assert len(rows) == 200
    assert set(zip(rows["bid"], rows["ask"], strict=True)) == {(1.0, 1.2)}
    (rejected,) = (tmp_path / "quarantine").rglob("rejected.csv")
    assert all(reason in rejected.read_text() for reason in ("a crossed quote", "a negative count", "a strike of 0"))


def test_a_chain_of_which_much_is_bad_is_refused_whole(landing: Landing, scope: Scope, tmp_path: Path) -> None:
    outcome = landing.ingest(SOURCE, Scripted([(date(2026, 2, 4), chain(bad=10))]), FirstGate(tmp_path), scope)
    assert outcome.verdict == "quarantined"
    assert landing.vintages.read(OPTION_CHAIN).empty
