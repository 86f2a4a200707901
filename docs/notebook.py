"""A notebook on the published file, opened read only: the index, the ledger, who passes what to whom, and a cell for questions of one's own.

    marimo edit docs/notebook.py        in the browser, on 127.0.0.1
    python docs/notebook.py             every cell once, as a test of it

Which file: as for `contagion query`, by CONTAGION_HOME and CONTAGION_PROFILE; the sample's where they are not set.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Macro contagion indicators")


@app.cell
def opened():
    import sys

    import altair as alt
    import marimo as mo
    import pandas as pd

    from orchestration import settings as environment
    from orchestration.warehouse import query as published
    from orchestration.warehouse.publish import read_manifest

    settings = environment.load()
    manifest = read_manifest(settings.published_file)
    mo.stop(not manifest, mo.md(f"Nothing is published at `{settings.published_file}` yet: run `contagion run` first."))
    as_of = manifest["as_of"]

    def ask(sql, *parameters):
        answer = published.query(settings.published_file, sql, parameters)
        return pd.DataFrame(answer.rows, columns=answer.names)

    return alt, as_of, ask, manifest, mo, pd, published, sys


@app.cell
def title(as_of, manifest, mo, sys):
    notice = "SIMULATED market: real tickers, invented prices and flows." if manifest["simulated"] else ""
    heading = mo.md(f"# Macro contagion indicators, {as_of}\n\nKnown up to {manifest['knowledge_cut_off']}.")
    sys.stdout.write(f"as of {as_of} {notice}".strip() + "\n")
    mo.vstack([heading, mo.callout(mo.md(f"**{notice}**"), kind="danger")] if notice else [heading])
    return (notice,)


@app.cell
def headlines(as_of, ask, mo):
    said = ask("select severity, statement from headline_daily where trade_date = ? order by position", as_of)
    lines = "\n".join(f"- {'**' + row.severity + '** ' if row.severity != 'info' else ''}{row.statement}" for row in said.itertuples())
    mo.vstack([mo.md(f"## The day in sentences\n\n{lines}")])
    return


@app.cell
def index(alt, as_of, ask, mo, notice, pd):
    state = ask("select index_value, regime, regime_since, highest_since from contagion_index_daily where trade_date = ?", as_of)
    parts = ask(
        "select trade_date, part, contribution from contagion_index_part_daily where trade_date > cast(? as date) - 365 and contribution is not null", as_of
    )
    parts["trade_date"] = pd.to_datetime(parts["trade_date"])
    index_chart = (
        alt.Chart(parts, title=alt.Title("Contagion index by contribution, one year", subtitle=notice), width=640, height=260)
        .mark_area()
        .encode(
            x=alt.X("trade_date:T", title=None),
            y=alt.Y("contribution:Q", title="share of the index's maximum"),
            color=alt.Color("part:N", scale=alt.Scale(scheme="tableau10"), title="part"),
            tooltip=["trade_date:T", "part:N", alt.Tooltip("contribution:Q", format=".3f")],
        )
    )
    words = "".join(
        f"{row.index_value:.3f} of 1, **{row.regime}** since {row.regime_since}, the highest since {row.highest_since}." for row in state.dropna().itertuples()
    )
    mo.vstack([mo.md(f"## The index\n\n{words}"), index_chart])
    return


@app.cell
def ledger(alt, as_of, ask, mo, notice, pd):
    sales = ask(
        "select trade_date, channel, sum(forced_sale_usd) / 1e9 as usd_bn from forced_selling_daily where trade_date > cast(? as date) - 60 group by all", as_of
    )
    sales["trade_date"] = pd.to_datetime(sales["trade_date"])
    ledger_chart = (
        alt.Chart(sales, title=alt.Title("Forced trades by channel, sixty days", subtitle=notice), width=640, height=260)
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(trade_date):T", title=None),
            y=alt.Y("usd_bn:Q", title="USD billion, negative sells"),
            color=alt.Color("channel:N", scale=alt.Scale(scheme="tableau10")),
            tooltip=["trade_date:T", "channel:N", alt.Tooltip("usd_bn:Q", format=".2f")],
        )
    )
    mo.vstack([mo.md("## The ledger\n\nWho is forced to sell. A dollar is in it once; most channels are estimates (`basis`)."), ledger_chart])
    return


@app.cell
def network(alt, as_of, ask, mo, notice):
    pairs = ask("select source, target, share_pct from connectedness_pair_daily where trade_date = ?", as_of)
    pairs_chart = (
        alt.Chart(pairs, title=alt.Title("Volatility passed on between markets, per cent of the target's", subtitle=notice), width=420, height=420)
        .mark_rect()
        .encode(
            x=alt.X("target:N", title="to"),
            y=alt.Y("source:N", title="from"),
            color=alt.Color("share_pct:Q", scale=alt.Scale(scheme="blues"), title="per cent"),
            tooltip=["source:N", "target:N", alt.Tooltip("share_pct:Q", format=".1f")],
        )
    )
    funds = ask(
        """
        select fund_id, segment, round(systemicness_usd / 1e6) as costs_others_usd_mn, round(indirect_loss_usd / 1e6) as pays_for_others_usd_mn
        from fund_fire_sale_daily
        where trade_date = ? and scenario = 'ai_basket' and systemicness_usd is not null
        order by systemicness_usd desc
        limit 15
        """,
        as_of,
    )
    said_of_funds = mo.md("Funds that pass losses on after a hypothetical fall of the AI basket, by one round of sales: a rule, not a forecast.")
    mo.vstack([mo.md("## The network"), pairs_chart, said_of_funds, mo.ui.table(funds, selection=None, page_size=15)])
    return


@app.cell
def question(ask, mo):
    tables = ask("select table_name, grain_columns, cadence, example_query from catalog order by table_name")
    editor = mo.ui.code_editor("select table_name, grain, cadence\nfrom catalog\norder by table_name", language="sql", label="SQL, run as you leave the cell")
    mo.vstack([mo.md("## A question of your own"), mo.ui.table(tables, selection=None, page_size=8), editor])
    return (editor,)


@app.cell
def answer(ask, editor, mo, published):
    try:
        answered = mo.ui.table(ask(editor.value), selection=None)
    except published.QueryError as error:
        answered = mo.callout(mo.md(f"```\n{error}\n```"), kind="warn")
    mo.vstack([answered])
    return


if __name__ == "__main__":
    app.run()
