"""An environment's resource group, with its suffix, log and budget."""

from .resource_type import GROUP_ID, Inputs, ResourceType, Shown, stable_characters
from .topic import Topic


def _drawn(urn: str, inputs: Inputs) -> dict:
    return {"result": stable_characters(urn, int(inputs.get("length", 6)))}


TYPES = {
    "azure-native:consumption:Budget": ResourceType(
        id="{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
        size=(("amount", " a month"),),
        topic=Topic.OPERATIONS,
    ),
    "azure-native:operationalinsights:Workspace": ResourceType(
        holds="logs",
        id=GROUP_ID + "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
        words="Log Analytics",
        size=("sku.name", ("retentionInDays", " days")),
        topic=Topic.OPERATIONS,
    ),
    "azure-native:resources:ResourceGroup": ResourceType(holds="everything in it", id=GROUP_ID, shown=Shown.HIDDEN),
    "pulumi:index:Stash": ResourceType(
        id="{name_in_program}", outputs=lambda urn, inputs: {"output": inputs.get("input")}, size=(), shown=Shown.HIDDEN
    ),
    "random:index/randomString:RandomString": ResourceType(
        id="{name_in_program}", outputs=_drawn, size=(("length", " characters"),), shown=Shown.HIDDEN
    ),
}
