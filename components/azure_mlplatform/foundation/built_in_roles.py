"""Azure's built-in roles by name, and the stable names of their assignments.

The ids are from "Azure built-in roles" (Microsoft Learn). A test compares them with a published source.
"""

import uuid
from enum import StrEnum

from .custom_roles import CUSTOM_ROLES, custom_role_of


class Role(StrEnum):
    """A built-in role; the value is its name in Azure."""

    READER = "Reader"
    CONTRIBUTOR = "Contributor"
    AI_ADMINISTRATOR = "Azure AI Administrator"
    RBAC_ADMINISTRATOR = "Role Based Access Control Administrator"
    NETWORK_CONTRIBUTOR = "Network Contributor"
    PRIVATE_DNS_ZONE_CONTRIBUTOR = "Private DNS Zone Contributor"
    MANAGED_IDENTITY_OPERATOR = "Managed Identity Operator"
    AZUREML_DATA_SCIENTIST = "AzureML Data Scientist"
    AZUREML_COMPUTE_OPERATOR = "AzureML Compute Operator"
    AZUREML_METRICS_WRITER = "AzureML Metrics Writer (preview)"
    STORAGE_BLOB_DATA_CONTRIBUTOR = "Storage Blob Data Contributor"
    STORAGE_BLOB_DATA_READER = "Storage Blob Data Reader"
    STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR = "Storage File Data Privileged Contributor"
    STORAGE_QUEUE_DATA_CONTRIBUTOR = "Storage Queue Data Contributor"
    STORAGE_TABLE_DATA_CONTRIBUTOR = "Storage Table Data Contributor"
    NETWORK_CONNECTION_APPROVER = "Azure AI Enterprise Network Connection Approver"
    KEY_VAULT_ADMINISTRATOR = "Key Vault Administrator"
    KEY_VAULT_SECRETS_OFFICER = "Key Vault Secrets Officer"
    KEY_VAULT_SECRETS_USER = "Key Vault Secrets User"
    KEY_VAULT_CRYPTO_USER = "Key Vault Crypto Service Encryption User"
    ACR_PULL = "AcrPull"
    ACR_PUSH = "AcrPush"
    KUBERNETES_EXTENSION_CONTRIBUTOR = "Kubernetes Extension Contributor"
    AKS_CLUSTER_ADMIN = "Azure Kubernetes Service Cluster Admin Role"
    COGNITIVE_SERVICES_USER = "Cognitive Services User"
    COGNITIVE_SERVICES_OPENAI_USER = "Cognitive Services OpenAI User"
    DATA_FACTORY_CONTRIBUTOR = "Data Factory Contributor"
    EVENTGRID_SUBSCRIPTION_CONTRIBUTOR = "EventGrid EventSubscription Contributor"


ROLE_IDS: dict[Role, str] = {
    Role.READER: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    Role.CONTRIBUTOR: "b24988ac-6180-42a0-ab88-20f7382dd24c",
    Role.AI_ADMINISTRATOR: "b78c5d69-af96-48a3-bf8d-a8b4d589de94",
    Role.RBAC_ADMINISTRATOR: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    Role.NETWORK_CONTRIBUTOR: "4d97b98b-1d4f-4787-a291-c67834d212e7",
    Role.PRIVATE_DNS_ZONE_CONTRIBUTOR: "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
    Role.MANAGED_IDENTITY_OPERATOR: "f1a07417-d97a-45cb-824c-7a7467783830",
    Role.AZUREML_DATA_SCIENTIST: "f6c7c914-8db3-469d-8ca1-694a8f32e121",
    Role.AZUREML_COMPUTE_OPERATOR: "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815",
    Role.AZUREML_METRICS_WRITER: "635dd51f-9968-44d3-b7fb-6d9a6bd613ae",
    Role.STORAGE_BLOB_DATA_CONTRIBUTOR: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    Role.STORAGE_BLOB_DATA_READER: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR: "69566ab7-960f-475b-8e7c-b3118f30c6bd",
    Role.STORAGE_QUEUE_DATA_CONTRIBUTOR: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    Role.STORAGE_TABLE_DATA_CONTRIBUTOR: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    Role.NETWORK_CONNECTION_APPROVER: "b556d68e-0be0-4f35-a333-ad7ee1ce17ea",
    Role.KEY_VAULT_ADMINISTRATOR: "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    Role.KEY_VAULT_SECRETS_OFFICER: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    Role.KEY_VAULT_SECRETS_USER: "4633458b-17de-408a-b874-0445c86b69e6",
    Role.KEY_VAULT_CRYPTO_USER: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    Role.ACR_PULL: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    Role.ACR_PUSH: "8311e382-0749-4cb8-b61a-304f252e45ec",
    Role.KUBERNETES_EXTENSION_CONTRIBUTOR: "85cb6faf-e071-4c9b-8136-154b5a04f717",
    Role.AKS_CLUSTER_ADMIN: "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
    Role.COGNITIVE_SERVICES_USER: "a97b65f3-24c7-4388-baec-2e87135dc908",
    Role.COGNITIVE_SERVICES_OPENAI_USER: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    Role.DATA_FACTORY_CONTRIBUTOR: "673868aa-7521-48a0-acc6-0f60742d39f5",
    Role.EVENTGRID_SUBSCRIPTION_CONTRIBUTOR: "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",
}


GIVEN_BEFORE: dict[str, str] = {ROLE_IDS[Role.AI_ADMINISTRATOR]: ROLE_IDS[Role.CONTRIBUTOR]}
"""The id of a role → that of the role which earlier versions gave service principals in its place. An environment that
they made still has it, so whoever may give the one may take the other away."""


class PrincipalType(StrEnum):
    """The kind of principal that gets a role. Always set, because Azure may not find a new principal yet."""

    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"
    """Includes managed identities."""


def role_definition_id(subscription_id: str, role: Role) -> str:
    """The ARM id of a role in a subscription."""
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{ROLE_IDS[role]}"


def role_name(definition_id: str) -> str:
    """The name of the role with this ARM id, or its GUID if the role is neither in ROLE_IDS nor one of the library's
    own."""
    guid = definition_id.rsplit("/", 1)[-1]
    if own := custom_role_of(guid):
        return CUSTOM_ROLES[own].name
    return next((role.value for role, known in ROLE_IDS.items() if known == guid), guid)


_NAMESPACE = uuid.UUID("6f1f7c5e-3d0b-5b56-8d34-6f2d2a6c1e0a")


def assignment_name(subscription_id: str, resource_group: str, logical_name: str) -> str:
    """The GUID that names a role assignment, made only of values that are known before the deployment.

    Azure refuses an existing name with another principal, so delete the assignment before you replace it.
    """
    return str(uuid.uuid5(_NAMESPACE, "\n".join([subscription_id.lower(), resource_group.lower(), logical_name])))
