import pytest

from azure_mlplatform.ai.settings import AIServiceSettings
from azure_mlplatform.catalogue.ai_kinds import AI_KINDS, AIServiceKind
from azure_mlplatform.foundation.field_docs import member_docs
from support.violations import problems

# As the portal, the documentation of today and former documentation write them.
NAMES = {
    "OpenAI": ["Azure OpenAI", "Azure OpenAI Service", "openai"],
    "AIServices": [
        "Azure AI services",
        "AI Services",
        "Foundry",
        "Azure AI Foundry",
        "Microsoft Foundry",
        "Foundry Tools",
    ],
    "ComputerVision": [
        "Computer Vision",
        "Azure Vision in Foundry Tools",
        "Azure AI Vision",
        "Vision",
        "Image Analysis",
    ],
    "ContentSafety": ["Content Safety", "Azure AI Content Safety", "content_safety"],
    "Face": ["Face API", "Azure AI Face", "Face service", "face"],
    "FormRecognizer": [
        "DocumentIntelligence",
        "Document Intelligence",
        "Azure AI Document Intelligence",
        "Form Recognizer",
    ],
    "SpeechServices": [
        "Speech",
        "Speech service",
        "Azure AI Speech",
        "Azure Speech in Foundry Tools",
        "Speech to text",
    ],
    "TextAnalytics": ["Language", "Language service", "Azure AI Language", "Azure Language in Foundry Tools"],
    "TextTranslation": ["Translator", "Azure AI Translator", "Azure Translator in Foundry Tools"],
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_the_name_of_a_product_leads_to_its_kind(kind, name):
    [problem] = problems(AIServiceSettings, {"name": "docs", "kind": name})
    assert problem.what == f"'{name}' is not allowed"
    assert problem.fix.startswith(f"Did you mean '{kind}'? Allowed: OpenAI, AIServices, ")


def test_a_product_with_two_kinds_names_both():
    [problem] = problems(AIServiceSettings, {"name": "docs", "kind": "Custom Vision"})
    assert problem.fix.startswith("Did you mean 'CustomVision.Training' or 'CustomVision.Prediction'? Allowed: ")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("AI Search", "AI Search is a service of its own"),
        ("Azure Cognitive Search", "AI Search is a service of its own"),
        ("Azure AI Video Indexer", "Video Indexer is a service of its own"),
        ("Immersive Reader", "This library makes no account of this kind."),
        ("LUIS", "This service is retired."),
        ("QnA Maker", "This service is retired."),
    ],
)
def test_what_is_no_kind_is_said(name, why):
    [problem] = problems(AIServiceSettings, {"name": "docs", "kind": name})
    assert problem.fix.startswith(why)


@pytest.mark.parametrize("name", ["", "Azure", "AI", "Azure AI", "x" * 40])
def test_other_words_are_no_product(name):
    assert AIServiceKind.advice(name) == ""


def test_every_kind_has_a_product_and_no_product_has_the_kind_of_another():
    assert set(member_docs(AIServiceKind)) == set(AIServiceKind)
    for kind in AIServiceKind:
        assert f"'{kind}'" in AIServiceKind.advice(kind)
        for name in AI_KINDS[kind].names:
            assert f"'{kind}'" in AIServiceKind.advice(name)
