"""Databricks: a workspace in the network, and by what name the machine-learning workspace knows it."""

from typing import TYPE_CHECKING

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.naming import attached_compute_name
from ...foundation.rules import field_rule
from ...parts.settings.part import PartSettings

if TYPE_CHECKING:
    pass

TOKEN_KEY = "databricks_token"  # noqa: S105 - the key's name
"""The secret, beside the settings, that attaches Databricks: a personal access token of its workspace."""

SPACES = range(16, 25)
"""Prefix lengths of a network that Databricks takes ("Deploy Azure Databricks in your Azure virtual network")."""


class DatabricksSettings(PartSettings):
    """A Databricks workspace. It is attached to the machine-learning workspace where the stack has the secret
    `databricks_token`, and otherwise not."""

    compute_name: str = Field(default="databricks", examples=["spark"])
    """What jobs of the machine-learning workspace name it by, once it is attached: 2 to 16 characters. Left out:
    `databricks`."""

    browser_authentication: bool = False
    """Whether people of the whole region sign in to Databricks by an endpoint of this environment. A DNS zone has one
    such endpoint for each region, so one that someone else has made must not be made again. Left out, it is not."""

    _compute = field_rule(attached_compute_name, "compute_name")

    @property
    def private_services(self) -> list[PrivateService]:
        """What it has private endpoints to."""
        sign_in = [PrivateService.DATABRICKS_SIGN_IN] if self.browser_authentication else []
        return [PrivateService.DATABRICKS, PrivateService.DATABRICKS_STORAGE, *sign_in]
