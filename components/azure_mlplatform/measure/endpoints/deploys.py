"""Endpoints that versions can be deployed to: what `endpoint profile` needs beyond the protocol Endpoint."""

from collections.abc import Mapping
from typing import Any, Optional, Protocol

from .endpoint import Deployment, Endpoint
from .online_endpoint import OnlineEndpoint


class Deploys(Protocol):
    """Makes versions without traffic, and takes them away again."""

    def definition(self, deployment: str) -> dict[str, Any]:
        """A version as it can be written again under another name. Raises NoSuchError if there is none."""
        ...

    def deploy(self, name: str, definition: Mapping[str, Any]) -> Deployment:
        """Makes a version without traffic, and waits until it is ready.

        Raises EndpointError if it is refused or does not start. Something of it may then be there: `remove` it.
        """
        ...

    def remove(self, name: str) -> None:
        """Takes a version away, or does nothing if there is none."""
        ...


def deploys_of(endpoint: Endpoint) -> Optional[Deploys]:
    """The endpoint as one that can be deployed to. None: versions come to it in another way."""
    return endpoint if isinstance(endpoint, OnlineEndpoint) else None
