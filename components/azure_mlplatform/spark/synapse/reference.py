"""The ids of a Synapse workspace that other components need."""

from ...foundation.rules import field_rule
from ...foundation.values import arm_id
from ...parts.arguments import ComponentArgs, In


class SynapseReference(ComponentArgs):
    """A Synapse workspace that runs pipelines. `SynapseWorkspace.reference()` returns it."""

    resource_id: In[str]
    """The workspace, by id."""

    principal_id: In[str]
    """The principal id of its identity. Pipelines sign in with this identity."""

    _id = field_rule(arm_id("Microsoft.Synapse/workspaces"), "resource_id")
