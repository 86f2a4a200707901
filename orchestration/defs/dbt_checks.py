"""What dbt's tests expect, in words, and what a failed one found: rows of its own query, read after dbt has closed the build."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.reporting import markdown
from orchestration.warehouse import preview


def expected(node: Mapping[str, Any]) -> str:
    """Half a sentence: what a test of a dbt manifest asks of its table."""
    test = node.get("test_metadata") or {}
    given = test.get("kwargs", {})
    column, name = given.get("column_name"), str(node["name"]).replace("_", " ")
    match test.get("name"):
        case "holds":
            return f"{name}: {' '.join(str(given['expression']).split())}, or unknown"
        case "grain":
            return f"one row per {', '.join(given['columns'])}, none of them null"
        case "accepted_values":
            return f"{column} one of {', '.join(map(str, given['values']))}"
        case "relationships":
            return f"each {column} a {given['field']} of {str(given['to']).split(chr(39))[1]}"
        case "finite":
            return f"numbers or null in {', '.join(given['columns'])}"
        case "unique":
            return f"{column} unique"
        case "not_null":
            return f"{column} never null"
        case "not_negative":
            return f"{column} not negative"
    # A test of its own says in its first comment what it is about.
    first = str(node.get("raw_code", "")).strip().splitlines()[:1]
    return f"{name}: {first[0].removeprefix('--').strip()}" if first and first[0].startswith("--") else name


def _results(target: Path) -> Path:
    return target / "run_results.json"


def forget_results(target: Path) -> None:
    """Remove what an earlier run of dbt left: one that dies writes no results, and would be told with another's."""
    _results(target).unlink(missing_ok=True)


def run_results(target: Path) -> dict[str, dict[str, Any]]:
    """dbt's results of its last run by unique id; nothing where it died before writing them."""
    path = _results(target)
    if not path.exists():
        return {}
    return {str(result["unique_id"]): result for result in json.loads(path.read_text())["results"]}


def _sample(build: Path, sql: str) -> dict[str, dg.MetadataValue]:
    """The first rows that a failed test selects; why there are none, where its query cannot be run again."""
    try:
        seen = preview.of_query(build, sql)
    except duckdb.Error as error:
        return {"failing_rows": dg.MetadataValue.text(f"cannot be shown: {' '.join(str(error).split())[:300]}")}
    return {"failing_rows": dg.MetadataValue.md(markdown.table(seen.columns, seen.cells, more=seen.more_columns))}


def explained(event: dg.AssetCheckResult, manifest: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]], build: Path) -> dg.AssetCheckResult:
    """The result of a dbt test with what it expected and found, and of a failed one some of the rows that fail."""
    node = manifest["nodes"][str(event.metadata["unique_id"].value)]
    result = results.get(node["unique_id"], {})
    said: dict[str, Any] = {"expected": dg.MetadataValue.text(expected(node))}
    if event.passed:
        said["found"] = dg.MetadataValue.text("no row that fails")
    elif result.get("status") == "error" or not result:
        said["found"] = dg.MetadataValue.text(f"that it cannot be evaluated: {' '.join(str(result.get('message') or 'dbt gave no reason').split())[:500]}")
    else:
        count = int(result.get("failures") or 0)
        said["found"] = dg.MetadataValue.text(f"{count:,} row{'s' if count != 1 else ''} that fail{'s' if count == 1 else ''}")
        said |= _sample(build, str(result["compiled_code"]))
    return dg.AssetCheckResult(
        passed=event.passed, asset_key=event.asset_key, check_name=event.check_name, severity=event.severity, metadata={**said, **event.metadata}
    )
