"""Finds the values on which the projects of a repository agree, and free addresses, so that a new one fits in."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path as FilePath
from typing import Any, Optional

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from ..catalogue.regions import region
from ..foundation.free_range import free_ranges
from ..foundation.placeholders import WRITTEN
from ..foundation.problems import ProblemsError
from ..foundation.profiles import Environment
from ..foundation.rules import Rule
from ..foundation.secret_values import Encrypted
from ..foundation.values import email, guid
from ..inference.aks.settings.aks import AKSSettings
from ..network.settings import NetworkSettings
from .files import StackConfig, stack_config, stacks
from .repository import is_ours, pool_ranges, ranges_in

_SIZES = (22, 23, 24)
"""The prefixes of a new network, the best first: its default subnets need at least a /24."""


@dataclass(frozen=True)
class AgreedValues:
    """The values that are the same in all projects, and what they have taken. A value is None if they differ."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Name of a project in its settings → the folder of the project."""

    project: Mapping[str, Any] = field(default_factory=dict)
    """Of `project`: owner_team, owner_email, cost_center."""

    forms: Mapping[str, str] = field(default_factory=dict)
    """`cost_center` and `cost_code` as some project writes them."""

    tenant_id: Optional[str] = None
    location: Optional[str] = None
    """The region of all projects, or the one of most."""

    subscription_ids: Mapping[Environment, str] = field(default_factory=dict)
    """The subscription of each kind of environment, where all projects share it."""

    networks: Mapping[Environment, Mapping[str, Any]] = field(default_factory=dict)
    """`hub`, `egress` and `dns` of the networks of each kind of environment; of all, where it has none yet."""

    taken: tuple[IPv4Network, ...] = ()
    """The ranges of networks and hubs, and the pools of requests."""

    unread: tuple[str, ...] = ()
    """The files of stacks that could not be read."""

    def free_ranges(self, count: int, within: Optional[IPv4Network] = None) -> list[str]:
        """`count` ranges of one size for new networks, apart from all that are taken. Empty if there is no room."""
        aks = AKSSettings.model_fields
        # A cluster that comes later has its own ranges inside, which the network must not overlap.
        taken = [*self.taken, *(IPv4Network(aks[each].default) for each in ("pod_cidr", "service_cidr"))]
        for size in _SIZES:
            found = list(map(str, itertools.islice(free_ranges(taken, size, within), count)))
            if len(found) == count:
                return found
        return []


def agreed_values(root: FilePath, folders: Iterable[FilePath]) -> AgreedValues:
    """Returns the values on which the projects in `folders` agree, read from their files. Shows paths below `root`."""
    read: list[tuple[FilePath, StackConfig]] = []
    unread: list[str] = []
    for folder in folders:
        if not is_ours(folder):
            continue
        for stack in stacks(folder):
            try:
                read.append((folder, stack_config(folder, stack)))
            except ProblemsError:
                unread.append((folder / f"Pulumi.{stack}.yaml").relative_to(root).as_posix())
    found = [(folder, config.settings) for folder, config in read]
    each_project = {folder: settings["project"] for folder, settings in found if _is(settings.get("project"), dict)}
    environments = [(_environment(settings), settings) for _, settings in found]
    tenant = _same(settings.get("tenant_id") for _, settings in environments)
    places = Counter(each for _, settings in environments if _passes(each := settings.get("location"), region))
    return AgreedValues(
        names={
            str(each.get("name")): folder.relative_to(root).as_posix()
            for folder, each in reversed(each_project.items())
        },
        project={
            key: value
            for key in ("owner_team", "owner_email", "cost_center")
            if (value := _same(each.get(key, "") for each in each_project.values()))
            and _passes(value, email if key == "owner_email" else str)
        },
        forms={
            key: form
            for key in ("cost_center", "cost_code")
            for form in [next(filter(_is_form, _each(each_project.values(), key)), None)]
            if form
        },
        tenant_id=tenant if _passes(tenant, guid) else None,
        location=places.most_common(1)[0][0] if places else None,
        subscription_ids={
            kind: value
            for kind, of in _by_kind(environments)
            if _passes(value := _same(_each(of, "subscription_id")), guid)
        },
        networks={
            **dict.fromkeys(Environment, _network(list(_each((of for _, of in environments), "network")))),
            **{kind: _network(list(_each(of, "network"))) for kind, of in _by_kind(environments)},
        },
        taken=tuple(
            dict.fromkeys(
                (
                    *(each for _, settings in environments for each in ranges_in(settings.get("network"))),
                    *pool_ranges(root),
                )
            )
        ),
        unread=tuple(unread),
    )


def _is(value: Any, kind: type) -> bool:
    """Whether a value that nobody has checked has the type, and nothing in it is encrypted."""
    return isinstance(value, kind) and not _encrypted(value)


def _encrypted(value: Any) -> bool:
    if isinstance(value, Mapping | list):
        return any(map(_encrypted, value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, Encrypted)


def _passes(value: Any, rule: Rule) -> bool:
    """Whether a value that nobody has checked is a text that a rule takes."""
    try:
        return _is(value, str) and bool(rule(value))
    except PydanticCustomError:
        return False


def _is_form(value: Any) -> bool:
    return _is(value, str) and value not in WRITTEN


def _environment(settings: Mapping[str, Any]) -> Optional[Environment]:
    given = settings.get("environment")
    return Environment(given) if given in list(Environment) else None


def _by_kind(
    environments: list[tuple[Optional[Environment], dict[str, Any]]],
) -> Iterator[tuple[Environment, list[dict[str, Any]]]]:
    for kind in Environment:
        if of := [settings for each, settings in environments if each is kind]:
            yield kind, of


def _each(settings: Iterable[Mapping[str, Any]], key: str) -> Iterator[Any]:
    return (each.get(key) for each in settings)


_NO_VALUES = list(WRITTEN)


def _same(values: Iterable[Any]) -> Any:
    """The value that all who give one give, else None. A placeholder is none."""
    given = [each for each in values if each is not None and each not in _NO_VALUES]
    return given[0] if given and all(_is(each, type(given[0])) and each == given[0] for each in given) else None


def _network(networks: list[Any]) -> dict[str, Any]:
    """`hub`, `egress` and `dns` where all own networks have the same hub. Without one, they stand for themselves."""
    own = [each for each in networks if _is(each, dict) and each.get("address_space")]
    hubs = [each["hub"] for each in own if _is(each.get("hub"), dict)]
    hub = _same(each.get("vnet_id") for each in hubs)
    if hub is None or len(hubs) < len(own):
        return {}
    found: dict[str, Any] = {"hub": {"vnet_id": hub}}
    if ranges := _same(each.get("address_space") for each in hubs):
        found["hub"]["address_space"] = ranges
    if all(each.get("use_gateway") is True for each in hubs):
        found["hub"]["use_gateway"] = True
    for key in ("egress", "dns"):
        if all(key in each for each in own) and (value := _same(each[key] for each in own)):
            found[key] = value
    try:
        NetworkSettings.model_validate({"address_space": ["192.168.0.0/22"], **found})
    except ValidationError:
        return {}
    return found
