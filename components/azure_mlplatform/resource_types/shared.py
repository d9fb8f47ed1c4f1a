"""What environments share: the model registry, load testing, policies. Zones and peerings are with `network`."""

from .resource_type import GROUP_ID, ResourceType, Shown
from .topic import Topic

TYPES = {
    "azure-native:authorization:PolicyAssignment": ResourceType(
        id="{scope}/providers/Microsoft.Authorization/policyAssignments/{policyAssignmentName}",
        words="policy",
        size=("displayName",),
        topic=Topic.OPERATIONS,
        shown=Shown.COUNTED,
        named_by_azure=False,
    ),
    "azure-native:loadtestservice:LoadTest": ResourceType(
        holds="load tests and their results",
        id=GROUP_ID + "/providers/Microsoft.LoadTestService/loadTests/{loadTestName}",
        words="load testing",
        size=(),
        topic=Topic.OPERATIONS,
    ),
    "azure-native:machinelearningservices:Registry": ResourceType(
        holds="models",
        id=GROUP_ID + "/providers/Microsoft.MachineLearningServices/registries/{registryName}",
        words="model registry",
        size=("publicNetworkAccess",),
        topic=Topic.OPERATIONS,
    ),
}
