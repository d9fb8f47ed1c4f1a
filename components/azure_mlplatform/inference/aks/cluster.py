"""The data of a cluster, new or adopted, that later steps need."""

from typing import NamedTuple, Optional

import pulumi

from ...parts.arguments import In


class Cluster(NamedTuple):
    """A cluster that extensions are installed on and workspaces attach."""

    id: In[str]

    name: In[str]
    """Its name, or an error if the cluster cannot match the settings."""

    group: In[str]
    """The name of its resource group."""

    ready: list[pulumi.Resource]
    """The resources that the extension depends on: the pool that it runs on, or the claim on an adopted cluster."""

    principal_id: In[Optional[str]] = None
    """The principal id of its identity. None for an adopted cluster."""
