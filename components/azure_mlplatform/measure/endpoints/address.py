"""The endpoint that somebody typed: a resource id, `ENV/NAME`, or a URL."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from ...dynamic.arm import Pauses, ResourceManager
from ...dynamic.sign_in import settings
from ...foundation.environments_file import EnvironmentNames
from ...foundation.values import nearest
from .app_service import AppService
from .container_app import DEFAULT_PATH, ContainerApp
from .endpoint import Endpoint, EndpointError
from .online_endpoint import OnlineEndpoint
from .tokens import entra_token
from .url import UrlEndpoint, shown

LONGEST_OPERATION = 60 * 60
"""All pauses of one operation, in seconds. A deployment of a managed endpoint pulls an image and loads a model."""

_GROUP = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers"
_NAME = r"[^/\s]+"
_SHAPES: tuple[tuple[str, str], ...] = (
    ("online", rf"{_GROUP}/Microsoft\.MachineLearningServices/workspaces/{_NAME}/onlineEndpoints/{_NAME}"),
    ("container", rf"{_GROUP}/Microsoft\.App/containerApps/{_NAME}"),
    ("web", rf"{_GROUP}/Microsoft\.Web/sites/{_NAME}"),
)

ALLOWED = (
    "Allowed: a resource id (of …/onlineEndpoints/<name>, …/containerApps/<name> or …/sites/<name>), "
    "<environment>/<name> with environments.json, or an https URL"
)


class AddressError(Exception):
    """What was typed names no endpoint."""

    def __init__(self, what: str, fix: str = ALLOWED) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


@dataclass(frozen=True, slots=True)
class Address:
    """Where an endpoint is. One of the two is set."""

    id: str = ""
    """Its resource id."""

    url: str = ""
    tenant_id: str = ""
    """The tenant of its subscription, if environments.json says it."""

    @property
    def kind(self) -> str:
        """`online`, `container`, `web`, or `url`."""
        if self.url:
            return "url"
        return next(kind for kind, shape in _SHAPES if re.fullmatch(shape, self.id, re.IGNORECASE))


def address_of(typed: str, names: Callable[[str], EnvironmentNames]) -> Address:
    """The address that was typed. `names` has what an environment has, and is asked only for `ENV/NAME`.

    Raises AddressError if it is none.
    """
    typed = typed.strip()
    if re.match(r"https?://[^\s/]*@", typed):
        # Not shown: it may hold a password.
        raise AddressError("a URL has a user or a password", "Take it out: requests sign in with a token of Entra ID")
    if re.fullmatch(r"https://[^\s/]+(/\S*)?|http://(localhost|127\.0\.0\.1)(:\d+)?(/\S*)?", typed):
        return Address(url=typed)
    if "://" in typed:
        raise AddressError(f"'{shown(typed)}' is not an https URL")
    if typed.startswith("/"):
        id_ = typed.rstrip("/")
        if not any(re.fullmatch(shape, id_, re.IGNORECASE) for _, shape in _SHAPES):
            raise AddressError(f"'{typed}' is not the id of an endpoint")
        return Address(id=id_)
    environment, slash, name = typed.partition("/")
    if not (environment and slash and name) or "/" in name:
        raise AddressError(f"'{typed}' is no endpoint")
    told = names(environment)
    return Address(id=_id_in(told, environment, name), tenant_id=told.tenant_id or "")


def _id_in(told: EnvironmentNames, environment: str, name: str) -> str:
    """The id of the endpoint with a name, or with a name that has it between hyphens: `scoring` for
    `ep-lending-scoring-prod-gkogjc`."""
    online = f"{_WORKSPACES}/{told.workspace}/onlineEndpoints"
    ids = {
        each: told.id_of(type_, each)
        for type_, known in (
            (online, told.online_endpoints),
            ("Microsoft.App/containerApps", told.container_apps),
            ("Microsoft.Web/sites", told.web_apps),
        )
        for each in known
    }
    found = [name] if name in ids else [each for each in ids if f"-{name}-" in f"-{each}-"]
    if not found:
        fix = f"It has {', '.join(sorted(ids)) or 'none'}"
        raise AddressError(f"'{environment}' has no endpoint '{name}'{nearest(name, ids)}", fix)
    if len(found) > 1:
        fix = f"Allowed: {', '.join(sorted(found))}"
        raise AddressError(f"'{name}' means several endpoints of '{environment}'", fix)
    if (id_ := ids[found[0]]) is None:
        raise AddressError(f"environments.json has no subscription or group of '{environment}'", "Render it again")
    return id_


_WORKSPACES = "Microsoft.MachineLearningServices/workspaces"


def signed_in(tenant_id: str = "") -> ResourceManager:
    """A client of Azure Resource Manager for a command: signs in by ARM_*, as azure-native does, else by the CLI."""
    read = settings(lambda _: None)
    return ResourceManager(read, tenant_id, Pauses(LONGEST_OPERATION, with_engine=False))


def endpoint_at(
    address: Address,
    manager: Callable[[str], ResourceManager] = signed_in,
    *,
    path: str = DEFAULT_PATH,
    scope: Optional[str] = None,
    without_token: bool = False,
) -> Endpoint:
    """The endpoint at an address, read once from Azure.

    `manager` signs in to a tenant. `path` is where the model of a Container App or web app answers. `scope` is that of
    the token for a URL; without it, or if `without_token`, requests go without. Raises NoSuchError if there is no
    endpoint.
    """
    if address.kind == "url":
        if without_token:
            return UrlEndpoint(address.url)
        if not scope:
            raise EndpointError(
                "a URL says nothing of its token. Give --token-scope <audience>/.default, or --no-token"
            )
        return UrlEndpoint(address.url, entra_token(manager(address.tenant_id).credential, scope))
    if address.kind == "online":
        return OnlineEndpoint(manager(address.tenant_id), address.id)
    return (ContainerApp if address.kind == "container" else AppService)(manager(address.tenant_id), address.id, path)
