"""What an asset shows beside its verdicts: texts of its model, the meaning of its columns along lineage, its last rows."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.defs import shown
from orchestration.landing.vintages import CLOCKS
from orchestration.sources import all_sources
from orchestration.warehouse.preview import Preview

NOTICE = "**SIMULATED market, not real prices or flows.**"


def node(name: str, layer: str, *parents: str, code: str = "", **meanings: str) -> dict[str, Any]:
    """A model of a dbt manifest with these columns; one without a text is described nowhere beside its table."""
    return {
        "name": name,
        "resource_type": "model",
        "fqn": ["contagion", layer, name],
        "schema": layer,
        "original_file_path": f"models/{layer}/{name}.sql",
        "description": "One row per day.",
        "raw_code": code,
        "language": "sql",
        "columns": {column: {"description": text, "data_type": "double"} for column, text in meanings.items()},
        "config": {"meta": {"why_it_matters": "It says who sells."}} if layer == "marts" else {},
        "depends_on": {"nodes": list(parents)},
    }


def test_a_mart_says_what_it_is_why_it_matters_and_how_it_is_made() -> None:
    mart = node("m", "marts", code="select 1", price_usd="What it costs.")
    assert shown.description(mart) == "One row per day.\n\n**Why it matters.** It says who sells.\n\n```sql\nselect 1\n```"
    said = shown.definition(mart, {"price_usd": "What it costs."})
    assert said["why_it_matters"].value == "It says who sells."
    assert said["dagster/table_name"] == "marts.m"
    assert said["file"].value == "dbt_project/models/marts/m.sql"
    assert [(column.name, column.type, column.description) for column in said["dagster/column_schema"].columns] == [("price_usd", "double", "What it costs.")]
    assert shown.layer(mart) == "mart"


def test_a_model_without_reason_or_columns_claims_none() -> None:
    step = node("int_m", "intermediate")
    assert shown.description(step) == "One row per day."
    assert shown.definition(step, {}).keys() == {"dagster/table_name", "file"}
    assert (shown.layer(step), shown.layer({**step, "resource_type": "seed"})) == ("intermediate", "seed")


def test_a_column_without_a_text_has_that_of_the_nearest_table_above_and_else_below() -> None:
    nodes = {
        "top": node("top", "staging", a="far above", b="far above"),
        "above": node("above", "intermediate", "top", a="just above", b=""),
        "here": node("here", "intermediate", "above", a="", b="", c="", d="its own"),
        "below": node("below", "marts", "here", a="below", c="below", d="below"),
    }
    found = shown.meanings({"sources": {}, "nodes": nodes})["here"]
    assert found == {"a": "just above", "b": "far above", "c": "below", "d": "its own"}


def test_a_raw_column_means_what_its_staging_model_says_also_where_that_renames_it() -> None:
    source = {"name": "raw_x", "columns": {}, "depends_on": {"nodes": []}}
    staged = node("stg_x", "staging", "source.raw_x", code="select day as trade_date, close from raw_x", trade_date="The session.", close="The last price.")
    found = shown.meanings({"sources": {"source.raw_x": source}, "nodes": {"model.stg_x": staged}})
    assert found["raw_x"]["day"] == "The session."
    assert found["raw_x"]["close"] == "The last price."


def test_the_schema_of_a_raw_table_has_its_own_columns_and_then_the_clocks() -> None:
    table = all_sources()["finra_margin_debt"].tables[0]
    columns = shown.raw_schema(table, {"known_on": "Public by then."}).columns
    assert [column.name for column in columns] == [*table.columns, *CLOCKS]
    assert {column.name: column.description for column in columns if column.description} == {"known_on": "Public by then."}


def test_rows_show_their_count_and_last_day_and_that_a_market_is_simulated() -> None:
    day = date(2026, 2, 4)
    said = shown.rows(Preview(7, "day", day, ("day", "n"), [(day, 1)], 3), is_simulated=True)
    assert (said["dagster/row_count"], said["last_day"].value) == (7, "2026-02-04 (day)")
    assert said["preview"].value.splitlines() == [NOTICE, "", "| day | n |", "|---|---|", "| 2026-02-04 | 1 |", "", "… and 3 more columns"]
    live = shown.rows(Preview(None, None, None, ("n",), [], 0), is_simulated=False)
    assert live.keys() == {"preview"}
    assert live["preview"].value == "No rows in n."


def test_the_contents_of_a_file_are_a_line_a_table_with_its_last_day() -> None:
    day = date(2026, 2, 4)
    seen = {"b": Preview(7, "day", day, ("day",), [], 0), "a": Preview(None, "day", day, ("day",), [], 0), "c": Preview(0, None, None, ("n",), [], 0)}
    assert shown.contents(seen, is_simulated=True).value == (
        f"{NOTICE}\n\n| table | rows | last day | in column |\n|---|---|---|---|\n"
        "| a | a view | 2026-02-04 | day |\n| b | 7 | 2026-02-04 | day |\n| c | 0 | – | – |"
    )


def test_a_session_without_headlines_says_so(tmp_path: Path) -> None:
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.trading_session as select date '2026-02-04' as trade_date")
        columns = (
            "trade_date date, topic varchar, statement varchar, since_date date, history_from date, severity varchar, position integer, headline_id varchar"
        )
        connection.execute(f"create table marts.headline_daily ({columns})")
    assert str(shown.headlines(path, is_simulated=False).value).startswith("- No headline can be computed for this session")
