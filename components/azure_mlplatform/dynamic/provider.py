"""The common parts of the dynamic providers in this package."""

from typing import Any

from pulumi.dynamic import ConfigureRequest, DiffResult, ResourceProvider, UpdateResult
from pulumi.dynamic.dynamic import PROVIDER_KEY

from .arm import ResourceManager
from .sign_in import settings


class ArmProvider(ResourceProvider):
    """A provider that calls Azure Resource Manager. It has no attributes, so that only its name is pickled."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Takes over the configuration of azure-native."""
        self._read = settings(lambda name: req.config.get(f"azure-native:{name}"))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Keeps the inputs. Pulumi's default keeps nothing, so that a later delete would lack the ids."""
        return UpdateResult(outs=news)

    def resource_manager(self, props: Any) -> ResourceManager:
        """A client that signs in to the tenant of `props`."""
        return ResourceManager(self._read, props["tenant_id"])


def difference(olds: Any, news: Any, *replaced_by: str, drifted: bool = False) -> DiffResult:
    """An update if any input changed or the resource has `drifted`; a replacement if an input in `replaced_by` changed.

    In a preview, the id of a recreated Azure resource is unknown, which counts as a change.
    """
    changed = [each for each in news if each != PROVIDER_KEY and olds.get(each) != news[each]]
    return DiffResult(
        changes=drifted or bool(changed),
        replaces=[each for each in replaced_by if each in changed],
        delete_before_replace=True,
    )
