"""Says that nobody works in an environment that is for people."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.profiles import PROFILES, Environment
from ...workspace.settings.workspace import WorkspaceSettings
from ..settings.access import AccessSettings


def people_notices(
    environment: Environment, workspace: Optional[WorkspaceSettings], access: AccessSettings
) -> Iterator[str]:
    """Notices if people may work in this kind of environment, but there is no workspace, or nobody has access."""
    if "data_scientists" not in PROFILES[environment].may_grant:
        return
    if workspace is None:
        yield f"no workspace: nobody may work in this {environment} environment; see `mlplatform explain workspace`"
    if not access.workers and not (workspace and workspace.instances):
        yield (
            f"nobody has access: no group may work in this {environment} environment; "
            "see `mlplatform explain access.data_scientists`"
        )
