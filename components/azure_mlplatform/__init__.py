"""Safe, isolated and identical machine-learning environments on Azure, as Pulumi components.

Everything loads on first use, so that `import azure_mlplatform` takes almost no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ai.ai_service import AIService as AIService
    from .ai.ai_service import AIServiceArgs as AIServiceArgs
    from .ai.ai_service import ConnectedService as ConnectedService
    from .batch.batch_scoring import BatchScoring as BatchScoring
    from .batch.batch_scoring import BatchScoringArgs as BatchScoringArgs
    from .environment.data_product_rg import DataProductRG as DataProductRG
    from .environment.data_product_rg import DataProductRGArgs as DataProductRGArgs
    from .inference.aks.aks_inference import AKSInference as AKSInference
    from .inference.aks.arguments import AKSInferenceArgs as AKSInferenceArgs
    from .inference.app_service.app_service_inference import AppServiceInference as AppServiceInference
    from .inference.app_service.app_service_inference import AppServiceInferenceArgs as AppServiceInferenceArgs
    from .inference.container_app.container_app_inference import ContainerAppInference as ContainerAppInference
    from .inference.container_app.container_app_inference import ContainerAppInferenceArgs as ContainerAppInferenceArgs
    from .inference.online_endpoint import OnlineEndpoint as OnlineEndpoint
    from .inference.online_endpoint import OnlineEndpointArgs as OnlineEndpointArgs
    from .landing.ci_identity import CIIdentity as CIIdentity
    from .landing.ci_identity import CIIdentityArgs as CIIdentityArgs
    from .network.network import Network as Network
    from .network.network import NetworkArgs as NetworkArgs
    from .parts.encryption import EncryptionKey as EncryptionKey
    from .parts.placement import Placement as Placement
    from .parts.placement import PrivateNetwork as PrivateNetwork
    from .project_environment import ProjectEnvironment as ProjectEnvironment
    from .project_environment import ProjectEnvironmentArgs as ProjectEnvironmentArgs
    from .settings import EnvironmentSettings as EnvironmentSettings
    from .spark.databricks.databricks_workspace import DatabricksWorkspace as DatabricksWorkspace
    from .spark.databricks.databricks_workspace import DatabricksWorkspaceArgs as DatabricksWorkspaceArgs
    from .spark.synapse.reference import SynapseReference as SynapseReference
    from .spark.synapse.synapse_workspace import SynapseWorkspace as SynapseWorkspace
    from .spark.synapse.synapse_workspace import SynapseWorkspaceArgs as SynapseWorkspaceArgs
    from .stack import deploy as deploy
    from .stack import stack_secret as stack_secret
    from .stack import stack_settings as stack_settings
    from .workspace.ml_workspace import MLWorkspace as MLWorkspace
    from .workspace.ml_workspace import MLWorkspaceArgs as MLWorkspaceArgs
    from .workspace.reference import WorkspaceReference as AttachableWorkspace
    from .workspace.reference import WorkspaceReference as WorkspaceReference

_HOMES = {
    "AIService": "ai.ai_service",
    "AIServiceArgs": "ai.ai_service",
    "AKSInference": "inference.aks.aks_inference",
    "AKSInferenceArgs": "inference.aks.arguments",
    "AppServiceInference": "inference.app_service.app_service_inference",
    "AppServiceInferenceArgs": "inference.app_service.app_service_inference",
    "BatchScoring": "batch.batch_scoring",
    "BatchScoringArgs": "batch.batch_scoring",
    "CIIdentity": "landing.ci_identity",
    "CIIdentityArgs": "landing.ci_identity",
    "ConnectedService": "ai.ai_service",
    "ContainerAppInference": "inference.container_app.container_app_inference",
    "ContainerAppInferenceArgs": "inference.container_app.container_app_inference",
    "DataProductRG": "environment.data_product_rg",
    "DataProductRGArgs": "environment.data_product_rg",
    "DatabricksWorkspace": "spark.databricks.databricks_workspace",
    "DatabricksWorkspaceArgs": "spark.databricks.databricks_workspace",
    "EncryptionKey": "parts.encryption",
    "EnvironmentSettings": "settings",
    "MLWorkspace": "workspace.ml_workspace",
    "MLWorkspaceArgs": "workspace.ml_workspace",
    "Network": "network.network",
    "NetworkArgs": "network.network",
    "OnlineEndpoint": "inference.online_endpoint",
    "OnlineEndpointArgs": "inference.online_endpoint",
    "Placement": "parts.placement",
    "PrivateNetwork": "parts.placement",
    "ProjectEnvironment": "project_environment",
    "ProjectEnvironmentArgs": "project_environment",
    "SynapseReference": "spark.synapse.reference",
    "SynapseWorkspace": "spark.synapse.synapse_workspace",
    "SynapseWorkspaceArgs": "spark.synapse.synapse_workspace",
    "WorkspaceReference": "workspace.reference",
    "deploy": "stack",
    "stack_secret": "stack",
    "stack_settings": "stack",
}
"""Public name → the module that has it."""

_FORMER = {"AttachableWorkspace": "WorkspaceReference"}
"""Former name → current name. Both can be imported."""

__all__ = [
    "AIService",
    "AIServiceArgs",
    "AKSInference",
    "AKSInferenceArgs",
    "AppServiceInference",
    "AppServiceInferenceArgs",
    "AttachableWorkspace",
    "BatchScoring",
    "BatchScoringArgs",
    "CIIdentity",
    "CIIdentityArgs",
    "ConnectedService",
    "ContainerAppInference",
    "ContainerAppInferenceArgs",
    "DataProductRG",
    "DataProductRGArgs",
    "DatabricksWorkspace",
    "DatabricksWorkspaceArgs",
    "EncryptionKey",
    "EnvironmentSettings",
    "MLWorkspace",
    "MLWorkspaceArgs",
    "Network",
    "NetworkArgs",
    "OnlineEndpoint",
    "OnlineEndpointArgs",
    "Placement",
    "PrivateNetwork",
    "ProjectEnvironment",
    "ProjectEnvironmentArgs",
    "SynapseReference",
    "SynapseWorkspace",
    "SynapseWorkspaceArgs",
    "WorkspaceReference",
    "deploy",
    "stack_secret",
    "stack_settings",
]


def __getattr__(name: str) -> Any:
    present = _FORMER.get(name, name)
    if present not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[present]}", __name__), present)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
