"""Checks that Databricks and Synapse have a workspace to attach to and a legal name."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.project import ProjectSettings
from ...foundation.secret_values import SECRET
from ...foundation.violations import Violation, prefixed
from ...parts.settings.encryption import CustomerManagedKey
from ...spark.databricks.settings import TOKEN_KEY, DatabricksSettings
from ...spark.synapse.settings import SynapseSettings
from ...workspace.settings.workspace import WorkspaceSettings


def token_attaches_databricks(
    databricks: Optional[DatabricksSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if there is a Databricks token, but no Databricks, or no workspace to attach it to."""
    parts = {"databricks": databricks, "workspace": workspace}
    missing = [name for name, part in parts.items() if part is None]
    if missing:
        yield Violation(
            (TOKEN_KEY,),
            None,
            f"{TOKEN_KEY} attaches Databricks to the machine-learning workspace, but there is no "
            + " and no ".join(missing),
            f"Add {' and '.join(missing)}, or remove the token (`pulumi config rm`)",
        )


def databricks_notices(databricks: Optional[DatabricksSettings], key: Optional[CustomerManagedKey]) -> Iterator[str]:
    """A notice if there is a customer-managed key, which does not encrypt Databricks."""
    if databricks is not None and key is not None:
        yield "databricks: customer_managed_key does not apply to it; Microsoft's keys encrypt its data"


def synapse_has_a_legal_name(synapse: Optional[SynapseSettings], project: ProjectSettings) -> Iterator[Violation]:
    """A violation if the project's name would make a Synapse name that Azure reserves."""
    if synapse is not None and project.name != SECRET and "-ondemand" in f"-{project.name}":
        yield Violation(
            ("project", "name"),
            project.name,
            f"a Synapse workspace of the project '{project.name}' would have '-ondemand' in its name, which Azure "
            "reserves",
            "Give the project another name, or leave synapse out",
        )


def pools_can_be_attached(
    synapse: Optional[SynapseSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation for each Spark pool that cannot be attached to the workspace."""
    if synapse is not None and workspace is not None:
        yield from prefixed(("synapse",), synapse.attach_violations())


def synapse_notices(synapse: Optional[SynapseSettings], key: Optional[CustomerManagedKey]) -> Iterator[str]:
    """A notice if Synapse is encrypted with a customer-managed key. It reads the key with a user-assigned identity,
    which works without a firewall of the vault only ("Encryption for Azure Synapse Analytics workspaces", 2022-01, read
    2026-11-28)."""
    if synapse is not None and key is not None:
        yield (
            "synapse: Microsoft says that a user-assigned identity, such as Synapse has here, cannot read the key of a "
            "vault behind a firewall; try it before you rely on it"
        )
