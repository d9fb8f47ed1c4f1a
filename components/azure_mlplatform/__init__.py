"""Safe, isolated and identical machine-learning environments on Azure, as Pulumi components.

Everything loads on first use, so that `import azure_mlplatform` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ai_service import AIService as AIService
    from .ai_service import AIServiceArgs as AIServiceArgs
    from .data_product_rg import DataProductRG as DataProductRG
    from .data_product_rg import DataProductRGArgs as DataProductRGArgs
    from .encryption import EncryptionKey as EncryptionKey
    from .ml_workspace import ConnectedService as ConnectedService
    from .ml_workspace import MLWorkspace as MLWorkspace
    from .ml_workspace import MLWorkspaceArgs as MLWorkspaceArgs
    from .network import Network as Network
    from .network import NetworkArgs as NetworkArgs
    from .network import PrivateNetwork as PrivateNetwork
    from .project_environment import ProjectEnvironment as ProjectEnvironment
    from .project_environment import ProjectEnvironmentArgs as ProjectEnvironmentArgs
    from .settings import EnvironmentSettings as EnvironmentSettings
    from .stack import stack_settings as stack_settings

_HOME = {
    "AIService": "ai_service",
    "AIServiceArgs": "ai_service",
    "ConnectedService": "ml_workspace",
    "DataProductRG": "data_product_rg",
    "DataProductRGArgs": "data_product_rg",
    "EncryptionKey": "encryption",
    "EnvironmentSettings": "settings",
    "MLWorkspace": "ml_workspace",
    "MLWorkspaceArgs": "ml_workspace",
    "Network": "network",
    "NetworkArgs": "network",
    "PrivateNetwork": "network",
    "ProjectEnvironment": "project_environment",
    "ProjectEnvironmentArgs": "project_environment",
    "stack_settings": "stack",
}

__all__ = [
    "AIService",
    "AIServiceArgs",
    "ConnectedService",
    "DataProductRG",
    "DataProductRGArgs",
    "EncryptionKey",
    "EnvironmentSettings",
    "MLWorkspace",
    "MLWorkspaceArgs",
    "Network",
    "NetworkArgs",
    "PrivateNetwork",
    "ProjectEnvironment",
    "ProjectEnvironmentArgs",
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
