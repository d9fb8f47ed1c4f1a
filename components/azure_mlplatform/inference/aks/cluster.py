"""The data of a cluster, new or adopted, that later steps need."""

from typing import NamedTuple, Optional

import pulumi

from ...parts.arguments import In
from ...parts.in_turn import InTurn


class Cluster(NamedTuple):
    """A cluster that extensions are installed on and workspaces attach."""

    id: In[str]

    name: In[str]
    """Its name, or an error if the cluster cannot match the settings."""

    group: In[str]
    """The name of its resource group."""

    writes: InTurn
    """The writes on it, of which AKS takes one at a time. The first is the pool that the extension runs on, or the
    claim on an adopted cluster."""

    principal_id: In[Optional[str]] = None
    """The principal id of its identity. None for an adopted cluster."""

    made: Optional[pulumi.CustomResource] = None
    """The cluster itself. None for an adopted one."""
