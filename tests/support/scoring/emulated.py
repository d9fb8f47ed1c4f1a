"""An emulated Azure with its data plane, in one block."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from support.management_plane import TENANT, Azure, azure_on_loopback
from support.scoring.data_plane import DataPlane, data_plane, joint_bundle


@dataclass(frozen=True)
class EmulatedAzure:
    """An Azure to fill, and how a client reaches it."""

    azure: Azure
    plane: DataPlane
    environment: dict[str, str]
    """The variables for a command: addresses, a sign-in, and the certificates of both planes."""

    def variables(self) -> dict[str, str]:
        """The variables of this process without a sign-in of its own, and those of `environment`."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("ARM_", "AZURE_", "ACTIONS_"))}
        return {**own, **self.environment}

    @contextlib.contextmanager
    def signed_in(self) -> Iterator[None]:
        """Lets this process be the client, for the block."""
        with patch.dict(os.environ, self.variables(), clear=True):
            yield


@contextlib.contextmanager
def emulated_azure(folder: Path, *, seed: int = 1) -> Iterator[EmulatedAzure]:
    """Starts both planes for the block."""
    with azure_on_loopback(folder) as (azure, environment), data_plane(azure, folder, seed=seed) as (plane, bundle):
        joint = str(joint_bundle(folder, Path(environment["REQUESTS_CA_BUNDLE"]), bundle))
        found = {**environment, "REQUESTS_CA_BUNDLE": joint, "SSL_CERT_FILE": joint, "ARM_TENANT_ID": TENANT}
        yield EmulatedAzure(azure, plane, found)
