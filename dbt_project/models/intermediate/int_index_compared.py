"""The contagion index beside measures that others publish: trailing rank correlation, and by how many sessions it runs ahead.

Reads the tables and lines sessions up. The mathematics are in `orchestration/metrics/rank_correlation.py`: they may not come in.
"""

from typing import Any

import numpy as np

from orchestration.metrics.rank_correlation import lead, trailing_rank_correlation


def model(dbt: Any, session: Any) -> dict[str, Any]:
    """Columns by name, a row a benchmark and session on which both are known; DuckDB reads NaN as null."""
    parameters: dict[str, float] = dict(dbt.ref("parameters").project("parameter, value").fetchall())
    window, most = int(parameters["comparison_window"]), int(parameters["comparison_most_shift"])
    rows = dbt.ref("int_index_beside_benchmarks").order("benchmark, trade_date").fetchnumpy()
    names = rows["benchmark"].astype(object)
    correlations, shifts, at_shift = (np.full(len(names), np.nan) for _ in range(3))
    for name in set(names):
        its = names == name
        index, other = (np.asarray(rows[column][its], dtype=np.float64) for column in ("index_value", "benchmark_value"))
        ahead = lead(index, other, window, most)
        correlations[its] = trailing_rank_correlation(index, other, window)
        shifts[its] = np.where(np.isfinite(ahead.correlation), ahead.sessions, np.nan)
        at_shift[its] = ahead.correlation
    return {
        "trade_date": rows["trade_date"],
        "benchmark": names,
        "rank_correlation_250": correlations,
        "lead_sessions": shifts,
        "lead_rank_correlation": at_shift,
    }
