"""The files of a new project: the smallest that previews and is worth having, with comments that teach.

The only writer of projects. It takes typed values and returns file → text; what they are and where the files go is
decided by its callers.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pydantic import Field

from ..catalogue.ai_kinds import AIServiceKind
from ..catalogue.regions import region
from ..foundation import placeholders
from ..foundation.custom_roles import CustomRolesFrom
from ..foundation.duplicates import duplicate_values, ids_of_others
from ..foundation.model import Settings, check
from ..foundation.naming import SHORT_NAME
from ..foundation.printable import printable
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.project import ProjectSettings
from ..foundation.rules import field_rule
from ..foundation.values import date, email, guid, private_range
from ..foundation.violations import Violation, prefixed_each
from ..inference.settings.target import InferenceTarget
from ..network.settings import DnsSettings, EgressSettings, HubSettings
from ..workspace.settings.computes import ClusterSettings, InstanceSettings
from ..workspace.settings.datastores import DatastoreSettings
from .yaml_text import block, scalar

_PROJECT = ProjectSettings.model_fields
_VM_SIZE = "Standard_D4ds_v5"
LIFE_DAYS = 30
"""The days until a sandbox expires, if nobody names a day."""


class NewEnvironment(Settings):
    """An environment of a new project. What nobody knows stays a placeholder."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`. It is the name of the stack too."""

    location: str
    """The Azure region."""

    subscription_id: Optional[str] = None
    """The subscription. Default: a placeholder."""

    address_space: Optional[str] = None
    """The private range of its network. Only a sandbox works without one."""

    hub: Optional[HubSettings] = None
    """The hub that the network is peered to. Default: none."""

    egress: Optional[EgressSettings] = None
    """The egress of the network. Default: its own NAT gateway."""

    dns: Optional[DnsSettings] = None
    """The DNS of private endpoints. Default: its own zones."""

    suffix: Optional[str] = None
    """The end of globally unique names. Default: random, drawn by the first update."""

    resource_group_id: Optional[str] = None
    """The resource group that its landing made. Default: it makes its own."""

    release_identity_id: Optional[str] = None
    """The identity that releases models, which its landing made. Default: none."""

    custom_roles: CustomRolesFrom = CustomRolesFrom.OWN
    """Who makes the library's own roles. Default: the environment."""

    data_scientists: list[str] = Field(default_factory=list)
    """The Entra groups that work in it, where people may. Default: a placeholder."""

    readers: list[str] = Field(default_factory=list)
    """The Entra groups that look at it. Default: none."""

    clusters: list[ClusterSettings] = Field(
        default_factory=lambda: [ClusterSettings(name="cpu", vm_size=_VM_SIZE, min_nodes=0, max_nodes=4)]
    )
    """The compute clusters. Default: one for jobs."""

    instances: list[InstanceSettings] = Field(default_factory=list)
    """The compute instances of persons. Default: what `user_id` says."""

    datastores: list[DatastoreSettings] = Field(default_factory=list)
    """The data of other products. Default: none."""

    ai_services: list[AIServiceKind] = Field(default_factory=lambda: [AIServiceKind.AI_SERVICES])
    """The AI services, by kind. Default: one account for many services."""

    inference: Optional[InferenceTarget] = None
    """The service that models run on. Default: none."""

    user_id: Optional[str] = None
    """The person who gets a compute instance, where people may have one. Default: a placeholder in a sandbox, no
    instance elsewhere."""

    budget: float = Field(default=500, ge=1)
    """The monthly budget. Default: 500."""

    contacts: list[str] = Field(default_factory=list)
    """Who gets the alerts of the budget. Default: the team's address."""

    expires_on: Optional[str] = None
    """The day from which it counts as expired. Default: in 30 days where it has to expire, else never."""

    no_zones_reason: Optional[str] = Field(default=None, min_length=10)
    """The reason why it uses no availability zones, as prod needs it in a region without."""

    _region = field_rule(region, "location")
    _guids = field_rule(guid, "subscription_id", "data_scientists", "readers", "user_id")
    _range = field_rule(private_range, "address_space")
    _date = field_rule(date, "expires_on")

    @property
    def profile(self) -> Profile:
        """The profile of its kind of environment."""
        return PROFILES[self.environment]

    @property
    def lets_work(self) -> bool:
        """Whether a group of people works in it."""
        return "data_scientists" in self.profile.may_grant

    @property
    def has_instance(self) -> bool:
        """Whether it has a person's compute instance: a sandbox always, since it has every tool for discovery."""
        if not self.profile.may_have_instances:
            return False
        return bool(self.instances) or self.user_id is not None or self.environment is Environment.SANDBOX


