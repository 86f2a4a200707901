"""Charts of who must sell: the ledger, sales against what usually trades, dealers, risk-parity funds."""

from typing import TYPE_CHECKING, Literal

from orchestration.reporting.brief.charts.parts import BLUE, CHANNELS, VERMILION, Figure, Panel, Sheets, answer, colour_scale, sized, zero_line
from orchestration.reporting.brief.words import NOTHING, day, dollars, listed, number, signed_dollars

if TYPE_CHECKING:
    import duckdb

LEDGER = """select trade_date, channel, sum(forced_sale_usd) / 1e9 as forced_sale_usd_bn, sum(observed_sale_usd) / 1e9 as observed_sale_usd_bn
from forced_selling_daily
where trade_date in (select trade_date from trading_session where trade_date <= (select max(trade_date) from trading_session) order by trade_date desc limit 20)
group by trade_date, channel order by trade_date, channel"""


def ledger(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Twenty sessions of the forced-selling ledger by channel."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, LEDGER)
    why = "Each dollar is counted once: what matters to a market is the sum of those who cannot choose, not the loudest of them."
    title = "Forced selling by channel over 20 sessions, USD billion"
    if not rows:
        return Figure("ledger", "forced_selling_daily", title, why, LEDGER, "No channel has a row for the last sessions.", [])
    drawn = [
        {
            **row,
            "channel": CHANNELS[row["channel"]][0],
            "place": list(CHANNELS).index(row["channel"]),
            "session": f"{row['trade_date'].day} {row['trade_date']:%b}",
        }
        for row in rows
    ]
    shown = [
        alt.Tooltip("trade_date:T", title="session", format="%a %Y-%m-%d"),
        alt.Tooltip("channel:N"),
        alt.Tooltip("forced_sale_usd_bn:Q", title="USD billion, negative sells", format="+,.2f"),
        alt.Tooltip("observed_sale_usd_bn:Q", title="of it published flows", format="+,.2f"),
    ]
    bars = (
        alt.Chart(sheets.add(drawn))
        .mark_bar()
        .encode(
            x=alt.X("session:N", sort=None, title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True)),
            y=alt.Y("forced_sale_usd_bn:Q", title="USD billion, negative sells"),
            color=colour_scale("channel", CHANNELS, drawn, "sold by"),
            order=alt.Order("place:Q"),
            tooltip=shown,
        )
    )
    last = rows[-1]["trade_date"]
    today = sorted((row for row in rows if row["trade_date"] == last), key=lambda row: row["forced_sale_usd_bn"])
    sold = -1e9 * sum(min(row["forced_sale_usd_bn"], 0.0) for row in today)
    return Figure(
        "ledger",
        "forced_selling_daily",
        f"On {day(last)} channels had to sell {dollars(sold)} on balance",
        why,
        LEDGER,
        f"Stacked bars of what each channel had to trade in 20 sessions. On {last}: "
        + "; ".join(f"{CHANNELS[row['channel']][0]} {signed_dollars(1e9 * row['forced_sale_usd_bn'])}" for row in today)
        + ".",
        rows,
        (Panel("", sized(alt.layer(bars, zero_line()), 280), sheets),),
        ("channel", f"{last}", "of it published flows"),
        tuple(
            (CHANNELS[row["channel"]][0], signed_dollars(1e9 * row["forced_sale_usd_bn"]), signed_dollars(1e9 * row["observed_sale_usd_bn"])) for row in today
        ),
        "Negative sells. Redemptions rest on published flows; the other channels are estimates of positions that nobody publishes.",
    )


AGAINST_VOLUME = """select asset_class, channel, 100 * share_of_adv as share_of_adv_pct, forced_sale_usd / 1e9 as forced_sale_usd_bn,
    adv_usd / 1e9 as adv_usd_bn,
    basis
from forced_selling_daily where trade_date = (select max(trade_date) from trading_session) and share_of_adv is not null order by asset_class, channel"""


