"""What the dynamic providers of this package share."""

from typing import Any

from pulumi.dynamic import ConfigureRequest, ResourceProvider

from .arm import ResourceManager
from .sign_in import settings


class ArmProvider(ResourceProvider):
    """A provider that calls Azure Resource Manager. It has no state of its own, so that only its name is pickled."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Takes over what azure-native is configured with."""
        self._read = settings(lambda name: req.config.get(f"azure-native:{name}"))

    def resource_manager(self, props: Any) -> ResourceManager:
        """A client that is signed in to the tenant of `props`."""
        return ResourceManager(self._read, props["tenant_id"])
