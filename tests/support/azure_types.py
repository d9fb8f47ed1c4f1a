"""A judge of inputs: the types that Azure publishes (Azure/bicep-types-az), read from a snapshot in tests/data."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from azure_mlplatform.emulation.ids import path_parameters
from azure_mlplatform.resource_types import resource_type

FILE = Path(__file__).parents[1] / "data" / "azure_types.json"
_REQUIRED, _READ_ONLY = 1, 2
_BY_ARM = frozenset({"id", "name", "type", "apiVersion"})
_NOT_KNOWN = ("[unknown]", "[secret]")

RENAMED = {
    "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
    "iPAddressOrRange": "value",
    "networkRuleSet": "networkAcls",
    "odataType": "odata.type",
    "roleType": "type",
}
"""Name in azure-native → name in ARM, where the specification renames a property for clients."""

ENVELOPES = ("properties", "typeProperties")
"""Objects whose properties azure-native puts beside them."""

_IN_THE_QUERY = frozenset({"skipValidation"})
"""Inputs that are parameters of the request, not part of the body."""


class Published(NamedTuple):
    """The types of one file, and the body of one resource in it."""

    types: list[dict[str, Any]]
    body: dict[str, Any]


@cache
def published() -> dict[str, Published]:
    """Type in azure-native → what Azure publishes of it."""
    files = json.loads(FILE.read_text(encoding="utf-8"))["files"]
    found = {}
    for file in files.values():
        for resource in file["resources"].values():
            types = file["types"]
            found[resource["pulumi"]] = Published(types, types[types[resource["index"]]["body"]["$ref"]])
    return found


def problems(type_: str, inputs: dict[str, Any]) -> list[str]:
    """What is wrong with the inputs of a resource: unknown, read-only, missing, or of another value than allowed."""
    types, body = published()[type_]
    given = {key: value for key, value in inputs.items() if key not in path_parameters(type_) | _IN_THE_QUERY}
    last = resource_type(type_).id.rsplit("/", 1)[1]
    if "{" not in last:  # A setting with a fixed name, which decides its type.
        given["name"] = last
    return list(_Judge(types).of_object(body, given, "", top=True))


_CLIENTS = {arm: client for client, arm in RENAMED.items()}


def _plain(name: str) -> str:
    """A name without what azure-native spells differently."""
    return name.replace("_", "").lower()


class _Judge:
    def __init__(self, types: list[dict[str, Any]]) -> None:
        self._types = types

    def _at(self, reference: dict[str, Any]) -> dict[str, Any]:
        return self._types[reference["$ref"]]

    def of_object(self, type_: dict[str, Any], given: dict[str, Any], path: str, *, top: bool = False) -> Iterator[str]:
        known = self._properties(type_, given)
        spelled = {_plain(each): each for each in known}
        for key, value in given.items():
            name = spelled.get(_plain(RENAMED.get(key, key)), key)
            here = f"{path}.{key}" if path else key
            if name in known:
                if known[name]["flags"] & _READ_ONLY:
                    yield f"{here}: is read-only"
                else:
                    yield from self.of_value(self._at(known[name]["type"]), value, here)
            elif additional := type_.get("additionalProperties"):
                yield from self.of_value(self._at(additional), value, here)
            elif not (top and key == "name"):
                yield f"{here}: is unknown"
        names = {_plain(RENAMED.get(key, key)) for key in given}
        for name, property_ in known.items():
            if property_["flags"] & _REQUIRED and _plain(name) not in names and not (top and name in _BY_ARM):
                yield f"{path}.{name}: is required, and missing"

    def _properties(self, type_: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """The properties of an object. azure-native puts those of an envelope `properties` beside it."""
        known = dict(type_.get("properties") or type_.get("baseProperties") or {})
        if type_["$type"] == "DiscriminatedObjectType":
            sort = str(type_["discriminator"])
            element = type_["elements"].get(str(given.get(sort, given.get(_CLIENTS.get(sort, sort)))))
            if element is not None:
                known |= self._at(element).get("properties", {})
        for envelope in ENVELOPES:
            if envelope in known and envelope not in given:
                inner = self._at(known[envelope]["type"])
                if "Object" in inner["$type"]:
                    del known[envelope]
                    # A property named as one of ARM's own, such as a pool's type, is the resource's.
                    known |= self._properties(inner, given)
        return known

    def of_value(self, type_: dict[str, Any], value: Any, path: str) -> Iterator[str]:
        kind = type_["$type"]
        if value in _NOT_KNOWN or value is None or kind == "AnyType":
            return
        if kind == "UnionType":
            if all(list(self.of_value(self._at(each), value, path)) for each in type_["elements"]):
                yield f"{path}: {value!r} is none of {[self._at(each).get('value') for each in type_['elements']]}"
        elif "ObjectType" in kind:
            if isinstance(value, dict):
                yield from self.of_object(type_, value, path)
            # A map of user-assigned identities goes in as a list of ids.
            elif not (isinstance(value, list) and path.endswith("userAssignedIdentities")):
                yield f"{path}: {value!r} is no object"
        elif kind == "ArrayType" and isinstance(value, list):
            for index, each in enumerate(value):
                yield from self.of_value(self._at(type_["itemType"]), each, f"{path}[{index}]")
        elif kind == "StringLiteralType":
            if value != type_["value"]:
                yield f"{path}: {value!r} is not {type_['value']!r}"
        else:
            word, is_one = _PLAIN[kind]
            if not is_one(value):
                yield f"{path}: {value!r} is no {word}"


_PLAIN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "ArrayType": ("list", lambda value: isinstance(value, list)),
    "BooleanType": ("boolean", lambda value: isinstance(value, bool)),
    "IntegerType": ("number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "StringType": ("text", lambda value: isinstance(value, str)),
}
"""Kind of type → its word, and whether a value is one."""
