"""Runs a Python model of dbt without dbt: tables of a DuckDB connection in, the rows it returns written as dbt would write them.

For measurements and for tests of a model alone. What may not come in: dbt, the pipeline, any number.
"""

import importlib.util
from types import ModuleType
from typing import Any

import duckdb

from orchestration.settings import DBT_PROJECT


class Dbt:
    """What a model is handed: `ref` to the tables of a connection, `this` and whether it is there."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, this: str) -> None:
        self.connection, self.this = connection, this
        self.is_incremental = bool(
            connection.execute("select 1 from duckdb_tables() where database_name = current_database() and table_name = ?", [this]).fetchall()
        )

    def ref(self, name: str) -> Any:
        """A table or view as a relation."""
        return self.connection.table(name)


def shipped(name: str) -> ModuleType:
    """A Python model of the project as a module. LookupError where there is none."""
    path = DBT_PROJECT / "models" / "intermediate" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.exists():
        raise LookupError(f"expected a Python model {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(connection: duckdb.DuckDBPyConnection, model: ModuleType, *, key: str, wanted: str) -> int:
    """One incremental run (delete+insert by `key`, then what is not in the table `wanted` removed); how many rows were computed."""
    name = model.__name__
    computed = model.model(Dbt(connection, name), connection)
    connection.register("computed", computed)
    connection.execute(f'create table if not exists "{name}" as select * from computed limit 0')  # noqa: S608 - names of ours
    connection.execute(f'delete from "{name}" where {key} in (select {key} from computed)')  # noqa: S608
    connection.execute(f'insert into "{name}" select * from computed')  # noqa: S608
    connection.execute(f'delete from "{name}" where {key} not in (select {key} from "{wanted}")')  # noqa: S608
    connection.unregister("computed")
    return int(computed.num_rows)
