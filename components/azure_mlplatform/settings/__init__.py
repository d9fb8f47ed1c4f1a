"""What an environment is: frozen pydantic models, with no Pulumi in them."""

from ._model import SECRET, Encrypted, Refusal, Settings, check
from .access import AccessSettings, FederatedCredential, WorkloadIdentitySettings
from .ai_services import AIServiceKind, AIServiceSettings, DeploymentSku, ModelDeployment, VersionUpgrade
from .budget import BudgetSettings
from .diagnostics import DiagnosticsSettings
from .encryption import CustomerManagedKey
from .environment import EnvironmentSettings, Retirement
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

__all__ = [
    "PROFILES",
    "SECRET",
    "AIServiceKind",
    "AIServiceSettings",
    "AccessSettings",
    "BudgetSettings",
    "CustomerManagedKey",
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
    "HubSettings",
    "ModelDeployment",
    "NetworkSettings",
    "PrivateService",
    "Problem",
    "ProblemsError",
    "Profile",
    "ProjectSettings",
    "PublicAccess",
    "Refusal",
    "Retirement",
    "Settings",
    "SubnetIds",
    "SubnetRole",
    "Subnets",
    "VersionUpgrade",
    "WorkloadIdentitySettings",
    "check",
]
