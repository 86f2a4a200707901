"""A small published file with things to tell, and targets on the loopback to tell them to."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration import settings as environment
from orchestration.settings import Settings

from .. import webhook as webhooks

# The index changes its regime on three, a level breaks twice, a session has no index.
TABLES = """
    create schema marts;
    set search_path = 'marts';
    create table contagion_index_daily as
    select trade_date::date as trade_date, regime, regime_since::date as regime_since from (values
        ('2025-06-02', 'calm', '2025-06-02'), ('2025-06-03', 'panic', '2025-06-03'), ('2026-01-29', 'tension', '2026-01-08'),
        ('2026-01-30', 'stress', '2026-01-30'), ('2026-02-02', null, null), ('2026-02-03', 'contagion', '2026-02-03'),
        ('2026-02-04', 'contagion', '2026-02-03')
    ) as days(trade_date, regime, regime_since);
    create table level_watch_daily as
    select trade_date::date as trade_date, 'w' as watch_id, 'it_sector' as benchmark_id, 'below' as direction, 3450.0 as level,
        close_level::double as close_level, breached_on::date as breached_on
    from (values
        ('2025-06-03', 3400, '2025-06-03'), ('2026-02-02', 3500, null), ('2026-02-03', 3440.5, '2026-02-03'), ('2026-02-04', 3430, '2026-02-03')
    ) as days(trade_date, close_level, breached_on);
    create table headline_daily as
    select '2026-02-03'::date as trade_date, 'contagion_index' as headline_id, 'The index stands at 0.19' as statement;
    create table source_status as
    select source, 'Publisher' as publisher, cadence, table_name, observed::date as last_observed_on, known::date as last_known_on,
        null::date as next_release_on
    from (values
        ('cboe_vix', 'daily', 'raw_a', '2026-02-04', '2026-02-05'), ('ici_fund_flows', 'weekly', 'raw_b', '2026-01-28', '2026-02-05'),
        ('finra_margin_debt', 'monthly', 'raw_c', '2025-12-31', '2026-01-22'), ('sec_nport', 'quarterly', 'raw_d', '2025-09-30', '2026-02-04'),
        ('sec_nport', 'quarterly', 'raw_e', '2025-09-30', '2026-02-04'), ('french_factors', 'monthly', 'raw_f', null, null)
    ) as tables(source, cadence, table_name, observed, known);
"""


def publish(home: Path, as_of: date, *, run_id: str = "run") -> None:
    """The file as it is published for a session: rows of later ones are not there yet."""
    folder = home / "published"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contagion.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(folder / "contagion.duckdb")) as connection:
        connection.execute(TABLES)
        for table in ("contagion_index_daily", "level_watch_daily", "headline_daily"):
            connection.execute(f"delete from {table} where trade_date > ?", [as_of])
    (folder / "manifest.json").write_text(json.dumps({"as_of": as_of.isoformat(), "simulated": True, "run_id": run_id}))


@pytest.fixture
def webhook() -> Iterator[webhooks.Webhook]:
    with webhooks.listening() as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home of the simulated market, published as of the day of the story; no target yet."""
    publish(tmp_path, date(2026, 2, 4))
    return environment.load({"CONTAGION_HOME": str(tmp_path)})


@pytest.fixture
def telling(settings: Settings) -> Callable[..., Settings]:
    """The same, with targets."""
    return lambda *urls: replace(settings, alert_urls=urls)