def against_volume(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """The last session's ledger by class, as a share of what usually trades."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, AGAINST_VOLUME)
    why = "A billion is nothing in large shares and a week's trading in credit: a sale moves prices by its share of what usually trades."
    title = "Forced selling by asset class, per cent of what usually trades in a day of what we watch"
    if not rows:
        return Figure("against-volume", "forced_selling_daily", title, why, AGAINST_VOLUME, "No channel has a share of volume for the session.", [])
    drawn = [{**row, "channel": CHANNELS[row["channel"]][0], "place": list(CHANNELS).index(row["channel"])} for row in rows]
    classes = list(dict.fromkeys(row["asset_class"] for row in rows))
    nets = {name: sum(row["share_of_adv_pct"] for row in rows if row["asset_class"] == name) for name in classes}
    order = sorted(classes, key=lambda name: nets[name])
    usd = {name: 1e9 * sum(row["forced_sale_usd_bn"] for row in rows if row["asset_class"] == name) for name in classes}
    adv = {row["asset_class"]: 1e9 * row["adv_usd_bn"] for row in rows}
    bars = (
        alt.Chart(sheets.add(drawn))
        .mark_bar()
        .encode(
            y=alt.Y("asset_class:N", sort=order, title=None),
            x=alt.X("share_of_adv_pct:Q", title="per cent of a usual day's trading, negative sells"),
            color=colour_scale("channel", CHANNELS, drawn, "sold by"),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("asset_class:N", title="class"),
                alt.Tooltip("channel:N"),
                alt.Tooltip("share_of_adv_pct:Q", title="% of a usual day", format="+,.2f"),
                alt.Tooltip("forced_sale_usd_bn:Q", title="USD billion", format="+,.2f"),
                alt.Tooltip("adv_usd_bn:Q", title="usually trades, USD billion", format=",.1f"),
                alt.Tooltip("basis:N"),
            ],
        )
    )
    first = order[0]
    return Figure(
        "against-volume",
        "forced_selling_daily",
        f"Against usual volume, {first} is sold hardest: {number(-nets[first], '.1f')} % of a day's trading in what we watch" if nets[first] < 0 else title,
        why,
        AGAINST_VOLUME,
        "Stacked bars of forced trades of the session by asset class, in per cent of what usually trades in a day. "
        + "; ".join(f"{name} {number(nets[name], '+.1f')} % ({signed_dollars(usd[name])} of {dollars(adv[name])})" for name in order)
        + ".",
        rows,
        (Panel("", sized(alt.layer(bars, zero_line("x")), 40 * len(order)), sheets),),
        ("class", "net", "usually trades in a day", "net, % of it"),
        tuple((name, signed_dollars(usd[name]), dollars(adv[name]), f"{number(nets[name], '+.1f')} %") for name in order),
        "Volume of bonds, credit, gold and commodities is that of their exchange-traded funds only: beyond 100 % the rest goes over the counter.",
    )


GAMMA = """with chains as (
    select underlying, max(trade_date) as trade_date from dealer_gamma_daily
    where trade_date <= (select max(trade_date) from trading_session) group by underlying
)
select underlying, trade_date, strike, spot, dealer_gamma_strike.estimated_net_gamma_usd_per_pct / 1e6 as net_gamma_usd_mn_per_pct,
    dealer_gamma_strike.call_gamma_usd_per_pct / 1e6 as call_gamma_usd_mn_per_pct, dealer_gamma_strike.put_gamma_usd_per_pct / 1e6 as put_gamma_usd_mn_per_pct,
    dealer_gamma_daily.estimated_net_gamma_usd_per_pct / 1e6 as chain_net_gamma_usd_mn_per_pct, estimated_flip_level, estimated_flip_distance_pct
from dealer_gamma_strike join chains using (underlying, trade_date) join dealer_gamma_daily using (underlying, trade_date, spot)
order by underlying, strike"""


def gamma(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """Dealers' estimated gamma by strike of each newest chain, with spot and the level at which its sum changes sign."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, GAMMA)
    why = "Dealers who are short of gamma sell into a fall by formula. Below the flip level hedging feeds a move, above it hedging damps it."
    title = "Dealers' estimated gamma by strike, USD million per 1 % move"
    if not rows:
        return Figure("gamma", "dealer_gamma_strike", title, why, GAMMA, "No option chain was known by the session.", [])
    signs = {"long": ("long: damps moves", BLUE), "short": ("short: feeds moves", VERMILION)}
    panels, cells = [], []
    for name in dict.fromkeys(row["underlying"] for row in rows):
        chain = [{**row, "side": signs["long" if row["net_gamma_usd_mn_per_pct"] >= 0 else "short"][0]} for row in rows if row["underlying"] == name]
        head = chain[0]
        flip = head["estimated_flip_level"]
        bars = (
            alt.Chart(sheets.add(chain))
            .mark_bar(size=9)
            .encode(
                x=alt.X("strike:Q", title="strike", scale=alt.Scale(zero=False, nice=False, padding=14), axis=alt.Axis(labelOverlap=True, grid=False)),
                y=alt.Y("net_gamma_usd_mn_per_pct:Q", title="USD million per 1 %"),
                color=colour_scale("side", signs, chain, "dealers are"),
                tooltip=[
                    alt.Tooltip("strike:Q", format=",.1f"),
                    alt.Tooltip("net_gamma_usd_mn_per_pct:Q", title="net, USD million per 1 %", format="+,.1f"),
                    alt.Tooltip("call_gamma_usd_mn_per_pct:Q", title="calls", format=",.1f"),
                    alt.Tooltip("put_gamma_usd_mn_per_pct:Q", title="puts", format=",.1f"),
                ],
            )
        )
        marks = [{"at": head["spot"], "what": "spot"}, *([{"at": flip, "what": "flip level"}] if flip is not None else [])]
        rules = alt.Chart(sheets.add(marks)).mark_rule(color="currentColor", strokeWidth=1.5).encode(
            x="at:Q",
            strokeDash=alt.StrokeDash("what:N", title="line", scale=alt.Scale(domain=["spot", "flip level"], range=[[1, 0], [5, 3]]), legend=None),
            tooltip=[alt.Tooltip("what:N", title="line"), alt.Tooltip("at:Q", title="at", format=",.1f")],
        )  # fmt: skip
        # names stand outside the pair of lines, which may lie close together
        outwards: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 3), ("right", -3))
        names = [
            alt.Chart(sheets.add([mark]))
            .mark_text(baseline="top", align=align, dx=dx, color="currentColor", fontSize=10)
            .encode(x="at:Q", text="what:N", y=alt.value(0))
            for mark, (align, dx) in zip(sorted(marks, key=lambda mark: -mark["at"]), outwards, strict=False)
        ]
        net = head["chain_net_gamma_usd_mn_per_pct"]
        cells.append(
            (
                name,
                str(head["trade_date"]),
                number(head["spot"], ",.1f"),
                signed_dollars(1e6 * net),
                "short" if net < 0 else "long",
                f"{number(flip, ',.1f')} (spot {number(head['estimated_flip_distance_pct'], '+.1f')} %)" if flip is not None else "none within 20 % of spot",
            )
        )
        panels.append(Panel(f"{name}, chain of {head['trade_date']}", sized(alt.layer(bars, zero_line(), rules, *names), 180), sheets))
    short = [name for name, _, _, _, side, _ in cells if side == "short"]
    return Figure(
        "gamma",
        "dealer_gamma_strike",
        f"Dealers are estimated to be short of gamma in {len(short)} of {len(cells)} chains{f': {listed(short)}' if short else ''}",
        why,
        GAMMA,
        "Bars of dealers' estimated gamma by strike. "
        + "; ".join(f"{name}: {net} per 1 %, {side}, spot {spot}, flip level {flip}" for name, _, spot, net, side, flip in cells)
        + ".",
        rows,
        tuple(panels),
        ("underlying", "chain of", "spot", "net gamma per 1 % move", "dealers are", "flip level"),
        tuple(cells),
        "Assumed, and not to be checked against published data: dealers long all calls, short all puts. Unbroken line: spot; broken: flip level.",
    )


