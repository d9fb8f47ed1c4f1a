"""Gives each requested network its range, from the pool of its region, beside all that others hold."""

import datetime
from collections.abc import Iterator
from ipaddress import IPv4Network

from ..config.repository import networks_in, projects
from ..foundation.problems import ProblemsError
from ..inference.aks.settings.aks import AKSSettings
from .address_lock import AddressLock
from .address_pool import AddressPool
from .checks import full_pool, pool_of, purgeable_on
from .repository import Document, RepositoryRequests
from .request import Request


def kept_ranges(repository: RepositoryRequests, today: datetime.date) -> AddressLock:
    """The lock with the days until which retired environments hold their ranges, without those that are free again."""
    lock = repository.lock
    assert lock is not None  # noqa: S101 - the caller looked
    for document, _, each in repository.environments():
        if (until := purgeable_on(each)) is not None:
            lock = lock.released((document.content.project, each.environment), until)
    return lock.without_free(today)


def with_ranges(
    lock: AddressLock, document: Document[Request], repository: RepositoryRequests, pools: dict[str, AddressPool]
) -> AddressLock:
    """The lock with a range for each network of a request. What is held stays as it is.

    `pools` are those of this run, by region, and are filled here. Raises ProblemsError if a pool is full.
    """
    assert repository.platform is not None  # noqa: S101 - the caller looked
    request = document.content
    region = repository.platform.content.region(request.region)
    for index, each in enumerate(request.environments):
        mine = lock.by_holder.get((request.project, each.environment))
        if each.retired or each.network is None or region is None or (mine and mine.held_until is None):
            continue
        if request.region not in pools:
            taken = [one.network for one in lock.ranges]
            pools[request.region] = pool_of(region, [*taken, *_written_by_hand(repository), *_OF_CLUSTERS])
        found = pools[request.region].take(each.network.prefix)
        if found is None:
            raise ProblemsError(document.located([full_pool(region, index, each)]))
        lock = lock.with_range(found, request.project, each.environment, request.region)
    return lock


_OF_CLUSTERS = tuple(IPv4Network(AKSSettings.model_fields[each].default) for each in ("pod_cidr", "service_cidr"))
"""The ranges inside a cluster, which no network may overlap."""


def _written_by_hand(repository: RepositoryRequests) -> Iterator[IPv4Network]:
    """The ranges of networks in projects without a request."""
    for folder in projects(repository.root):
        parts = folder.relative_to(repository.root).parts
        if parts[:1] == ("projects",) and parts[1:2] and parts[1] in repository.requests:
            continue
        yield from networks_in(folder)
