"""What a model is called by, and who may call it."""

from typing import Optional

from pydantic import Field

from ...foundation.model import Settings
from ...foundation.naming import endpoint_name
from ...foundation.rules import field_rule


class OnlineEndpointSettings(Settings):
    """A stable endpoint: models come and go behind it. Deployments and traffic belong to releases."""

    name: str = Field(examples=["scoring"])
    """What the project calls it: 2 to 12 characters. Part of its name in Azure, which is unique in the region."""

    description: Optional[str] = Field(default=None, max_length=1000)
    """What it scores, for those who see it in the studio. Left out, nothing is said."""

    _name = field_rule(endpoint_name, "name")