PARITY = """select asset_class, proxy_symbol, estimated_trade_usd / 1e9 as trade_usd_bn, estimated_trade_low_usd / 1e9 as low_usd_bn,
    estimated_trade_high_usd / 1e9 as high_usd_bn, estimated_volatility_part_usd / 1e9 as volatility_part_usd_bn,
    estimated_correlation_part_usd / 1e9 as correlation_part_usd_bn, 100 * estimated_share_of_adv as share_of_adv_pct, leverage
from risk_parity_pressure_daily where trade_date = (select max(trade_date) from trading_session) and estimated_trade_usd is not null
order by estimated_trade_usd, asset_class"""


def risk_parity(connection: "duckdb.DuckDBPyConnection") -> Figure:
    """What funds of a risk-parity rule are estimated to trade today, by class."""
    import altair as alt

    sheets = Sheets()
    rows = answer(connection, PARITY)
    why = "A rule that holds risk constant sells all it holds when volatility or correlation rises, so bonds and gold can fall with shares."
    title = "Estimated risk-parity trades by asset class, USD billion"
    if not rows:
        return Figure("risk-parity", "risk_parity_pressure_daily", title, why, PARITY, "No trade can be estimated for the session.", [])
    signs = {"sell": ("sells", VERMILION), "buy": ("buys", BLUE)}
    drawn = [{**row, "side": signs["sell" if row["trade_usd_bn"] < 0 else "buy"][0]} for row in rows]
    y = alt.Y("asset_class:N", sort=None, title=None)
    shown = [
        alt.Tooltip("asset_class:N", title="class"),
        alt.Tooltip("trade_usd_bn:Q", title="trade, USD billion", format="+,.2f"),
        alt.Tooltip("low_usd_bn:Q", title="few assets", format="+,.2f"),
        alt.Tooltip("high_usd_bn:Q", title="many assets", format="+,.2f"),
        alt.Tooltip("volatility_part_usd_bn:Q", title="for volatility", format="+,.2f"),
        alt.Tooltip("correlation_part_usd_bn:Q", title="for correlation", format="+,.2f"),
    ]
    bars = alt.Chart(sheets.add(drawn)).mark_bar().encode(
        y=y, x=alt.X("trade_usd_bn:Q", title="USD billion, negative sells"), color=colour_scale("side", signs, drawn, "the rule"), tooltip=shown
    )  # fmt: skip
    spans = alt.Chart(sheets.add(drawn)).mark_rule(color="currentColor", strokeWidth=2).encode(y=y, x="low_usd_bn:Q", x2="high_usd_bn:Q", tooltip=shown)
    total = 1e9 * sum(row["trade_usd_bn"] for row in rows)
    return Figure(
        "risk-parity",
        "risk_parity_pressure_daily",
        f"Risk parity is estimated to {'sell' if total < 0 else 'buy'} {dollars(abs(total))} today, net over its classes",
        why,
        PARITY,
        "Bars of estimated trades by class, with a span for what is not known of the funds' assets. "
        + "; ".join(f"{row['asset_class']} {signed_dollars(1e9 * row['trade_usd_bn'])}" for row in rows)
        + ".",
        rows,
        (Panel("", sized(alt.layer(bars, spans, zero_line("x")), 40 * len(rows)), sheets),),
        ("class", "trade", "few to many assets", "for volatility", "for correlation", "of the proxy's usual day"),
        tuple(
            (
                f"{row['asset_class']} ({row['proxy_symbol']})",
                signed_dollars(1e9 * row["trade_usd_bn"]),
                f"{signed_dollars(1e9 * row['low_usd_bn'])} to {signed_dollars(1e9 * row['high_usd_bn'])}",
                signed_dollars(None if row["volatility_part_usd_bn"] is None else 1e9 * row["volatility_part_usd_bn"]),
                signed_dollars(None if row["correlation_part_usd_bn"] is None else 1e9 * row["correlation_part_usd_bn"]),
                f"{number(row['share_of_adv_pct'], '+.0f')} %" if row["share_of_adv_pct"] is not None else NOTHING,
            )
            for row in rows
        ),
        "A textbook rule, since nobody publishes positions: direction and timing are better than size.",
    )
