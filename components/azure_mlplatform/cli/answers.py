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


class CreationTime(_Object):
    """How long the first update takes, from published times."""

    seconds: int
    """The longest chain of creations. Azure makes the rest beside it."""

    documented: int
    """The resources whose time has a source. Of the others it is assumed."""

    resources: int
    slowest: list[str]
    """The kinds of resource that take most of it."""


class PlannedStack(_Object):
    """All that a stack makes."""

    project: str
    stack: str
    settings: dict[str, Any]
    """The library's settings in the files, by key without its namespace, with `[secret]` for what is encrypted."""

    first_update: Optional[CreationTime] = None
    """How long it takes to make all of it. Null with `--unknown`."""

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

    deletes_held: bool
    """Whether it deletes something that Pulumi protects or that a lock holds."""

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
    """The one that is explained: name, file, kind of the file, meaning, type, limits, default, environments, choices,
    changes, example, and the settings below it."""

    others: list[dict[str, Any]] = []
    """The settings of that name in the files of other programs, explained in the same way."""


class PriceRow(_Object):
    """A row of the price table."""

    region: str
    """The region; `Global` for a meter with one price for all."""

    service: str
    sku: str
    meter: str
    price: float
    """For one unit."""

    currency: str
    unit: str
    """A unit of time, such as `1 Hour`."""

    source: str
    day: str
    """The day on which it was read."""


class CostLine(_Object):
    """A charge of a resource that costs by time."""

    urn: str
    what: str
    region: str
    meter: Optional[str]
    """Null: nobody has looked it up."""

    least: float
    """How many there are all the time at least."""

    most: float
    floor: Optional[float]
    """The least a month. Null: no price."""

    ceiling: Optional[float]
    """The most a month. Null: no price."""

    price: Optional[PriceRow]
    """Null: no price."""


class ByUse(_Object):
    """A resource that costs by use."""

    what: str
    uses: str
    """What is counted."""


class StackCost(_Object):
    """What a stack costs a month."""

    project: str
    stack: str
    currency: Optional[str]
    """Null: the table has no price."""

    floor: float
    """The sum at least, without what has no price."""

    ceiling: float
    """The sum at most, without what has no price."""

    budget: Optional[float]
    """In the currency of the bill."""

    lines: list[CostLine]
    without_price: list[str]
    """What no sum has, because it has no price."""

    by_use: list[ByUse]
    not_counted: list[str]


class Cost(Answer):
    """`mlplatform cost --json`."""

    command: Literal["cost"] = "cost"
    prices: str = ""
    """The file with the prices."""

    stacks: list[StackCost] = []


class WithoutPrice(_Object):
    """A meter without a price."""

    region: str
    meter: str
    why: str


class Prices(Answer):
    """`mlplatform prices update --json`."""

    command: Literal["prices update"] = "prices update"
    currency: str = ""
    prices: list[PriceRow] = []
    without_price: list[WithoutPrice] = []


class ExpiryStep(_Object):
    """Something that ends an environment."""

    step: Literal["rest", "retire", "up", "destroy", "record"]
    """`rest`: an update stops what can be stopped. `retire`: it is written into the settings. `up`: protection goes.
    `destroy`: everything goes. `record`: the request keeps the day."""

    command: str
    """What does it."""

    done: bool
    """False with `--dry-run`, and after a step that failed."""

    error: str
    """Why it failed. Empty if it did not."""


class ExpiringStack(_Object):
    """A stack with a day of expiry."""

    folder: str
    project: str
    stack: str
    environment: str
    expires_on: str
    retired_from: Optional[str]
    """The day from which it is retired. Null: somebody has to decide."""

    phase: Literal["lives", "expires soon", "at rest", "over", "refused"]
    days_left: int
    """The days until it expires. 0 or fewer once it has."""

    warning: Optional[Literal[14, 7, 1]]
    """The warning that is due. Null: none."""

    deployed: Optional[bool]
    """Whether anything of it exists. Null if nothing is due, or nobody could ask the Pulumi CLI."""

    waits: str
    """What has to happen first. Empty: nothing."""

    steps: list[ExpiryStep]


class Expire(Answer):
    """`mlplatform expire --json`."""

    command: Literal["expire"] = "expire"
    day: str = ""
    """The day on which it was judged."""

    stacks: list[ExpiringStack] = []


