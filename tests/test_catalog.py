"""What stands in the yml beside each published model is enough to fill the catalog of the published file, and dbt refuses a model that says less."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment
from jinja2.ext import do

from orchestration.settings import DBT_PROJECT

MACROS = DBT_PROJECT / "macros" / "catalog.sql"
NUMBERS = ("double", "integer", "bigint")


def models() -> dict[str, dict[str, Any]]:
    """Published models as their yml says, by name."""
    files = sorted((DBT_PROJECT / "models" / "marts").rglob("*.yml"))
    return {model["name"]: model for path in files for model in yaml.safe_load(path.read_text())["models"]}


class ReturnedError(Exception):
    """What dbt's `return` hands back."""


def macro(name: str, *arguments: Any) -> Any:
    """The value that a macro of the catalog returns."""

    def give(value: Any) -> None:
        raise ReturnedError(value)

    environment = Environment(extensions=[do], autoescape=False)  # noqa: S701 - SQL, not a page
    environment.globals.update({"return": give, "modules": {"re": re}})
    try:
        getattr(environment.from_string(MACROS.read_text()).module, name)(*arguments)
    except ReturnedError as returned:
        return returned.args[0]
    pytest.fail(f"{name} returned nothing")


@pytest.mark.parametrize("name", models())
def test_a_published_model_says_how_fresh_it_is_why_it_matters_and_how_to_begin(name: str) -> None:
    model = models()[name]
    meta = model["config"]["meta"]
    for key in ("why_it_matters", "cadence", "age", "clock", "example"):
        assert meta.get(key), f"{name}: config.meta.{key} is missing; `catalog` in the published file shows it"
    assert macro("clock_in_words", meta["clock"])
    assert re.search(rf"\b{name}\b", meta["example"]), f"{name}: the example asks another table"
    assert model["description"].startswith("One row per "), f"{name}: the grain is the first sentence"
    grains = [test["grain"]["arguments"]["columns"] for test in model.get("data_tests", []) if "grain" in test]
    assert len(grains or [meta.get("grain")]) == 1
    assert (grains or [meta["grain"]])[0], f"{name}: no test says its grain, and config.meta.grain does not either"
    assert not (grains and "grain" in meta), f"{name}: the grain is said twice"


@pytest.mark.parametrize("name", models())
def test_each_number_has_a_unit_and_each_column_a_description(name: str) -> None:
    for column in models()[name]["columns"]:
        assert column.get("description"), f"{name}.{column['name']}"
        if column["data_type"] in NUMBERS:
            described = {"config": {"meta": {}}, **column}
            assert macro("unit_of", described), f"{name}.{column['name']}: say its unit between a comma and the next mark, or in config.meta.unit"


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ({"name": "flow_usd", "description": "Net flow, fraction."}, "USD"),
        ({"name": "flow_usd_mn", "description": "Net flow."}, "USD million"),
        ({"name": "share", "description": "Part of the flow, fraction; null without one."}, "fraction"),
        ({"name": "share", "description": "Part of the fraction that is counted, per cent."}, "per cent"),
        ({"name": "funds", "description": "Funds, count", "data_type": "integer"}, "count"),
        ({"name": "index", "description": "Not counted, a fraction of it.", "config": {"meta": {"unit": "points"}}}, "points"),
        ({"name": "index", "description": "Null where it is not counted."}, None),
        ({"name": "since", "description": "First day, count.", "data_type": "date"}, None),
    ],
)
def test_a_unit_is_the_columns_own_or_its_names_or_what_its_description_says_after_a_comma(column: dict[str, Any], unit: str | None) -> None:
    assert macro("unit_of", {"data_type": "double", "config": {"meta": {}}, **column}) == unit


@pytest.mark.parametrize(
    ("description", "grain"),
    [
        ("One row per fund: the funds we watch. More.", "One row per fund"),
        ("One row per session (trade_date), from 2016 on. All: more.", "One row per session (trade_date), from 2016 on"),
        ("One row per claim", "One row per claim"),
    ],
)
def test_the_grain_is_the_first_sentence_up_to_a_colon(description: str, grain: str) -> None:
    assert macro("first_sentence", description) == grain


def test_dbt_refuses_a_published_model_that_does_not_describe_itself(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (path,) = project.rglob("fund.yml")
    path.write_text(re.sub(r"(?m)^ +cadence: .*\n", "", path.read_text()))
    command = [str(Path(sys.executable).with_name("dbt")), "compile", "--select", "catalog", "--project-dir", str(project), "--profiles-dir", str(project)]
    variables = {**os.environ, "CONTAGION_HOME": str(tmp_path), "DBT_TARGET_PATH": str(tmp_path / "dbt"), "DBT_LOG_PATH": str(tmp_path / "dbt")}
    (tmp_path / "build").mkdir()
    process = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert process.returncode != 0
    assert "expected config.meta.cadence in the yml of fund, found none" in " ".join(process.stdout.split())
