"""An environment's resource group, with its suffix, log and budget."""

from .palette import Colour
from .resource_type import GROUP_ID, Inputs, ResourceType, stable_characters


def _drawn(urn: str, inputs: Inputs) -> dict:
    return {"result": stable_characters(urn, int(inputs.get("length", 6)))}


TYPES = {
    "azure-native:consumption:Budget": ResourceType(
        id="{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
        size=(("amount", " a month"),),
        hidden=True,
    ),
    "azure-native:operationalinsights:Workspace": ResourceType(
        holds="logs",
        id=GROUP_ID + "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
        words="Log Analytics",
        size=("sku.name", ("retentionInDays", " days")),
        colour=Colour.WORKSPACE,
    ),
    "azure-native:resources:ResourceGroup": ResourceType(holds="everything in it", id=GROUP_ID, hidden=True),
    "pulumi:index:Stash": ResourceType(
        id="{name_in_program}", outputs=lambda urn, inputs: {"output": inputs.get("input")}, size=(), hidden=True
    ),
    "random:index/randomString:RandomString": ResourceType(
        id="{name_in_program}", outputs=_drawn, size=(("length", " characters"),), hidden=True
    ),
}
