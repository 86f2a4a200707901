"""Charts of where it spreads: the network of funds and that of markets."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from orchestration.reporting.brief.charts.parts import BLUE, TABLE_ROWS, VERMILION, Figure, Panel, Row, Sheets, answer, colour_scale, legend_above, sized
from orchestration.reporting.brief.words import NOTHING, capital, dollars, listed, number, percent, plain

if TYPE_CHECKING:
    import duckdb

FUNDS = """with funds as (
    select fund_id, segment, systemicness_usd / 1e6 as costs_others_usd_mn, indirect_loss_usd / 1e6 as pays_for_others_usd_mn,
        forced_sale_usd / 1e6 as forced_sale_usd_mn, tna_usd / 1e9 as tna_usd_bn
    from fund_fire_sale_daily
    where trade_date = (select max(trade_date) from trading_session) and scenario = 'ai_basket' and systemicness_usd > 0 and indirect_loss_usd > 0
),
likest as (
    select fund_id, neighbour_id, minimum_weight as overlap from fund_overlap
    where trade_date = (select max(trade_date) from fund_overlap where trade_date <= (select max(trade_date) from trading_session)) and neighbour_rank = 1
)
select funds.*, likest.neighbour_id, likest.overlap, other.costs_others_usd_mn as neighbour_costs_usd_mn, other.pays_for_others_usd_mn as neighbour_pays_usd_mn
from funds left join likest using (fund_id) left join funds as other on other.fund_id = likest.neighbour_id
order by costs_others_usd_mn desc, fund_id"""


def fund_network(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Funds by what they cost others and what they pay for others after a fall of the AI basket, each tied to the fund most like it."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, FUNDS)
    why = (
        "A loss passes from fund to fund through what they hold in common: funds to the right hand it on, funds high up receive it, and ties say through whom."
    )
    title = "Who passes losses to whom if the AI basket lost 10 %, USD million"
    if not rows:
        return Figure("fund-network", "fund_fire_sale_daily", title, why, FUNDS, "No fund's holdings and assets were known for the session.", [])
    sides = {"gives": ("costs the others more than they cost it", VERMILION), "pays": ("pays more for the others than it costs them", BLUE)}
    labels = _together(rows)
    drawn = [
        {
            **row,
            "segment": plain(row["segment"]),
            "side": sides["gives" if row["costs_others_usd_mn"] > row["pays_for_others_usd_mn"] else "pays"][0],
            "label": labels.get(row["fund_id"], ""),
        }
        for row in rows
    ]
    x = alt.X(
        "costs_others_usd_mn:Q", title="costs the others, USD million", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g", labelOverlap=True, grid=False)
    )
    y = alt.Y(
        "pays_for_others_usd_mn:Q",
        title="pays for the others, USD million",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~g", labelOverlap=True, grid=False),
    )
    shown = [
        alt.Tooltip("fund_id:N", title="fund"),
        alt.Tooltip("segment:N"),
        alt.Tooltip("costs_others_usd_mn:Q", title="costs the others, USD million", format=",.1f"),
        alt.Tooltip("pays_for_others_usd_mn:Q", title="pays for the others, USD million", format=",.1f"),
        alt.Tooltip("neighbour_id:N", title="most alike"),
        alt.Tooltip("overlap:Q", title="held in common", format=".0%"),
    ]
    tied = [row for row in drawn if row["neighbour_costs_usd_mn"] is not None]
    width = alt.Size("overlap:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 3]), legend=None)
    ties = alt.Chart(sheets.add(tied)).mark_rule(color="currentColor", opacity=0.35).encode(
        x=x, y=y, x2="neighbour_costs_usd_mn:Q", y2="neighbour_pays_usd_mn:Q", size=width
    )  # fmt: skip
    ends = [max(min(row["costs_others_usd_mn"] for row in rows), min(row["pays_for_others_usd_mn"] for row in rows))]
    ends.append(min(max(row["costs_others_usd_mn"] for row in rows), max(row["pays_for_others_usd_mn"] for row in rows)))
    even = alt.Chart(sheets.add([{"at": end} for end in ends])).mark_line(color="currentColor", strokeDash=[2, 4], opacity=0.6).encode(x="at:Q", y="at:Q")
    points = alt.Chart(sheets.add(drawn)).mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        y=y,
        color=colour_scale("side", sides, drawn, "a fund"),
        shape=alt.condition(alt.datum.side == sides["gives"][0], alt.value("circle"), alt.value("square")),
        tooltip=shown,
    )  # fmt: skip
    # on the outer side of the dotted line, where no tie runs
    outer: tuple[tuple[str, Literal["left", "right"], int, int], ...] = ((sides["gives"][0], "left", 6, 9), (sides["pays"][0], "right", -7, -6))
    names = [
        alt.Chart(sheets.add([row for row in drawn if row["side"] == side]))
        .mark_text(dx=dx, dy=dy, align=align, fontSize=10, color="currentColor")
        .encode(x=x, y=y, text="label:N")
        for side, align, dx, dy in outer
    ]
    net = sorted(rows, key=lambda row: row["pays_for_others_usd_mn"] - row["costs_others_usd_mn"])
    giver, taker = net[0], net[-1]
    largest = listed([f"{row['fund_id']} {dollars(1e6 * row['costs_others_usd_mn'])}" for row in rows[:5]])
    return Figure(
        "fund-network",
        "fund_fire_sale_daily",
        f"{giver['fund_id']} passes most on: it costs other funds {dollars(1e6 * giver['costs_others_usd_mn'])}; "
        f"{taker['fund_id']} is the largest payer on balance ({dollars(1e6 * (taker['pays_for_others_usd_mn'] - taker['costs_others_usd_mn']))})",
        why,
        FUNDS,
        f"Funds as points: to the right what a fund's forced sales cost the others, upwards what theirs cost it, if the AI basket fell 10 %; lines "
        f"tie a fund to the one most like it. The five that cost most: {largest}.",
        rows,
        (Panel("", sized(alt.layer(ties, even, points, *names), 380), sheets),),
        ("fund", "costs the others", "pays for the others", "must sell", "most like", "held in common"),
        tuple(
            (
                f"{row['fund_id']} ({plain(row['segment'])})",
                dollars(1e6 * row["costs_others_usd_mn"]),
                dollars(1e6 * row["pays_for_others_usd_mn"]),
                dollars(-1e6 * row["forced_sale_usd_mn"]),
                row["neighbour_id"] or NOTHING,
                percent(row["overlap"], ".0f"),
            )
            for row in rows[:TABLE_ROWS]
        ),
        "A hypothetical fall and a rule for what is sold, not a forecast. On the dotted line a fund costs what it pays; both axes are logarithmic.",
    )


def _together(rows: Sequence[Row], most: int = 10) -> dict[str, str]:
    """Labels of the first funds: those that would lie on one another share the label of the first of them."""
    labels: dict[str, list[str]] = {}
    for row in rows[:most]:
        near = next(
            (
                other["fund_id"]
                for other in rows
                if other["fund_id"] in labels
                and abs(math.log10(other["costs_others_usd_mn"] / row["costs_others_usd_mn"])) < 0.12
                and abs(math.log10(other["pays_for_others_usd_mn"] / row["pays_for_others_usd_mn"])) < 0.12
            ),
            row["fund_id"],
        )
        labels.setdefault(near, []).append(row["fund_id"])
    return {first: ", ".join(names) for first, names in labels.items()}


MARKETS = """select source, target, share_pct, net_pct, sum(net_pct) over (partition by source) as source_net_pct
from connectedness_pair_daily where trade_date = (select max(trade_date) from trading_session) order by source, target"""


def market_network(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Which market's shocks make another's volatility uncertain: a matrix of shares, and each market's net position."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, MARKETS)
    why = "Volatility travels before prices do: a market that gives more than it takes is where the next one's trouble comes from."
    title = "Volatility passed on between markets, per cent of what cannot be foreseen ten sessions ahead"
    if not rows:
        return Figure(
            "market-network", "connectedness_pair_daily", title, why, MARKETS, "Connectedness needs a year of ranges and has none for the session.", []
        )
    drawn = [{**row, "source": plain(row["source"]), "target": plain(row["target"])} for row in rows]
    nets = {plain(row["source"]): row["source_net_pct"] for row in rows}
    order = sorted(nets, key=lambda name: -nets[name])
    cells = alt.Chart(sheets.add(drawn)).mark_rect(color=BLUE, stroke="currentColor", strokeOpacity=0.15).encode(
        x=alt.X("target:N", sort=order, title="to", axis=alt.Axis(labelAngle=-60, labelLimit=135, labelOverlap=False)),
        y=alt.Y("source:N", sort=order, title="from", axis=alt.Axis(labelLimit=135)),
        opacity=alt.Opacity("share_pct:Q", title="per cent", scale=alt.Scale(domainMin=0, range=[0.02, 1]), legend=legend_above(45)),
        tooltip=[
            alt.Tooltip("source:N", title="from"),
            alt.Tooltip("target:N", title="to"),
            alt.Tooltip("share_pct:Q", title="share, %", format=".1f"),
            alt.Tooltip("net_pct:Q", title="net, points", format="+.1f"),
        ],
    )  # fmt: skip
    signs = {"give": ("gives more than it takes", VERMILION), "take": ("takes more than it gives", BLUE)}
    positions = [{"market": name, "net": nets[name], "side": signs["give" if nets[name] >= 0 else "take"][0]} for name in order]
    bars = alt.Chart(sheets.add(positions)).mark_bar().encode(
        y=alt.Y("market:N", sort=order, title=None, axis=alt.Axis(labelLimit=135)),
        x=alt.X("net:Q", title="net, percentage points"),
        color=colour_scale("side", signs, positions, "market"),
        tooltip=[alt.Tooltip("market:N"), alt.Tooltip("net:Q", title="net, points", format="+.1f")],
    )  # fmt: skip
    strongest = sorted(rows, key=lambda row: -row["share_pct"])[:5]
    return Figure(
        "market-network",
        "connectedness_pair_daily",
        f"{capital(order[0])} gives most to the others (net {number(nets[order[0]], '+.1f')} points); "
        f"{order[-1]} takes most ({number(nets[order[-1]], '+.1f')})",
        why,
        MARKETS,
        "A matrix of shares from each market (rows) to each other (columns), and bars of net positions: "
        + "; ".join(f"{name} {number(nets[name], '+.1f')}" for name in order)
        + ".",
        rows,
        (
            Panel("From (rows) to (columns), per cent", sized(cells, 300), sheets),
            Panel("What a market gives less what it takes, percentage points", sized(bars, 260), sheets),
        ),
        ("from", "to", "share", "net"),
        tuple((plain(row["source"]), plain(row["target"]), f"{row['share_pct']:.1f} %", number(row["net_pct"], "+.1f")) for row in strongest),
        "The table has the five strongest ties. Two markets moved by a third thing show here as exchange between them.",
    )
