"""Safe, isolated and identical machine-learning environments on Azure, as Pulumi components.

Everything loads on first use, so that `import azure_mlplatform` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ai_service import AIService as AIService
    from .ai_service import AIServiceArgs as AIServiceArgs
    from .aks_inference import AKSInference as AKSInference
    from .aks_inference import AKSInferenceArgs as AKSInferenceArgs
    from .app_service_inference import AppServiceInference as AppServiceInference
    from .app_service_inference import AppServiceInferenceArgs as AppServiceInferenceArgs
    from .batch_scoring import BatchScoring as BatchScoring
    from .batch_scoring import BatchScoringArgs as BatchScoringArgs
    from .compute import AttachableWorkspace as AttachableWorkspace
    from .container_app_inference import ContainerAppInference as ContainerAppInference
    from .container_app_inference import ContainerAppInferenceArgs as ContainerAppInferenceArgs
    from .data_product_rg import DataProductRG as DataProductRG
    from .data_product_rg import DataProductRGArgs as DataProductRGArgs
    from .databricks_workspace import DatabricksWorkspace as DatabricksWorkspace
    from .databricks_workspace import DatabricksWorkspaceArgs as DatabricksWorkspaceArgs
    from .encryption import EncryptionKey as EncryptionKey
    from .ml_workspace import ConnectedService as ConnectedService
    from .ml_workspace import MLWorkspace as MLWorkspace
    from .ml_workspace import MLWorkspaceArgs as MLWorkspaceArgs
    from .network import Network as Network
    from .network import NetworkArgs as NetworkArgs
    from .network import PrivateNetwork as PrivateNetwork
    from .online_endpoint import OnlineEndpoint as OnlineEndpoint
    from .online_endpoint import OnlineEndpointArgs as OnlineEndpointArgs
    from .project_environment import ProjectEnvironment as ProjectEnvironment
    from .project_environment import ProjectEnvironmentArgs as ProjectEnvironmentArgs
    from .settings import EnvironmentSettings as EnvironmentSettings
    from .stack import stack_secret as stack_secret
    from .stack import stack_settings as stack_settings
    from .synapse_workspace import SynapseWorkspace as SynapseWorkspace
    from .synapse_workspace import SynapseWorkspaceArgs as SynapseWorkspaceArgs

_HOME = {
    "AIService": "ai_service",
    "AIServiceArgs": "ai_service",
    "AKSInference": "aks_inference",
    "AKSInferenceArgs": "aks_inference",
    "AppServiceInference": "app_service_inference",
    "AppServiceInferenceArgs": "app_service_inference",
    "AttachableWorkspace": "compute",
    "BatchScoring": "batch_scoring",
    "BatchScoringArgs": "batch_scoring",
    "ConnectedService": "ml_workspace",
    "ContainerAppInference": "container_app_inference",
    "ContainerAppInferenceArgs": "container_app_inference",
    "DataProductRG": "data_product_rg",
    "DataProductRGArgs": "data_product_rg",
    "DatabricksWorkspace": "databricks_workspace",
    "DatabricksWorkspaceArgs": "databricks_workspace",
    "EncryptionKey": "encryption",
    "EnvironmentSettings": "settings",
    "MLWorkspace": "ml_workspace",
    "MLWorkspaceArgs": "ml_workspace",
    "Network": "network",
    "NetworkArgs": "network",
    "OnlineEndpoint": "online_endpoint",
    "OnlineEndpointArgs": "online_endpoint",
    "PrivateNetwork": "network",
    "ProjectEnvironment": "project_environment",
    "ProjectEnvironmentArgs": "project_environment",
    "SynapseWorkspace": "synapse_workspace",
    "SynapseWorkspaceArgs": "synapse_workspace",
    "stack_secret": "stack",
    "stack_settings": "stack",
}

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
    "PrivateNetwork",
    "ProjectEnvironment",
    "ProjectEnvironmentArgs",
    "SynapseWorkspace",
    "SynapseWorkspaceArgs",
    "stack_secret",
    "stack_settings",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
