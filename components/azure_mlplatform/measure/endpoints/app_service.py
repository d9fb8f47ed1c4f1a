"""App Service: versions are the production slot and the other slots, and shares are rules of the production slot.

A rule sends a percentage to the host of a slot (`experiments.rampUpRules`: RampUpRule in azure-mgmt-web 11.0). A change
is a PATCH of `config/web`, as `az webapp traffic-routing set` sends it. App Service pins a browser with the cookie
`x-ms-routing-name`; `self` is production ("Set up staging environments in Azure App Service", 2023-07-30). A slot
without a rule is reached at its own host only: one with a rule, if of 0 %, at the address of the app too. Read
2026-11-28.
"""

from collections.abc import Mapping
from typing import Any, Optional

from ...dynamic.arm import ArmError
from .arm_endpoint import ArmEndpoint, plain_errors
from .container_app import DEFAULT_PATH
from .easy_auth import scope_of
from .endpoint import PRODUCTION, Deployment, EndpointError, Kind, NoSuchError, Route, Token, Traffic
from .tokens import entra_token

API_VERSION = "2025-05-01"
"""As azure-native 3.29 deploys them."""

ROUTING_COOKIE = "x-ms-routing-name"
_SELF = "self"


class AppService(ArmEndpoint):
    """A web app with slots. `path` is where its model answers."""

    api_version = API_VERSION
    version_word = "slot"

    def __init__(self, manager: Any, id_: str, path: str = DEFAULT_PATH) -> None:
        super().__init__(manager, id_)
        self._path = path

    @property
    def kind(self) -> Kind:
        """App Service."""
        return Kind.APP_SERVICE

    def _signs_in(self) -> Optional[Token]:
        with plain_errors(f"reading the sign-in of {self.name}"):
            found = self._manager.begin().get(f"{self._id}/config/authsettingsV2", API_VERSION)
        scope = scope_of((found or {}).get("properties") or {})
        return entra_token(self._manager.credential, scope) if scope else None

    def route(self, deployment: str = "") -> Route:
        """The address of the app, or of one slot."""
        url = f"https://{self._first['properties']['defaultHostName']}{self._path}"
        if not deployment:
            return Route(url)
        if deployment.lower() == PRODUCTION:
            return Route(url, {"Cookie": f"{ROUTING_COOKIE}={_SELF}"})
        name = self.deployment(deployment).name
        with plain_errors(f"reading the slots of {self.name}"):
            ruled = {str(each["name"]).lower() for each in self._rules()}
            if name.lower() in ruled:
                return Route(url, {"Cookie": f"{ROUTING_COOKIE}={name}"})
            return Route(f"https://{self._hosts()[name.lower()]}{self._path}")

    def deployments(self) -> tuple[Deployment, ...]:
        """The production slot and all others, sorted by name."""
        with plain_errors(f"reading the slots of {self.name}"):
            found = [_slot(self._read(), PRODUCTION), *(_slot(each, _name(each)) for each in self._slots())]
        return tuple(sorted(found, key=lambda each: each.name))

    def swap(self, slot: str) -> None:
        """Swaps a slot with production, and waits until it is done. Takes minutes.

        App Service warms the slot up first, and changes nothing if that fails.
        """
        name = self.deployment(slot).name
        with plain_errors(f"swapping '{name}' of {self.name}"):
            body = {"targetSlot": name, "preserveVnet": True}
            if self._manager.begin().post(f"{self._id}/slotsswap", API_VERSION, body) is None:
                raise NoSuchError(f"there is no endpoint {self._id}")

    def _slots(self) -> list[dict[str, Any]]:
        found = self._manager.begin().list(f"{self._id}/slots", API_VERSION)
        if found is None:
            raise NoSuchError(f"there is no endpoint {self._id}")
        return found

    def _hosts(self) -> dict[str, str]:
        return {_name(each).lower(): str(each["properties"]["defaultHostName"]) for each in self._slots()}

    def _rules(self) -> list[dict[str, Any]]:
        found = self._manager.begin().get(f"{self._id}/config/web", API_VERSION)
        if found is None:
            raise ArmError(f"GET web: {self.name} has no configuration", 404)
        return list((found["properties"].get("experiments") or {}).get("rampUpRules") or [])

    def _is_changing(self, resource: Mapping[str, Any]) -> bool:
        return str(resource["properties"].get("slotSwapStatus") or "").lower() == "inprogress"

    def _is_ready(self, deployment: Deployment) -> bool:
        return deployment.state.lower() == "running"

    def _shown_traffic(self, resource: Mapping[str, Any]) -> Traffic:
        shares: dict[str, int] = {}
        for each in self._rules():
            if each.get("changeStep"):
                raise EndpointError(
                    f"{self.name}: the rule of slot '{each['name']}' changes its share by itself (changeStep). "
                    "Remove it: two that write the same shares undo each other's changes"
                )
            shares[str(each["name"])] = round(float(each.get("reroutePercentage") or 0))
        return Traffic({PRODUCTION: 100 - sum(shares.values()), **shares})

    def _is_so(self, now: Traffic, aim: Traffic) -> bool:
        # A rule of 0 % is more than none: it opens the slot to requests that name it.
        return super()._is_so(now, aim) and {each.lower() for each in aim.shares} <= {
            each.lower() for each in now.shares
        }

    def _write(self, resource: Mapping[str, Any], aim: Traffic) -> None:
        if aim.mirror:
            raise EndpointError(f"{self.name}: App Service copies no requests. Leave mirroring out")
        hosts = self._hosts()
        rules = [
            {"name": name, "actionHostName": hosts[name.lower()], "reroutePercentage": share}
            for name, share in sorted(aim.shares.items())
            if name.lower() != PRODUCTION
        ]
        body = {"properties": {"experiments": {"rampUpRules": rules}}}
        self._manager.begin().patch_and_wait(f"{self._id}/config/web", API_VERSION, body)


def _name(slot: Mapping[str, Any]) -> str:
    """The name of a slot: ARM writes `app/slot`."""
    return str(slot["name"]).rsplit("/", 1)[-1]


def _slot(found: Mapping[str, Any], name: str) -> Deployment:
    properties = found["properties"]
    image = str((properties.get("siteConfig") or {}).get("linuxFxVersion") or "")
    return Deployment(
        name=name,
        state=str(properties.get("state") or "unknown"),
        image=image.removeprefix("DOCKER|") or None,
    )