class NewProject(Settings):
    """The request for a new project. A value that nobody knows stays a placeholder."""

    name: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["churn"])
    """The project's short name: 2 to 24 lower-case letters, digits and single hyphens, starting with a letter."""

    environments: list[NewEnvironment] = Field(min_length=1)
    """Its environments, in the order of their lives."""

    tenant_id: Optional[str] = None
    """The Entra tenant of its subscriptions. Default: a placeholder."""

    data_product: Optional[str] = Field(default=None, pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24)
    """The data product that it works on. Default: one with the project's name."""

    owner_team: Optional[str] = Field(default=None, min_length=1, max_length=256)
    """The team that is responsible. Default: a placeholder."""

    owner_email: Optional[str] = None
    """The team's address, which also gets the alerts of the budgets. Default: a placeholder."""

    cost_center: Optional[str] = Field(default=None, min_length=1, max_length=256)
    """The cost center that pays. Default: a placeholder."""

    cost_code: Optional[str] = Field(default=None, min_length=1, max_length=256)
    """The project's cost code. Default: a placeholder where one is needed, else none."""

    @property
    def needs_cost_code(self) -> bool:
        """Whether one of its environments needs the cost code."""
        return any(each.profile.needs_cost_code for each in self.environments)

    _tenant = field_rule(guid, "tenant_id")
    _email = field_rule(email, "owner_email")

    @check
    def _environments_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values([each.environment.value for each in self.environments], ("environments",))

    @check
    def _ids_are_of_one_thing(self) -> Iterator[Violation]:
        yield from prefixed_each(("environments",), self.environments, self._mixed_up_ids)

    def _mixed_up_ids(self, environment: NewEnvironment) -> Iterator[Violation]:
        others = {"the tenant": self.tenant_id or placeholders.TENANT}
        subscription = environment.subscription_id or placeholders.SUBSCRIPTION
        yield from ids_of_others([(("subscription_id",), subscription)], others)
        others["the subscription"] = subscription
        groups = [(("data_scientists", index), each) for index, each in enumerate(environment.data_scientists)]
        people = [(("user_id",), environment.user_id)] if environment.user_id else []
        yield from ids_of_others([*groups, *people], others)


@dataclass(frozen=True)
class Layout:
    """Where a project stands, and what stands around it."""

    main: Optional[str] = None
    """The folder of the program, relative to the project. None: the project has one of its own."""

    virtualenv: str = ".venv"
    """The virtual environment that the Pulumi CLI makes and uses, relative to the project."""

    schemas: Optional[str] = None
    """The folder of the JSON Schemas for editors, relative to the project. None: there is none."""


IN_REPOSITORY = Layout(main="../../stacks/project", virtualenv="../../.venv", schemas="../../schemas")
"""A project in projects/<name> of a repository whose projects share a program."""


def files(
    project: NewProject,
    layout: Layout,
    *,
    requirement: str,
    today: datetime.date,
    forms: Optional[Mapping[str, str]] = None,
) -> dict[str, str]:
    """The files of a project by their names.

    `requirement` is the line by which pip gets this library, for a program of the project's own. `today` is the day
    from which a sandbox lives. `forms` has `cost_center` and `cost_code` as other projects write them. Default: as in
    this library's examples.
    """
    found = {"Pulumi.yaml": project_text(project, layout, forms)}
    for each in project.environments:
        found[f"Pulumi.{each.environment}.yaml"] = _stack_file(project, each, layout, today)
    if layout.main is None:
        found["__main__.py"] = _PROGRAM
        found["requirements.txt"] = f"{requirement}\n"
        found[".gitignore"] = ".venv/\n__pycache__/\n"
    return found


_FORMS = {key: (_PROJECT[key].examples or [key])[0] for key in ("cost_center", "cost_code")}

_PROGRAM = '''\
"""Deploys one environment of this project, from its settings in Pulumi.yaml and Pulumi.<stack>.yaml."""

from azure_mlplatform import deploy, stack_settings

deploy(stack_settings())
'''


