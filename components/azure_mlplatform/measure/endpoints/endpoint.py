"""An endpoint that scores: where requests go, what runs behind it, and which share of traffic each version has.

It is the same for all places where models run: Azure ML's managed machines and attached clusters, Container Apps, and
slots of App Service. What a place cannot do is an EndpointError that says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Optional, Protocol


class Kind(StrEnum):
    """Where an endpoint runs. The value is the name in messages."""

    MANAGED = "managed"
    KUBERNETES = "kubernetes"
    CONTAINER_APP = "container app"
    APP_SERVICE = "app service"
    URL = "url"
    """A URL alone: it can be called, and nothing is known of what is behind it."""


PRODUCTION = "production"
"""The name of App Service's production slot, which a swap makes new."""


class EndpointError(Exception):
    """Azure refused, or the endpoint cannot do it. The message says what to do."""


class NoSuchError(EndpointError):
    """There is no such endpoint or version."""


class NotSignedInError(EndpointError):
    """No token can be had, or Azure does not accept it."""


class ChangedByOthersError(EndpointError):
    """Somebody else changed the endpoint since it was read. Nothing was written."""


Token = Callable[[], str]
"""Returns a token that is valid now. Call it for each new connection, and again after a 401: it keeps the token until
shortly before its end. Raises NotSignedInError."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """What leads to one version, without the token."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version behind an endpoint: a deployment of Azure ML, a revision of a Container App, or a slot."""

    name: str
    state: str
    """Azure's provisioning state, such as `Succeeded`."""

    instances: Optional[int] = None
    vm_size: Optional[str] = None
    """The size of its machines, or the instance type of its cluster. None where the place has none."""

    model: Optional[str] = None
    """The id of its model."""

    image: Optional[str] = None
    """Its container image or environment, with a digest where Azure says one."""

    label: Optional[str] = None
    """The label of a revision."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Which share of live traffic each version has."""

    shares: Mapping[str, int]
    """Version → percent. They sum to 100, or are empty: nothing takes traffic."""

    mirror: Mapping[str, int] = field(default_factory=dict)
    """Version → percent of live requests that it gets a copy of. Managed endpoints only, 50 at most."""

    etag: str = ""
    """What a conditional write names. Empty where Azure has none."""


class Endpoint(Protocol):
    """An endpoint, as one answer of Azure or more describe it."""

    @property
    def id(self) -> str:
        """Its resource id. Of a URL alone: the URL."""
        ...

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def is_prod(self) -> bool:
        """Whether its tags say that it belongs to a production environment."""
        ...

    @property
    def token(self) -> Optional[Token]:
        """Signs in for requests. None: the endpoint takes requests without it."""
        ...

    def route(self, deployment: str = "") -> Route:
        """The route to one version, whatever its share, or to the endpoint as callers use it.

        Raises NoSuchError if there is no such version, EndpointError if the place cannot lead to one.
        """
        ...

    def deployments(self) -> tuple[Deployment, ...]:
        """All versions, sorted by name."""
        ...

    def traffic(self) -> Traffic:
        """The shares now, read anew."""
        ...

    def set_traffic(self, wanted: Mapping[str, int], seen: Traffic, mirror: Mapping[str, int] | None = None) -> Traffic:
        """Writes the whole map, waits until it is in effect, and returns what Azure then says.

        Does nothing if the map is already so. Raises ChangedByOthersError if it is not `seen` any more, EndpointError
        if a version is missing, if one that has no traffic yet is not ready, or if shares do not sum to 100.
        """
        ...


def check_shares(shares: Mapping[str, int], mirror: Mapping[str, int]) -> None:
    """Raises EndpointError unless the shares are whole percents that sum to 100 and copies are 50 at most."""
    for name, share in (*shares.items(), *mirror.items()):
        if not isinstance(share, int) or isinstance(share, bool) or not 0 <= share <= 100:
            raise EndpointError(f"the share of '{name}' is {share!r}. Allowed: a whole number from 0 to 100")
    if shares and sum(shares.values()) != 100:
        raise EndpointError(f"the shares sum to {sum(shares.values())}, not to 100: {written(shares)}")
    if sum(mirror.values()) > MOST_MIRRORED:
        raise EndpointError(
            f"{sum(mirror.values())} % of the requests would be copied. Allowed: {MOST_MIRRORED} % at most"
        )


MOST_MIRRORED = 50
"""Percent. "Traffic values need to sum to utmost 50": OnlineEndpointProperties.mirrorTraffic in Azure ML's REST API
2025-12-01, as azure-ai-ml 1.35 has it; read 2026-11-28."""


def written(shares: Mapping[str, int]) -> str:
    """Shares in words."""
    return ", ".join(f"{name} {share} %" for name, share in sorted(shares.items())) or "nothing"
