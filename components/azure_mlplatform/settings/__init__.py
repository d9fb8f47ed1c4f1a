"""What an environment is: frozen pydantic models, with no Pulumi in them."""

from ._model import SECRET, Encrypted, Refusal, Settings, check
from .access import AccessSettings, FederatedCredential, WorkloadIdentitySettings
from .ai_services import AIServiceKind, AIServiceSettings, DeploymentSku, ModelDeployment, VersionUpgrade
from .budget import BudgetSettings
from .computes import ClusterSettings, InstanceSchedule, InstanceSettings, Priority, SetupScript
from .datastores import DatastoreSettings, FolderSettings, StoreAccess
from .diagnostics import DiagnosticsSettings
from .encryption import CustomerManagedKey
from .environment import EnvironmentSettings, Retirement
from .managed_network import FqdnRule, Isolation, ManagedNetworkSettings, PrivateEndpointRule, ServiceTagRule
from .network import (
    DnsMode,
    DnsSettings,
    EgressKind,
    EgressSettings,
    HubSettings,
    NetworkSettings,
    PublicAccess,
    SubnetIds,
    SubnetRole,
    Subnets,
)
from .private_link import PrivateService
from .problems import Problem, ProblemsError
from .profiles import PROFILES, Environment, Profile
from .project import ProjectSettings
from .workspace import NetworkMode, RegistrySku, WorkspaceSettings

__all__ = [
    "PROFILES",
    "SECRET",
    "AIServiceKind",
    "AIServiceSettings",
    "AccessSettings",
    "BudgetSettings",
    "ClusterSettings",
    "CustomerManagedKey",
    "DatastoreSettings",
    "DeploymentSku",
    "DiagnosticsSettings",
    "DnsMode",
    "DnsSettings",
    "EgressKind",
    "EgressSettings",
    "Encrypted",
    "Environment",
    "EnvironmentSettings",
    "FederatedCredential",
    "FolderSettings",
    "FqdnRule",
    "HubSettings",
    "InstanceSchedule",
    "InstanceSettings",
    "Isolation",
    "ManagedNetworkSettings",
    "ModelDeployment",
    "NetworkMode",
    "NetworkSettings",
    "Priority",
    "PrivateEndpointRule",
    "PrivateService",
    "Problem",
    "ProblemsError",
    "Profile",
    "ProjectSettings",
    "PublicAccess",
    "Refusal",
    "RegistrySku",
    "Retirement",
    "ServiceTagRule",
    "Settings",
    "SetupScript",
    "StoreAccess",
    "SubnetIds",
    "SubnetRole",
    "Subnets",
    "VersionUpgrade",
    "WorkloadIdentitySettings",
    "WorkspaceSettings",
    "check",
]
