"""What an environment is: frozen pydantic models, with no Pulumi in them."""

from ..catalogue.ai_kinds import AIServiceKind
from ..catalogue.private_link import PrivateService
from ..catalogue.vm_sizes import Accelerator
from ..foundation.model import Settings, check
from ..foundation.problems import Problem, ProblemsError
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.project import ProjectSettings
from ..foundation.secret_values import SECRET, Encrypted
from ..foundation.violations import Violation
from .access import AccessSettings, FederatedCredential, WorkloadIdentitySettings
from .ai_services import AIServiceSettings, DeploymentSku, ModelDeployment, VersionUpgrade
from .aks import AKSSettings, Attach, HttpsSettings, MaintenanceWindow, PodNetwork, UpgradeChannel
from .app_service import AppServiceSettings, PlanSku, WebAppSettings
from .batch import BatchAlertSettings, BatchSettings, Orchestrator
from .batch_jobs import BatchDeployment, BatchInput, BatchJobSettings, BatchMode, BatchOutput, BlobCreatedSettings
from .budget import BudgetSettings
from .computes import ClusterSettings, InstanceSchedule, InstanceSettings, Priority, SetupScript
from .container_app import ContainerAppSettings, ContainerAppsSettings, WorkloadProfile
from .databricks import DatabricksSettings
from .datastores import DatastoreSettings, FolderSettings, StoreAccess
from .diagnostics import DiagnosticsSettings
from .encryption import CustomerManagedKey
from .endpoints import EntraSignIn, OnlineEndpointSettings
from .environment import EnvironmentSettings, Retirement
from .gitops import GitOpsSettings, Kustomization
from .inference import InferenceSettings, InferenceTarget
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
from .node_pools import MigProfile, NodePoolSettings, OsDisk, ServicePoolSettings
from .quotas import NamespaceQuota, VcpuQuota
from .schedule import Frequency, ScheduleSettings
from .synapse import NodeSize, SparkPoolSettings, SynapseSettings
from .workspace import NetworkMode, RegistrySku, WorkspaceSettings

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
    "BudgetSettings",
    "ClusterSettings",
    "ContainerAppSettings",
    "ContainerAppsSettings",
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
    "GitOpsSettings",
    "HttpsSettings",
    "HubSettings",
    "InferenceSettings",
    "InferenceTarget",
    "InstanceSchedule",
    "InstanceSettings",
    "Isolation",
    "Kustomization",
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
