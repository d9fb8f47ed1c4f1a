"""Who may do what in which kind of environment: one table, which components grant by and docs/access.md shows.

In test and prod no person works: groups there at most see, and what writes is an identity of a pipeline or of a running
workload. A test compares the table with what the plans of all stacks grant.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Union

from .built_in_roles import PrincipalType, Role
from .custom_roles import CUSTOM_ROLES, CustomRole
from .profiles import PROFILES, Environment


class Who(StrEnum):
    """A principal, or a kind of them."""

    DATA_SCIENTISTS = "data scientists"
    ADMINS = "project admins"
    READERS = "readers"
    RELEASE = "the identity that releases"
    WORKLOAD = "the workload identity"
    COMPUTES = "the computes of the workspace"
    ENDPOINTS = "online endpoints"
    APPS = "apps in containers"
    ORCHESTRATOR = "Data Factory or Synapse"
    DATABRICKS = "Databricks"
    WORKSPACE = "the workspace itself"
    CLUSTER = "the own cluster"
    KEY = "the reader of the customer's key"


class On(StrEnum):
    """What a role is on."""

    GROUP = "the resource group"
    WORKSPACE = "the workspace"
    STORAGE = "the workspace's storage"
    CONTAINER = "the containers of data"
    KEY_VAULT = "the key vault"
    REGISTRY = "the registry"
    INSIGHTS = "Application Insights"
    AI = "AI services"
    ENDPOINT = "private endpoints of the workspace"
    CLUSTER = "the cluster"
    SUBNET = "the cluster's subnet"
    NETWORK = "the cluster's network"
    ZONE = "the DNS zone of the cluster"


AnyRole = Union[Role, CustomRole]

PEOPLE = (Who.DATA_SCIENTISTS, Who.ADMINS, Who.READERS)
"""Those that are Entra groups. Everybody else is a service principal."""

_EVERYWHERE = frozenset(Environment)
_FOR_PEOPLE = frozenset(each for each in Environment if "data_scientists" in PROFILES[each].may_grant)
_PROMOTED = frozenset(each for each in Environment if PROFILES[each].is_promoted)
_RELEASED = frozenset(each for each in Environment if PROFILES[each].has_ci_identities)
_TRAINED = frozenset(each for each in _RELEASED if PROFILES[each].trains_in_pipelines)


@dataclass(frozen=True, slots=True)
class Grant:
    """One role that somebody has on something."""

    who: Who
    role: AnyRole
    on: On
    why: str
    """What it is for, in a few words."""

    environments: frozenset[Environment] = _EVERYWHERE

    @property
    def principal_type(self) -> PrincipalType:
        """The kind of principal."""
        return PrincipalType.GROUP if self.who in PEOPLE else PrincipalType.SERVICE_PRINCIPAL

    @property
    def role_name(self) -> str:
        """The role's name in Azure, without what makes a custom one unique."""
        return CUSTOM_ROLES[self.role].name if isinstance(self.role, CustomRole) else self.role.value


def _works(who: Who) -> Iterator[Grant]:
    for role, on, why in (
        (Role.READER, On.GROUP, "sees everything, logs included"),
        (Role.AZUREML_DATA_SCIENTIST, On.WORKSPACE, "works in it"),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.STORAGE, "code, models and results"),
        (Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR, On.STORAGE, "notebooks"),
        (Role.STORAGE_BLOB_DATA_READER, On.CONTAINER, "reads data"),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.CONTAINER, "writes in Synapse's own lake"),
        (Role.COGNITIVE_SERVICES_USER, On.AI, "calls them"),
        (Role.COGNITIVE_SERVICES_OPENAI_USER, On.AI, "calls them"),
    ):
        yield Grant(who, role, on, why, _FOR_PEOPLE)


def _calls_ai(who: Who) -> Iterator[Grant]:
    yield Grant(who, Role.COGNITIVE_SERVICES_USER, On.AI, "calls them")
    yield Grant(who, Role.COGNITIVE_SERVICES_OPENAI_USER, On.AI, "calls them")


def _uses_data(who: Who) -> Iterator[Grant]:
    yield Grant(who, Role.STORAGE_BLOB_DATA_READER, On.CONTAINER, "reads where a datastore says `read`")
    yield Grant(who, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.CONTAINER, "writes where a datastore says `write`")