def project_text(
    project: NewProject,
    layout: Layout,
    forms: Optional[Mapping[str, str]] = None,
    *,
    name: Optional[str] = None,
    description: Optional[str] = None,
) -> str:
    """Pulumi.yaml. `name` and `description` are those of the Pulumi project. Default: the project's own."""
    forms = {**_FORMS, **(forms or {})}
    main = (
        f"""\
# The program that all projects here share.
main: {layout.main}
"""
        if layout.main
        else ""
    )
    coded = (
        f"""\
      # Booked on, such as {printable(forms["cost_code"])}.
      cost_code: {_text(project.cost_code)}
"""
        if project.cost_code or project.needs_cost_code
        else f"""\
      # cost_code: {printable(forms["cost_code"])} # needed in every environment but a sandbox
"""
    )
    about = f"""\
# What is the same in all environments of {project.name}.
# `mlplatform explain project` says what can stand here.
"""
    body = f"""\
name: {scalar(name or project.name)}
description: {scalar(description or f"Machine learning on {project.data_product or project.name}")}
{main}\
runtime:
  name: python
  options:
    # `pulumi up` makes this virtual environment and installs the program's requirements.txt.
    toolchain: pip
    virtualenv: {layout.virtualenv}
options:
  # Releases change images and traffic: Pulumi reads these values before it sends anything.
  refresh: always
config:
  # Only the subscription of the settings is used, never the one that somebody is signed in to.
  pulumi:disable-default-providers:
    value: [azure-native]
  azure-mlplatform:project:
    value:
      # In the name of every resource, so it cannot change later.
      name: {scalar(project.name)}
      # The data product that owns the data. In the resource group's name, so it cannot change later.
      data_product: {scalar(project.data_product or project.name)}
      # Who is responsible, by the team's name.
      owner_team: {_text(project.owner_team)}
      # Where the team can be reached.
      owner_email: {_text(project.owner_email, placeholders.EMAIL)}
      # Who pays, such as {printable(forms["cost_center"])}.
      cost_center: {_text(project.cost_center)}
{coded}\
      # Further tags of every resource.
      # tags: {{confidentiality: internal}}
"""
    return file_text(layout, "project", about, body)


def _stack_file(project: NewProject, environment: NewEnvironment, layout: Layout, today: datetime.date) -> str:
    kind = environment.environment
    parts = (
        identity_text(project, environment),
        _network(environment),
        _people(environment),
        _workspace(environment),
        _ai_services(environment),
        _inference(environment),
        _synapse(environment),
        money_text(project, environment, today),
    )
    about = f"""\
# The {kind} environment of {project.name}.
# `mlplatform explain KEY` says what a key means, what else it can be, and what a change of it does.
"""
    return file_text(layout, "stack", about, "config:\n" + "\n".join(filter(None, parts)))


def identity_text(project: NewProject, environment: NewEnvironment) -> str:
    """What an environment is and where it stands."""
    subscription = _text(environment.subscription_id, placeholders.SUBSCRIPTION)
    found = f"""\
  # sandbox, dev, test or prod: decides what is needed, allowed and protected. It cannot change later.
  azure-mlplatform:environment: {environment.environment}
  # The Azure region. It cannot change later.
  azure-mlplatform:location: {environment.location}
  # The subscription of all resources (`az account list`). It cannot change later.
  azure-mlplatform:subscription_id: {subscription}
  # The Entra tenant of the subscription. It cannot change later.
  azure-mlplatform:tenant_id: {_text(project.tenant_id, placeholders.TENANT)}
"""
    if environment.no_zones_reason:
        found += f"""\
  # Why it is spread over no availability zones. It cannot come or go later in prod.
  azure-mlplatform:no_zones_reason: {scalar(environment.no_zones_reason)}
"""
    if environment.resource_group_id:
        found += f"""\
  # The resource group that the landing made. It cannot change later.
  azure-mlplatform:resource_group_id: {environment.resource_group_id}
"""
    if environment.suffix:
        found += f"""\
  # The end of globally unique names, so that all of them are known before they exist. It cannot change later.
  azure-mlplatform:suffix: {scalar(environment.suffix)}
"""
    return found


def _network(environment: NewEnvironment) -> str:
    if environment.address_space is None:
        return """\
  # Without a network, a sandbox has public addresses, and only Entra sign-in guards them.
  # azure-mlplatform:network: {address_space: [<a private range>]}
"""
    given = {field: getattr(environment, field) for field in ("hub", "egress", "dns")}
    chosen = {field: each.model_dump(mode="json", exclude_unset=True) for field, each in given.items() if each}
    without_hub = """\
    # To reach it from your network, peer it to the hub; the hub's owner makes the peering back.
    # hub: {vnet_id: <id of the hub's virtual network>, use_gateway: true}
"""
    public = """\
    # Or open it to some public addresses, with a reason.
    # public_access: {ip_ranges: [<addresses>], reason: <why>}
"""
    return f"""\
  # Its own network, with private endpoints of all that it has. Ask for a range that nobody else has.
  # Subnets are shares of the first range, so that one cannot change later.
  azure-mlplatform:network:
    address_space: [{environment.address_space}]
{block(chosen, 4) if chosen else ""}{"" if environment.hub else without_hub}\
{public if environment.profile.may_be_public and not environment.hub else ""}"""


