"""The cluster for load tests of models. Its compute is read from the prod settings of the tested projects, so that it
always equals theirs."""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..environment.settings.environment import EnvironmentSettings
from ..environment.settings.platform import PlatformSettings
from ..foundation.model import Settings
from ..foundation.problems import Problem, ProblemsError, problems_of
from ..foundation.profiles import Environment
from ..foundation.tags import FOR_STRESS_TESTS
from ..foundation.violations import Path
from ..inference.aks.settings.aks import AKSSettings
from ..inference.aks.settings.node_pools import NodePoolSettings, ServicePoolSettings
from ..inference.settings.inference import InferenceSettings
from .files import PROJECT_FILE, stacks
from .repository import settings_of

CLUSTER_FIELDS = ("pod_network", "upgrade_channel", "training", "scheduler_config_map", "gitops")
"""The fields, in addition to the pools, that must be equal for the same compute: upgrades, scheduler, drivers, and
network."""

_COUNTS = ("name", "min_nodes", "max_nodes")
"""The fields of a pool that are not compared: its name and its node counts."""

_EFFECTIVE = {"os_disk": "disk", "os_disk_gib": "disk_gib", "instances_per_node": "instances"}
"""Field → the property with its effective value, which includes the default."""

_HERE = "this stack"
_FIX = "Make them equal, or give each project its own cluster for stress tests"


class _Pool(NamedTuple):
    owner: str
    at: Path
    settings: NodePoolSettings | ServicePoolSettings


def with_prods_pools(settings: PlatformSettings, folder: FilePath) -> EnvironmentSettings:
    """The settings with the pools of the projects in `stress_tests`, whose paths are relative to `folder`.

    Raises ProblemsError if a project cannot be read, does not serve from a cluster, or differs from another.
    """
    assert settings.inference is not None  # noqa: S101 - PlatformSettings checks it
    assert settings.inference.aks is not None  # noqa: S101
    served, problems = served_by(settings.stress_tests, folder)
    if problems:
        raise ProblemsError(problems)
    aks = same_compute(settings.inference.aks, served)
    given = _given(settings)
    given.pop("stress_tests")
    tag, purpose = FOR_STRESS_TESTS
    given["tags"] = {**settings.tags, tag: purpose}
    try:
        inference = InferenceSettings.model_validate({**_given(settings.inference), "aks": aks})
        return EnvironmentSettings.model_validate({**given, "inference": inference})
    except ValidationError as error:
        raise ProblemsError(problems_of(error, EnvironmentSettings)) from None


def served_by(projects: list[str], folder: FilePath) -> tuple[dict[str, AKSSettings], list[Problem]]:
    """Project → the cluster of its prod environment, and the problems of projects without one."""
    served: dict[str, AKSSettings] = {}
    problems: list[Problem] = []
    for index, project in enumerate(projects):
        at: Path = ("stress_tests", index)
        place = (folder / project).resolve()
        if not (place / PROJECT_FILE).is_file():
            problems.append(Problem(at, f"{project} is not a Pulumi project", "Name a folder with a Pulumi.yaml"))
            continue
        try:
            prod = _prod_of(place)
        except ProblemsError as error:
            for each in error.problems:
                problems.append(
                    Problem(
                        at,
                        f"{project}: {each.line}. {each.fix}",
                        "Fix it in that project; `mlplatform check` shows it too",
                    )
                )
            continue
        if prod is None:
            problems.append(
                Problem(at, f"{project} has no stack whose environment is prod", "Name a project with a prod stack")
            )
        elif prod.inference is None or prod.inference.aks is None:
            problems.append(
                Problem(
                    at, f"{project} does not serve models from AKS in prod", "Remove it: stress tests are for AKS only"
                )
            )
        else:
            served[project] = prod.inference.aks
    return served, problems


def _prod_of(folder: FilePath) -> EnvironmentSettings | None:
    every = [settings_of(folder, stack) for stack in stacks(folder)]
    return next((each for each in every if each.environment is Environment.PROD), None)


