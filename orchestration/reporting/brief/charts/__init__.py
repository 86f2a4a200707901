"""The charts of the brief, one function a chart: the published file in, a figure with its statement, rows, words and Altair charts out.

Nothing is computed that SQL could not say, and the SQL shown to a reader is the SQL that was run: without parameters, on the published
file, for its last session. Layout, sections and the page are `page.py`'s.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestration.reporting.brief.charts import ai_value, index, leaving, leverage, selling, spreading
from orchestration.reporting.brief.charts.parts import Figure

if TYPE_CHECKING:
    import duckdb

# The chart that stands for a mart where only one can be shown, as in the Dagster UI.
MAIN_CHARTS: dict[str, Callable[["duckdb.DuckDBPyConnection"], Figure]] = {
    "contagion_index_daily": index.contagion_index,
    "contagion_index_part_daily": index.contagion_index,
    "outflow_daily": leaving.outflows,
    "ai_sentiment_daily": leaving.ai_year,
    "session_spillover_daily": leaving.overnight,
    "ai_value_spread_daily": ai_value.spread,
    "forced_selling_daily": selling.ledger,
    "dealer_gamma_daily": selling.gamma,
    "dealer_gamma_strike": selling.gamma,
    "risk_parity_pressure_daily": selling.risk_parity,
    "fund_fire_sale_daily": spreading.fund_network,
    "fund_overlap": spreading.fund_network,
    "connectedness_pair_daily": spreading.market_network,
    "margin_leverage_monthly": leverage.margin_debt,
}
