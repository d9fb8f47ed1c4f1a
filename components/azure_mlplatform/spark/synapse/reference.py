"""A Synapse workspace as other components take it: ids, and not the resource."""

from ...foundation.rules import field_rule
from ...foundation.values import arm_id
from ...parts.arguments import ComponentArgs, In


class SynapseReference(ComponentArgs):
    """A Synapse workspace that runs pipelines. `SynapseWorkspace.reference()` makes it."""

    resource_id: In[str]
    """The workspace, by id."""

    principal_id: In[str]
    """The principal of its identity, which calls what pipelines call."""

    _id = field_rule(arm_id("Microsoft.Synapse/workspaces"), "resource_id")
