"""The kinds of Azure AI (Cognitive) Services account and their properties: one row per kind.

Sources: the pages of the services (Microsoft Learn), read 2026-11, for sizes and for the kinds that deploy models;
"Azure built-in roles" for roles; azure-ai-ml's `CognitiveServiceKinds` and its connection entities for categories and
names in a connection.
"""

import datetime
from enum import StrEnum
from typing import NamedTuple, Optional

from ..foundation.built_in_roles import Role
from .lifecycle import Lifecycle
from .private_link import PrivateService

READ = datetime.date(2026, 11, 28)
"""The day on which the sources were read."""


class AIServiceKind(StrEnum):
    """The kinds of account that can be created."""

    OPENAI = "OpenAI"
    AI_SERVICES = "AIServices"
    COMPUTER_VISION = "ComputerVision"
    CONTENT_SAFETY = "ContentSafety"
    CUSTOM_VISION_TRAINING = "CustomVision.Training"
    CUSTOM_VISION_PREDICTION = "CustomVision.Prediction"
    FACE = "Face"
    FORM_RECOGNIZER = "FormRecognizer"
    SPEECH_SERVICES = "SpeechServices"
    TEXT_ANALYTICS = "TextAnalytics"
    TEXT_TRANSLATION = "TextTranslation"


class AIKind(NamedTuple):
    """The properties of a kind of account."""

    skus: tuple[str, ...] = ("S0", "F0")
    """The allowed sizes, the default first."""

    private_service: PrivateService = PrivateService.COGNITIVE_SERVICES
    """The service of its private endpoint, which decides the DNS zones."""

    domain: str = "cognitiveservices.azure.com"
    """The domain of its address."""

    user_role: Role = Role.COGNITIVE_SERVICES_USER
    """The role that a caller needs."""

    deploys_models: bool = False
    """Whether the settings can deploy models to it."""

    connection_category: str = "CognitiveService"
    """The category of a workspace's connection to it."""

    connection_kind: str = ""
    """The name of the kind in such a connection. Empty: the kind itself."""

    lifecycle: Optional[Lifecycle] = None
    """Its end, or None if none is announced."""


_VISION_ENDS = Lifecycle(datetime.date(2028, 9, 25))
"""Image Analysis: "Image Analysis SDK overview" (Microsoft Learn, read 2026-11-28). That Custom Vision ends on the same
day is from a list of Azure's retirements (Azure/EOL) that was not read here."""

AI_KINDS: dict[AIServiceKind, AIKind] = {
    AIServiceKind.OPENAI: AIKind(
        skus=("S0",),
        private_service=PrivateService.OPENAI,
        domain="openai.azure.com",
        user_role=Role.COGNITIVE_SERVICES_OPENAI_USER,
        deploys_models=True,
        connection_category="AzureOpenAI",
    ),
    AIServiceKind.AI_SERVICES: AIKind(
        skus=("S0",),
        private_service=PrivateService.AI_SERVICES,
        deploys_models=True,
        connection_category="AIServices",
    ),
    AIServiceKind.COMPUTER_VISION: AIKind(skus=("S1", "F0"), lifecycle=_VISION_ENDS),
    AIServiceKind.CONTENT_SAFETY: AIKind(connection_kind="Content Safety"),
    AIServiceKind.CUSTOM_VISION_TRAINING: AIKind(lifecycle=_VISION_ENDS),
    AIServiceKind.CUSTOM_VISION_PREDICTION: AIKind(lifecycle=_VISION_ENDS),
    AIServiceKind.FACE: AIKind(),
    AIServiceKind.FORM_RECOGNIZER: AIKind(),
    AIServiceKind.SPEECH_SERVICES: AIKind(connection_kind="speech"),
    AIServiceKind.TEXT_ANALYTICS: AIKind(skus=("S", "F0")),
    AIServiceKind.TEXT_TRANSLATION: AIKind(skus=("S1", "F0")),
}
