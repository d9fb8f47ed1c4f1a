"""Container Insights: a cluster's logs and inventory in Log Analytics."""

import pulumi_azure_native as native

from ...foundation.naming import Kind
from ...parts.arguments import In
from ...parts.component import Component, child


def container_insights(parent: Component, cluster_id: In[str]) -> None:
    """Sends the containers' logs and inventory to Log Analytics: the add-on alone sends nothing."""
    placement = parent.placement
    streams = ["Microsoft-ContainerInsights-Group-Default"]
    rule = native.monitor.DataCollectionRule(
        parent.logical_name("insights-rule"),
        data_collection_rule_name=placement.name_of(Kind.DATA_COLLECTION_RULE, "aks"),
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        kind="Linux",
        data_sources={
            "extensions": [
                {
                    "name": "ContainerInsightsExtension",
                    "extension_name": "ContainerInsights",
                    "streams": streams,
                    "extension_settings": {
                        "dataCollectionSettings": {
                            "interval": "1m",
                            "namespaceFilteringMode": "Off",
                            "enableContainerLogV2": True,
                        }
                    },
                }
            ]
        },
        destinations={"log_analytics": [{"name": "log", "workspace_resource_id": placement.log_analytics_id}]},
        data_flows=[{"streams": streams, "destinations": ["log"]}],
        tags=placement.tags,
        opts=child(parent),
    )
    native.monitor.DataCollectionRuleAssociation(
        parent.logical_name("insights-association"),
        # The add-on looks for this name.
        association_name="ContainerInsightsExtension",
        resource_uri=cluster_id,
        data_collection_rule_id=rule.id,
        opts=child(parent),
    )
