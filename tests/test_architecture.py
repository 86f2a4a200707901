"""Rules about the whole house that no linter knows: below landing nobody can tell a simulated run from a real one, and nobody reads the truth."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot

from orchestration.settings import CHECKOUT

# Where a file comes from must make no difference here. What is published says so itself, and `expectations/docs.py` prints the notice.
BLIND = ("orchestration/landing", "orchestration/sources", "expectations/suites", "dbt_project/models")
GIVES_AWAY = re.compile(r"is_simulated|profile|(?<![a-z])sample(?![a-z])|SIMULATED", re.IGNORECASE)
# Hands the run's own description on to readers of the published file; nothing may be decided by it.
CARRIES_IT = "stg_control__run_context.sql"


def files(ending: str) -> list[Path]:
    found = [path for folder in BLIND for path in sorted((CHECKOUT / folder).rglob(f"*.{ending}"))]
    assert found, f"no .{ending} files: the folders have moved, and this test looks at nothing"
    return found


def words_of_code(path: Path) -> Iterator[tuple[int, str]]:
    """Every name, attribute, argument and text of a module but its docstrings, with its line; comments are no code."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.lineno, node.arg or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_parser_no_suite_and_nothing_in_landing_can_tell_a_simulated_run_from_a_real_one() -> None:
    told = [f"{path.relative_to(CHECKOUT)}:{line}: {word}" for path in files("py") for line, word in words_of_code(path) if GIVES_AWAY.search(word)]
    assert told == []


def test_no_model_can_tell_a_simulated_run_from_a_real_one() -> None:
    for path in files("sql"):
        if path.name != CARRIES_IT:
            code = re.sub(r"--[^\n]*|\{#[\s\S]*?#\}", "", path.read_text())
            assert not GIVES_AWAY.search(code), path.relative_to(CHECKOUT)


def test_the_model_that_carries_the_profile_decides_nothing_by_it() -> None:
    (path,) = (CHECKOUT / "dbt_project/models").rglob(CARRIES_IT)
    query = sqlglot.parse_one(re.sub(r"\{\{.*?\}\}", "raw", path.read_text()), read="duckdb")
    deciding = (sqlglot.exp.Where, sqlglot.exp.Case, sqlglot.exp.If, sqlglot.exp.Join, sqlglot.exp.Having, sqlglot.exp.Qualify)
    for clause in query.find_all(*deciding):
        assert not [name for column in clause.find_all(sqlglot.exp.Column) if GIVES_AWAY.search(name := column.name)]


@pytest.mark.parametrize("folder", ["orchestration", "expectations", "dbt_project/models", "dbt_project/macros"])
def test_nobody_but_the_generator_knows_where_the_truth_lies(folder: str) -> None:
    for path in sorted((CHECKOUT / folder).rglob("*")):
        if path.suffix in (".py", ".sql") and "sample_market" not in path.parts:
            assert not re.search(r"sample/truth|[\"']truth[\"']|truth_rules|forced_selling\.parquet", path.read_text()), path.relative_to(CHECKOUT)
