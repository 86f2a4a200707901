"""How dbt is asked: what it has parsed belongs to one checkout, and a checkout may move."""

import json
import shutil
from pathlib import Path

import pytest

from orchestration import settings as environment
from orchestration.defs import transform

PROJECT = """
name: contagion
profile: contagion
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = """
contagion:
  target: build
  outputs: {build: {type: duckdb, path: "{{ env_var('CONTAGION_HOME') }}/build.duckdb"}}
"""


def test_a_checkout_that_was_moved_reads_its_seeds_where_they_are_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONTAGION_PROFILE", "CONTAGION_HOME", "DBT_SEND_ANONYMOUS_USAGE_STATS"):
        monkeypatch.setenv(name, "set by the run")  # so that monkeypatch takes back what is exported
    settings = environment.load({"CONTAGION_HOME": str(tmp_path / "home")})
    before, after = tmp_path / "before", tmp_path / "after"
    for name, text in {"dbt_project.yml": PROJECT, "profiles.yml": PROFILE, "seeds/days.csv": "day\n2026-02-04\n"}.items():
        (before / name).parent.mkdir(parents=True, exist_ok=True)
        (before / name).write_text(text)

    def seed() -> dict[str, str]:
        nodes: dict[str, dict[str, str]] = json.loads(transform.manifest_path(settings).read_text())["nodes"]
        return nodes["seed.contagion.days"]

    monkeypatch.setattr(transform, "DBT_PROJECT", before)
    assert seed()["root_path"] == str(before)
    shutil.move(before, after)
    monkeypatch.setattr(transform, "DBT_PROJECT", after)
    assert seed()["root_path"] == str(after)