GRANTS: tuple[Grant, ...] = (
    *_works(Who.DATA_SCIENTISTS),
    *_works(Who.ADMINS),
    Grant(Who.ADMINS, Role.AZUREML_COMPUTE_OPERATOR, On.WORKSPACE, "starts, stops and removes computes", _FOR_PEOPLE),
    Grant(Who.READERS, CustomRole.READER, On.GROUP, "sees resources and metrics"),
    Grant(Who.RELEASE, CustomRole.RELEASE_DEV, On.WORKSPACE, "releases, trains and clears away", _TRAINED),
    Grant(
        Who.RELEASE,
        CustomRole.RELEASE,
        On.WORKSPACE,
        "registers and deploys models, shifts traffic",
        _RELEASED - _TRAINED,
    ),
    Grant(Who.RELEASE, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.STORAGE, "uploads code and models", _RELEASED),
    *_calls_ai(Who.WORKLOAD),
    Grant(Who.COMPUTES, Role.READER, On.WORKSPACE, "finds assets of its jobs"),
    Grant(Who.COMPUTES, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.STORAGE, "code, models and results"),
    Grant(Who.COMPUTES, Role.STORAGE_QUEUE_DATA_CONTRIBUTOR, On.STORAGE, "parallel run steps keep their state there"),
    Grant(Who.COMPUTES, Role.STORAGE_TABLE_DATA_CONTRIBUTOR, On.STORAGE, "parallel run steps keep their state there"),
    Grant(Who.COMPUTES, Role.ACR_PULL, On.REGISTRY, "pulls images"),
    *_uses_data(Who.COMPUTES),
    *_calls_ai(Who.COMPUTES),
    Grant(Who.ENDPOINTS, Role.ACR_PULL, On.REGISTRY, "pulls images"),
    Grant(Who.ENDPOINTS, Role.STORAGE_BLOB_DATA_READER, On.STORAGE, "reads its models"),
    Grant(Who.ENDPOINTS, Role.AZUREML_METRICS_WRITER, On.WORKSPACE, "writes metrics"),
    *_calls_ai(Who.ENDPOINTS),
    Grant(Who.APPS, Role.ACR_PULL, On.REGISTRY, "pulls images"),
    Grant(Who.ORCHESTRATOR, CustomRole.BATCH_CALLER, On.WORKSPACE, "starts batch jobs and watches them"),
    Grant(Who.ORCHESTRATOR, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.STORAGE, "a job writes as its caller"),
    *_uses_data(Who.ORCHESTRATOR),
    *_uses_data(Who.DATABRICKS),
    Grant(Who.WORKSPACE, Role.AI_ADMINISTRATOR, On.KEY_VAULT, "Azure ML works on it as this identity"),
    Grant(Who.WORKSPACE, Role.KEY_VAULT_ADMINISTRATOR, On.KEY_VAULT, "keeps secrets of connections"),
    Grant(Who.WORKSPACE, Role.AI_ADMINISTRATOR, On.STORAGE, "Azure ML works on it as this identity"),
    Grant(Who.WORKSPACE, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, On.STORAGE, "code, models and results"),
    Grant(Who.WORKSPACE, Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR, On.STORAGE, "notebooks"),
    Grant(Who.WORKSPACE, Role.AI_ADMINISTRATOR, On.REGISTRY, "Azure ML works on it as this identity"),
    Grant(Who.WORKSPACE, Role.AI_ADMINISTRATOR, On.INSIGHTS, "Azure ML works on it as this identity"),
    Grant(Who.WORKSPACE, Role.AI_ADMINISTRATOR, On.WORKSPACE, "Azure ML works on it as this identity"),
    Grant(Who.WORKSPACE, Role.CONTRIBUTOR, On.CLUSTER, "attaches it", _PROMOTED),
    Grant(Who.WORKSPACE, Role.READER, On.ENDPOINT, "previews data in the studio"),
    Grant(Who.WORKSPACE, Role.STORAGE_BLOB_DATA_READER, On.CONTAINER, "previews data in the studio"),
    *(
        Grant(Who.WORKSPACE, Role.NETWORK_CONNECTION_APPROVER, on, "its managed network connects to it")
        for on in (On.KEY_VAULT, On.STORAGE, On.REGISTRY, On.AI)
    ),
    Grant(Who.CLUSTER, Role.NETWORK_CONTRIBUTOR, On.SUBNET, "its nodes join it", _PROMOTED),
    Grant(Who.CLUSTER, Role.NETWORK_CONTRIBUTOR, On.NETWORK, "links an adopted DNS zone to it", _PROMOTED),
    Grant(Who.CLUSTER, Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, On.ZONE, "writes its API server's record", _PROMOTED),
    Grant(Who.KEY, Role.KEY_VAULT_CRYPTO_USER, On.KEY_VAULT, "wraps and unwraps the key"),
)
"""Every role that the stack of a project gives, and to whom."""


def roles_of(who: Who, on: On) -> tuple[Role, ...]:
    """The built-in roles of somebody on something, in the order of the table."""
    return tuple(each.role for each in GRANTS if each.who is who and each.on is on and isinstance(each.role, Role))


def grants_in(environment: Environment, grants: Iterable[Grant] = GRANTS) -> list[Grant]:
    """The grants of one kind of environment."""
    return [each for each in grants if environment in each.environments]


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's part in a project, in words."""

    who: str
    setting: str
    """Where they are named. Empty: nowhere in this library."""

    may: tuple[str, ...]
    """What they may do in sandbox, dev, test and prod."""


_NOTHING = "nothing"
PARTS: tuple[Part, ...] = (
    Part(
        "data scientists",
        "access.data_scientists",
        ("work: data, jobs, models, notebooks, AI services", "as in a sandbox", _NOTHING, _NOTHING),
    ),
    Part(
        "project admins",
        "access.admins",
        ("as data scientists, and computes", "as in a sandbox", _NOTHING, _NOTHING),
    ),
    Part("readers", "access.readers", ("see resources and metrics", *["see resources and metrics"] * 3)),
    Part(
        "the pipeline that deploys",
        "landing: `deploy`",
        (_NOTHING, *["what its plan needs, in its own group"] * 2, "the same, without deleting what is held"),
    ),
    Part(
        "the pipeline that releases",
        "access.release_identity_id",
        (
            _NOTHING,
            "submit jobs, register and deploy models, shift traffic, clear away",
            "the same, without clearing away",
            "the same, without clearing away",
        ),
    ),
    Part(
        "running workloads",
        "workload_identity, made with the environment",
        ("the rows below", *["the rows below"] * 3),
    ),
    Part(
        "the platform team",
        "",
        (
            "lands environments; runs what is shared for nonprod",
            "as in a sandbox",
            "as in a sandbox",
            "lands environments by a pipeline; no person writes",
        ),
    ),
    Part("who pays", "budget.contact_emails", ("gets mail of the budget; no right in Azure", *["as in a sandbox"] * 3)),
)
"""Who has a part in a project. The last two have their rights from outside this library."""