class RetirementObstacle(_Object):
    """Something that has to be thought of before an environment is destroyed."""

    kind: str
    name: str
    what: str
    who: str
    """Who ends it: `retire`, `destroy`, `nobody` (time), or a person."""

    free_on: Optional[str]
    """The first day on which Azure gives the name again. Null: it does not hold it."""


class RetirementStep(_Object):
    """A step of an end, in order."""

    what: str
    command: Optional[str]
    """Null: a person does it."""


class RetiredEnvironment(_Object):
    """The end of an environment."""

    project: str
    environment: str
    obstacles: list[RetirementObstacle]
    steps: list[RetirementStep]
    free_on: str
    """The day on which its names and addresses are free: if it is destroyed on the day of the command, or as it was."""

    retired_on: Optional[str] = None
    """The day on which it was destroyed, by its request."""

    written: list[str]
    """The files that were changed."""


class RequestRetire(Answer):
    """`mlplatform request retire --json`."""

    command: Literal["request retire"] = "request retire"
    environments: list[RetiredEnvironment] = []


class RequestInit(Answer):
    """`mlplatform request init --json`."""

    command: Literal["request init"] = "request init"
    files: dict[str, str] = {}
    """File → its text. Without those that were there already."""

    written: bool = False
    """False with `--dry-run`."""

    next: str = ""
    """The next command to type."""


class RequestNew(Answer):
    """`mlplatform request new --json`."""

    command: Literal["request new"] = "request new"
    file: str = ""
    written: bool = False
    """False with `--dry-run`."""

    text: str = ""
    """The text of the file."""

    next: str = ""
    """The next command to type."""


class ChangedField(_Object):
    """A field of a request that differs."""

    setting: str
    before: Any
    """Null if it was not there."""

    after: Any
    """Null if it goes."""


class ChangedRange(_Object):
    """A range of addresses that an environment gets or loses."""

    environment: str
    before: Optional[str]
    after: Optional[str]


class Reviewer(_Object):
    """Somebody whose yes a change takes."""

    owners: list[str]
    """GitHub's teams or persons, or an e-mail address. One of them is enough."""

    why: str


class Money(_Object):
    """What a stack costs a month."""

    currency: Optional[str]
    """Null: the table has no price."""

    floor: float
    ceiling: float
    without_price: list[str]
    """What no sum has, because it has no price."""


class MoneyThenAndNow(_Object):
    """What a stack costs, then and now."""

    before: Optional[Money]
    """Null if the stack is new."""

    after: Optional[Money]
    """Null if the stack is gone."""


class RangesThenAndNow(_Object):
    """The address spaces of a stack, then and now."""

    before: list[str]
    after: list[str]


class GrantedRole(_Object):
    """A role that a stack gives somebody."""

    role: str
    scope: str
    principal: str
    """The name of the identity that the plan makes, or the object id of another one."""

    principal_type: str


class RolesThenAndNow(_Object):
    """The roles that a stack gives others, and no more."""

    gained: list[GrantedRole]
    lost: list[GrantedRole]


class DeployRight(_Object):
    """A right of the identity that deploys."""

    action: str
    scope: str


class RightsThenAndNow(_Object):
    """The rights that who deploys needs, and no more."""

    gained: list[DeployRight]
    lost: list[DeployRight]


class RoleAction(_Object):
    """An action that a custom role allows, or a role that somebody may give."""

    role: str
    """`custom role <name>`, or `may give on <scope>`."""

    action: str
    """Begins with `not ` if the role leaves it out. Of what may be given: the role."""


class RoleActionsThenAndNow(_Object):
    """What the custom roles of a stack allow, and no more."""

    gained: list[RoleAction]
    lost: list[RoleAction]


class ReviewedStack(_Object):
    """A stack whose rights, money or addresses differ."""

    folder: str
    stack: str
    what: Literal["new", "changed", "gone"]
    money: MoneyThenAndNow
    ranges: RangesThenAndNow
    """The address spaces of its networks."""

    roles: RolesThenAndNow
    role_actions: RoleActionsThenAndNow
    rights: RightsThenAndNow
    """What the deploying identity must be allowed."""


class ChangedRequest(_Object):
    """A project that changed."""

    project: str
    what: Literal["new", "changed", "gone", "rendered"]
    """`rendered`: only its stacks differ."""

    rendered: bool
    asked: list[ChangedField]
    addresses: list[ChangedRange]
    reviewers: list[Reviewer]
    approvals: int
    """The number of approvals that its environments need."""

    stacks: list[ReviewedStack]


