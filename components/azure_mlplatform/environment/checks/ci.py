"""Checks of the identity that releases models."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.secret_values import SECRET
from ...foundation.values import resource_group_of
from ...foundation.violations import Violation
from ...workspace.settings.workspace import WorkspaceSettings
from ..settings.access import AccessSettings


def release_is_outside_the_group(access: AccessSettings, group_name: str) -> Iterator[Violation]:
    """A violation if whoever deploys the environment would rule the identity that releases in it."""
    identity = access.release_identity_id
    if identity in (None, SECRET):
        return
    if resource_group_of(identity).lower() == group_name.lower():
        yield Violation(
            ("release_identity_id",),
            identity,
            f"'{identity}' is in {group_name}, the environment's own group: whoever deploys it could act as it",
            f"Use the identity that landing makes in {group_name}-ci",
        )


def release_notices(access: AccessSettings, workspace: Optional[WorkspaceSettings]) -> Iterator[str]:
    """A notice if there is nothing to release into."""
    if access.release_identity_id is not None and workspace is None:
        yield "access.release_identity_id: no workspace to release models into, so the identity gets no role"
