"""Makes a resource by an ARM template, where azure-native has no type for it or cannot make it twice.

A template is carried out again whenever it changes, and takes over a resource that is there already. The resource stays
when the deployment is deleted.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from .arguments import In
from .component import Component, child


def template_deployment(
    parent: Component,
    label: str,
    deployment_name: In[str],
    *,
    type_: str,
    api_version: str,
    name: In[str],
    properties: dict[str, Any],
    depends_on: Optional[list[pulumi.Resource]] = None,
) -> "native.resources.Deployment":
    """Deploys one resource of an ARM type. `name` is its name with those of its parents, such as `factory/default`."""
    template: dict[str, Any] = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{"type": type_, "apiVersion": api_version, "name": name, "properties": properties}],
    }
    return native.resources.Deployment(
        parent.logical_name(label),
        deployment_name=deployment_name,
        resource_group_name=parent.placement.resource_group_name,
        properties=native.resources.DeploymentPropertiesArgs(
            mode=native.resources.DeploymentMode.INCREMENTAL, template=template
        ),
        opts=child(parent, depends_on=depends_on),
    )
