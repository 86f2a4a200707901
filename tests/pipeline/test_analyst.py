"""The published file of the simulated market as an analyst meets it: it describes itself, answers docs/queries.md, and stands there as Parquet too."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from playwright.sync_api import Browser

from orchestration.settings import CHECKOUT, DBT_PROJECT
from orchestration.warehouse.publish import parquet_folder, read_manifest

from .. import readme
from .conftest import Pipeline

NAMES = sorted(path.stem for path in (DBT_PROJECT / "models" / "marts").rglob("*.yml"))


@pytest.fixture
def at_home(sample_home: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The sample's home as the one that commands look into."""
    monkeypatch.setenv("CONTAGION_HOME", str(sample_home.home))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    return sample_home


# ---------------------------------------------------------------- the file describes itself


def test_the_catalog_lists_what_the_file_holds(sample_home: Pipeline) -> None:
    listed = sample_home.query("select table_name, kind from catalog order by 1")
    there = sample_home.query(
        "select table_name, 'table' from duckdb_tables() where schema_name = 'marts' union all "
        "select view_name, 'view' from duckdb_views() where schema_name = 'marts' and not internal order by 1"
    )
    assert listed == there
    assert [name for name, _ in listed] == NAMES


def test_the_catalog_says_what_stands_beside_each_model(sample_home: Pipeline) -> None:
    said = {
        row[0]: row[1:] for row in sample_home.query("select table_name, theme, description, why_it_matters, cadence, figures_age, example_query from catalog")
    }
    for path in (DBT_PROJECT / "models" / "marts").rglob("*.yml"):
        (model,) = yaml.safe_load(path.read_text())["models"]
        meta = model["config"]["meta"]
        texts = (model["description"], meta["why_it_matters"], meta["cadence"], meta["age"], meta["example"])
        assert said[model["name"]] == (path.parent.name, *(text.strip() for text in texts)), path.name


def test_columns_of_the_catalog_are_those_of_the_file_and_numbers_have_units(sample_home: Pipeline) -> None:
    listed = sample_home.query("select table_name, column_position, column_name, upper(data_type) from catalog_column order by 1, 2")
    there = sample_home.query("select table_name, column_index, column_name, data_type from duckdb_columns() where schema_name = 'marts' order by 1, 2")
    assert listed == there
    assert sample_home.query("select count(*) from catalog_column where (unit is null) = (data_type in ('double', 'integer', 'bigint'))") == [(0,)]


def test_what_the_catalog_calls_a_key_is_one(sample_home: Pipeline) -> None:
    for name, columns in sample_home.query("select table_name, grain_columns from catalog where kind = 'table'"):
        ((rows, keys),) = sample_home.query(f"select count(*), count(distinct ({columns})) from {name}")
        assert rows == keys, name


def test_every_table_view_and_column_has_its_comment(sample_home: Pipeline) -> None:
    described = sample_home.query("select table_name, column_name, description from catalog_column order by 1, 2")
    comments = sample_home.query("select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts' order by 1, 2")
    assert comments == described
    tables = "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
    views = "select view_name, comment from duckdb_views() where schema_name = 'marts' and not internal"
    ((wrong,),) = sample_home.query(
        f"select count(*) from ({tables} union all {views}) as there (table_name, comment) inner join catalog using (table_name) "
        "where comment is null or not starts_with(comment, 'SIMULATED') or not contains(comment, description)"
    )
    assert wrong == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_the_catalog_answers_and_its_page_fits_a_terminal(at_home: Pipeline, name: str) -> None:
    ((example,),) = at_home.query(f"select example_query from catalog where table_name = '{name}'")
    assert at_home.query(str(example)), example
    page = readme.run(f"contagion catalog {name}")
    assert "SIMULATED" in page.splitlines()[0]
    assert max(map(len, page.splitlines())) <= 120
    # Rich folds long words at the edge: what is looked for is looked for without the folds.
    shown = "".join(page.split())
    for (column,) in at_home.query(f"select column_name from catalog_column where table_name = '{name}'"):
        assert str(column) in shown, column
    ((*texts,),) = at_home.query(f"select why_it_matters, clock, figures_age, grain_columns, example_query from catalog where table_name = '{name}'")
    assert [text for text in texts if "".join(str(text).split())[:25] not in shown] == []


