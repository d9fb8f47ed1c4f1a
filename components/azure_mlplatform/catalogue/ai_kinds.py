"""The kinds of Azure AI (Cognitive) Services account and their properties: one row per kind.

Sources: the pages of the services (Microsoft Learn), read 2026-11, for sizes and for the kinds that deploy models;
"Azure built-in roles" for roles; azure-ai-ml's `CognitiveServiceKinds` and its connection entities for categories and
names in a connection. What products are called: "Abbreviation recommendations for Azure resources"
(MicrosoftDocs/cloud-adoption-framework, 2024-05-07), which has name and kind side by side, and "What are Foundry
Tools?" (MicrosoftDocs/azure-ai-docs, 2025-10-02), which has the names of today and what is retired; both read
2026-11-28.
"""

import datetime
import re
from enum import StrEnum
from typing import NamedTuple, Optional

from ..foundation.built_in_roles import Role
from .lifecycle import Lifecycle
from .private_link import PrivateService

READ = datetime.date(2026, 11, 28)
"""The day on which the sources were read."""


class AIServiceKind(StrEnum):
    """The kinds of account that can be created. The portal and the documentation have other names for most."""

    OPENAI = "OpenAI"
    """Azure OpenAI."""

    AI_SERVICES = "AIServices"
    """Foundry, formerly Azure AI services: several services and models in one account."""

    COMPUTER_VISION = "ComputerVision"
    """Azure Vision."""

    CONTENT_SAFETY = "ContentSafety"
    """Content Safety."""

    CUSTOM_VISION_TRAINING = "CustomVision.Training"
    """Custom Vision, training."""

    CUSTOM_VISION_PREDICTION = "CustomVision.Prediction"
    """Custom Vision, prediction."""

    FACE = "Face"
    """Face."""

    FORM_RECOGNIZER = "FormRecognizer"
    """Document Intelligence."""

    SPEECH_SERVICES = "SpeechServices"
    """Azure Speech."""

    TEXT_ANALYTICS = "TextAnalytics"
    """Azure Language."""

    TEXT_TRANSLATION = "TextTranslation"
    """Azure Translator."""

    @classmethod
    def advice(cls, value: str) -> str:
        """Says the kind for a product's name, or why there is none. Empty if the name is unknown."""
        names = _plain(value)
        kinds = [f"'{kind}'" for kind, facts in AI_KINDS.items() if names & {*facts.names, *_plain(kind)}]
        if kinds:
            return f"Did you mean {' or '.join(kinds)}?"
        return next((why for name, why in _NO_KINDS.items() if name in names), "")


def _plain(name: str) -> set[str]:
    """A name in small letters, with and without the words that products have in common."""
    letters = re.sub(r"[^a-z]", "", name.lower()).removesuffix("infoundrytools")
    short = re.sub(r"^(microsoft|azure)*(ai|cognitive)?", "", letters)
    return {letters, short, re.sub(r"(services?|api)$", "", short)} - {""}


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

    names: tuple[str, ...] = ()
    """Other names that people use: small letters without spaces, and without `azure` and `ai` in front."""

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
        names=(
            "foundry",
            "foundryresource",
            "foundrytools",
            "aifoundry",
            "multiservice",
            "multiserviceaccount",
            "cognitiveservices",
        ),
    ),
    AIServiceKind.COMPUTER_VISION: AIKind(skus=("S1", "F0"), names=("vision", "imageanalysis"), lifecycle=_VISION_ENDS),
    AIServiceKind.CONTENT_SAFETY: AIKind(connection_kind="Content Safety"),
    AIServiceKind.CUSTOM_VISION_TRAINING: AIKind(names=("customvision",), lifecycle=_VISION_ENDS),
    AIServiceKind.CUSTOM_VISION_PREDICTION: AIKind(names=("customvision",), lifecycle=_VISION_ENDS),
    AIServiceKind.FACE: AIKind(),
    AIServiceKind.FORM_RECOGNIZER: AIKind(names=("documentintelligence",)),
    AIServiceKind.SPEECH_SERVICES: AIKind(connection_kind="speech", names=("speech", "speechtotext", "texttospeech")),
    AIServiceKind.TEXT_ANALYTICS: AIKind(skus=("S", "F0"), names=("language",)),
    AIServiceKind.TEXT_TRANSLATION: AIKind(skus=("S1", "F0"), names=("translator",)),
}

_NO_KINDS = {
    **dict.fromkeys(
        ("search", "cognitivesearch"), "AI Search is a service of its own, which this library does not make."
    ),
    "videoindexer": "Video Indexer is a service of its own, which this library does not make.",
    "bot": "Bot Service is a service of its own, which this library does not make.",
    **dict.fromkeys(("immersivereader", "healthinsights"), "This library makes no account of this kind."),
    **dict.fromkeys(
        (
            "anomalydetector",
            "contentmoderator",
            "languageunderstanding",
            "luis",
            "metricsadvisor",
            "personalizer",
            "qnamaker",
        ),
        "This service is retired.",
    ),
}
"""The name of a product that is no kind here → why. From the same pages as the names of kinds."""
