"""The cluster that models are tested under load on: prod's compute, read from the settings of the projects it serves,
so that it cannot become another."""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..environment.settings.environment import EnvironmentSettings
from ..environment.settings.platform import PlatformSettings
from ..foundation.model import Settings
from ..foundation.problems import Problem, ProblemsError, problems_of
from ..foundation.profiles import Environment
from ..foundation.violations import Path
from ..inference.aks.settings.aks import AKSSettings
from ..inference.aks.settings.node_pools import NodePoolSettings, ServicePoolSettings
from ..inference.settings.inference import InferenceSettings
from .files import PROJECT_FILE, stacks
from .repository import settings_of

CLUSTER_FIELDS = ("pod_network", "upgrade_channel", "training", "scheduler_config_map", "gitops")
"""What, beside its pools, makes a cluster the same compute: how it is upgraded, its scheduler, drivers, and
how packets travel."""

_COUNTS = ("name", "min_nodes", "max_nodes")
"""What tells pools apart, or only counts their nodes."""

_EFFECTIVE = {"os_disk": "disk", "os_disk_gib": "disk_gib", "instances_per_node": "instances"}
"""Field → the property that says what follows from it where it is left out."""

_HERE = "this stack"
_FIX = "Make them the same, or give each a cluster for stress tests of its own"


class _Pool(NamedTuple):
    owner: str
    at: Path
    settings: NodePoolSettings | ServicePoolSettings


def with_prods_pools(settings: PlatformSettings, folder: FilePath) -> EnvironmentSettings:
    """The settings with the pools of the projects that `stress_tests` names, seen from `folder`.

    Raises ProblemsError where a project cannot be read, serves from no cluster, or differs from another.
    """
    assert settings.inference is not None  # noqa: S101 - PlatformSettings checks it
    assert settings.inference.aks is not None  # noqa: S101
    served, problems = served_by(settings.stress_tests, folder)
    if problems:
        raise ProblemsError(problems)
    aks = same_compute(settings.inference.aks, served)
    given = _given(settings)
    given.pop("stress_tests")
    try:
        inference = InferenceSettings.model_validate({**_given(settings.inference), "aks": aks})
        return EnvironmentSettings.model_validate({**given, "inference": inference})
    except ValidationError as error:
        raise ProblemsError(problems_of(error, EnvironmentSettings)) from None


def served_by(projects: list[str], folder: FilePath) -> tuple[dict[str, AKSSettings], list[Problem]]:
    """Project → the cluster of its prod, and what is wrong with those that have none."""
    served: dict[str, AKSSettings] = {}
    problems: list[Problem] = []
    for index, project in enumerate(projects):
        at: Path = ("stress_tests", index)
        place = (folder / project).resolve()
        if not (place / PROJECT_FILE).is_file():
            problems.append(Problem(at, f"{project} holds no Pulumi project", "Name the folder of a Pulumi.yaml"))
            continue
        try:
            prod = _prod_of(place)
        except ProblemsError as error:
            for each in error.problems:
                problems.append(Problem(at, f"{project}: {each}", "Mend it there: `mlplatform check` shows it too"))
            continue
        if prod is None:
            problems.append(
                Problem(at, f"{project} has no stack whose environment is prod", "Name a project that has one")
            )
        elif prod.inference is None or prod.inference.aks is None:
            problems.append(
                Problem(at, f"{project} serves no model from a cluster in prod", "Leave it out: AKS is tested here")
            )
        else:
            served[project] = prod.inference.aks
    return served, problems


def _prod_of(folder: FilePath) -> EnvironmentSettings | None:
    every = [settings_of(folder, stack) for stack in stacks(folder)]
    return next((each for each in every if each.environment is Environment.PROD), None)


def same_compute(own: AKSSettings, served: Mapping[str, AKSSettings]) -> AKSSettings:
    """The cluster with the pools of those it stands for, which go down to no node between tests.

    Raises ProblemsError with every difference among them, and with what the cluster says itself.
    """
    pools = _by_name(own, served)
    problems = [problem for name, having in pools.items() for problem in _differences(name, having)]
    problems += _cluster_differences(own, served)
    for name, having in pools.items():
        if all(each.owner == _HERE for each in having):
            problems.append(Problem(having[0].at, f"pool {name} is of no project that is tested here", "Leave it out"))
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
    """Pool → whose it is, the projects first."""
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
    """What of two values differs, by its dotted name."""
    if isinstance(theirs, Settings) and isinstance(ours, Settings):
        for field in type(theirs).model_fields:
            yield from _unequal(f"{name}.{field}", getattr(theirs, field), getattr(ours, field))
    elif theirs != ours:
        yield name, theirs, ours


def _effective(pool: NodePoolSettings | ServicePoolSettings, field: str) -> str:
    if field == "zones":
        return _shown(pool.zones or ["1", "2", "3"])
    return _shown(getattr(pool, _EFFECTIVE.get(field, field), None))


def _shown(value: Any) -> str:
    if value is None:
        return "left out"
    if isinstance(value, Settings):
        return "given"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _most(pool: _Pool) -> int:
    if isinstance(pool.settings, NodePoolSettings):
        return pool.settings.most
    return pool.settings.nodes(3)[1]


def _given(model: Any) -> dict[str, Any]:
    """What was given, as it is."""
    return {field: getattr(model, field) for field in model.model_fields_set}