class RequestCheck(Answer):
    """`mlplatform request check --json`. With anything in `problems`, the exit code is 2."""

    command: Literal["request check"] = "request check"
    requests: list[str] = []
    """The projects whose request could be read; with `--since`, those that changed."""

    since: Optional[str] = None
    """The revision of `--since`."""

    changed: list[ChangedRequest] = []
    """With `--since`: what changed."""


class ConflictingFile(_Object):
    """A file in which a request and a person changed the same lines."""

    file: str
    both: str
    """Both sides, between marks."""


class RequestRender(Answer):
    """`mlplatform request render --json`."""

    command: Literal["request render"] = "request render"
    written: bool = False
    """False with `--dry-run`."""

    files: dict[str, Literal["written", "removed"]] = {}
    """File → what happened, or would happen with `--dry-run`. Without those that stay as they are."""

    conflicts: list[ConflictingFile] = []
    """With any, nothing of that project is written, and the exit code is 1."""


class RequestedState(_Object):
    """How far an environment is."""

    project: str
    environment: str
    state: str
    """requested, checked, approved, vended, expiring, retiring, retired or purgeable."""

    since: Optional[str]
    """The day from which it is in this state. Null if the request does not say it."""

    until: Optional[str]
    """The day on which the state ends by itself. Null if it does not."""

    step: str
    """The next step."""

    command: Optional[str]
    """The command for it. Null: time has to pass."""


class RequestStatus(Answer):
    """`mlplatform request status --json`."""

    command: Literal["request status"] = "request status"
    environments: list[RequestedState] = []


class ListedEnvironment(_Object):
    """An environment of a project."""

    project: str
    environment: str
    owner_team: Optional[str]
    cost_center: Optional[str]
    expires_on: Optional[str]
    state: Optional[str]
    """The state of its request, as in `request status`. Null: it has none."""

    folder: str
    """The folder of its stack."""


class Projects(Answer):
    """`mlplatform projects --json`."""

    command: Literal["projects"] = "projects"
    environments: list[ListedEnvironment] = []


class ProfileTarget(_Object):
    """What a candidate has to hold."""

    percentile: float
    bound_ms: float
    errors: float
    """The most errors, as a share."""

    expected_rate: float
    peak_rate: float
    survives: Literal["instance", "zone", "nothing"]
    zones: int


class MeasuredInterval(_Object):
    """A measured value and its interval. Null: it is not known, or without bound."""

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]


class MeasuredRate(_Object):
    """What was measured at a rate."""

    rate: float
    """Scorings a second."""

    verdict: Literal["meets", "fails", "open", "late"]
    """`open`: too close to call. `late`: the generator was too slow, so nothing is known."""

    response_ms: MeasuredInterval
    """The percentile of response times."""

    errors: MeasuredInterval
    """The share of errors."""

    kinds: dict[str, int]
    """Errors by kind."""

    n: int
    """Requests, without the warm-up."""

    runs: int
    lateness_ms: float
    """The p99 of the generator's own lateness, in the run where it was highest."""


class HighestRate(_Object):
    """Between which rates the highest that meets the target lies."""

    low: float
    """The highest that clearly meets it. 0: none."""

    high: Optional[float]
    """The lowest that clearly fails. Null: none was found."""


class CandidateCost(_Object):
    """The price of the machines of a candidate for a month of 730 hours."""

    amount: float
    currency: str
    machines: int
    source: str
    day: str


class Utilisation(_Object):
    """The share of the requests at once that a rate takes. Null: unknown."""

    expected: Optional[float]
    peak: Optional[float]


class ProfiledCandidate(_Object):
    """A candidate, and how the search ended for it."""

    name: str
    fate: Literal["wins", "fails", "dearer", "unclear", "open", "late", "broken"]
    why: Optional[str]
    """Why it lost. Null for the recommended one."""

    deployment: Optional[str]
    """The deployment that was measured. Null: none."""

    made: bool
    """Whether it was made for this, and taken away again."""

    settings: dict[str, Any]
    """What the file says of it."""

    vm_size: Optional[str]
    instances: Optional[int]
    requests_at_once: Optional[int]
    model: Optional[str]
    image: Optional[str]
    cost: Optional[CandidateCost]
    """Null: no price."""

    required_rate: Optional[float]
    """The rate that it needs, so that the peak is held after the loss. Null: it survives none."""

    highest_rate: Optional[HighestRate]
    headroom: Optional[float]
    """How much higher the peak could be, as a share of it."""

    utilisation: Utilisation
    warm_up: Optional[str]
    """What its first run said of a warm-up."""

    alone_ms: Optional[float]
    """The median time of a request without load."""

    rates: list[MeasuredRate]


