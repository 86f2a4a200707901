"""An analyst with the file open neither blocks a run nor is blocked by one: a real second process, holding it throughout."""

import subprocess
import sys

from .conftest import Pipeline

HOLDER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
def count():
    return connection.execute("select count(*), max(trade_date) from marts.fund_flow_daily").fetchall()[0]
before = count()
print("open", flush=True)
sys.stdin.readline()
print(count() == before, flush=True)
"""


def test_a_run_succeeds_while_a_reader_holds_the_file_and_the_reader_keeps_what_it_opened(copied: Pipeline) -> None:
    before = copied.digest()
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(copied.published)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        assert copied.run("2025-10-03", first="2025-10-01").exit_status == 0  # a range is one run
        assert copied.digest() != before
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "True\n"
        # Somebody who opens the file now sees the new one, beside the reader of the old.
        assert copied.query("select max(trade_date)::varchar from trading_session") == [("2025-10-03",)]


def test_the_published_file_explains_itself_to_any_client(undisturbed: Pipeline) -> None:
    tables = undisturbed.query("select table_name, comment from duckdb_tables() where schema_name = 'marts'")
    assert tables
    assert not [name for name, comment in tables if not comment]
    assert undisturbed.query("select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null") == []
    ((view,),) = undisturbed.query("select comment from duckdb_views() where view_name = 'holding_known_daily'")
    assert view