def same_compute(own: AKSSettings, served: Mapping[str, AKSSettings]) -> AKSSettings:
    """The cluster with the pools of the tested projects. Its `pools` have no nodes between tests.

    Raises ProblemsError with every difference among the projects, and between them and the cluster's own settings.
    """
    pools = _by_name(own, served)
    problems = [problem for name, having in pools.items() for problem in _differences(name, having)]
    problems += _cluster_differences(own, served)
    for name, having in pools.items():
        if all(each.owner == _HERE for each in having):
            problems.append(Problem(having[0].at, f"no tested project has the pool {name}", "Remove it"))
    if problems:
        raise ProblemsError(problems)
    first = next(iter(served.values()))
    cpu = pools.pop("cpu", [])
    read: dict[str, Any] = {field: getattr(first, field) for field in CLUSTER_FIELDS}
    if cpu:
        read["cpu"] = cpu[0].settings.model_copy(update={"max_nodes": max(_most(each) for each in cpu)})
    read["pools"] = [
        having[0].settings.model_copy(update={"min_nodes": 0, "max_nodes": max(_most(each) for each in having)})
        for having in pools.values()
    ]
    try:
        return AKSSettings.model_validate({**_given(own), **read})
    except ValidationError as error:
        problems = problems_of(error, AKSSettings)
        raise ProblemsError(Problem((*_AKS, *each.path), each.what, each.fix) for each in problems) from None


_AKS: Path = ("inference", "aks")


def _by_name(own: AKSSettings, served: Mapping[str, AKSSettings]) -> dict[str, list[_Pool]]:
    """Pool → its owners, the projects first."""
    found: dict[str, list[_Pool]] = {}
    for index, (project, aks) in enumerate(served.items()):
        at: Path = ("stress_tests", index)
        for pool in aks.pools:
            found.setdefault(pool.name, []).append(_Pool(project, at, pool))
        if not aks.adopted:
            found.setdefault("cpu", []).append(_Pool(project, at, aks.cpu))
    for index, pool in enumerate(own.pools):
        found.setdefault(pool.name, []).append(_Pool(_HERE, (*_AKS, "pools", index), pool))
    if "cpu" in own.model_fields_set:
        found.setdefault("cpu", []).append(_Pool(_HERE, (*_AKS, "cpu"), own.cpu))
    return found


def _differences(name: str, having: list[_Pool]) -> Iterator[Problem]:
    first, *others = having
    for other in others:
        for field in type(first.settings).model_fields:
            follows = field in _EFFECTIVE and {getattr(each.settings, field) for each in (first, other)} == {None}
            if field in _COUNTS or follows:
                continue
            theirs, ours = (_effective(each.settings, field) for each in (first, other))
            if theirs != ours:
                at = (*other.at, field) if other.owner == _HERE else other.at
                yield Problem(
                    at, f"{field} of pool {name} is {ours} in {other.owner}, and {theirs} in {first.owner}", _FIX
                )


def _cluster_differences(own: AKSSettings, served: Mapping[str, AKSSettings]) -> Iterator[Problem]:
    (first, reference), *others = served.items()
    compared: list[tuple[str, Path, AKSSettings, str]] = [
        (project, ("stress_tests", index), aks, field)
        for index, (project, aks) in enumerate(others, start=1)
        for field in CLUSTER_FIELDS
    ]
    compared += [(_HERE, (*_AKS, field), own, field) for field in CLUSTER_FIELDS if field in own.model_fields_set]
    for owner, at, aks, field in compared:
        for name, theirs, ours in _unequal(field, getattr(reference, field), getattr(aks, field)):
            yield Problem(at, f"{name} is {_shown(ours)} in {owner}, and {_shown(theirs)} in {first}", _FIX)


def _unequal(name: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    """The differences of two values, each with its dotted name."""
    if isinstance(theirs, Settings) and isinstance(ours, Settings):
        for field in type(theirs).model_fields:
            yield from _unequal(f"{name}.{field}", getattr(theirs, field), getattr(ours, field))
    elif theirs != ours:
        yield name, theirs, ours


def _effective(pool: NodePoolSettings | ServicePoolSettings, field: str) -> str:
    if field == "zones":
        return _shown(["1", "2", "3"] if pool.zones is None else pool.zones)
    return _shown(getattr(pool, _EFFECTIVE.get(field, field), None))


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, Settings):
        return "set"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _most(pool: _Pool) -> int:
    if isinstance(pool.settings, NodePoolSettings):
        return pool.settings.most
    return pool.settings.nodes(3)[1]


def _given(model: Any) -> dict[str, Any]:
    """The explicitly set fields and their values."""
    return {field: getattr(model, field) for field in model.model_fields_set}
