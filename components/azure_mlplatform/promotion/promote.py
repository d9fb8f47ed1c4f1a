"""Brings a model of the registry to where an environment's endpoints can deploy it.

Managed endpoints deploy from the registry, so nothing is copied. Kubernetes endpoints take no models from a registry
(MicrosoftDocs/azure-ai-docs, machine-learning/how-to-attach-kubernetes-anywhere, limitations, read 2026-11-28): for
them the model is copied into the environment's workspace. What arrived is read again and compared before it is
registered.
"""

from dataclasses import dataclass, replace
from typing import Optional

from ..dynamic.arm import ArmError
from .blobs import Container, StorageError
from .errors import PromotionError, Why
from .model_files import Says, files_at, remove
from .model_versions import ModelVersion, Registry, Workspace
from .provenance import Provenance, provenance_of

FOLDER = "promoted-models"
"""The folder of the default datastore that has the files of promoted models."""


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting a model came to."""

    id: str
    """What a deployment names as its model: the version in the registry, or the copy in the workspace."""

    copied_for: tuple[str, ...]
    """The endpoints on attached clusters because of which it was copied, by name."""

    is_copy: bool
    was_there: bool
    """Whether nothing was left to do."""

    provenance: Provenance


def promote(
    registry: Registry,
    target: Workspace,
    model: str,
    version: str,
    says: Says,
    *,
    digest: Optional[str] = None,
    copy: Optional[bool] = None,
) -> Promoted:
    """Promotes a version of a model. Does nothing if that is done already.

    `digest` is the one that was approved. Default: the one that the registry's version says. `copy` says whether to
    copy it. Default: if the workspace has an endpoint on an attached cluster. Raises PromotionError if the content is
    another one than it must be; nothing is registered then, and what was copied is deleted.
    """
    says(f"reading version {version} of '{model}' in {registry}")
    found = registry.existing(model, version)
    provenance = _checked(registry, found, digest)
    asset_id = registry.asset_id(model, version)
    there = target.online_endpoints() if copy is None else {}
    if copy is None and not there:
        what = f"{target} has no online endpoint, so it is not known whether the model has to be copied"
        raise PromotionError(Why.REFUSED, what, "Say it: --copy for endpoints on a cluster, --no-copy for managed ones")
    endpoints = tuple(sorted(name for name, is_on_cluster in there.items() if is_on_cluster))
    if not (copy or endpoints):
        return Promoted(asset_id, (), False, True, provenance)
    copied = replace(provenance, registry_model=asset_id)
    if (before := target.get(model, version)) is not None:
        return Promoted(before.id, endpoints, True, True, _same(target, before, copied))
    made = _copy(registry, found, target, model, version, copied, says)
    return Promoted(made.id, endpoints, True, False, copied)


def _checked(registry: Registry, found: ModelVersion, digest: Optional[str]) -> Provenance:
    """The provenance of the registry's version, with the digest that its content must have."""
    if found.state not in (None, "Succeeded"):
        fix = "Share it again. If it failed, register the model as a new version, and share that one"
        raise PromotionError(Why.REFUSED, f"the version in {registry} is not ready: {found.state}", fix)
    provenance = provenance_of(found.properties)
    kept = provenance.digest
    if kept is None and digest is None:
        what = f"the version in {registry} says no digest: something else than `mlplatform model share` put it there"
        fix = "Share the model with `mlplatform model share`, or give --digest, from somebody who knows the content"
        raise PromotionError(Why.REFUSED, what, fix)
    if kept and digest and kept != digest:
        what = f"{digest} was approved, and the version in {registry} says {kept}"
        raise PromotionError(
            Why.REFUSED, what, "Nothing was done. Find out which of the two is the model that was tested"
        )
    return replace(provenance, digest=digest or kept)


def _same(target: Workspace, there: ModelVersion, wanted: Provenance) -> Provenance:
    """The provenance of what the workspace has. Raises PromotionError if that is another content."""
    kept = provenance_of(there.properties)
    if kept.digest == wanted.digest:
        return kept
    what = (
        f"{target} has another content under this version: {kept.digest} there, {wanted.digest} in the registry"
        if kept.digest
        else f"{target} has this version, and it says no digest: it is no copy that this command made"
    )
    raise PromotionError(
        Why.REFUSED, what, "A version stays what it is. Share the model as a new version, and promote it"
    )


def _copy(
    registry: Registry,
    found: ModelVersion,
    target: Workspace,
    model: str,
    version: str,
    provenance: Provenance,
    says: Says,
) -> ModelVersion:
    files = files_at(*registry.files(model, found))
    container, datastore = target.datastore()
    digest = str(provenance.digest)
    # Named by the digest: a run that was killed left a part of the same content, and never another one.
    folder = f"{FOLDER}/{model}/{version}/{digest.replace(':', '-')}"
    try:
        came = files.copy(container, folder, says)
        if came != digest:
            raise _differs(f"{registry} holds {came}, and its version says {digest}")
        says(f"reading back what arrived in {target}")
        arrived = files_at(container, f"{folder}/{files.name}").digest(says)
        if arrived != digest:
            raise _differs(f"{arrived} arrived in {target}, and {digest} was sent")
    except PromotionError as error:
        # If another run registered it meanwhile, its version has these files.
        if target.get(model, version) is None:
            _take_back(container, folder, error)
        raise
    says(f"registering version {version} of '{model}' in {target}")
    body = found.body(target.uri(datastore, f"{folder}/{files.name}"), provenance.properties)
    try:
        return target.put(model, version, body)
    except ArmError as error:
        # Another run may have been faster. What it registered counts, and its files are these.
        if error.status != 409 or (there := target.get(model, version)) is None:
            raise
        _same(target, there, provenance)
        return there


def _differs(what: str) -> PromotionError:
    fix = "Nothing was registered, and what was copied is deleted. Run it again; if it stays so, share a new version"
    return PromotionError(Why.REFUSED, f"the contents differ: {what}", fix)


def _take_back(container: Container, folder: str, error: PromotionError) -> None:
    try:
        remove(container, folder)
    except StorageError as left:
        error.fix = f"Nothing was registered. What was copied is still in {folder} of {container}: {left}"
