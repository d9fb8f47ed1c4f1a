"""A cluster, made or adopted, as the steps after it need it."""

from typing import NamedTuple, Optional

import pulumi

from ...parts.arguments import In


class Cluster(NamedTuple):
    """A cluster that extensions are put on and workspaces attach."""

    id: In[str]

    name: In[str]
    """Its name, or an error if it cannot be what the settings ask for."""

    group: In[str]
    """The name of its resource group."""

    ready: list[pulumi.Resource]
    """What has to be there before the extension: the pool that it runs on, or the claim on an adopted cluster."""

    principal_id: In[Optional[str]] = None
    """The principal of its identity; None of an adopted one."""
