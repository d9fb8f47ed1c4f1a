"""What an environment shares with another one, with its reason."""

from pydantic import Field

from ...foundation.model import Settings
from ...foundation.profiles import Environment
from ...foundation.rules import field_rule, known_to_owner, pattern_rule, stands_for
from ...foundation.values import ARM_GROUP

_SHAPE = "/subscriptions/<id>/resourceGroups/<group>/providers/<type>/<name>"

resource_scope = stands_for(_SHAPE)(
    pattern_rule(
        rf"{ARM_GROUP}(/providers/[A-Za-z.]+(/[^/\s]+){{2,}})?",
        "is not the id of a resource or a resource group",
        _SHAPE,
    )
)
"""A rule: the text must be the id of a resource, of a part of one, or of a resource group."""


class ShareSettings(Settings):
    """A resource on which two environments have rights. Both their settings say it, with the same reason, so the
    reviewers of both see it."""

    resource_id: str = Field(
        examples=[
            "/subscriptions/…/providers/Microsoft.Storage/storageAccounts/stlake/blobServices/default/containers/sales"
        ]
    )
    """The resource, by id. What lies in it is shared too."""

    project: str = Field(min_length=2, max_length=24, examples=["fraud"])
    """The project of the other environment."""

    environment: Environment = Field(examples=["prod"])
    """The other environment."""

    reason: str = Field(min_length=10, examples=["Features of both models, ARC-204"])
    """Why both must have it: at least 10 characters, the same in the settings of both."""

    _id = field_rule(resource_scope, "resource_id")
    _own_project = known_to_owner("<the other project>", "project")