def _people(environment: NewEnvironment) -> str:
    access: dict[str, Any] = {"readers": environment.readers} if environment.readers else {}
    if environment.release_identity_id:
        access["release_identity_id"] = environment.release_identity_id
    if environment.custom_roles is not CustomRolesFrom.OWN:
        access["custom_roles"] = environment.custom_roles.value
    if not environment.lets_work:
        none = f"""\
  # In {environment.environment} nobody works; only pipelines do. Groups may read, without data and secrets.
"""
        if not access:
            return f"{none}  # azure-mlplatform:access: {{readers: [<object id of an Entra group>]}}\n"
        return f"{none}  azure-mlplatform:access:\n{block(access, 4)}"
    groups = environment.data_scientists or [None]
    return f"""\
  # The Entra groups that work here, by object id (`az ad group show`). Nobody else has access.
  azure-mlplatform:access:
    data_scientists:
{"".join(f"      - {_text(each, placeholders.GROUP)}" + chr(10) for each in groups)}\
{block(access, 4) if access else ""}"""


def _workspace(environment: NewEnvironment) -> str:
    own = environment.address_space is not None
    mode = "own" if own else "managed"
    registry = (
        "" if own else "    # Premium, the default, is for private endpoints only.\n    container_registry_sku: Basic\n"
    )
    return f"""\
  # The machine-learning workspace, with its vault, storage, registry and Application Insights.
  azure-mlplatform:workspace:
    # `own`: computes are in the network above. `managed`: in one that Azure runs. It cannot change later.
    network_mode: {mode}
{registry}\
{_clusters(environment)}{_instance(environment)}{_datastores(environment)}"""


def _clusters(environment: NewEnvironment) -> str:
    if not environment.clusters:
        return ""
    return f"""\
    # Nodes start with a job and stop after it; with min_nodes 0 nothing runs in between.
    clusters:
{_items(map(_cluster, environment.clusters))}"""


def _cluster(cluster: ClusterSettings) -> dict[str, Any]:
    """What was given of a cluster, and that nothing runs between its jobs."""
    given = {"min_nodes": cluster.min_nodes, **_given(cluster)}
    return {key: given[key] for key in ("name", "vm_size", *ClusterSettings.model_fields) if key in given}


def _datastores(environment: NewEnvironment) -> str:
    if not environment.datastores:
        return ""
    return f"""\
    # Data of other products, reached by the computes' identity: no keys. Its owner gives a role on the container.
    datastores:
{_items(map(_given, environment.datastores))}"""


def _given(part: Settings) -> dict[str, Any]:
    """The values that were given, in the order of the fields."""
    return part.model_dump(mode="json", exclude_unset=True)


def _items(items: Iterable[Mapping[str, Any]]) -> str:
    """Items of a list that is two levels below `config:`, the name first."""
    named = ({key: each[key] for key in sorted(each, key=lambda key: key != "name")} for each in items)
    return block(list(named), 6)


def _instance(environment: NewEnvironment) -> str:
    if not environment.profile.may_have_instances:
        return ""
    about = "    # A person's own machine. It stops when it is idle. `az ad user show` has the object id."
    if not environment.has_instance:
        return f"""\
{about}
    # instances: [{{name: first, vm_size: Standard_D4ds_v5, assigned_user: <object id>}}]
"""
    if environment.instances:
        return f"{about}\n    instances:\n{_items(map(_given, environment.instances))}"
    return f"""\
{about}
    instances:
      - name: first
        vm_size: {_VM_SIZE}
        assigned_user: {_text(environment.user_id, placeholders.USER)}
"""


def _ai_services(environment: NewEnvironment) -> str:
    if not environment.ai_services:
        return ""
    said = "      # AIServices is one account for many services; others have one each. It cannot change later.\n"
    services = [
        f"    - name: {ai_service_name(each)}\n{said if not index else ''}      kind: {each}\n"
        for index, each in enumerate(environment.ai_services)
    ]
    return f"""\
  # AI services of this environment alone, without keys.
  azure-mlplatform:ai_services:
{"".join(services)}"""


