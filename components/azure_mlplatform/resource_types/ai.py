"""AI services and their models."""

from ..catalogue.ai_kinds import AI_KINDS, AIServiceKind
from .resource_type import GROUP_ID, Inputs, ResourceType, part_of
from .topic import Topic

_ACCOUNT = GROUP_ID + "/providers/Microsoft.CognitiveServices/accounts/{accountName}"


def _account(urn: str, inputs: Inputs) -> dict:
    properties = inputs.get("properties", {})
    domain = AI_KINDS[AIServiceKind(inputs["kind"])].domain
    return {"properties": {**properties, "endpoint": f"https://{properties.get('customSubDomainName')}.{domain}/"}}


TYPES = {
    "azure-native:cognitiveservices:Account": ResourceType(
        holds="fine-tuned models and uploaded files",
        id=_ACCOUNT,
        outputs=_account,
        words="AI service",
        size=("kind", "sku.name"),
        topic=Topic.AI,
    ),
    "azure-native:cognitiveservices:Deployment": ResourceType(
        id=_ACCOUNT + "/deployments/{deploymentName}",
        words="model",
        size=("properties.model.name", "properties.model.version", "sku.name", "sku.capacity"),
        topic=Topic.AI,
        edges=part_of("azure-native:cognitiveservices:Account", "accountName"),
    ),
}
