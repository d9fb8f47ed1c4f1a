"""Checks requests: each against what the platform team answers, and all against each other. Linear in their number."""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network

from ..catalogue.soft_delete import held_until
from ..catalogue.vm_sizes import vm_size
from ..foundation.environment_names import group_name
from ..foundation.placeholders import placeholders
from ..foundation.problems import Problem
from ..foundation.profiles import PROFILES
from ..foundation.project import ProjectSettings
from ..foundation.values import nearest
from ..foundation.violations import Path, Violation, prefixed
from ..workspace.settings.datastores import StoreAccess
from .address_lock import LOCK_FILE, HeldRange
from .address_pool import AddressPool
from .platform import Platform, RegionalPlatform
from .repository import FOLDER, Document, RepositoryRequests
from .request import Request, RequestedEnvironment


def request_problems(repository: RepositoryRequests, today: datetime.date) -> list[Problem]:
    """All that is wrong with the requests of a repository, on a day, without their plans."""
    found = list(repository.problems)
    platform = repository.platform
    for document in repository.requests.values():
        violations = list(document.content.violations_on(today))
        if platform is not None:
            violations += _platform_violations(document.content, platform.content)
        found += document.located(violations)
    found += _shared_by_two(repository, today)
    if platform is not None:
        found += _core_problems(repository, platform)
        if repository.lock is not None:
            found += _lock_problems(repository, platform, today)
            found += _full_pools(repository, platform)
    return list(dict.fromkeys(found))


def placeholder_notices(repository: RepositoryRequests) -> Iterator[str]:
    """Says which values stand for others, which `pulumi up` refuses."""
    for project, document in repository.requests.items():
        found = [text for _, text in placeholders(document.content.model_dump(mode="json", exclude_unset=True))]
        if found:
            yield f"{project} has placeholders, such as {found[0]}: a preview takes them, and `pulumi up` refuses them"


def purgeable_on(environment: RequestedEnvironment) -> datetime.date | None:
    """The first day on which nothing of an environment that was destroyed is held any more; None while it lives."""
    if environment.retired_on is None:
        return None
    return held_until(datetime.date.fromisoformat(environment.retired_on), environment.profile)


def _platform_violations(request: Request, platform: Platform) -> Iterator[Violation]:
    """Violations of what the platform team answers."""
    if platform.region(request.region) is None:
        allowed = ", ".join(each.region for each in platform.regions)
        yield Violation(
            ("region",), request.region, f"the platform is not in '{request.region}'", f"Allowed: {allowed}"
        )
    for key, pattern in (("cost_center", platform.cost_center_pattern), ("cost_code", platform.cost_code_pattern)):
        value = getattr(request.who_pays, key)
        if pattern is not None and value is not None and not re.fullmatch(pattern, value):
            yield Violation(
                ("who_pays", key),
                value,
                f"'{value}' is not a {key.replace('_', ' ')}",
                f"Allowed: what matches {pattern} ({FOLDER}/platform.yaml)",
            )
    yield from _data_violations(request, platform)
    for index, environment in enumerate(request.environments):
        if not environment.retired:
            yield from prefixed(("environments", index), _quota_violations(environment, platform))


def _data_violations(request: Request, platform: Platform) -> Iterator[Violation]:
    for index, each in enumerate(request.reads):
        product = platform.data_product(each.product)
        if product is None:
            known = [one.name for one in platform.data_products]
            yield Violation(
                ("reads", index, "product"),
                each.product,
                f"'{each.product}' is not a data product{nearest(each.product, known)}",
                f"Allowed: {', '.join(known) or 'none yet'}. Its owner adds it to {FOLDER}/platform.yaml",
            )
            continue
        if each.access is StoreAccess.WRITE and not product.may_write:
            yield Violation(
                ("reads", index, "access"),
                each.access.value,
                f"{product.name} is read only",
                f"Write access: read, or ask its owner, {product.owner}",
            )
        without = [
            one.name for one in request.environments if not one.retired and product.store(one.environment) is None
        ]
        if without:
            yield Violation(
                ("reads", index, "product"),
                each.product,
                f"{product.name} has no data for {', '.join(without)}",
                f"Ask its owner, {product.owner}, to name it in {FOLDER}/platform.yaml, or do not read it",
            )


def _quota_violations(environment: RequestedEnvironment, platform: Platform) -> Iterator[Violation]:
    quota = platform.quota(environment.environment)
    if quota is None:
        return
    asked = (
        (("budget", "amount"), "budget", environment.budget.amount, quota.budget),
        (("clusters",), "nodes", sum(each.max_nodes for each in environment.clusters), quota.nodes),
        (("instances",), "compute instances", len(environment.instances), quota.instances),
    )
    for path, what, value, most in asked:
        if most is not None and value > most:
            yield Violation(
                path,
                value,
                f"{value:g} {what} {'is' if what == 'budget' else 'are'} more than the quota of {environment.name}",
                f"Allowed: up to {most:g}. Ask for less, or ask the platform team for more ({platform.team.email})",
            )


