"""The JSON objects that commands print with `--json`. Their schema is published: schemas/output.schema.json.

A field that is added does not raise the version. One that goes, or means something else, does.
"""

from typing import Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field

from ..plan.update import By, Operation


class _Object(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Notice(_Object):
    """Something to know that refuses nothing."""

    stack: Optional[str] = None
    """The stack that it is about. Null: the command."""

    severity: Literal["info", "warning", "error"]
    text: str


class RefusedInput(_Object):
    """Something that cannot be used."""

    file: str
    """The file and its line, or the option or argument. Empty if unknown."""

    path: list[str | int]
    """The place in the settings, from the full key on."""

    what: str
    """The problem, with the value."""

    fix: str
    """The allowed values, or the action to take."""


class Answer(_Object):
    """The fields that every command's object has."""

    version: Literal[1] = 1
    """The version of the object."""

    notices: list[Notice] = []
    problems: list[RefusedInput] = []
    """The refused input. With exit code 2, the other fields are empty, or hold what could be found all the same."""


class Resource(_Object):
    """A resource or component as the engine gets it."""

    urn: str
    type: str
    name: str
    """The name in the program."""

    parent: str
    """The parent's URN. Empty for the stack."""

    custom: bool
    """Whether a provider makes it. False for a component."""

    id: Optional[str]
    """The id that Azure would give it. Null if unknown."""

    provider: str
    """The provider's URN and id. Empty for a component."""

    inputs: dict[str, Any]
    """The inputs that the provider gets, with `[secret]` and `[unknown]`."""

    dependencies: list[str]
    """The URNs of the resources that must exist before it."""

    property_dependencies: dict[str, list[str]]
    """Input → the URNs that its value comes from."""

    protect: bool
    ignore_changes: list[str]
    replace_on_changes: list[str]
    delete_before_replace: bool
    retain_on_delete: bool


class PlannedStack(_Object):
    """All that a stack makes."""

    project: str
    stack: str
    settings: dict[str, Any]
    """The library's settings in the files, by key without its namespace, with `[secret]` for what is encrypted."""

    resources: list[Resource]
    """In the order of their URNs."""


class Preview(Answer):
    """`mlplatform preview --json`: also what `--since FILE` reads."""

    command: Literal["preview"] = "preview"
    stacks: list[PlannedStack] = []


class ChangedInput(_Object):
    """An input that gets another value."""

    path: str
    before: Any
    """Null if it was not there."""

    after: Any
    """Null if it goes."""

    replaces: bool
    """Whether it replaces the resource."""

    assumed: bool
    """Whether no source states that it does."""


class RefusedStep(_Object):
    """Why a step does not succeed."""

    by: By
    message: str
    assumed: bool
    """Whether no source states it."""


class ChangedResource(_Object):
    """A resource that changes."""

    urn: str
    type: str
    name: str
    id: Optional[str]
    operation: Operation
    holds: Optional[str]
    """The data or work that goes with it, such as `secrets, until it is purged`."""

    changes: list[ChangedInput]
    refusals: list[RefusedStep]
    because_of: Optional[str]
    """The URN of the resource whose replacement replaces this one."""

    name_held_until: Optional[str]
    name_may_be_held_days: Optional[int]
    stays: bool
    """Whether Azure keeps it although the stack lets it go."""

    checked: bool
    """Whether its type is known here."""


class ChangedSetting(_Object):
    """A setting with another value."""

    setting: str
    """Its name, with the name of each item: `workspace.clusters[cpu].max_nodes`."""

    before: Any
    """Null if it was not there."""

    after: Any
    """Null if it goes."""

    outcomes: list[str]
    """The outcomes of a change of it on a live environment, by docs/changes.md. Several if that depends on more."""


class ChangedStack(_Object):
    """The effect of a change on one stack."""

    project: str
    stack: str
    settings: list[ChangedSetting]
    """Empty with `--against`: a state has no settings."""

    resources: list[ChangedResource]
    """Those that change, in the order in which a person should read them."""

    same: int
    """The number of resources that stay as they are."""

    refused: bool
    """Whether the library, Azure, a lock or protection refuses any of it."""

    takes_away: bool
    """Whether something goes that holds data or work."""


class Changes(Answer):
    """The effect of a change."""

    compared_with: str = ""
    """The revision, file or stack that was given."""

    changed: list[ChangedStack] = []
    removed: list[str] = []
    """The stacks that were there then and have no settings any more."""


class Since(Changes):
    """`mlplatform preview --since --json`."""

    command: Literal["preview --since"] = "preview --since"


class Against(Changes):
    """`mlplatform preview --against --json`."""

    command: Literal["preview --against"] = "preview --against"


class CheckedStack(_Object):
    """A stack that was checked."""

    folder: str
    project: str
    stack: str
    resources: int


class EffectiveRight(_Object):
    """The rights of one principal with one role, which one stack gives it."""

    environment: str
    """The stack that gives them, by folder and name."""

    who: str
    principal: str
    role: str
    may: Literal["reads", "reads data", "writes", "gives roles"]
    """The most that it may do with the role."""

    where: list[str]
    scopes: list[str]
    """The ids of the same things, in the same order."""


class Check(Answer):
    """`mlplatform check --json`."""

    command: Literal["check"] = "check"
    stacks: list[CheckedStack] = []
    skipped: list[str] = []
    """The folders of Pulumi projects without settings of this library."""

    conflicts: list[RefusedInput] = []
    """The conflicts of stacks with each other. With these alone, the exit code is 1."""

    rights: Optional[list[EffectiveRight]] = None
    """Who may do what, where. Only with `--rights`."""


class Because(_Object):
    """A resource that takes a right."""

    urn: str
    what: str
    does: str


class Right(_Object):
    """An action that the deploying identity must be allowed."""

    action: str
    scope: str
    needed_for: list[str]
    assumed: bool
    """Whether no source states it."""

    because: list[Because]


class GivenRole(_Object):
    """A built-in role that the deployment gives somebody."""

    role: str
    role_id: str
    scope: str
    principal: str
    principal_type: str


class Asked(_Object):
    """An action on a scope."""

    action: str
    scope: str


class DoneByOthers(_Object):
    """A task of others."""

    what: str
    rights: list[Asked]


class StackRights(_Object):
    """All that a deploying identity must be allowed for a stack."""

    project: str
    stack: str
    groups: list[str]
    """The ids of the resource groups in which the stack makes resources."""

    rights: list[Right]
    role_assignments: list[GivenRole]
    condition: str
    """The condition on the right to give roles."""

    registrations: dict[str, list[str]]
    """Subscription → the resource providers that must be registered there."""

    by_others: list[DoneByOthers]


class Rights(Answer):
    """`mlplatform rights --json`: also what `mlplatform local --rights FILE` reads."""

    command: Literal["rights"] = "rights"
    stacks: list[StackRights] = []


class SynapseFiles(Answer):
    """`mlplatform export synapse --json`."""

    command: Literal["export synapse"] = "export synapse"
    files: dict[str, Literal["written", "removed"]] = {}
    """File → what happened, or would happen with `--check`. Without those that stay as they are."""


class EmulatedAzure(Answer):
    """`mlplatform local show --json`."""

    command: Literal["local show"] = "local show"
    world: dict[str, Any] = Field(default_factory=dict)
    """All that the emulated Azure has. Its form is the library's own."""


class Placeholder(_Object):
    """A setting whose value nobody knew."""

    setting: str
    stacks: list[str]
    option: str
    """The option of `init` that gives it."""


class Init(Answer):
    """`mlplatform init --json`."""

    command: Literal["init"] = "init"
    folder: str = ""
    written: bool = False
    """False with `--dry-run`."""

    files: dict[str, str] = {}
    """File in the folder → its text."""

    agreed: dict[str, Any] = {}
    """Setting → the value on which the other projects agree."""

    placeholders: list[Placeholder] = []
    next: str = ""
    """The next command to type."""


class ListedSetting(_Object):
    """A top-level setting."""

    name: str
    file: str
    meaning: str
    required: bool


class Explain(Answer):
    """`mlplatform explain --json`."""

    command: Literal["explain"] = "explain"
    settings: list[ListedSetting] = []
    """The top-level settings, if no key is given."""

    setting: Optional[dict[str, Any]] = None
    """The one that is explained: name, file, meaning, type, limits, default, environments, choices, changes, example,
    and the settings below it."""


ANSWERS: tuple[type[Answer], ...] = (Init, Explain, Preview, Since, Against, Check, Rights, SynapseFiles, EmulatedAzure)
"""The objects of all commands."""