class WarmUp(_Object):
    """What is dropped at the start of each run."""

    seconds: float
    why: str


class LoadGenerator(_Object):
    """How well the generator kept its schedules."""

    lateness_ms: float
    """The p99 of its lateness, in the run where it was highest."""

    ceiling: Optional[float]
    """The rate at which it would have taken a whole core, in requests a second: an upper bound. Null: unknown."""

    allowed_ms: float
    kept_up_to: float
    """The highest rate that it kept."""

    too_slow_from: Optional[float]
    """The lowest rate that it did not keep. Null: it kept all."""


class EndpointProfile(Answer):
    """`mlplatform endpoint profile --json`."""

    command: Literal["endpoint profile"] = "endpoint profile"
    endpoint: str = ""
    kind: str = ""
    outcome: Optional[Literal["recommended", "nothing meets the target", "inconclusive", "dry run"]] = None
    recommended: Optional[str] = None
    shown_to_meet: Optional[str] = None
    """Without a recommendation: the cheapest that was shown to meet the target, while a cheaper one is open."""

    nearest: Optional[str] = None
    """Without a recommendation: the candidate that comes nearest."""

    nearest_lacks: Optional[str] = None
    target: Optional[ProfileTarget] = None
    confidence: Optional[float] = None
    ordered_by: Optional[Literal["price", "file"]] = None
    """What says which candidate is the cheaper one."""

    prices: str = ""
    """The price table."""

    candidates: list[ProfiledCandidate] = []
    warm_up: Optional[WarmUp] = None
    generator: Optional[LoadGenerator] = None
    not_varied: list[str] = []
    assumed: list[str] = []
    requests: int = 0
    minutes: float = 0.0
    money: float = 0.0
    ended_by: Optional[str] = None
    """What of the budget ended the search. Null: it came to its end."""

    plots: list[str] = []
    taken_away: list[str] = []
    """Deployments that an interrupted run had left."""

    left_behind: list[str] = []
    """Deployments that could not be taken away. They are billed."""


class SmokeCase(_Object):
    """What became of a case of a smoke test."""

    name: str
    outcome: Literal["passed", "failed", "not sent"]
    status: Optional[int]
    """The HTTP status. 0: none came back. Null: it was not sent."""

    milliseconds: Optional[float]
    """From sending to the last byte. That of the first request includes the connection."""

    failures: list[str]
    """Why it failed."""


class EndpointSmoke(Answer):
    """`mlplatform endpoint smoke --json`."""

    command: Literal["endpoint smoke"] = "endpoint smoke"
    endpoint: str = ""
    """Its resource id, or the URL."""

    kind: str = ""
    """`managed`, `kubernetes`, `container app`, `app service` or `url`."""

    deployment: Optional[str] = None
    """The deployment, revision or slot that was asked. Null: as callers use it."""

    passed: int = 0
    failed: int = 0
    unreachable: str = ""
    """Why the other cases were not sent, with exit code 3. Empty: all were."""

    cases: list[SmokeCase] = []


class ModelProvenance(_Object):
    """Where a model comes from. Null: not known."""

    digest: Optional[str] = None
    """The digest of its files: `sha256:` and 64 hexadecimal digits."""

    workspace: Optional[str] = None
    """The workspace in which it was made, by id."""

    job: Optional[str] = None
    """The job that made it."""

    git_commit: Optional[str] = None
    """The commit of the code of that job."""

    git_repository: Optional[str] = None
    git_dirty: Optional[str] = None
    """`True` if the code had changes that were not committed."""

    registry_model: Optional[str] = None
    """The version in the registry that it is a copy of."""


class ModelShare(Answer):
    """`mlplatform model share --json`."""

    command: Literal["model share"] = "model share"
    id: Optional[str] = None
    """The version in the registry, as `azureml://registries/…`. Null if nothing was shared."""

    was_there: bool = False
    """Whether the registry had this content already."""

    files: int = 0
    bytes: int = 0
    provenance: ModelProvenance = ModelProvenance()


