"""Answers in each format: null, empty texts, dates, decimals and nested values stay what they are; binary never reaches a terminal; errors are one line."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.warehouse import build
from orchestration.warehouse.query import QueryError, numbered, query, write_parquet

ODD = """
select 1 as n, null::double as missing, '' as empty, 'a,"b"' || chr(10) || 'c' as text, true as flag, 1.10::decimal(9, 2) as price, 'nan'::double as unreal,
    12345678901234567.89::decimal(20, 2) as wide, date '2026-02-04' as day, timestamp '2026-02-04 06:00:00' as at, time '06:00' as hour,
    interval 3 day as pause, 'ab'::blob as bytes, [1.5, null] as list,
    {'day': date '2026-02-04', 'x': null::double} as struct, map {7: date '2026-02-04'} as map
"""
STORABLE = ODD.replace("interval 3 day as pause, ", "")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose published file has one table, of a simulated market."""
    with build.connect(tmp_path / "published" / "contagion.duckdb", read_only=False) as connection:
        connection.execute("create schema marts; create table marts.numbers as select range::integer as n, 'x' || range as name from range(250000)")
    manifest = {"as_of": "2026-02-04", "run_id": "r", "profile": "sample", "knowledge_cut_off": "2026-02-05 06:00 America/New_York", "simulated": True}
    (tmp_path / "published" / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("CONTAGION_HOME", str(tmp_path))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    return tmp_path


def asked(*arguments: str) -> tuple[int, bytes, str]:
    result = CliRunner().invoke(main, ["query", *arguments])
    return result.exit_code, result.stdout_bytes, result.stderr


def test_csv_tells_null_from_an_empty_text_and_quotes_what_must_be(home: Path) -> None:
    status, output, notice = asked(ODD, "--format", "csv")
    assert status == 0
    assert "SIMULATED" in notice
    assert b"SIMULATED" not in output
    heading, row = csv.reader(io.StringIO(output.decode()))
    assert dict(zip(heading, row, strict=True)) == {
        "n": "1",
        "missing": "",
        "empty": "",
        "text": 'a,"b"\nc',
        "flag": "true",
        "price": "1.10",
        "unreal": "nan",
        "wide": "12345678901234567.89",
        "day": "2026-02-04",
        "at": "2026-02-04 06:00:00",
        "hour": "06:00:00",
        "pause": "3 days, 0:00:00",
        "bytes": "6162",
        "list": "[1.5, null]",
        "struct": '{"day": "2026-02-04", "x": null}',
        "map": '{"7": "2026-02-04"}',
    }
    assert b'\n1,,"","a,""b""\nc",true,1.10,' in output


def test_a_row_of_one_null_is_not_a_blank_line(home: Path) -> None:
    assert asked("select null as a union all select 'x'", "--format", "csv")[1] == b'a\n""\nx\n'


def test_json_has_numbers_where_they_are_exact_and_iso_dates(home: Path) -> None:
    status, output, _ = asked(ODD, "--format", "json")
    assert status == 0
    assert json.loads(output) == [
        {
            "n": 1,
            "missing": None,
            "empty": "",
            "text": 'a,"b"\nc',
            "flag": True,
            "price": 1.1,
            "unreal": None,
            "wide": "12345678901234567.89",
            "day": "2026-02-04",
            "at": "2026-02-04T06:00:00",
            "hour": "06:00:00",
            "pause": "3 days, 0:00:00",
            "bytes": "6162",
            "list": [1.5, None],
            "struct": {"day": "2026-02-04", "x": None},
            "map": {"7": "2026-02-04"},
        }
    ]
    assert json.loads(asked("select 1 as a, 2 as a", "--format", "json")[1]) == [{"a": 1, "a_2": 2}]
    assert json.loads(asked("from numbers where n < 0", "--format", "json")[1]) == []


def test_parquet_through_a_pipe_keeps_types_and_says_what_it_is(home: Path) -> None:
    status, output, _ = asked(STORABLE + ", 2 as n", "--format", "parquet")
    assert status == 0
    table = pq.read_table(io.BytesIO(output))
    (row,) = table.to_pylist()
    assert (row["n"], row["n_2"], row["missing"], row["empty"], row["flag"]) == (1, 2, None, "", True)
    assert (row["price"], row["wide"]) == (Decimal("1.10"), Decimal("12345678901234567.89"))
    assert (row["day"], row["at"].isoformat()) == (date(2026, 2, 4), "2026-02-04T06:00:00")
    assert (row["list"], row["struct"], row["map"]) == ([1.5, None], {"day": date(2026, 2, 4), "x": None}, [(7, date(2026, 2, 4))])
    assert "SIMULATED" in table.schema.metadata[b"market"].decode()
    assert table.schema.metadata[b"as_of"] == b"2026-02-04"


def test_a_long_answer_is_written_in_pieces_and_an_empty_one_has_columns(home: Path) -> None:
    target = home / "long.parquet"
    assert asked("from numbers order by n", "--output", str(target))[0] == 0
    assert pq.read_table(target)["n"].to_pylist() == list(range(250000))
    assert pq.ParquetFile(target).num_row_groups > 1
    assert asked("from numbers where n < 0", "--output", str(target))[0] == 0
    assert (pq.read_table(target).num_rows, pq.read_table(target).column_names) == (0, ["n", "name"])


@pytest.mark.parametrize(("name", "start"), [("a.csv", b"n,name\n"), ("a.json", b"[\n {"), ("a.parquet", b"PAR1")])
def test_the_ending_of_the_output_names_the_format(home: Path, name: str, start: bytes) -> None:
    status, output, _ = asked("from numbers limit 2", "--output", str(home / name))
    assert (status, output) == (0, b"")
    assert (home / name).read_bytes().startswith(start)


def test_a_failed_answer_leaves_the_file_that_was_there(home: Path) -> None:
    target = home / "a.csv"
    target.write_text("old")
    status, _, complaint = asked("from nothing", "--output", str(target))
    assert status == 1
    assert "nothing does not exist" in complaint
    assert target.read_text() == "old"
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []


def test_what_cannot_be_written_is_one_clear_line(home: Path) -> None:
    status, _, complaint = asked("from numbers", "--output", str(home / "a.txt"))
    assert (status, complaint.strip()) == (2, "--output: expected a file that ends in .csv, .json or .parquet, or --format with one of them, found a.txt")
    status, _, complaint = asked("select interval 3 day", "--output", str(home / "a.parquet"))
    assert status == 1
    assert complaint.startswith("expected types that Parquet has")
    (home / "file").write_text("")
    status, _, complaint = asked("from numbers", "--output", str(home / "file" / "a.csv"))
    assert status == 1
    assert complaint.count("\n") == 1
    assert "cannot be written" in complaint


def test_parquet_is_not_written_to_a_terminal(home: Path) -> None:
    main_end, terminal = pty.openpty()
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "query", "from numbers", "--format", "parquet"]
    process = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, env=os.environ, check=False, timeout=120)
    os.close(terminal)
    os.set_blocking(main_end, False)
    with pytest.raises((BlockingIOError, OSError)):
        os.read(main_end, 10)  # nothing was written
    os.close(main_end)
    assert process.returncode == 2
    assert process.stderr.decode().strip() == "--format parquet: expected --output FILE or a pipe, found a terminal, which cannot show it"


