"""The brief's answers and tables: statements of the published file in, words out. Charts are those of `charts`, the page is `page.py`'s.

Each table keeps the statement it was read with. What a statement answers with nothing is said, never left out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.reporting.brief.charts.parts import CHANNELS, REGIONS, Row, answer
from orchestration.reporting.brief.words import NOTHING, cell, dollars, number, percent, plain, since

if TYPE_CHECKING:
    import duckdb

REGIMES = ("calm", "tension", "stress", "contagion", "panic")
SHOWN_FIRST = 4  # sellers, records and markets that a first screen has room for
# How good news is; words beside marks, since a colour alone tells nothing to one reader in twelve.
MARKS = {"alert": "▲", "notice": "●", "info": "○"}
VERDICTS = {"supported": "✓", "contradicted": "✗", "not_testable": "?"}


@dataclass(frozen=True)
class Table:
    """Rows as a reader sees them. A cell may be a pair of words and address; `empty` is said where there is no row."""

    name: str
    title: str
    why: str
    sql: str
    head: tuple[str, ...]
    cells: tuple[tuple[Any, ...], ...]
    empty: str
    note: str = ""


# ---------------------------------------------------------------------------------------------------------------- the first screen

HOW_BAD = """select index_value, index_percentile, change_1d, change_5d, regime, regime_since, highest_since, history_from, is_pressure_significant,
    pillars_counted, inputs_known, reason
from contagion_index_daily where trade_date = (select max(trade_date) from trading_session)"""

SINCE_WHEN = """select topic, statement, since_date, history_from, severity from headline_daily
where trade_date = (select max(trade_date) from trading_session) and topic <> 'index' and (since_date is not null or statement like '%on record%')
order by severity = 'alert' desc, since_date nulls first, position"""

WHO_MUST_SELL = """select channel, sum(forced_sale_usd) as forced_sale_usd, sum(observed_sale_usd) as observed_sale_usd,
    arg_min(asset_class, forced_sale_usd) as most_of, bool_and(basis = 'observed') as is_observed