class ModelPromote(Answer):
    """`mlplatform model promote --json`."""

    command: Literal["model promote"] = "model promote"
    id: Optional[str] = None
    """What a deployment names as its model: of the registry, or of the workspace. Null if nothing was promoted."""

    copied: bool = False
    """Whether it is a copy in the workspace."""

    copied_for: list[str] = []
    """The online endpoints on clusters because of which it is copied. Empty with --copy."""

    was_there: bool = False
    """Whether nothing was left to do."""

    provenance: ModelProvenance = ModelProvenance()


class ModelShow(Answer):
    """`mlplatform model show --json`."""

    command: Literal["model show"] = "model show"
    id: Optional[str] = None
    type: Optional[str] = None
    """`custom_model`, `mlflow_model` or `triton_model`."""

    state: Optional[str] = None
    """Azure's provisioning state."""

    provenance: ModelProvenance = ModelProvenance()


class RolloutStep(_Object):
    """What a step of a rollout must see before it can be passed."""

    share: int
    """The percent of the traffic that the new version answers."""

    mirror: int
    """The percent of the requests that it gets a copy of."""

    requests: Optional[int]
    """To both versions together. Null: no number is enough."""

    seconds: Optional[int]
    """How long that takes at the old version's rate."""

    test: str
    """The test that needs most: failures or slow requests."""


class RolloutServed(_Object):
    """What both versions did at a step."""

    share: int
    mirror: int
    new_requests: float
    new_failed: float
    new_slow: float
    old_requests: float
    old_failed: float
    old_slow: float


class RolloutLook(_Object):
    """What one look found."""

    time: str
    share: int
    e_values: dict[str, float]
    power: float
    """The chance with which the step would have shown a worse version by then."""


class RolloutBaseline(_Object):
    """The old version before the rollout."""

    requests: int
    requests_a_second: float
    failed: float
    """The share of its requests that failed."""

    slower_than_ms: Optional[float]
    """Its 95th percentile, against which both are held. Null: slowness is not compared."""

    burst_of_failures: float
    """How many failures come together; a burst counts once."""

    burst_of_slow: float


class EndpointRollout(Answer):
    """`mlplatform endpoint rollout --json`."""

    command: Literal["endpoint rollout"] = "endpoint rollout"
    endpoint: Optional[str] = None
    """Its resource id."""

    old: Optional[str] = None
    new: Optional[str] = None
    answer: Optional[Literal["go", "back", "inconclusive", "changed by others", "no evidence", "stopped"]] = None
    """Null with `--dry-run` and `--status`."""

    reason: Optional[str] = None
    traffic: dict[str, int] = {}
    """Version → percent, at the end."""

    mirror: dict[str, int] = {}
    """Version → percent of the requests that it gets a copy of."""

    standing: Optional[str] = None
    """With `--dry-run` and `--status`: the step that the traffic is at."""

    alarm_at: Optional[float] = None
    """The e-value at which a version goes back."""

    e_values: dict[str, float] = {}
    needed: list[RolloutStep] = []
    """With `--dry-run`: the minimum exposure of each step."""

    advice: list[str] = []
    """With `--dry-run`: the same in sentences."""

    baseline: Optional[RolloutBaseline] = None
    served: list[RolloutServed] = []
    looks: list[RolloutLook] = []


class StressedEndpoint(_Object):
    """What was measured, and from where."""

    endpoint: str
    kind: str
    deployment: str
    """Empty: as callers use it."""

    day: str
    generator: str
    """The machine that sent."""

    models: list[str]
    images: list[str]
    vm_sizes: list[str]


class StressTarget(_Object):
    """What callers need. Times are seconds."""

    percentile: float
    bound: Optional[float]
    """Null: nothing was answered, and no bound was asked for."""

    bound_is_asked: bool
    """False: it is a multiple of the response time without load."""

    errors: float
    rate: Optional[float]
    """Requests a second that have to be carried. Null: none was asked for."""


class StressKnee(_Object):
    """What the first ramp says. Rates are requests a second; null: not seen."""

    capacity: Optional[float]
    """Where throughput stops following the offered rate."""

    follows: Optional[float]
    """The highest rate that it followed, with all lower ones."""

    fails: Optional[float]
    """The lowest rate that it did not follow."""

    bend: Optional[float]
    """From where on response times are more than twice those without load."""

    errors: Optional[float]
    """The lowest rate with more errors than allowed."""

    collapses: Optional[float]
    """The lowest rate at which throughput fell below half of what it was."""

    meets: Optional[float]
    """The highest rate that meets the target, with all lower ones."""

    flat: Optional[float]
    """The response time without load, in seconds."""

    instances: Optional[int]
    """The instances at which the capacity was seen."""


