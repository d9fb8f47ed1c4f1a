"""The place of an environment: its workbook. Groups, identities and roles are with `environment` and `parts`."""

from .resource_type import GROUP_ID, ResourceType
from .topic import Topic

TYPES = {
    "azure-native:applicationinsights:Workbook": ResourceType(
        id=GROUP_ID + "/providers/Microsoft.Insights/workbooks/{resourceName}",
        size=("displayName",),
        topic=Topic.OPERATIONS,
        named_by_azure=False,
    ),
}