from forced_selling_daily where trade_date = (select max(trade_date) from trading_session)
group by channel order by forced_sale_usd, channel"""

AGAINST_VOLUME = """select asset_class, sum(forced_sale_usd) as forced_sale_usd, sum(share_of_adv) as share_of_adv from forced_selling_daily
where trade_date = (select max(trade_date) from trading_session) group by asset_class having sum(forced_sale_usd) < 0 order by share_of_adv"""

MARKETS = """select source as market, sum(net_pct) as net_pct from connectedness_pair_daily
where trade_date = (select max(trade_date) from trading_session) group by source order by net_pct desc, source"""

FUNDS = """select fund_id, systemicness_usd, indirect_loss_usd from fund_fire_sale_daily
where trade_date = (select max(trade_date) from trading_session) and scenario = 'ai_basket' order by systemicness_usd desc, fund_id"""

TOGETHER = """select
    (select total_pct from connectedness_daily where trade_date = (select max(trade_date) from trading_session) and identification = 'generalized')
        as total_pct,
    (select highest_since from connectedness_daily where trade_date = (select max(trade_date) from trading_session) and identification = 'generalized')
        as highest_since,
    (select absorption_ratio from comovement_daily where trade_date = (select max(trade_date) from trading_session)) as absorption_ratio,
    (select correlation_surprise from comovement_daily where trade_date = (select max(trade_date) from trading_session)) as correlation_surprise,
    (select count(*) filter (is_contagion_adjusted) from cross_asset_contagion_daily
        where trade_date = (select max(trade_date) from trading_session) and source = 'ai_index') as markets_moving,
    (select count(*) from cross_asset_contagion_daily where trade_date = (select max(trade_date) from trading_session) and source = 'ai_index') as markets,
    (select string_agg(target, ', ' order by target) filter (is_contagion_adjusted) from cross_asset_contagion_daily
        where trade_date = (select max(trade_date) from trading_session) and source = 'ai_index') as which"""

CHAIN = """select region, region_return, cumulative_return from session_spillover_daily
where trade_date = (select max(trade_date) from trading_session) order by chain_order"""


@dataclass(frozen=True)
class Seller:
    """A channel that has to sell: its dollars, the class it sells most of, and its length as a bar (0 to 100)."""

    channel: str
    usd: str
    most_of: str
    basis: str
    length: int


@dataclass(frozen=True)
class Answers:
    """What a reader with half a minute wants to know. Empty texts and lists: not known that day, and `reason` says why for the index."""

    index: str = ""
    percentile: str = ""
    changes: str = ""
    regime: str = ""
    regime_since: str = ""
    passed_on: str = ""
    inputs: str = ""
    reason: str = ""
    records: list[tuple[str, str]] = field(default_factory=list)
    sellers: list[Seller] = field(default_factory=list)
    sold: str = ""
    hardest: list[tuple[str, str, str]] = field(default_factory=list)
    givers: list[tuple[str, str]] = field(default_factory=list)
    takers: list[tuple[str, str]] = field(default_factory=list)
    funds: list[tuple[str, str, str]] = field(default_factory=list)
    payers: list[tuple[str, str, str]] = field(default_factory=list)
    together: list[str] = field(default_factory=list)
    statements: tuple[tuple[str, str], ...] = ()


def _first(rows: list[Row]) -> Row:
    return rows[0] if rows else {}


def _index_words(row: Row) -> dict[str, str]:
    """The index of the day in words; only a reason where there is none."""
    if row.get("index_value") is None:
        return {"reason": row.get("reason") or "no indicator was known for this session"}
    rank = "" if row["index_percentile"] is None else f"at or above {percent(row['index_percentile'])} of its sessions since {row['history_from']}"
    return {
        "index": number(row["index_value"], ".3f"),
        "percentile": rank,
        "changes": f"{number(row['change_1d'], '+.3f')} on the day, {number(row['change_5d'], '+.3f')} in five sessions",
        "regime": row["regime"] or "",
        "regime_since": str(row["regime_since"] or ""),
        "passed_on": "shown to be passed on to prices" if row["is_pressure_significant"] else "not shown to be passed on to prices",
        "inputs": f"{row['pillars_counted']} of 6 pillars; {row['inputs_known']}" if row["inputs_known"] else f"{row['pillars_counted']} of 6 pillars",
        "reason": row["reason"] or "",
    }


def _sellers(rows: list[Row]) -> list[Seller]:
    selling = [row for row in rows if row["forced_sale_usd"] < 0]
    most = -selling[0]["forced_sale_usd"] if selling else 1.0
    return [
        Seller(
            CHANNELS[row["channel"]][0],
            dollars(-row["forced_sale_usd"]),
            plain(row["most_of"]),
            "published flows" if row["is_observed"] else "estimate",
            round(-100 * row["forced_sale_usd"] / most),
        )
        for row in selling
    ]


def _together(row: Row, chain: list[Row]) -> list[str]:
    """What moves together, a sentence a measure."""
    said = []
    if chain and chain[-1]["cumulative_return"] is not None:
        moves = ", ".join(f"{REGIONS.get(step['region'], plain(step['region']))} {percent(step['region_return'], '+.1f')}" for step in chain)
        said.append(f"Round the world: {moves}; {percent(chain[-1]['cumulative_return'], '+.1f')} along the chain")
    if row.get("total_pct") is not None:
        record = f", the highest since {row['highest_since']}" if row["highest_since"] else ""
        said.append(f"{row['total_pct']:.0f} % of volatility nobody foresees comes from other markets{record}")
    if row.get("correlation_surprise") is not None:
        more = "more" if row["correlation_surprise"] > 1 else "less"
        said.append(f"Assets moved together {more} than their volatility explains (correlation surprise {number(row['correlation_surprise'], '.1f')})")
    if row.get("markets"):
        which = f" ({', '.join(plain(name) for name in row['which'].split(', '))})" if row["which"] else ""
        said.append(f"{row['markets_moving']} of {row['markets']} markets move with the AI basket more than volatility explains{which}")
    return said


def answers(connection: "duckdb.DuckDBPyConnection") -> Answers:
    """The four answers of the first screen: how bad, since when, who must sell, where it spreads."""
    index = _first(answer(connection, HOW_BAD))
    records = []
    if index.get("index_value") is not None and (record := since("the highest", index["highest_since"], None)):
        records.append(("contagion index", record.removeprefix(", ")))
    # a statement ends with its claim, as the macro since_clause writes it
    records += [(row["topic"], "the " + row["statement"].rsplit(", the ", 1)[-1]) for row in answer(connection, SINCE_WHEN)]
    sellers = answer(connection, WHO_MUST_SELL)
    selling = -sum(min(row["forced_sale_usd"], 0.0) for row in sellers)
    markets, funds = answer(connection, MARKETS), answer(connection, FUNDS)
    costly = [row for row in funds if (row["systemicness_usd"] or 0) > 0]
    paying = sorted((row for row in funds if (row["indirect_loss_usd"] or 0) > 0), key=lambda row: (-row["indirect_loss_usd"], row["fund_id"]))
    named = {"how bad": HOW_BAD, "since when": SINCE_WHEN, "who must sell": WHO_MUST_SELL, "against volume": AGAINST_VOLUME}
    spreading = {"markets that give and take": MARKETS, "funds that cost and pay": FUNDS, "what moves together": TOGETHER, "round the world": CHAIN}
    return Answers(
        **_index_words(index),
        records=records,
        sellers=_sellers(sellers),
        sold=dollars(selling) if sellers else "",
        hardest=[(row["asset_class"], dollars(-row["forced_sale_usd"]), percent(-row["share_of_adv"])) for row in _with_volume(connection)[:SHOWN_FIRST]],
        givers=[(plain(row["market"]), number(row["net_pct"], "+.1f")) for row in markets if row["net_pct"] > 0][:SHOWN_FIRST],
        takers=[(plain(row["market"]), number(row["net_pct"], "+.1f")) for row in reversed(markets) if row["net_pct"] < 0][:SHOWN_FIRST],
        funds=[(row["fund_id"], dollars(row["systemicness_usd"]), dollars(row["indirect_loss_usd"])) for row in costly[:SHOWN_FIRST]],
        payers=[(row["fund_id"], dollars(row["indirect_loss_usd"]), dollars(row["systemicness_usd"])) for row in paying[:SHOWN_FIRST]],
        together=_together(_first(answer(connection, TOGETHER)), answer(connection, CHAIN)),
        statements=tuple({**named, **spreading}.items()),
    )


def _with_volume(connection: "duckdb.DuckDBPyConnection") -> list[Row]:
    return [row for row in answer(connection, AGAINST_VOLUME) if row["share_of_adv"] is not None]


# ---------------------------------------------------------------------------------------------------------------- tables

HEADLINES = """select topic, statement, since_date, history_from, severity from headline_daily
where trade_date = (select max(trade_date) from trading_session) order by position, headline_id"""


def headlines(connection: "duckdb.DuckDBPyConnection") -> Table:
    """Today's headlines, with the day since which each was not so extreme."""

    def record(row: Row) -> str:
        if row["since_date"]:
            return f"since {row['since_date']}"
        return f"on record (from {row['history_from']})" if "on record" in row["statement"] else NOTHING

    return Table(
        "headlines",
        "Today's headlines",
        "A move is news when it has not happened for long: each sentence says since when, from a history that no later day changes.",
        HEADLINES,
        ("", "topic", "headline", "most extreme"),
        tuple((f"{MARKS[row['severity']]} {row['severity']}", row["topic"], row["statement"], record(row)) for row in answer(connection, HEADLINES)),
        "No headline can be computed for this session: no table it would speak of has a row.",
    )


