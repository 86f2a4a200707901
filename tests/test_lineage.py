"""Column lineage from compiled SQL: renames, joins, and the Parquet folders that stand for raw tables."""

from orchestration.defs.lineage import as_metadata, of_query

COLUMNS = {"raw_a": {"id": "VARCHAR", "x": "DOUBLE"}, "b": {"id": "VARCHAR", "y": "DOUBLE"}}


def test_a_formula_leads_back_to_the_columns_it_is_made_of() -> None:
    sql = """
        with source as (select * from read_parquet('/somewhere/raw/raw_a/*/*.parquet', hive_partitioning=false)),
        joined as (select source.id as fund_id, source.x * b.y as value from source inner join "contagion"."marts"."b" as b using (id))
        select fund_id, sum(value) over (partition by fund_id) as total from joined
    """
    found = of_query(sql, COLUMNS)
    assert found["fund_id"] == [("raw_a", "id")]
    assert {("raw_a", "x"), ("b", "y")} <= set(found["total"])


def test_what_is_no_asset_is_left_out_of_the_ui() -> None:
    shown = as_metadata({"total": [("raw_a", "x"), ("control", "as_of")], "constant": []}, ["raw_a"])
    assert {column: [dep.column_name for dep in deps] for column, deps in shown.deps_by_column.items()} == {"total": ["x"]}
