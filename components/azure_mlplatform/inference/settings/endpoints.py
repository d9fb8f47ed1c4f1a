"""Settings of a stable endpoint, which callers use for a model."""

from typing import Optional

from pydantic import Field

from ...foundation.model import Settings
from ...foundation.naming import endpoint_name
from ...foundation.rules import field_rule
from .target import InferenceTarget


class OnlineEndpointSettings(Settings):
    """A stable endpoint. The models behind it can change. Deployments and traffic belong to releases."""

    name: str = Field(examples=["scoring"])
    """The project's name for it: 2 to 12 characters. It is part of the name in Azure, which is unique in the region."""

    description: Optional[str] = Field(default=None, max_length=1000)
    """A description of what it scores, shown in the studio. Default: no description."""

    target: Optional[InferenceTarget] = None
    """The target it is on, `aks` or `managed`, if the environment has both. Default: the only one of them."""

    _name = field_rule(endpoint_name, "name")
