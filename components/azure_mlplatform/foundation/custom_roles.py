"""The library's own roles: what Azure's built-in roles give too much of, in one table.

A definition exists once for all of nonprod and once for prod, made by the stack of what is shared; or each environment
makes its own. Either way its id is known everywhere, before anything is made. Azure allows 5,000 custom roles in a
tenant, and the name of each is unique there (Learn: role-based-access-control/custom-roles, troubleshoot-limits; read
2026-11-28).
"""

import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum

from .profiles import PROFILES, Environment


class CustomRole(StrEnum):
    """One of the library's own roles."""

    RELEASE = "release"
    """Registers and deploys models, and shifts traffic. Deletes no endpoint, model or job."""

    RELEASE_DEV = "release_dev"
    """The same, and what training needs: it also clears away what it made."""

    BATCH_CALLER = "batch_caller"
    """Starts and watches batch jobs."""

    SHARED_CLUSTER = "shared_cluster"
    """Uses a cluster that others run, without changing it."""

    READER = "reader"
    """Sees resources and their metrics, but no logs, no files of notebooks and no keys."""


class CustomRolesFrom(StrEnum):
    """Who makes the definitions of the library's own roles."""

    OWN = "own"
    """The environment itself, in its own resource group."""

    SHARED = "shared"
    """The platform team's stack of what is shared, once for nonprod and once for prod."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleDefinition:
    """What a role allows."""

    name: str
    """Its name in Azure, before what makes it unique in the tenant."""

    description: str

    actions: tuple[str, ...]

    not_actions: tuple[str, ...] = ()

    data_actions: tuple[str, ...] = ()

    source: str
    """Where the names of the actions, and who needs them, were read."""

    day: str = "2026-11-28"
    """When it was read."""

    assumed: bool = False
    """Whether no source states that these actions are enough."""


_ML = "Microsoft.MachineLearningServices/workspaces"


def _on_workspace(*names: str) -> tuple[str, ...]:
    return tuple(f"{_ML}/{each}" for each in names)


_OPERATIONS = "MicrosoftDocs/azure-docs: role-based-access-control/permissions/ai-machine-learning, 2024-02-07 (names)"
_SECRETS = _on_workspace("listNotebookAccessToken/read", "listNotebookKeys/read")
"""Operations called `read` that answer with a secret."""

_WATCHED = ("Microsoft.Insights/logs/AmlOnlineEndpointTrafficLog/read", "Microsoft.Insights/metrics/read")
"""How a new version does while it gets traffic: the log of requests, of all logs, and metrics."""

_RELEASE = _WATCHED + _on_workspace(
    "read",
    "*/read",
    "assets/stage/write",
    "batchEndpoints/deployments/delete",
    "batchEndpoints/deployments/jobs/write",
    "batchEndpoints/deployments/write",
    "batchEndpoints/jobs/write",
    "batchEndpoints/write",
    "codes/versions/write",
    "codes/write",
    "components/versions/write",
    "components/write",
    "data/versions/write",
    "data/write",
    "datastores/listsecrets/action",
    "environments/build/action",
    "environments/readSecrets/action",
    "environments/versions/write",
    "environments/write",
    "experiments/runs/submit/action",
    "experiments/runs/write",
    "experiments/write",
    "jobs/cancel/action",
    "jobs/write",
    "metadata/artifacts/write",
    "metadata/snapshots/write",
    "metrics/resource/write",
    "models/package/action",
    "models/versions/write",
    "models/write",
    "onlineEndpoints/deployments/delete",
    "onlineEndpoints/deployments/write",
    "onlineEndpoints/score/action",
    "onlineEndpoints/write",
    "onlineendpoints/deployments/getlogs/action",
    "onlineendpoints/token/action",
)

CUSTOM_ROLES: dict[CustomRole, RoleDefinition] = {
    CustomRole.RELEASE: RoleDefinition(
        name="Azure ML release",
        description="Submits jobs, registers and deploys models, shifts traffic, calls endpoints, and reads their "
        "metrics and log of requests. A deployment that is replaced may go; endpoints, models, jobs and data stay.",
        actions=_RELEASE,
        not_actions=_SECRETS,
        source=f"{_OPERATIONS}; MicrosoftDocs/azure-ai-docs: machine-learning/how-to-assign-roles, 2024-09-03 "
        "(submitting any type of run (V2), managing online endpoints and deployments, MLflow), "
        "how-to-authenticate-batch-endpoint, 2023-10-10 (calling a batch endpoint; without listing keys); Learn: "
        "azure-monitor/logs/api/azure-resource-queries (microsoft.insights/logs/<table>/read). That it is enough for "
        "the SDK's uploads is assumed",
        assumed=True,
    ),
    CustomRole.RELEASE_DEV: RoleDefinition(
        name="Azure ML release and training",
        description="What the role of a release allows, and clearing away what training and trials of a release made.",
        actions=(
            *_RELEASE,
            *_on_workspace(
                "batchEndpoints/delete",
                "batchEndpoints/jobs/delete",
                "codes/versions/delete",
                "components/versions/delete",
                "data/versions/delete",
                "environments/versions/delete",
                "experiments/delete",
                "experiments/runs/delete",
                "jobs/delete",
                "metadata/artifacts/delete",
                "models/delete",
                "models/versions/delete",
                "onlineEndpoints/delete",
                "schedules/delete",
                "schedules/write",
            ),
        ),
        not_actions=_SECRETS,
        source=f"as the role of a release; {_OPERATIONS}",
        assumed=True,
    ),
    CustomRole.BATCH_CALLER: RoleDefinition(
        name="Azure ML batch caller",
        description="Starts jobs of batch endpoints, watches and cancels them. Changes no endpoint or deployment and "
        "deletes nothing.",
        actions=_on_workspace(
            "read",
            "batchEndpoints/deployments/jobs/read",
            "batchEndpoints/deployments/jobs/write",
            "batchEndpoints/deployments/read",
            "batchEndpoints/jobs/read",
            "batchEndpoints/jobs/write",
            "batchEndpoints/read",
            "computes/read",
            "data/versions/read",
            "data/versions/write",
            "datasets/registered/read",
            "datasets/registered/write",
            "datasets/unregistered/read",
            "datasets/unregistered/write",
            "datastores/listsecrets/action",
            "datastores/read",
            "endpoints/pipelines/read",
            "environments/build/action",
            "environments/read",
            "environments/readSecrets/action",
            "environments/write",
            "experiments/read",
            "experiments/runs/read",
            "experiments/runs/submit/action",
            "experiments/runs/write",
            "jobs/cancel/action",
            "jobs/read",
            "jobs/write",
            "metadata/artifacts/read",
            "metadata/artifacts/write",
            "metadata/snapshots/read",
            "metrics/resource/write",
            "models/read",
            "modules/read",
        ),
        source="MicrosoftDocs/azure-ai-docs: machine-learning/how-to-authenticate-batch-endpoint, 2023-10-10 "
        "(Configure RBAC for batch endpoints invoke), how-to-use-batch-azure-data-factory, 2026-03-10 (reads batch "
        f"deployments and performs actions over them); {_OPERATIONS}. Left out of the published list, and assumed not "
        "to be needed where endpoints, deployments and stores exist and stores hold no keys: writing these three, "
        "keys, secrets, pipelines of v1. Added: jobs, which the factory watches and cancels",
        assumed=True,
    ),
    CustomRole.SHARED_CLUSTER: RoleDefinition(
        name="AKS shared cluster",
        description="Reads a cluster that others run, its extensions, namespaces and bindings. Changes nothing on it.",
        actions=(
            "Microsoft.ContainerService/managedClusters/managedNamespaces/read",
            "Microsoft.ContainerService/managedClusters/read",
            "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/read",
            "Microsoft.KubernetesConfiguration/extensions/read",
        ),
        source="Learn: role-based-access-control/permissions/containers, hybrid-multicloud (names; managedNamespaces: "
        "the general rule of names). That it is enough for an attachment with trusted access is assumed",
        assumed=True,
    ),
    CustomRole.READER: RoleDefinition(
        name="Azure ML reader without data",
        description="Sees resources, their settings and metrics; no logs, no files of notebooks, no keys.",
        actions=("*/read",),
        not_actions=(
            *_SECRETS,
            *_on_workspace("metadata/secrets/read", "notebooks/storage/read"),
            f"{_ML}/datasets/registered/preview/read",
            f"{_ML}/datasets/unregistered/preview/read",
            "Microsoft.Insights/logs/*/read",
            "Microsoft.Insights/logs/read",
            "Microsoft.OperationalInsights/workspaces/query/*/read",
            "Microsoft.OperationalInsights/workspaces/query/read",
            "Microsoft.OperationalInsights/workspaces/tables/query/read",
        ),
        source="MicrosoftDocs/azure-monitor-docs: logs/manage-access (query/read to query, query/*/read for all "
        "tables, tables/query/read for one); Learn: azure-monitor/logs/api/azure-resource-queries "
        f"(microsoft.insights/logs/<table>/read, also in NotActions); {_OPERATIONS}. Reading a datastore shows its "
        "address and, where it has any, the kind of its credentials: listing them is an action, which */read does not "
        "include",
        assumed=True,
    ),
}
"""The library's own roles."""

