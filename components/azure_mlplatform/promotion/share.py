"""Takes a model of a workspace into the registry, with its digest and where it comes from.

Nobody may delete in the registry, so a version is registered only when all of its files are there; until then there is
nothing of it but blobs that no version names.
"""

from dataclasses import dataclass, replace

from ..dynamic.arm import ArmError
from .errors import PromotionError, Why
from .model_files import Says, files_at
from .model_versions import ModelVersion, Registry, Workspace
from .provenance import Provenance, of_job, provenance_of


@dataclass(frozen=True, slots=True)
class Shared:
    """What sharing a model came to."""

    id: str
    """The version in the registry, as `azureml://registries/…`."""

    was_there: bool
    """Whether the registry had it already."""

    provenance: Provenance
    files: int
    bytes: int


def share(source: Workspace, registry: Registry, model: str, version: str, says: Says) -> Shared:
    """Shares a version of a model. Does nothing if the registry has the same one.

    Raises PromotionError if there is no such version, or if the registry has another content under its name.
    """
    says(f"reading version {version} of '{model}' in {source}")
    found = source.existing(model, version)
    files = files_at(*source.files(found))
    digest = files.digest(says)
    provenance = replace(_provenance(source, found), digest=digest)
    done = Shared(registry.asset_id(model, version), True, provenance, len(files.files), files.size)
    if (there := registry.settled(model, version)) is not None and _same(registry, there, provenance):
        return replace(done, provenance=provenance_of(there.properties))
    place, folder = registry.place(model, version)
    # Named by the digest: what a run before left behind is a part of the same content, or lies elsewhere.
    folder = "/".join(filter(None, [folder, digest.replace(":", "-")]))
    if files.copy(place, folder, says) != digest:
        what = f"the files of version {version} of '{model}' changed while they were copied"
        raise PromotionError(
            Why.REFUSED, what, "Nothing was registered. Register them as a new version, and share that"
        )
    says(f"registering version {version} of '{model}' in {registry}")
    body = found.body(f"{place.url}/{folder}/{files.name}", provenance.properties)
    try:
        registry.put(model, version, body)
    except ArmError as error:
        # Another run may have been faster. What it registered counts.
        if error.status != 409 or (there := registry.settled(model, version)) is None:
            raise
        _same(registry, there, provenance)
        return replace(done, provenance=provenance_of(there.properties))
    return replace(done, was_there=False)


def _provenance(source: Workspace, found: ModelVersion) -> Provenance:
    job = source.job_properties(found.job) if found.job else {}
    return of_job(source.id, found.job, found.properties, found.tags, job)


def _same(registry: Registry, there: ModelVersion, wanted: Provenance) -> bool:
    """True if the registry has this content. Raises PromotionError if it has another one."""
    if there.state in ("Failed", "Canceled"):
        what = f"{registry} has this version, and its registration failed"
        raise PromotionError(
            Why.REFUSED, what, "Nobody may delete it. Register the model as a new version, and share it"
        )
    kept = provenance_of(there.properties).digest
    if kept == wanted.digest:
        return True
    what = (
        f"{registry} has another content under this version: {kept} there, {wanted.digest} here"
        if kept
        else f"{registry} has this version without a digest: something else than this command put it there"
    )
    raise PromotionError(
        Why.REFUSED, what, "A version stays what it is. Register the model as a new version, and share it"
    )
