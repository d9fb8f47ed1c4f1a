"""The reference to a workspace that other components take: ids and names, not the resource."""

from typing import Optional

from ..foundation.rules import field_rule
from ..foundation.values import arm_id
from ..parts.arguments import ComponentArgs, In


class WorkspaceReference(ComponentArgs):
    """A workspace for serving models or attaching computes. `MLWorkspace.reference()` returns it."""

    workspace_id: In[str]
    """Its id, built from names: known before it exists."""

    name: In[str]
    """Its name, known once it exists."""

    resource_id: In[str]
    """Its id, known once it exists."""

    principal_id: In[str]
    """The principal of its identity, which accesses an attached Kubernetes cluster."""

    compute_identity_id: In[str]
    """The identity that models and jobs sign in as, by id."""

    compute_principal_id: In[str]
    """The principal of that identity."""

    storage_account_id: In[str]
    """Its own storage account, by id. It holds the datastore `workspaceblobstore` and the models."""

    container_registry_id: In[str]
    """Its registry, by id. It holds the models' images."""

    reached_name: Optional[In[str]] = None
    """Its name, known once its private endpoints exist. Default: `name`."""

    managed_network: bool = False
    """Whether it is in a network that Azure runs for it, which reaches no Kubernetes cluster. Default: it is not."""

    _id = field_rule(arm_id("Microsoft.MachineLearningServices/workspaces"), "workspace_id", "resource_id")
    _identity = field_rule(arm_id("Microsoft.ManagedIdentity/userAssignedIdentities"), "compute_identity_id")
    _storage = field_rule(arm_id("Microsoft.Storage/storageAccounts"), "storage_account_id")
    _registry = field_rule(arm_id("Microsoft.ContainerRegistry/registries"), "container_registry_id")

    @property
    def reachable_name(self) -> In[str]:
        """Its name, known once the workspace can be reached."""
        return self.name if self.reached_name is None else self.reached_name