LEVELS = """select watch_id, benchmark_id, direction, level, close_level, distance_pct, status, breached_on, history_from
from level_watch_daily where trade_date = (select max(trade_date) from trading_session) order by abs(distance_pct), watch_id"""


def levels(connection: "duckdb.DuckDBPyConnection") -> Table:
    """Watched levels and how far the close is from them."""
    words = {"breached": "✗ broken", "near": "● near", "above": "○ above", "below": "○ below"}
    return Table(
        "levels",
        "Watched levels",
        "A level that everybody watches is where stops and margin calls sit: what happens there is partly because it was watched.",
        LEVELS,
        ("index", "watched for a close", "level", "close", "distance", "state", "broken on"),
        tuple(
            (
                plain(row["benchmark_id"]),
                f"{row['direction']} it",
                number(row["level"], ",.1f"),
                number(row["close_level"], ",.1f"),
                f"{number(row['distance_pct'], '+.1f')} %",
                words[row["status"]],
                cell(row["breached_on"]),
            )
            for row in answer(connection, LEVELS)
        ),
        "No level is watched on this session.",
        "A level is broken by a close, not by a price during the day.",
    )


EVENTS = """select event_on, days_ahead, is_session, reaction_session, kind, description, announced_on
from event_calendar where trade_date = (select max(trade_date) from trading_session) order by event_on, event_id"""


def events(connection: "duckdb.DuckDBPyConnection") -> Table:
    """What is announced for the year ahead and when New York first trades on it."""
    return Table(
        "events",
        "Events ahead",
        "Who must sell sells faster before a date that may make it worse; news of a closed day is traded at the next opening, all at once.",
        EVENTS,
        ("day", "in", "event", "first traded on", "announced on"),
        tuple(
            (
                f"{row['event_on']:%a} {row['event_on']}",
                f"{row['days_ahead']} days",
                row["description"],
                f"{row['reaction_session']}{'' if row['is_session'] else ' (New York is closed that day)'}",
                cell(row["announced_on"]),
            )
            for row in answer(connection, EVENTS)
        ),
        "No event is announced for the year ahead.",
    )


