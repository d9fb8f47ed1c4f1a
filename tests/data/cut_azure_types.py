"""Takes a newer snapshot of the types that Azure publishes: `python tests/data/cut_azure_types.py CLONE COMMIT`.

CLONE is a clone of Azure/bicep-types-az at COMMIT. The snapshot has the same files and resources as before, each with
the types that it needs. Change an API version in azure_types.json first if azure-native has moved to a newer one.
"""

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("azure_types.json")


def cut(types: list[dict[str, Any]], roots: list[int]) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """The types that the roots need, and old index → new index."""
    order: dict[int, int] = {}
    waiting = list(roots)
    while waiting:
        index = waiting.pop()
        if index not in order:
            order[index] = len(order)
            waiting.extend(references(types[index]))
    return [moved(types[index], order) for index in order], order


def references(value: Any) -> list[int]:
    """The indices that a type refers to, such as `{"$ref": "#/12"}`."""
    if isinstance(value, dict):
        if "$ref" in value:
            return [index_of(value["$ref"])]
        return [index for each in value.values() for index in references(each)]
    return [index for each in value for index in references(each)] if isinstance(value, list) else []


def index_of(reference: str | int) -> int:
    return reference if isinstance(reference, int) else int(reference.rsplit("/", 1)[-1])


def moved(value: Any, order: dict[int, int]) -> Any:
    """A type with its references as new indices."""
    if isinstance(value, dict):
        if "$ref" in value:
            return {"$ref": order[index_of(value["$ref"])]}
        return {key: moved(each, order) for key, each in value.items()}
    return [moved(each, order) for each in value] if isinstance(value, list) else value


def main(clone: Path, commit: str) -> None:
    snapshot = json.loads(FILE.read_text(encoding="utf-8"))
    for name, file in snapshot["files"].items():
        types = json.loads((clone / "generated" / name / "types.json").read_text(encoding="utf-8"))
        named = {
            each["name"].rpartition("@")[0].lower(): index
            for index, each in enumerate(types)
            if each["$type"] == "ResourceType"
        }
        roots = {resource: named[resource.lower()] for resource in file["resources"]}
        file["types"], order = cut(types, list(roots.values()))
        for resource, index in roots.items():
            file["resources"][resource]["index"] = order[index]
    snapshot |= {"commit": commit, "source": "Azure/bicep-types-az (MIT licence, Microsoft Corporation), cut"}
    FILE.write_text(json.dumps(snapshot, separators=(",", ":"), sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
