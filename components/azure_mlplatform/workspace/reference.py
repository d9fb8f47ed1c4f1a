"""A workspace as other components take it: ids and names, and not the resource."""

from typing import Optional

from ..foundation.rules import field_rule
from ..foundation.values import arm_id
from ..parts.arguments import ComponentArgs, In


class WorkspaceReference(ComponentArgs):
    """A workspace that models are served from, or computes attached to. `MLWorkspace.reference()` makes it."""

    workspace_id: In[str]
    """The workspace, by id, made of names: known before it exists."""

    name: In[str]
    """Its name, known once it exists."""

    resource_id: In[str]
    """Its id, known once it exists."""

    principal_id: In[str]
    """The principal of its identity, which reaches a cluster of Kubernetes."""

    compute_identity_id: In[str]
    """The identity, by id, that models and jobs sign in as."""

    compute_principal_id: In[str]
    """The principal of that identity."""

    storage_account_id: In[str]
    """Its own storage account, by id, with the datastore `workspaceblobstore`; models come from there."""

    container_registry_id: In[str]
    """Its registry, by id, that models' images come from."""

    reached_name: Optional[In[str]] = None
    """Its name, known once its private endpoints are there. Default: as `name`."""

    managed_network: bool = False
    """Whether it is in a network that Azure runs for it, which reaches no cluster of Kubernetes. Default: it is not."""

    _id = field_rule(arm_id("Microsoft.MachineLearningServices/workspaces"), "workspace_id", "resource_id")
    _identity = field_rule(arm_id("Microsoft.ManagedIdentity/userAssignedIdentities"), "compute_identity_id")
    _storage = field_rule(arm_id("Microsoft.Storage/storageAccounts"), "storage_account_id")
    _registry = field_rule(arm_id("Microsoft.ContainerRegistry/registries"), "container_registry_id")

    @property
    def reachable_name(self) -> In[str]:
        """Its name, known once it can be reached."""
        return self.name if self.reached_name is None else self.reached_name