def ai_service_name(kind: AIServiceKind) -> str:
    """The name of the AI service of a kind in a new project."""
    return "assistant" if kind is AIServiceKind.AI_SERVICES else _AI_NAMES.get(kind) or kind.lower()


_AI_NAMES = {
    AIServiceKind.COMPUTER_VISION: "vision",
    AIServiceKind.CONTENT_SAFETY: "safety",
    AIServiceKind.CUSTOM_VISION_TRAINING: "cv-training",
    AIServiceKind.CUSTOM_VISION_PREDICTION: "cv-serving",
    AIServiceKind.FORM_RECOGNIZER: "documents",
    AIServiceKind.SPEECH_SERVICES: "speech",
    AIServiceKind.TEXT_ANALYTICS: "language",
    AIServiceKind.TEXT_TRANSLATION: "translator",
}


def _inference(environment: NewEnvironment) -> str:
    target = environment.inference
    if target is None:
        return ""
    about = f"""\
  # What models run on. `mlplatform explain inference` says what else it can have.
  azure-mlplatform:inference:
    target: {target}
"""
    endpoint = "    endpoints:\n      - name: scoring\n"
    sign_in = f"""\
          # The app registration that callers sign in for, and who may call, by object id.
          sign_in:
            client_id: {_text(None, placeholders.USER)}
            callers:
              - {_text(None, placeholders.GROUP)}
"""
    own = {
        InferenceTarget.MANAGED: endpoint,
        InferenceTarget.AKS: f"""\
{endpoint}\
    aks:
      # The host name in the certificate, and the secret that has it in the environment's vault.
      https:
        cname: {_text(None, f"{placeholders.TEXT}.example.com")}
        secret_name: scoring-tls
""",
        InferenceTarget.APP_SERVICE: f"    app_service:\n      apps:\n        - name: scoring\n{sign_in}",
        InferenceTarget.CONTAINER_APP: f"    container_app:\n      apps:\n        - name: scoring\n{sign_in}",
    }
    return about + own[target]


def _synapse(environment: NewEnvironment) -> str:
    """Synapse in a sandbox, which has every tool for discovery that works without a network."""
    if environment.environment is not Environment.SANDBOX:
        return ""
    return f"""\
  # Synapse with Spark, to explore data. A pool that pauses costs nothing.
  azure-mlplatform:synapse:
    # The Entra group that administers it, by object id. It cannot change later.
    administrators_group_id: {_text(next(iter(environment.data_scientists), None), placeholders.GROUP)}
    pools:
      - name: spark
        max_nodes: 3
        pause_minutes: 15
"""


def money_text(project: NewProject, environment: NewEnvironment, today: Optional[datetime.date] = None) -> str:
    """The budget and the end of an environment. One that is landed has its budget there. Without `today`, one that
    nobody named an end for has none."""
    contacts = environment.contacts or [project.owner_email]
    expires = environment.expires_on
    longest = environment.profile.longest_life_days
    if expires is None and longest and today is not None:
        expires = (today + datetime.timedelta(min(LIFE_DAYS, longest))).isoformat()
    ahead = f", at most {longest} days ahead" if longest else ""
    expiry = (
        f"""\
  # The day from which it counts as expired{ahead}. In quotes: it is a text.
  azure-mlplatform:expires_on: "{expires}"
"""
        if expires
        else ""
    )
    budget = f"""\
  # A month's budget, in the currency of the bill. Azure sends alerts; it stops nothing.
  azure-mlplatform:budget:
    amount: {environment.budget:g}
    contact_emails:
{"".join(f"      - {_text(each, placeholders.EMAIL)}" + chr(10) for each in contacts)}"""
    return ("" if environment.resource_group_id else budget) + expiry


_MARK = "# placeholder"


def _text(given: Optional[str], placeholder: str = placeholders.TEXT) -> str:
    """A value; if nobody gave one, the placeholder and its mark."""
    value = given or placeholder
    return f"{scalar(value)} {_MARK}" if placeholders.is_placeholder(value) else scalar(value)


def file_text(layout: Layout, schema: str, about: str, body: str) -> str:
    """A file: the line from which an editor knows its schema, what it is about, what its marks mean, and its body."""
    modeline = (
        f"# yaml-language-server: $schema={layout.schemas}/pulumi-{schema}.schema.json\n" if layout.schemas else ""
    )
    marks = f"{_MARK}: fill it in. A preview takes it and `pulumi up` refuses it.\n" if _MARK in body else ""
    return f"{modeline}{about}{marks}{body}"
