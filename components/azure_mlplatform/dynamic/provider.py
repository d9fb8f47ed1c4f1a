"""What the dynamic providers of this package share."""

from typing import Any

from pulumi.dynamic import ConfigureRequest, DiffResult, ResourceProvider, UpdateResult
from pulumi.dynamic.dynamic import PROVIDER_KEY

from .arm import ResourceManager
from .sign_in import settings


class ArmProvider(ResourceProvider):
    """A provider that calls Azure Resource Manager. It has no state of its own, so that only its name is pickled."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Takes over what azure-native is configured with."""
        self._read = settings(lambda name: req.config.get(f"azure-native:{name}"))

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Keeps what is given. Pulumi's own keeps nothing, and what is deleted later has then lost its id."""
        return UpdateResult(outs=news)

    def resource_manager(self, props: Any) -> ResourceManager:
        """A client that is signed in to the tenant of `props`."""
        return ResourceManager(self._read, props["tenant_id"])


def difference(olds: Any, news: Any, *replaced_by: str, drifted: bool = False) -> DiffResult:
    """An update for any input that changed, or for what has `drifted`; a replacement for an input in `replaced_by`.

    What Azure made anew has an unknown id in a preview, which is another input as well.
    """
    changed = [each for each in news if each != PROVIDER_KEY and olds.get(each) != news[each]]
    return DiffResult(
        changes=drifted or bool(changed),
        replaces=[each for each in replaced_by if each in changed],
        delete_before_replace=True,
    )