@dataclass
class _First:
    """The first environment that has something, to compare all others with in one pass."""

    what: Callable[[str, str], tuple[str, str]]
    """Text and advice, of the value and of who has it first."""

    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Key → project and holder."""

    def problems(self, document: Document[Request], path: Path, key: str, holder: str) -> Iterator[Problem]:
        """A problem if another one has it already."""
        first = self.seen.setdefault(key.lower(), (document.content.project, holder))
        if first[1] != holder:
            what, fix = self.what(key, first[1])
            yield from document.located([Violation(path, key, what, fix)])


def _shared_by_two(repository: RepositoryRequests, today: datetime.date) -> Iterator[Problem]:
    """What two environments have, and each must have for itself."""
    groups = _First(
        lambda key, first: (
            f"the group {key} has access to {first} too",
            "Give each environment groups of its own: what its members may do in one must not reach the other",
        )
    )
    names = _First(
        lambda key, first: (
            f"its resource group would be {key.rpartition('/')[2]}, as that of {first} is",
            "Give the project or its data_product another name",
        )
    )
    connections = _First(
        lambda key, first: (
            f"'{key.partition(' ')[2]}' is the service connection of {first} too",
            "Make one for each environment and identity: a token must fit one alone",
        )
    )
    repositories = _First(
        lambda key, first: (
            f"'{key}' is the repository of {first} too, so its tokens would fit both projects",
            "Give each project a repository of its own",
        )
    )
    people = {
        instance.assigned_user: f"{instance.name} in {document.content.project} {each.name}"
        for document, _, each in repository.environments()
        for instance in each.instances
    }
    for document in repository.requests.values():
        request = document.content
        if request.repository is not None and not all(each.retired for each in request.environments):
            yield from repositories.problems(
                document, ("repository", "github"), request.repository.github, request.project
            )
        for index, each in enumerate(request.environments):
            at, holder = ("environments", index), f"{request.project} {each.name}"
            free = purgeable_on(each)
            if free is not None and free <= today:
                continue
            yield from names.problems(document, at, _group(repository, request, each), holder)
            if each.retired:
                continue
            for field_ in ("data_scientists", "readers"):
                for number, group in enumerate(getattr(each.groups, field_)):
                    path = (*at, "groups", field_, number)
                    yield from groups.problems(document, path, group, holder)
                    if group in people:
                        what = f"{group} is the person who has the compute instance {people[group]}"
                        fix = "Give the object id of an Entra group: access is given to groups"
                        yield from document.located([Violation(path, group, what, fix)])
            if each.service_connections is not None:
                for name in ("deploy", "release"):
                    one = getattr(each.service_connections, name)
                    path = (*at, "service_connections", name, "subject")
                    yield from connections.problems(document, path, f"{one.issuer} {one.subject}", f"{holder} {name}")


def _group(repository: RepositoryRequests, request: Request, environment: RequestedEnvironment) -> str:
    """Subscription and name of an environment's resource group."""
    platform = repository.platform
    subscription = environment.subscription_id or (
        platform.content.subscription_id(environment.environment)
        if platform
        else PROFILES[environment.environment].tier
    )
    project = ProjectSettings.model_construct(name=request.project, data_product=request.product)
    return f"{subscription}/{group_name(project, environment.environment)}"


def _core_problems(repository: RepositoryRequests, platform: Document[Platform]) -> Iterator[Problem]:
    """Regions in which all requests together ask for more vCPUs than there are."""
    asked: dict[tuple[str, str], int] = {}
    for document, _, each in repository.environments():
        if each.retired:
            continue
        cores = sum(_vcpus(one.vm_size) * one.max_nodes for one in each.clusters)
        cores += sum(_vcpus(one.vm_size) for one in each.instances)
        key = (document.content.region, PROFILES[each.environment].tier)
        asked[key] = asked.get(key, 0) + cores
    for index, region in enumerate(platform.content.regions):
        for part in ("nonprod", "prod"):
            most, sum_ = getattr(region, f"{part}_cores"), asked.get((region.region, part), 0)
            if most is not None and sum_ > most:
                yield from platform.located(
                    [
                        Violation(
                            ("regions", index, f"{part}_cores"),
                            most,
                            f"all requests take {sum_:,} vCPUs of {part} in {region.region}, and there are {most:,}",
                            "Raise Azure's quota and this figure, or ask the teams for fewer or smaller nodes",
                        )
                    ]
                )


def _vcpus(name: str) -> int:
    size = vm_size(name)
    return size.vcpus if size is not None else 0


