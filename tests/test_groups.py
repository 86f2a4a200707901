"""The rule that puts a model into a group of the asset graph, on lineages small enough to see."""

import pytest

from orchestration.defs import groups


def node(name: str, layer: str, *parents: str, theme: str = "") -> tuple[str, dict[str, object]]:
    fqn = ["contagion", layer, *([theme] if theme else []), name]
    return name, {"resource_type": "model", "name": name, "fqn": fqn, "depends_on": {"nodes": list(parents)}}


def test_an_intermediate_model_stands_with_what_it_feeds_and_in_staging_where_several_read_it() -> None:
    nodes = dict(
        [
            node("stg", "staging"),
            node("int_one", "intermediate", "stg"),
            node("int_shared", "intermediate", "stg"),
            node("flow", "marts", "int_one", "int_shared", theme="flows"),
            node("debt", "marts", "int_shared", theme="leverage"),
        ]
    )
    assert groups.by_node({"nodes": nodes}) == {"stg": "staging", "int_one": "flows", "int_shared": "staging", "flow": "flows", "debt": "leverage"}


def test_what_is_made_of_a_theme_never_stands_left_of_it() -> None:
    nodes = dict(
        [
            node("stg", "staging"),
            node("debt", "marts", "stg", theme="leverage"),
            node("int_made_of_debt", "intermediate", "debt"),
            node("sale", "marts", "int_made_of_debt", theme="selling"),
            node("index", "marts", "int_made_of_debt", theme="contagion"),
        ]
    )
    assert groups.by_node({"nodes": nodes})["int_made_of_debt"] == "mechanics"


def test_a_folder_of_marts_without_a_group_is_refused_by_name() -> None:
    with pytest.raises(groups.NoGroupError, match=r"found 'weather'.*groups\.py"):
        groups.by_node({"nodes": dict([node("rain", "marts", theme="weather")])})
