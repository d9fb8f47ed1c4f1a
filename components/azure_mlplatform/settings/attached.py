"""What the machine-learning workspace has as computes beside its own clusters: names that tell all of them apart."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ._model import SECRET, Path, Refusal

if TYPE_CHECKING:
    from .environment import EnvironmentSettings


def attached_refusals(environment: "EnvironmentSettings") -> Iterator[Refusal]:
    """What is attached by the name that another compute of the workspace has; Azure does not tell upper from lower
    case."""
    if environment.workspace is None:
        return
    taken = {each.name.lower(): "a cluster" for each in environment.clusters if each.name != SECRET}
    for path, name, what in _attached(environment):
        if name.lower() in taken:
            yield Refusal(
                path,
                name,
                f"'{name}' is {taken[name.lower()]} of the machine-learning workspace already",
                "Give each compute of a workspace a name of its own",
            )
        elif name != SECRET:
            taken[name.lower()] = what


def _attached(environment: "EnvironmentSettings") -> Iterator[tuple[Path, str, str]]:
    """Where each name stands, the name, and what it is of."""
    aks = environment.inference.aks if environment.inference else None
    if aks is not None:
        yield ("inference", "aks", "compute_name"), aks.compute_name, "the attached AKS"
    if environment.databricks is not None:
        yield ("databricks", "compute_name"), environment.databricks.compute_name, "the attached Databricks"
    for index, pool in enumerate(environment.synapse.pools if environment.synapse else ()):
        if pool.attach:
            yield ("synapse", "pools", index, "name"), pool.name, "an attached Spark pool"