CLAIMS = """select sentence, verdict, reason, observed_on, since_date, metric_table, metric_column
from claim_check order by verdict = 'contradicted' desc, verdict = 'not_testable' desc, claim_id"""


def claims(connection: "duckdb.DuckDBPyConnection") -> Table:
    """Sentences people say against what the tables say."""
    return Table(
        "claims",
        "Claims against numbers",
        "A story sells before it is checked. Each sentence is set beside the number it would need; those that fail stand first.",
        CLAIMS,
        ("verdict", "claim", "what was found", "seen on", "from"),
        tuple(
            (
                f"{VERDICTS.get(row['verdict'], '')} {plain(row['verdict'])}".strip(),
                row["sentence"],
                row["reason"],
                cell(row["observed_on"]),
                f"{row['metric_table']}.{row['metric_column']}",
            )
            for row in answer(connection, CLAIMS)
        ),
        "No claim is listed in the seed claims.",
    )


SOURCES = """select publisher, table_name, cadence, verdict, last_observed_on, age_days, next_release_on, known_rows, quarantined_payloads, reason
from source_status order by verdict = 'fresh', age_days desc nulls first, table_name"""


def sources(connection: "duckdb.DuckDBPyConnection") -> Table:
    """How old what is known is, publisher by publisher."""
    return Table(
        "sources",
        "How fresh the data are",
        "No number is fresher than its oldest input: what is late or silent is used with its age, and all that is built on it inherits the age.",
        SOURCES,
        ("state", "publisher", "raw table", "cadence", "last day", "age", "next release", "remark"),
        tuple(
            (
                f"{'✓' if row['verdict'] == 'fresh' else '✗'} {plain(row['verdict'])}",
                row["publisher"],
                row["table_name"],
                row["cadence"],
                cell(row["last_observed_on"]),
                NOTHING if row["age_days"] is None else f"{row['age_days']} days",
                cell(row["next_release_on"]),
                _remark(row),
            )
            for row in answer(connection, SOURCES)
        ),
        "No source has been asked yet.",
    )


def _remark(row: Row) -> str:
    """Why a source is not fresher, without the addresses: a page has no room for them, and `contagion status` has."""
    refused = f"{row['quarantined_payloads']} payloads in quarantine" if row["quarantined_payloads"] else ""
    reason = (row["reason"] or "").split(": http")[0]
    return "; ".join(part for part in (refused, reason) if part) or NOTHING


def gates(home: Path) -> Table:
    """What the gates found, from Data Docs beside the published file; instants are left out, so that the same results make the same page."""
    path = home / "data_docs" / "index.json"
    found: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text()) if path.is_file() else {}

    def verdict(entry: Mapping[str, Any]) -> str:
        return "✗ critical" if entry["critical"] else "● warning" if entry["warnings"] else "✓ passed"

    ordered = sorted(found.items(), key=lambda pair: (not pair[1]["critical"], not pair[1]["warnings"], pair[0]))
    return Table(
        "gates",
        "What the gates found",
        "Nothing enters the raw tables and nothing is published that its suite of expectations refuses; the pages linked here say what was expected and why.",
        "",
        ("verdict", "table", "expectations", "critical", "warnings", "rows", "refused payloads"),
        tuple(
            (
                verdict(entry),
                (table, f"../data_docs/{table}.html"),
                cell(entry["expectations"]),
                cell(entry["critical"]),
                cell(entry["warnings"]),
                cell(entry["rows"]),
                ", ".join(entry["refused"]) or NOTHING,
            )
            for table, entry in ordered
        ),
        "There are no Data Docs beside this data home.",
        "Links lead to Data Docs in the data home of this page, as the last run left them; a mailed copy has none beside it, and all else works.",
    )


def provenance(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the page comes from: what the manifest of the published file says, in the order of a reader's questions."""
    return [
        ("as of", str(manifest["as_of"])),
        ("knowledge up to", str(manifest["knowledge_cut_off"])),
        ("profile", str(manifest["profile"])),
        ("run", str(manifest["run_id"])),
        ("published file, SHA-256", str(manifest["file_sha256"])),
        ("payloads", f"{sum(len(hashes) for hashes in manifest['payloads'].values()):,} from {len(manifest['payloads'])} sources"),
        ("rows", f"{sum(manifest['tables'].values()):,} in {len(manifest['tables'])} tables"),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())),
    ]
