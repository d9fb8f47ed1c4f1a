"""Checks that ids are in the environment's subscription where Azure requires it. Each part checks its own ids."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.secret_values import SECRET
from ...foundation.values import subscription_of
from ...foundation.violations import Violation
from ...network.settings import NetworkSettings
from ...parts.settings.encryption import CustomerManagedKey
from ...parts.settings.part import other_subscription
from ...spark.databricks.settings import DatabricksSettings
from ...workspace.settings.workspace import COMPUTES_NEED_OWN_SUBSCRIPTION, NetworkMode, WorkspaceSettings


def group_is_in_the_subscription(resource_group_id: Optional[str], subscription_id: str) -> Iterator[Violation]:
    """A violation if an adopted resource group is in another subscription."""
    if resource_group_id is None or SECRET in (resource_group_id, subscription_id):
        return
    if subscription_of(resource_group_id) != subscription_id.lower():
        yield Violation(
            ("resource_group_id",),
            resource_group_id,
            f"the resource group is in another subscription than subscription_id {subscription_id}",
            "Adopt a group in the environment's subscription",
        )


def computes_are_in_the_subscription(
    network: Optional[NetworkSettings], workspace: Optional[WorkspaceSettings], subscription_id: str
) -> Iterator[Violation]:
    """A violation if the adopted subnet of computes is in another subscription."""
    if workspace is None or workspace.network_mode is not NetworkMode.OWN:
        return
    adopted = network.subnet_ids if network else None
    if adopted is not None and adopted.training is not None:
        at = ("network", "subnet_ids", "training")
        yield from other_subscription(at, adopted.training, subscription_id, COMPUTES_NEED_OWN_SUBSCRIPTION)


def databricks_is_in_the_subscription(
    network: Optional[NetworkSettings], databricks: Optional[DatabricksSettings], subscription_id: str
) -> Iterator[Violation]:
    """A violation if the adopted network of Databricks is in another subscription."""
    adopted = network.subnet_ids if network and databricks else None
    if adopted is not None and adopted.databricks_host is not None:
        at = ("network", "subnet_ids", "databricks_host")
        why = "Databricks needs a network in its own subscription"
        yield from other_subscription(at, adopted.databricks_host, subscription_id, why)


def key_is_in_the_subscription(
    key: Optional[CustomerManagedKey], workspace: Optional[WorkspaceSettings], subscription_id: str
) -> Iterator[Violation]:
    """A violation if the key that encrypts the workspace is in another subscription."""
    if workspace is not None and key is not None:
        at = ("customer_managed_key", "key_vault_id")
        why = "a workspace needs a key in its own subscription"
        yield from other_subscription(at, key.key_vault_id, subscription_id, why)
