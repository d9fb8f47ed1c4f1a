"""The settings of an environment: frozen pydantic models without Pulumi."""

from ..ai.settings import AIServiceSettings, DeploymentSku, ModelDeployment, VersionUpgrade
from ..batch.settings.batch import BatchAlertSettings, BatchSettings, Orchestrator
from ..batch.settings.jobs import (
    BatchDeployment,
    BatchInput,
    BatchJobSettings,
    BatchMode,
    BatchOutput,
    BlobCreatedSettings,
)
from ..batch.settings.schedule import Frequency, ScheduleSettings
from ..catalogue.ai_kinds import AIServiceKind
from ..catalogue.private_link import PrivateService
from ..catalogue.vm_sizes import Accelerator
from ..environment.settings.access import AccessSettings, WorkloadIdentitySettings
from ..environment.settings.budget import BudgetSettings
from ..environment.settings.diagnostics import DiagnosticsSettings
from ..environment.settings.environment import EnvironmentSettings
from ..foundation.cluster_sharing import Attach
from ..foundation.custom_roles import CustomRolesFrom
from ..foundation.environment_names import CIUse
from ..foundation.model import Settings, check
from ..foundation.problems import Problem, ProblemsError
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.project import ProjectSettings
from ..foundation.secret_values import SECRET, Encrypted
from ..foundation.violations import Violation
from ..inference.aks.settings.aks import AKSSettings, HttpsSettings, MaintenanceWindow, PodNetwork, UpgradeChannel
from ..inference.aks.settings.gitops import GitOpsSettings, Kustomization
from ..inference.aks.settings.node_pools import MigProfile, NodePoolSettings, OsDisk, ServicePoolSettings
from ..inference.aks.settings.quotas import NamespaceQuota, VcpuQuota
from ..inference.app_service.settings import AppServiceSettings, PlanSku, WebAppSettings
from ..inference.container_app.settings import ContainerAppSettings, ContainerAppsSettings, WorkloadProfile
from ..inference.settings.container import EntraSignIn
from ..inference.settings.endpoints import OnlineEndpointSettings
from ..inference.settings.inference import InferenceSettings
from ..inference.settings.target import InferenceTarget
from ..network.settings import (
    DnsMode,
    DnsSettings,
    EgressKind,
    EgressSettings,
    HubSettings,
    NetworkSettings,
    SubnetIds,
    SubnetRole,
    Subnets,
)
from ..parts.settings.break_glass import BreakGlass
from ..parts.settings.encryption import CustomerManagedKey
from ..parts.settings.locks import LiftedLocks
from ..parts.settings.public_access import PublicAccess
from ..parts.settings.registry import RegistrySku
from ..parts.settings.retirement import Retirement
from ..parts.settings.trust import FederatedCredential, GitHubIds, TrustSettings
from ..spark.databricks.settings import DatabricksSettings
from ..spark.synapse.settings import NodeSize, SparkPoolSettings, SynapseSettings
from ..workspace.settings.computes import ClusterSettings, InstanceSchedule, InstanceSettings, Priority, SetupScript
from ..workspace.settings.datastores import DatastoreSettings, FolderSettings, StoreAccess
from ..workspace.settings.managed_network import (
    FqdnRule,
    Isolation,
    ManagedNetworkSettings,
    PrivateEndpointRule,
    ServiceTagRule,
)
from ..workspace.settings.workspace import NetworkMode, WorkspaceSettings

__all__ = [
    "PROFILES",
    "SECRET",
    "AIServiceKind",
    "AIServiceSettings",
    "AKSSettings",
    "Accelerator",
    "AccessSettings",
    "AppServiceSettings",
    "Attach",
    "BatchAlertSettings",
    "BatchDeployment",
    "BatchInput",
    "BatchJobSettings",
    "BatchMode",
    "BatchOutput",
    "BatchSettings",
    "BlobCreatedSettings",
    "BreakGlass",
    "BudgetSettings",
    "CIUse",
    "ClusterSettings",
    "ContainerAppSettings",
    "ContainerAppsSettings",
    "CustomRolesFrom",
    "CustomerManagedKey",
    "DatabricksSettings",
    "DatastoreSettings",
    "DeploymentSku",
    "DiagnosticsSettings",
    "DnsMode",
    "DnsSettings",
    "EgressKind",
    "EgressSettings",
    "Encrypted",
    "EntraSignIn",
    "Environment",
    "EnvironmentSettings",
    "FederatedCredential",
    "FolderSettings",
    "FqdnRule",
    "Frequency",
    "GitHubIds",
    "GitOpsSettings",
    "HttpsSettings",
    "HubSettings",
    "InferenceSettings",
    "InferenceTarget",
    "InstanceSchedule",
    "InstanceSettings",
    "Isolation",
    "Kustomization",
    "LiftedLocks",
    "MaintenanceWindow",
    "ManagedNetworkSettings",
    "MigProfile",
    "ModelDeployment",
    "NamespaceQuota",
    "NetworkMode",
    "NetworkSettings",
    "NodePoolSettings",
    "NodeSize",
    "OnlineEndpointSettings",
    "Orchestrator",
    "OsDisk",
    "PlanSku",
    "PodNetwork",
    "Priority",
    "PrivateEndpointRule",
    "PrivateService",
    "Problem",
    "ProblemsError",
    "Profile",
    "ProjectSettings",
    "PublicAccess",
    "RegistrySku",
    "Retirement",
    "ScheduleSettings",
    "ServicePoolSettings",
    "ServiceTagRule",
    "Settings",
    "SetupScript",
    "SparkPoolSettings",
    "StoreAccess",
    "SubnetIds",
    "SubnetRole",
    "Subnets",
    "SynapseSettings",
    "TrustSettings",
    "UpgradeChannel",
    "VcpuQuota",
    "VersionUpgrade",
    "Violation",
    "WebAppSettings",
    "WorkloadIdentitySettings",
    "WorkloadProfile",
    "WorkspaceSettings",
    "check",
]