_NAMESPACE = uuid.UUID("a1f2d3c4-5b6a-5c7d-8e9f-0a1b2c3d4e5f")
_PREFIX = "/providers/Microsoft.Authorization/roleDefinitions/"


def _digits(role: CustomRole) -> str:
    """The last twelve digits of the ids of a role's definitions, so that a reader of an id knows the role."""
    return hashlib.sha256(f"azure-mlplatform {role}".encode()).hexdigest()[:12]


def _guid(role: CustomRole, *seed: str) -> str:
    made = uuid.uuid5(_NAMESPACE, "\n".join([*(each.lower() for each in seed), role])).hex[:20]
    return str(uuid.UUID(made + _digits(role)))


def custom_role_guid(tenant_id: str, environment: Environment, role: CustomRole) -> str:
    """The GUID of the definition that nonprod or prod shares."""
    return _guid(role, "shared", tenant_id, PROFILES[environment].tier)


def own_custom_role_guid(subscription_id: str, resource_group: str, role: CustomRole) -> str:
    """The GUID of the definition that an environment makes in its own group."""
    return _guid(role, "own", subscription_id, resource_group)


def custom_role_id(subscription_id: str, tenant_id: str, environment: Environment, role: CustomRole) -> str:
    """The id, as role assignments in a subscription name it, of the definition that nonprod or prod shares."""
    return f"/subscriptions/{subscription_id}{_PREFIX}{custom_role_guid(tenant_id, environment, role)}"


def own_custom_role_id(subscription_id: str, resource_group: str, role: CustomRole) -> str:
    """The id, as role assignments name it, of the definition that an environment makes in its own group."""
    return f"/subscriptions/{subscription_id}{_PREFIX}{own_custom_role_guid(subscription_id, resource_group, role)}"


_BY_DIGITS = {_digits(each): each for each in CustomRole}


def custom_role_of(definition_id: str) -> CustomRole | None:
    """The library's own role whose definition has this id or GUID, shared or own. None if it is another role's."""
    return _BY_DIGITS.get(definition_id.rpartition("-")[2].lower())
