"""Cboe's option chains: the real excerpt's facts, what must be refused or rejected, and the time that 40,000 contracts take."""

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.sources.cboe_option_chain import OPTION_CHAIN, SOURCE
from orchestration.sources.contract import Parsed, ParseError, Payload, Request, Scope

SPX = Request("https://cdn.cboe.com/api/global/delayed_quotes/options/_SPX.json", "SPX")


def contract(option: str, **changes: Any) -> dict[str, Any]:
    return {"option": option, "bid": 1.0, "ask": 1.2, "iv": 0.2, "open_interest": 10.0, "volume": 5.0, "delta": 0.5} | changes


def chain(*contracts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"options": list(contracts), "symbol": "_SPX", "current_price": 6900.5, "last_trade_time": "2026-02-04T16:14:59"} | changes
    return {"timestamp": "2026-02-04 21:30:01", "data": data, "symbol": "_SPX"}


def parsed(content: str | bytes | dict[str, Any]) -> Parsed:
    body = json.dumps(content) if isinstance(content, dict) else content
    return SOURCE.parse(Payload(SPX, body.encode() if isinstance(body, str) else body))[OPTION_CHAIN.name]


def test_the_real_excerpt_is_read_whole(real: Path) -> None:
    table = parsed((real / "cboe" / "EXCERPT_delayed_quotes_AAPL_2026-08-07.json").read_bytes())
    rows = table.rows
    assert table.rejected.empty
    assert list(rows.columns) == list(OPTION_CHAIN.columns)
    assert set(rows["underlying"]) == {"AAPL"}
    assert set(rows["spot"]) == {312.0335}
    assert set(rows["observed_on"]) == set(rows["expiry_on"]) == {pd.Timestamp("2026-08-07")}, "contracts that expired that day are kept"
    assert list(rows["strike"]) == [110, 125]
    assert list(rows["option_type"]) == ["call", "put"]
    assert list(rows["open_interest"]) == [7, 0], "zero is not null"
    assert list(rows["volume"]) == [1, 0]
    assert rows["implied_volatility"].isna().all(), "0.0 is a missing implied volatility"
    assert (rows["bid"] <= rows["ask"]).all()
    assert rows["bid"].notna().all(), "a bid of 0.0 is a fact"


def test_strikes_are_in_thousandths_and_roots_may_hold_digits() -> None:
    rows = parsed(chain(contract("SPXW260218P04012500"), contract("SPX1260320C06900000"))).rows
    assert list(rows["strike"]) == [4012.5, 6900]
    assert list(rows["option_root"]) == ["SPXW", "SPX1"]
    assert list(rows["expiry_on"]) == [pd.Timestamp("2026-02-18"), pd.Timestamp("2026-03-20")]
    assert set(rows["underlying"]) == {"SPX"}


def test_two_roots_of_one_expiry_and_strike_are_two_rows() -> None:
    rows = parsed(chain(contract("SPX260220C06900000"), contract("SPXW260220C06900000"))).rows
    assert len(rows.drop_duplicates(list(OPTION_CHAIN.key))) == 2


@pytest.mark.parametrize(
    ("last_trade", "timestamp", "day"),
    [
        ("2026-02-04T16:14:59", "2026-02-05 11:00:00", "2026-02-04"),  # fetched before the next open
        (None, "2026-02-04 21:30:01", "2026-02-04"),
        (None, "2026-02-05 02:30:00", "2026-02-04"),  # the timestamp is UTC: still the evening before in New York
        (None, "2026-02-05 11:00:00", "2026-02-04"),  # before the open
        (None, "2026-02-08 15:00:00", "2026-02-06"),  # on a Sunday
        (None, "2026-02-09 11:00:00", "2026-02-06"),  # before Monday's open
    ],
)
def test_the_day_is_that_of_the_last_trade_in_new_york(last_trade: str | None, timestamp: str, day: str) -> None:
    answer = chain(contract("SPX260320C06900000"), last_trade_time=last_trade) | {"timestamp": timestamp}
    assert list(parsed(answer).rows["observed_on"]) == [pd.Timestamp(day)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (contract("hello"), "OCC"),
        (contract("SPX261399C06900000"), "OCC"),
        (contract("SPX260320C00000000"), "strike"),
        (contract("SPX260320C06800000", open_interest=-1), "negative"),
        (contract("SPX260320C06800000", iv=-0.1), "negative"),
        (contract("SPX260320C06800000", bid=-1.0), "negative"),
        (contract("SPX260320C06800000", bid=2.0, ask=1.0), "crossed"),
        (contract("SPX260320C06800000", volume="many"), "cannot be read"),
    ],
)
def test_a_bad_contract_is_rejected_alone(bad: dict[str, Any], reason: str) -> None:
    table = parsed(chain(contract("SPX260320C06900000"), bad))
    assert len(table.rows) == 1
    assert list(table.rejected["line"]) == [2]
    assert reason in table.rejected["reason"][0]
    assert bad["option"] in table.rejected["content"][0]


def test_a_bid_without_an_offer_is_no_crossed_quote() -> None:
    rows = parsed(chain(contract("SPX260320C06900000", bid=1.0, ask=0.0), contract("SPX260320P06900000", bid=None))).rows
    assert list(rows["ask"]) == [0, 1.2], "zero is not null"
    assert rows["bid"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html><title>Access denied</title></html>",
        "Too many requests",
        json.dumps({"message": "rate limit exceeded"}),
        json.dumps(chain()),
        json.dumps(chain(contract("SPX260320C06900000"), current_price=None)),
        json.dumps(chain(contract("SPX260320C06900000"))).replace('"iv"', '"vol"'),
        json.dumps(chain(contract("SPX260320C06900000"), last_trade_time=None) | {"timestamp": None}),
    ],
    ids=["empty", "web page", "refusal", "refusal in JSON", "no contracts", "no spot", "renamed field", "no day"],
)
def test_what_is_no_chain_is_refused_in_one_line(content: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parsed(content)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("share_kept", [0.01, 0.4, 0.8, 0.99])
def test_a_chain_cut_off_anywhere_is_refused(real: Path, share_kept: float) -> None:
    content = (real / "cboe" / "EXCERPT_delayed_quotes_AAPL_2026-08-07.json").read_bytes()
    with pytest.raises(ParseError, match="cut off"):
        parsed(content[: int(share_kept * len(content))])


def test_extra_fields_are_kept_out_and_reported() -> None:
    table = parsed(chain(contract("SPX260320C06900000", charm=0.1)))
    assert table.notes == ("ignored fields: charm",)


def test_forty_thousand_contracts_take_less_than_two_seconds() -> None:
    names = [
        f"SPXW26{month:02d}{day:02d}{side}{strike:08d}"
        for month in range(3, 13)
        for day in range(1, 21)
        for side in "CP"
        for strike in range(10**6, 10**6 + 100)
    ]
    content = json.dumps(chain(*(contract(name) for name in names)))
    started = time.process_time()
    assert len(parsed(content).rows) == len(names) == 40_000
    assert time.process_time() - started < 2


def test_four_underlyings_are_asked_for() -> None:
    scope = Scope(date(2026, 2, 4))
    assert [request.subject for request in SOURCE.requests(scope)] == ["SPX", "QQQ", "SMH", "XLK"]
    claimed = SOURCE.claim("manual://cboe/delayed_quotes/AAPL", scope)
    assert claimed is not None
    assert claimed.subject == "AAPL"
