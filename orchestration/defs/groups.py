"""Which group of the asset graph an asset belongs to: eight names, read from left to right. No Dagster here, only dbt's own folders and lineage.

The rule: raw tables are `publishers`; seeds and staging are `staging`; a mart is where its folder says (MARTS). An intermediate model stands with
the marts it feeds where all of them are of one group; what several groups read stands in `staging`, unless it is itself made of a later group's
table: then it stands with the first of those it feeds. So no intermediate model stands right of a table that is made of it.
"""

from collections.abc import Mapping
from typing import Any

GROUPS = ("publishers", "staging", "flows", "leverage", "spread", "mechanics", "contagion", "publication")

# What a folder of marts is in the graph. Reference tables (funds, holdings, sessions) are what the rest is read with: they come before all themes.
MARTS = {
    "reference": "staging",
    "flows": "flows",
    "leverage": "leverage",
    "sentiment": "spread",
    "spillover": "spread",
    "mechanics": "mechanics",
    "selling": "mechanics",
    "contagion": "contagion",
    "watch": "publication",
    "headlines": "publication",
    "status": "publication",
}


class NoGroupError(LookupError):
    """A folder of marts that no group is named for."""


def _of_mart(folder: str, name: str) -> str:
    if folder not in MARTS:
        raise NoGroupError(
            f"{name}: expected a mart in one of the folders {', '.join(MARTS)}, found {folder!r}; name its group in orchestration/defs/groups.py"
        )
    return MARTS[folder]


def _fed(name: str, children: Mapping[str, list[str]], decided: Mapping[str, str]) -> set[str]:
    """Groups of the first decided models behind a model, through those that are not decided yet."""
    found: set[str] = set()
    for child in children.get(name, []):
        found |= {decided[child]} if child in decided else _fed(child, children, decided)
    return found


def by_node(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The group of every seed and model of a dbt manifest, by its unique id.

    Raises NoGroupError for a mart in a folder that MARTS does not name.
    """
    nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] in ("seed", "model")}
    parents = {name: [parent for parent in node["depends_on"].get("nodes", []) if parent in nodes] for name, node in nodes.items()}
    children: dict[str, list[str]] = {}
    for name, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(name)
    groups: dict[str, str] = {}
    for name, node in nodes.items():
        layer, *folders = node["fqn"][1:-1] or [""]
        if layer == "marts":
            groups[name] = _of_mart(folders[0] if folders else "", node["name"])
        elif layer != "intermediate":
            groups[name] = "staging"
    marts = dict(groups)

    def decide(name: str) -> str:
        if name not in groups:
            fed = sorted(_fed(name, children, marts), key=GROUPS.index)
            made_of = {decide(parent) for parent in parents[name]}
            groups[name] = "staging" if not fed or (len(fed) > 1 and made_of <= {"staging"}) else fed[0]
        return groups[name]

    for name in nodes:
        decide(name)
    return groups
