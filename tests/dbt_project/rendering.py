"""Shipped models and macros as SQL, rendered without dbt: a `ref` is the table of that name. For tests that build one model many times."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from jinja2 import Environment

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def _environment() -> Environment:
    environment = Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - SQL, not HTML
    environment.globals["ref"] = lambda name: name
    return environment


def macro(file: str, name: str, *arguments: object) -> str:
    """What a macro of `macros/<file>.sql` makes of its arguments."""
    module: Any = _environment().from_string(_macros()).module
    assert f"macro {name}(" in (PROJECT / "macros" / f"{file}.sql").read_text()
    return str(getattr(module, name)(*arguments))


def _macros() -> str:
    return "\n".join(path.read_text() for path in sorted((PROJECT / "macros").glob("*.sql")))


def model(name: str) -> str:
    """The query of a model."""
    (path,) = PROJECT.glob(f"models/**/{name}.sql")
    return _environment().from_string(_macros() + path.read_text()).render()


def build(connection: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    """A model as a table of the connection, and its rows."""
    connection.execute(f"create or replace table {name} as {model(name)}")
    frame: pd.DataFrame = connection.execute(f"select * from {name}").df()
    return frame


def shipped_parameters() -> pd.DataFrame:
    return pd.read_csv(PROJECT / "seeds" / "parameters.csv")[["parameter", "value"]]