def test_a_pipe_that_is_closed_early_is_no_error(home: Path) -> None:
    command = f"{sys.executable} -c 'from orchestration.cli import main; main()' query 'from numbers' --format csv | head -n 2"
    process = subprocess.run(command, shell=True, capture_output=True, text=True, env=os.environ, check=False, timeout=120)  # noqa: S602
    assert process.stdout == "n,name\n0,x0\n"
    assert "Traceback" not in process.stderr


def test_a_table_shows_nested_values_and_dashes_for_null(home: Path) -> None:
    status, output, notice = asked("select null as a, [1, 2] as b, -0.0001::double * 0 as c")
    assert status == 0
    assert output.decode().split() == ["a", "b", "c", "–", "[1,", "2]", "0"]
    assert "SIMULATED" in notice


def test_a_statement_without_an_answer_and_a_missing_file_say_so(home: Path) -> None:
    with pytest.raises(QueryError, match="expected a statement"):
        query(home / "published" / "contagion.duckdb", "")
    with pytest.raises(QueryError, match="expected a statement"):
        write_parquet(home / "published" / "contagion.duckdb", "", io.BytesIO(), {})
    with pytest.raises(QueryError, match="run `contagion run` first"):
        query(home / "none.duckdb", "select 1")


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("drop table numbers", "found DROP: the published file is read only"),
        ("copy (select 1) to '{home}/published/manifest.json'", "found COPY"),
        ("explain analyze copy (select 1) to '{home}/published/manifest.json'", "found COPY"),
        ("copy (pivot numbers on n) to '{home}/published/manifest.json'", "found"),
        ("attach '{home}/new.db' as other", "found ATTACH"),
        ("export database '{home}/all'", "found EXPORT"),
        ("install httpfs", "found LOAD"),
        ("set memory_limit = '1TB'", "found SET"),
        ("select 1; select 2", "expected a statement, found 2"),
        ("from read_csv('/etc/passwd')", "disabled by configuration"),
        ("from glob('/etc/*')", "disabled by configuration"),
    ],
)
def test_a_question_changes_nothing_and_reads_nothing_outside_its_home(home: Path, sql: str, complaint: str) -> None:
    before = sorted(path.stat().st_mtime_ns for path in home.rglob("*"))
    for ask in (query, lambda published, text: write_parquet(published, text, io.BytesIO(), {})):
        with pytest.raises(QueryError, match=complaint):
            ask(home / "published" / "contagion.duckdb", sql.format(home=home))
    assert sorted(path.stat().st_mtime_ns for path in home.rglob("*")) == before