def _lock_problems(
    repository: RepositoryRequests, platform: Document[Platform], today: datetime.date
) -> Iterator[Problem]:
    """What of the held ranges does not fit the requests and the pools."""
    lock = repository.lock
    assert lock is not None  # noqa: S101 - the caller looked
    yield from lock.problems()
    place = f"{FOLDER}/{LOCK_FILE}"
    pools = {each.region: [IPv4Network(one) for one in each.address_pool] for each in platform.content.regions}
    for number, each in enumerate(lock.ranges):
        at = f"{place}:{lock.lines[number]}" if number < len(lock.lines) else place
        yield from _range_problems(repository, each, pools, today, at)
    holders = lock.by_holder
    for document, index, environment in repository.environments():
        mine = holders.get((document.content.project, environment.environment))
        if mine is None or environment.retired:
            continue
        located = partial(_at_environment, document, index)
        if mine.held_until is not None and not mine.is_free_on(today):
            yield from located(
                "environment",
                f"an environment of this name was destroyed, and Azure holds its names until {mine.held_until}",
                f"Ask again from {mine.held_until} on, or give the project another name",
            )
        elif mine.held_until is None and environment.network is None:
            yield from located(
                "network",
                f"it holds {mine.range}, and the request has no network",
                "A network cannot go: give its size",
            )
        elif mine.held_until is None and environment.network and mine.network.prefixlen != environment.network.prefix:
            sizes = {each.prefix: each.value for each in type(environment.network)}
            now = sizes.get(mine.network.prefixlen, f"/{mine.network.prefixlen}")
            yield from located(
                "network",
                f"'{environment.network}' is another size than {mine.range}, which it holds, and a range never moves",
                f"Write {now}. For more addresses, the platform team adds a range to the project's address_space",
            )


def _at_environment(document: Document[Request], index: int, key: str, what: str, fix: str) -> Iterator[Problem]:
    yield from document.located([Violation(("environments", index, key), None, what, fix)])


def _range_problems(
    repository: RepositoryRequests,
    each: HeldRange,
    pools: dict[str, list[IPv4Network]],
    today: datetime.date,
    place: str,
) -> Iterator[Problem]:
    pool = pools.get(each.region)
    if pool is None or not any(each.network.subnet_of(one) for one in pool):
        what = f"{each.range} of {each.holder} is in no pool of {each.region}"
        yield Problem((), what, f"Take the pool back into {FOLDER}/platform.yaml: a range never moves", place)
    document = repository.requests.get(each.project)
    if document is None:
        if each.project not in repository.unread and not each.is_free_on(today) and each.held_until is None:
            what = f"{each.holder} holds {each.range}, and there is no {FOLDER}/{each.project}.yaml"
            fix = "Take the request back from git, and retire the environment: `mlplatform request retire`"
            yield Problem((), what, fix, place)
        return
    environment = document.content.environment(each.environment)
    if environment is None and each.held_until is None:
        what = f"{each.holder} holds {each.range}, and the request has no such environment any more"
        fix = "Take it back into the request, and retire it: `mlplatform request retire`"
        yield Problem((), what, fix, place)


def _full_pools(repository: RepositoryRequests, platform: Document[Platform]) -> Iterator[Problem]:
    """Environments for which their region has no range any more."""
    lock = repository.lock
    assert lock is not None  # noqa: S101 - the caller looked
    holders = lock.by_holder
    pools: dict[str, AddressPool] = {}
    for document, index, each in repository.environments():
        region = platform.content.region(document.content.region)
        key = (document.content.project, each.environment)
        if each.retired or each.network is None or region is None or key in holders:
            continue
        if region.region not in pools:
            pools[region.region] = pool_of(region, (one.network for one in lock.ranges))
        if pools[region.region].take(each.network.prefix) is None:
            yield from document.located([full_pool(region, index, each)])


def full_pool(region: RegionalPlatform, index: int, environment: RequestedEnvironment) -> Violation:
    """The violation of an environment for which there is no range."""
    size = environment.network
    return Violation(
        ("environments", index, "network"),
        size,
        f"the pool of {region.region} has no free /{size.prefix if size else 0} ({', '.join(region.address_pool)})",
        f"Ask for a smaller network, or ask the platform team for another range in {FOLDER}/platform.yaml",
    )


def pool_of(region: RegionalPlatform, taken: Iterable[IPv4Network]) -> AddressPool:
    """The pool of a region, without what is taken and without its hubs."""
    hubs = [
        IPv4Network(each)
        for side in (region.nonprod, region.prod)
        for each in (side.hub.address_space if side.hub else ())
    ]
    return AddressPool([IPv4Network(each) for each in region.address_pool], [*taken, *hubs])