class StressInterval(_Object):
    """The mean of independent runs, and where the true knee lies with 95 %."""

    value: float
    low: float
    high: float
    runs: int


class StressScaling(_Object):
    """What happened after the load stepped up. Times are seconds since then."""

    at: float
    """The step, in seconds since the start of the test."""

    rate: float
    seconds: float
    instances: Optional[int]
    """At the step. Null: the place does not tell."""

    most: Optional[int]
    grew: Optional[tuple[float, float]]
    """Between which times the first of more instances was seen. Null: none, or unknown."""

    missed: bool
    """Whether the target was missed."""

    met_again: Optional[float]
    """0: all the time. Null: not before the load went."""

    never_moved: bool
    """Whether the instances are known, and stayed as they were."""


class StressRecovery(_Object):
    """What happened after the load went. Times are seconds since then."""

    at: float
    """When it went, in seconds since the start of the test."""

    rate: float
    """The rate that was left."""

    seconds: float
    met_again: Optional[float]
    """Null: not while it was watched."""

    shrank: Optional[tuple[float, float]]
    """Between which times the first instance went. Null: none, or unknown."""

    instances: Optional[int]
    """At the end."""


class StressStep(_Object):
    """A step of the ramp, or a window of what was held. Times are seconds; null in place of an infinite one."""

    part: str
    run: int
    start: float
    """Seconds since the start of the test."""

    seconds: float
    rate: float
    """The planned rate."""

    sent: int
    offered: float
    achieved: float
    """Good answers a second."""

    response: Optional[float]
    """The target's percentile. Null: so many requests failed."""

    p50: Optional[float]
    p95: Optional[float]
    p99: Optional[float]
    errors: float
    kinds: list[tuple[str, int]]
    """The errors by kind."""

    lateness: Optional[float]
    """The p99 of the generator's own lateness."""

    unsent: int
    instances: Optional[int]
    late: bool
    """True: no evidence, since the generator was the limit."""

    died: bool
    """True: no good answer came any more at its end."""


class StressReading(_Object):
    """The instances that Azure told. Times are seconds since the start of the test."""

    asked: float
    at: float
    instances: int


class StressEnd(_Object):
    """What ended a part of the test before its plan did."""

    part: str
    why: str
    at: float


class EndpointStress(Answer):
    """`mlplatform endpoint stress --json`."""

    command: Literal["endpoint stress"] = "endpoint stress"
    endpoint: Optional[StressedEndpoint] = None
    outcome: Optional[Literal["knee", "holds", "misses", "breaks", "generator", "budget", "top", "interrupted"]] = None
    """knee and holds: exit code 0; misses and breaks: 1; generator, budget and top: 4."""

    sentences: list[str] = []
    """What was found, in words."""

    target: Optional[StressTarget] = None
    knee: Optional[StressKnee] = None
    capacities: list[float] = []
    """The knee of each run."""

    interval: Optional[StressInterval] = None
    """Null: fewer than three runs."""

    calm: Optional[StressRecovery] = None
    """After the ramp."""

    scaling: Optional[StressScaling] = None
    recovery: Optional[StressRecovery] = None
    """After the hold."""

    steps: list[StressStep] = []
    files: list[str] = []
    """Those of a test for Azure Load Testing. With any, nothing was sent."""

    instances: list[StressReading] = []
    ends: list[StressEnd] = []
    requests: int = 0
    seconds: float = 0
    notes: list[str] = []


ANSWERS: tuple[type[Answer], ...] = (
    Init,
    Explain,
    Preview,
    Since,
    Against,
    Check,
    Rights,
    SynapseFiles,
    EmulatedAzure,
    Cost,
    Prices,
    Expire,
    RequestNew,
    RequestCheck,
    RequestRender,
    RequestStatus,
    RequestRetire,
    Projects,
    EndpointProfile,
    EndpointSmoke,
    ModelShare,
    ModelPromote,
    ModelShow,
    EndpointRollout,
    EndpointStress,
)
"""The objects of all commands."""