def test_the_catalog_in_a_terminal_lists_every_table_and_names_what_was_meant(at_home: Pipeline) -> None:
    page = readme.run("contagion catalog")
    assert "SIMULATED" in page.splitlines()[0]
    assert all(f"  {name}  " in page for name in NAMES)
    with pytest.raises(AssertionError, match=r"did you mean .*forced_selling_daily"):
        readme.run("contagion catalog forced_seling")


# ---------------------------------------------------------------- docs/queries.md and the notebook


@pytest.mark.parametrize(
    ("language", "question", "written"), readme.questions(), ids=[f"question {number}" for number in range(1, len(readme.questions()) + 1)]
)
def test_the_questions_have_the_answers_that_the_file_gives(at_home: Pipeline, language: str, question: str, written: str) -> None:
    """`python -m tests.readme queries` writes the answers."""
    assert readme.answer(language, question) == written


def test_there_are_twenty_questions_and_the_page_says_that_the_market_is_simulated() -> None:
    assert len(readme.questions()) >= 20
    assert readme.QUERIES.read_text().splitlines()[2].startswith("SIMULATED")
    assert readme.QUERIES.read_text().count("```sql") + readme.QUERIES.read_text().count("```python") == len(readme.questions())


def test_the_notebook_runs_as_a_script_and_says_simulated(at_home: Pipeline) -> None:
    process = subprocess.run([sys.executable, str(CHECKOUT / "docs" / "notebook.py")], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("as of 2026-02-04 SIMULATED")
    assert process.stderr == ""


# ---------------------------------------------------------------- Parquet


def test_the_parquet_files_hold_the_tables_row_by_row(sample_home: Pipeline) -> None:
    manifest, folder = read_manifest(sample_home.published), parquet_folder(sample_home.published)
    assert folder is not None
    assert folder.samefile(sample_home.published.with_name("parquet"))
    assert {path.stem for path in folder.iterdir()} == set(manifest["tables"]) == set(manifest["parquet"]["files"])
    with duckdb.connect(str(sample_home.published), read_only=True) as connection:
        for table, rows in manifest["tables"].items():
            stored = f"read_parquet('{folder}/{table}.parquet')"
            shapes = [
                connection.execute(f"select column_name, column_type from (describe {each})").fetchall() for each in (f"from marts.{table}", f"from {stored}")
            ]
            assert shapes[0] == shapes[1], table
            # Both in the order they are stored: equal row by row, or not at all.
            ((different, paired),) = connection.execute(
                f"select count(*) filter (where a is distinct from b), count(*) from (select m as a from marts.{table} as m) positional join "
                f"(select p as b from {stored} as p)"
            ).fetchall()
            assert (different, paired) == (0, rows), table


def test_each_parquet_file_says_simulated_and_of_which_day_it_is(sample_home: Pipeline) -> None:
    folder = sample_home.published.with_name("parquet").resolve()
    said = duckdb.sql(f"select file_name, key::varchar, value::varchar from parquet_kv_metadata('{folder}/*.parquet')").fetchall()
    for key, value in (("as_of", "2026-02-04"), ("profile", "sample"), ("market", "SIMULATED market, not real prices or flows.")):
        assert {Path(file).stem for file, found, text in said if (found, text) == (key, value)} == {path.stem for path in folder.iterdir()}


# ---------------------------------------------------------------- dbt's documentation


def test_dbts_documentation_is_a_page_that_opens_without_a_network(sample_home_copy: Pipeline, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAGION_HOME", str(sample_home_copy.home))
    monkeypatch.setenv("CONTAGION_PROFILE", "sample")
    file = sample_home_copy.home / "docs" / "index.html"
    assert readme.run("contagion docs") == f"models     {file}\n"
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{file.as_uri()}#!/model/model.contagion.forced_selling_daily")
    page.get_by_role("heading", name="forced_selling_daily").wait_for()
    page.get_by_text("The ledger: each dollar once.").first.wait_for()
    assert page.get_by_text("Redemptions, margin calls, leveraged funds").first.is_visible()
    assert page.get_by_role("note").inner_text().startswith("SIMULATED")
    assert page.locator("use[href^='#icn']").count()
    assert [url for url in asked if not url.startswith(("data:", file.as_uri()))] == []
    assert said == []
    page.close()
