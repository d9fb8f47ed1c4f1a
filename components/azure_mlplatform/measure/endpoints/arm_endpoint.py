"""What all endpoints with a resource id have in common: reading, and writing traffic without losing a change.

None of their APIs takes an etag (Azure ML 2025-12-01, Microsoft.App 2026-07-01, Microsoft.Web 2025-05-01: neither a
header If-Match nor a property etag in Microsoft's clients azure-ai-ml 1.35, azure-mgmt-appcontainers 5.1 and
azure-mgmt-web 11.0; read 2026-11-28). So the map is read again right before a write, and after it.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Optional

from ...dynamic.arm import ArmError, ResourceManager
from ...foundation.tags import FOR_STRESS_TESTS
from ...foundation.values import name_of, nearest
from .endpoint import (
    ChangedByOthersError,
    Deployment,
    EndpointError,
    Kind,
    NoSuchError,
    NotSignedInError,
    Route,
    Token,
    Traffic,
    check_shares,
    written,
)

ATTEMPTS = 5
"""How often a write is sent that meets another operation on the endpoint."""

_CONFLICT = 409

PROD_TAG = ("environment", "prod")
"""The tag that every resource of a production environment has."""


@contextlib.contextmanager
def plain_errors(what: str) -> Iterator[None]:
    """Raises an EndpointError in place of an ArmError, with what to do where it is known."""
    try:
        yield
    except ArmError as error:
        if error.status == 401:
            raise NotSignedInError(f"{what}: {error}. Sign in again") from None
        if error.status == 404:
            # Azure ML answers with the code UserError where there is nothing.
            raise NoSuchError(f"{what}: {error}") from None
        if error.status == 403:
            raise NotSignedInError(f"{what}: {error}. Ask the platform team for the role that allows this") from None
        raise EndpointError(f"{what}: {error}") from None


class ArmEndpoint(ABC):
    """An endpoint with a resource id. One that was read keeps what does not change: address, kind and sign-in."""

    api_version: str

    def __init__(self, manager: ResourceManager, id_: str) -> None:
        self._manager = manager
        self._id = id_
        self._token: Optional[tuple[Optional[Token]]] = None
        with plain_errors(f"reading {self.name}"):
            self._first = self._read()

    @property
    def id(self) -> str:
        """Its resource id."""
        return self._id

    @property
    def name(self) -> str:
        """The last part of its id."""
        return name_of(self._id)

    @property
    def is_prod(self) -> bool:
        """Whether its tags say that it belongs to a production environment, and is not there for stress tests."""
        tags = {name: str(value).lower() for name, value in (self._first.get("tags") or {}).items()}
        return PROD_TAG in tags.items() and FOR_STRESS_TESTS not in tags.items()

    @property
    def location(self) -> str:
        """The region that it is in, as Azure's price table names it."""
        return str(self._first.get("location") or "").lower().replace(" ", "")

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """Where it runs."""

    @property
    def token(self) -> Optional[Token]:
        """Signs in for requests. None: it takes requests without. Raises EndpointError if it takes keys."""
        if self._token is None:
            self._token = (self._signs_in(),)
        return self._token[0]

    @abstractmethod
    def _signs_in(self) -> Optional[Token]:
        """How a caller signs in."""

    @abstractmethod
    def route(self, deployment: str = "") -> Route:
        """The route to one version, or to the endpoint as callers use it."""

    @abstractmethod
    def deployments(self) -> tuple[Deployment, ...]:
        """All versions, sorted by name."""

    def deployment(self, name: str) -> Deployment:
        """A version by its name or label. Raises NoSuchError if there is none."""
        return self._among(self.deployments(), name)

    def _among(self, found: tuple[Deployment, ...], name: str) -> Deployment:
        for each in found:
            if name.lower() in (each.name.lower(), (each.label or each.name).lower()):
                return each
        names = [each.name for each in found]
        known = f"It has {', '.join(names)}" if names else "It has none"
        raise NoSuchError(f"{self.name} has no {self.version_word} '{name}'{nearest(name, names)}. {known}")

    version_word = "deployment"
    """The word of the place for a version."""

    def traffic(self) -> Traffic:
        """The shares, read anew. Waits until an operation on the endpoint has ended."""
        with plain_errors(f"reading the traffic of {self.name}"):
            return self._shown_traffic(self._settled())

    def set_traffic(self, wanted: Mapping[str, int], seen: Traffic, mirror: Mapping[str, int] | None = None) -> Traffic:
        """Writes the whole map, waits until it is in effect, and returns what Azure then says."""
        copies = seen.mirror if mirror is None else mirror
        check_shares(wanted, copies)
        versions = self.deployments()
        aim = Traffic(
            {self._among(versions, name).name: share for name, share in wanted.items()},
            {self._among(versions, name).name: share for name, share in copies.items()},
        )
        with plain_errors(f"changing the traffic of {self.name}"):
            for attempt in range(ATTEMPTS):
                resource = self._settled()
                now = self._shown_traffic(resource)
                if self._is_so(now, aim):
                    return now
                if not same(now, seen):
                    raise ChangedByOthersError(
                        f"{self.name}: somebody else changed the traffic. It was {_all(seen)}, and now it is "
                        f"{_all(now)}. Nothing was written"
                    )
                self._refuse_unready(aim, now)
                try:
                    self._write(resource, aim)
                except ArmError as error:
                    if error.status == _CONFLICT and attempt < ATTEMPTS - 1:
                        self._manager.pause()
                        continue
                    raise
                after = self._shown_traffic(self._settled())
                if not self._is_so(after, aim):
                    raise ChangedByOthersError(
                        f"{self.name}: somebody else changed the traffic at the same time. It is {_all(after)}, and "
                        f"{_all(aim)} was written"
                    )
                return after
        raise EndpointError(f"{self.name}: other operations on it do not end")

    def _refuse_unready(self, aim: Traffic, now: Traffic) -> None:
        """Refuses traffic to a version that is not ready. One that has traffic already keeps it, whatever its state: a
        way back must stay open after an update of the old version has failed."""
        there = self.deployments()
        carrying = {name.lower() for part in _positive(now) for name in part}
        for name, share in (*aim.shares.items(), *aim.mirror.items()):
            found = self._among(there, name)
            if share and name.lower() not in carrying and not self._is_ready(found):
                raise EndpointError(
                    f"{self.name}: {self.version_word} '{name}' is {found.state}, and takes no traffic. "
                    "Wait until it is ready, or mend it"
                )

    def _settled(self) -> dict[str, Any]:
        """The resource as soon as no operation runs on it."""
        client = self._manager.begin()
        found = client.wait(self._read, lambda each: not self._is_changing(each or {}))
        if found is None or self._is_changing(found):
            raise EndpointError(f"{self.name}: an operation on it does not end. Look at it in the portal")
        return found

    def _read(self) -> dict[str, Any]:
        found = self._manager.begin().get(self._id, self.api_version)
        if found is None:
            raise NoSuchError(f"there is no endpoint {self._id}")
        return found

    def _is_so(self, now: Traffic, aim: Traffic) -> bool:
        """Whether the map that is in effect is the one that is wanted."""
        return same(now, aim)

    @abstractmethod
    def _is_changing(self, resource: Mapping[str, Any]) -> bool:
        """Whether an operation runs on it."""

    @abstractmethod
    def _is_ready(self, deployment: Deployment) -> bool:
        """Whether a version can take traffic."""

    @abstractmethod
    def _shown_traffic(self, resource: Mapping[str, Any]) -> Traffic:
        """The traffic in a resource that was read."""

    @abstractmethod
    def _write(self, resource: Mapping[str, Any], aim: Traffic) -> None:
        """Writes the whole map, and waits until Azure has carried it out."""


def same(one: Traffic, other: Traffic) -> bool:
    """Whether two maps send the same requests to the same versions."""
    return _positive(one) == _positive(other)


def _positive(traffic: Traffic) -> tuple[dict[str, int], dict[str, int]]:
    shares, mirror = (
        {name.lower(): share for name, share in each.items() if share} for each in (traffic.shares, traffic.mirror)
    )
    return shares, mirror


def _all(traffic: Traffic) -> str:
    copies = f" (copies: {written(traffic.mirror)})" if any(traffic.mirror.values()) else ""
    return f"{written(traffic.shares)}{copies}"


def without_none(traffic: Traffic) -> Traffic:
    """The traffic without versions that take none."""
    return replace(
        traffic,
        shares={name: share for name, share in traffic.shares.items() if share},
        mirror={name: share for name, share in traffic.mirror.items() if share},
    )
