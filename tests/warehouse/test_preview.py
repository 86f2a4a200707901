"""The last rows of tables: newest first, few enough to look at, counted where that is cheap."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse import build, preview
from orchestration.warehouse.preview import Preview

SESSION = date(2026, 2, 4)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build with nine days in a mart, a view of it, a table without days, one without rows, and a control table."""
    path = tmp_path / "build.duckdb"
    with build.connect(path, read_only=False) as connection:
        connection.execute("create schema control; create schema marts; create schema intermediate")
        connection.execute("create table control.run_context as select 'r' as run_id")
        columns = ", ".join(f"{place} as c{place}" for place in range(1, 9))
        connection.execute(f"create table marts.daily as select n, date '2026-01-27' + n::integer as day, {columns} from range(9) as r(n)")
        connection.execute("insert into marts.daily by name select 99 as n")
        connection.execute("create view marts.seen as select day, n from marts.daily")
        connection.execute("create view intermediate.inner_view as select day, n from marts.daily")
        connection.execute("create table marts.named as select 'a' as name union all select 'b'")
        connection.execute('create table marts.empty ("a ""quoted"" name" date)')
    return path


@pytest.fixture
def seen(built: Path) -> dict[str, Preview]:
    return preview.of_build(built, build.describe(built), SESSION)


def test_the_newest_rows_come_first_and_a_row_without_a_day_last(seen: dict[str, Preview]) -> None:
    daily = seen["daily"]
    assert (daily.rows, daily.day_column, daily.last_day) == (10, "day", SESSION)
    assert [row[0] for row in daily.cells] == [8, 7, 6, 5, 4]


def test_columns_beyond_the_eighth_are_counted_not_shown(seen: dict[str, Preview]) -> None:
    assert (len(seen["daily"].columns), seen["daily"].more_columns) == (preview.MOST_COLUMNS, 2)
    assert (seen["named"].columns, seen["named"].more_columns) == (("name",), 0)


def test_of_a_public_view_only_the_session_is_looked_at_and_nothing_counted(built: Path, seen: dict[str, Preview]) -> None:
    assert (seen["seen"].rows, seen["seen"].last_day, seen["seen"].cells) == (None, SESSION, [(SESSION, 8)])
    before = preview.of_build(built, build.describe(built), date(2026, 3, 2))["seen"]
    assert (before.rows, before.last_day, before.cells) == (None, None, [])
    assert seen["inner_view"].rows == 10


def test_a_table_without_days_or_without_rows_is_shown_as_it_is(seen: dict[str, Preview]) -> None:
    assert (seen["named"].rows, seen["named"].day_column, seen["named"].last_day, len(seen["named"].cells)) == (2, None, None, 2)
    assert (seen["empty"].rows, seen["empty"].day_column, seen["empty"].last_day, seen["empty"].cells) == (0, 'a "quoted" name', None, [])


def test_what_the_run_may_know_is_no_asset(seen: dict[str, Preview]) -> None:
    assert seen.keys() == {"daily", "seen", "inner_view", "named", "empty"}


def test_files_of_a_raw_table_are_looked_at_as_one_also_where_the_newer_has_a_column_more(tmp_path: Path) -> None:
    for number, columns in enumerate(("date '2026-02-01' as known_on, 1 as value", "date '2026-02-02' as known_on, 2 as value, 'b' as name")):
        duckdb.execute(f"copy (select {columns}) to '{tmp_path / str(number)}.parquet'")
    found = preview.of_parquet([str(tmp_path / "0.parquet"), str(tmp_path / "1.parquet")], {"known_on": "DATE", "value": "INTEGER", "name": "VARCHAR"})
    assert (found.rows, found.last_day) == (2, date(2026, 2, 2))
    assert found.cells == [(date(2026, 2, 2), 2, "b"), (date(2026, 2, 1), 1, None)]


def test_a_query_is_looked_at_in_its_own_order_five_rows_deep(built: Path) -> None:
    found = preview.of_query(built, "select * from marts.daily where n < 9 order by n")
    assert ([row[0] for row in found.cells], len(found.columns), found.more_columns) == ([0, 1, 2, 3, 4], 8, 2)
    with pytest.raises(duckdb.Error, match="no_such_table"):
        preview.of_query(built, "select * from no_such_table")
