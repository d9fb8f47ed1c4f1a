"""What a plan is made of: the resources that a program registers, as the engine would get them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..types.resource_type import UNKNOWN


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
    """Whether a provider makes it; a component is made of others."""

    inputs: Mapping[str, Any]
    """What the provider gets: camelCase keys, whole numbers as integers, `[secret]` and `[unknown]`."""

    dependencies: tuple[str, ...]
    """URNs of what has to exist before."""

    property_dependencies: Mapping[str, tuple[str, ...]]
    """Input → URNs of the resources that its value comes from."""

    protect: bool
    """Whether `pulumi destroy` refuses to delete it."""

    provider: str = ""
    """The provider's URN and id."""

    id: str = UNKNOWN
    """The id that Azure would give it, where the plan emulates it."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Outputs that the plan emulates, or that a component registers."""

    aliases: tuple[str, ...] = ()
    """Names it had before, where its component says so."""

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
        """The name it has in Azure, or in the program where that is unknown."""
        return self.name if self.id == UNKNOWN else self.id.rsplit("/", 1)[-1]

    @property
    def principal_id(self) -> str:
        """The principal of an identity, or of what signs in as itself; unknown where there is none."""
        found = [self.outputs, *(self.outputs.get(each) for each in ("identity", "aksAssignedIdentity"))]
        known = [each["principalId"] for each in found if isinstance(each, Mapping) and each.get("principalId")]
        return str(known[0]) if known else UNKNOWN

    def input(self, path: str) -> Any:
        """An input by its dotted path, or None where there is none."""
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
            "dependencies": list(self.dependencies),
            "protect": self.protect,
            "inputs": self.inputs,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a program registers for one stack, in the order of the URNs."""

    project: str
    stack: str
    resources: tuple[PlannedResource, ...]
    messages: tuple[tuple[str, str], ...] = ()
    """What the program logged: severity (`info`, `warning`, `error`) and text."""

    folder: str = ""
    """The project's folder, seen from the repository's root, where several projects are looked at."""

    @property
    def label(self) -> str:
        """What tells the stack apart from others that are looked at."""
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
        """What has `urn` for its parent: components first, then the rest, by name."""
        found = [each for each in self.resources if each.parent == urn]
        return sorted(found, key=lambda each: (each.custom, each.name))

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What the stack exports."""
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
        """What a provider makes, without the providers themselves."""
        return [each for each in self.resources if each.custom and not each.type.startswith("pulumi:providers:")]