def test_raw_files_of_the_home_can_be_asked_and_so_can_what_a_table_is(home: Path) -> None:
    raw = home / "raw" / "raw_x"
    raw.mkdir(parents=True)
    with build.connect(home / "other.duckdb", read_only=False) as connection:
        connection.execute(f"copy (select 7 as n) to '{raw}/a.parquet'")
    published = home / "published" / "contagion.duckdb"
    assert query(published, f"from read_parquet('{raw}/*.parquet')").rows == [(7,)]
    for sql in ("describe numbers", "show tables", "explain select 1", "pragma database_list", "pivot (from numbers limit 3) on n", "values (1)"):
        assert query(published, sql).rows, sql


def test_columns_of_one_name_are_all_kept() -> None:
    assert numbered(["a", "a", "a_2", "a", "b"]) == ["a", "a_3", "a_2", "a_4", "b"]


def test_two_may_write_one_file_and_a_link_or_a_device_is_written_to(home: Path) -> None:
    kept, link = home / "kept.csv", home / "link.csv"
    kept.write_text("old")
    (home / ".kept.csv.unfinished").write_text("somebody's own")
    link.symlink_to(kept)
    assert asked("select 1 as n", "--output", str(link))[0] == 0
    assert (link.is_symlink(), kept.read_text(), (home / ".kept.csv.unfinished").read_text()) == (True, "n\n1\n", "somebody's own")
    os.mkfifo(pipe := home / "pipe.csv")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert asked("select 1 as n", "--output", str(pipe))[0] == 0
    assert os.read(reader, 100) == b"n\n1\n"
    os.close(reader)
    assert pipe.is_fifo()


def test_control_characters_are_seen_and_not_obeyed(home: Path) -> None:
    status, output, _ = asked("""select chr(27) || '[31mred' as "a\x1bb" """, "--format", "table")
    assert status == 0
    assert b"\x1b" not in output
    assert b"\\x1b[31mred" in output


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[1]", b"{}"])
@pytest.mark.parametrize("verb", [["query", "select 1"], ["status"], ["catalog"], ["brief"], ["explain"]])
def test_without_a_manifest_that_can_be_read_no_figure_is_shown(home: Path, content: bytes | None, verb: list[str]) -> None:
    manifest = home / "published" / "manifest.json"
    manifest.unlink() if content is None else manifest.write_bytes(content)
    answer = CliRunner().invoke(main, verb)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert f"{manifest}: expected the manifest of the published file, found " in answer.stderr
    assert answer.stderr.count("\n") == 1
