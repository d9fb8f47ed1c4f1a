"""A plan and its resources, as the engine would get them from a program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..resource_types.resource_type import UNKNOWN

OF_THE_ENGINE = ("pulumi:providers:", "pulumi:index:")
"""The beginnings of types that the engine keeps itself: providers and stashes."""


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """A resource or component of a plan."""

    urn: str
    type: str
    name: str
    """The name in the program."""

    parent: str
    """The parent's URN; empty for the stack."""

    custom: bool
    """Whether a provider makes it. False for a component."""

    inputs: Mapping[str, Any]
    """The inputs that the provider gets: camelCase keys, whole numbers as integers, `[secret]` and `[unknown]`."""

    dependencies: tuple[str, ...]
    """The URNs of the resources that must exist before it."""

    property_dependencies: Mapping[str, tuple[str, ...]]
    """Input → URNs of the resources that its value comes from."""

    protect: bool
    """Whether `pulumi destroy` refuses to delete it."""

    provider: str = ""
    """The provider's URN and id."""

    id: str = UNKNOWN
    """The id that Azure would give it, if the plan emulates it."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Outputs that the plan emulates, or that a component registers."""

    aliases: tuple[str, ...] = ()
    """Its former names, if its component gives them."""

    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False
    retain_on_delete: bool = False

    @property
    def kind(self) -> str:
        """The last part of the type: `VirtualNetwork`."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def azure_name(self) -> str:
        """The name in Azure, or the name in the program if the id is unknown."""
        return self.name if self.id == UNKNOWN else self.id.rsplit("/", 1)[-1]

    @property
    def principal_id(self) -> str:
        """The principal of an identity, or of a resource with its own identity. Unknown if there is none."""
        found = [self.outputs, *(self.outputs.get(each) for each in ("identity", "aksAssignedIdentity"))]
        known = [each["principalId"] for each in found if isinstance(each, Mapping) and each.get("principalId")]
        return str(known[0]) if known else UNKNOWN

    def input(self, path: str) -> Any:
        """An input by its dotted path, or None if it is absent."""
        value: Any = self.inputs
        for part in path.split("."):
            if isinstance(value, list):
                value = value[int(part)] if part.isdecimal() and int(part) < len(value) else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def as_json(self) -> dict[str, Any]:
        """The resource as `mlplatform preview --json` prints it."""
        return {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "parent": self.parent,
            "custom": self.custom,
            "id": None if self.id == UNKNOWN else self.id,
            "provider": self.provider,
            "inputs": self.inputs,
            "dependencies": list(self.dependencies),
            "property_dependencies": {key: list(urns) for key, urns in self.property_dependencies.items()},
            "protect": self.protect,
            "ignore_changes": list(self.ignore_changes),
            "replace_on_changes": list(self.replace_on_changes),
            "delete_before_replace": self.delete_before_replace,
            "retain_on_delete": self.retain_on_delete,
        }


@dataclass(frozen=True, slots=True)
class AdoptedResource:
    """A resource of others that the program reads."""

    urn: str
    type: str
    id: str
    principal_id: str = ""
    """The principal of an identity. Empty if it is none, or unknown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a program registers for one stack, in the order of the URNs."""

    project: str
    stack: str
    resources: tuple[PlannedResource, ...]
    messages: tuple[tuple[str, str], ...] = ()
    """What the program logged: severity (`info`, `warning`, `error`) and text."""

    adopted: tuple[AdoptedResource, ...] = ()
    """The resources of others that the program reads."""

    folder: str = ""
    """The project's folder, relative to the repository's root. Set only in a check of several projects."""

    @property
    def label(self) -> str:
        """The folder and the name of the stack, to distinguish it from others."""
        return f"{self.folder} {self.stack}".lstrip()

    @property
    def file(self) -> str:
        """The file with the stack's settings."""
        return f"{self.folder}/Pulumi.{self.stack}.yaml".lstrip("/")

    def of_type(self, type_: str) -> list[PlannedResource]:
        """The resources of a type, by its token or its last part."""
        return [each for each in self.resources if type_ in (each.type, each.kind)]

    def __getitem__(self, urn: str) -> PlannedResource:
        return next(each for each in self.resources if each.urn == urn)

    def children(self, urn: str) -> list[PlannedResource]:
        """The children of `urn`: components first, then the rest, by name."""
        found = [each for each in self.resources if each.parent == urn]
        return sorted(found, key=lambda each: (each.custom, each.name))

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs that the stack exports."""
        return self.root.outputs

    @property
    def root(self) -> PlannedResource:
        """The stack itself."""
        return next(each for each in self.resources if each.type == "pulumi:pulumi:Stack")

    @property
    def components(self) -> list[PlannedResource]:
        """The components, without the stack itself."""
        return [each for each in self.resources if not each.custom and each.parent]

    @property
    def azure_resources(self) -> list[PlannedResource]:
        """The resources that a provider makes, without the providers themselves and what the engine keeps."""
        return [each for each in self.resources if each.custom and not each.type.startswith(OF_THE_ENGINE)]
