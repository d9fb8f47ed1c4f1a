"""Settings of the Databricks workspace."""

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.naming import attached_compute_name
from ...foundation.rules import field_rule
from ...parts.settings.part import PartSettings

TOKEN_KEY = "databricks_token"  # noqa: S105 - the key's name
"""The stack's secret that attaches Databricks: a personal access token of the Databricks workspace."""

SPACES = range(16, 25)
"""The prefix lengths of a network that Databricks allows ("Deploy Azure Databricks in your Azure virtual network")."""


class DatabricksSettings(PartSettings):
    """A Databricks workspace. It is attached to the machine-learning workspace only if the stack has the secret
    `databricks_token`."""

    compute_name: str = Field(default="databricks", examples=["spark"])
    """The name of its compute in the machine-learning workspace, once it is attached: 2 to 16 characters.
    Default: `databricks`."""

    browser_authentication: bool = False
    """Whether this environment has the private endpoint for browser sign-in, which serves all of Databricks in the
    region. A DNS zone has one such endpoint per region: leave it false if someone else has made one. Default:
    false."""

    _compute = field_rule(attached_compute_name, "compute_name")

    @property
    def costs_at_rest(self) -> list[str]:
        """Clusters that people started in the workspace, which is not Azure Resource Manager's."""
        return ["Databricks clusters that run, until their own time limit ends them"]

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The account in which the workspace keeps its own files."""
        return ["the storage of Databricks"]

    @property
    def private_services(self) -> list[PrivateService]:
        """The services that get private endpoints."""
        sign_in = [PrivateService.DATABRICKS_SIGN_IN] if self.browser_authentication else []
        return [PrivateService.DATABRICKS, PrivateService.DATABRICKS_STORAGE, *sign_in]
