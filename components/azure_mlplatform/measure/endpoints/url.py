"""A URL alone: it can be called, and nothing is known of what is behind it."""

from collections.abc import Mapping
from typing import NoReturn, Optional
from urllib.parse import urlsplit

from .endpoint import Deployment, EndpointError, Kind, Route, Token, Traffic


def shown(url: str) -> str:
    """A URL as messages and answers have it: a user, a password or a query may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class UrlEndpoint:
    """An endpoint that only its URL names. `token` is None if it takes requests without one."""

    def __init__(self, url: str, token: Optional[Token] = None) -> None:
        self._url, self._token = url, token

    @property
    def id(self) -> str:
        """The URL, without its query."""
        return shown(self._url)

    @property
    def name(self) -> str:
        """The URL, without its query."""
        return shown(self._url)

    @property
    def kind(self) -> Kind:
        """A URL."""
        return Kind.URL

    @property
    def is_prod(self) -> bool:
        """False: nobody knows."""
        return False

    @property
    def token(self) -> Optional[Token]:
        """Signs in for requests."""
        return self._token

    def route(self, deployment: str = "") -> Route:
        """The URL."""
        if deployment:
            self._refuse(f"a URL leads to no single version, and '{deployment}' is asked for")
        return Route(self._url)

    def deployments(self) -> tuple[Deployment, ...]:
        """None that is known."""
        return ()

    def traffic(self) -> Traffic:
        """Raises EndpointError."""
        self._refuse("the traffic of a URL is not known")

    def set_traffic(self, wanted: Mapping[str, int], seen: Traffic, mirror: Mapping[str, int] | None = None) -> Traffic:
        """Raises EndpointError."""
        self._refuse("the traffic of a URL cannot be changed")

    def _refuse(self, what: str) -> NoReturn:
        raise EndpointError(f"{what}. Name the endpoint by its resource id, or as ENV/NAME")
