"""Dates of models and AI kinds: what is refused and said on a day."""

import datetime

import pytest

from azure_mlplatform.ai.settings import AIServiceSettings
from azure_mlplatform.catalogue.models import model_lifecycle


def service(kind="OpenAI", **model):
    deployments = [{"name": "chat", **model}] if model else []
    return AIServiceSettings.model_validate({"name": "assistant", "kind": kind, "deployments": deployments})


GPT = {"model": "gpt-4o", "version": "2024-11-20", "sku": "DataZoneStandard"}
RETIRES = datetime.date(2026, 10, 1)


def test_a_retired_model_is_refused_from_its_day_on_with_its_successor():
    settings = service(**GPT)
    assert list(settings.violations_on(RETIRES - datetime.timedelta(1))) == []
    [refusal] = settings.violations_on(RETIRES)
    assert refusal.path == ("deployments", 0, "version")
    assert refusal.what == "model gpt-4o 2024-11-20 DataZoneStandard was retired on 2026-10-01"
    assert refusal.fix.startswith("Use its successor gpt-5.1. If the service has moved a deployment that exists, name ")
    [pinned] = service(**GPT, version_upgrade="NoAutoUpgrade").violations_on(RETIRES)
    assert pinned.fix == "Use its successor gpt-5.1"
    assert list(settings.notices_on(RETIRES)) == []


def test_a_model_that_ends_is_said_sixty_days_ahead():
    settings = service(**GPT)
    assert list(settings.notices_on(RETIRES - datetime.timedelta(61))) == []
    [notice] = settings.notices_on(RETIRES - datetime.timedelta(60))
    assert notice == (
        "AI service assistant: model gpt-4o 2024-11-20 DataZoneStandard retires on 2026-10-01; its successor is gpt-5.1"
    )


@pytest.mark.parametrize(("sku", "told"), [("Standard", True), ("GlobalStandard", False)])
def test_a_sku_that_azure_gives_to_nobody_any_more_is_said(sku, told):
    settings = service(model="gpt-4o-mini", version="2024-07-18", sku=sku)
    notices = list(settings.notices_on(datetime.date(2026, 4, 1)))
    assert any("since 2026-03-31 Azure makes no new one" in each for each in notices) is told


@pytest.mark.parametrize("model", [("gpt-4o", "2030-01-01"), ("Mistral-Large-3", "1")])
def test_what_is_not_in_the_catalogue_is_named_as_unchecked(model):
    name, version = model
    settings = service(model=name, version=version)
    [notice] = settings.notices_on(RETIRES)
    assert f"model {name} {version} Standard is not in the catalogue of 2026-11-28" in notice
    assert list(settings.violations_on(datetime.date(2099, 1, 1))) == []


@pytest.mark.parametrize("kind", ["ComputerVision", "CustomVision.Training", "CustomVision.Prediction"])
def test_a_kind_that_ends_is_said_and_then_refused(kind):
    settings, day = service(kind), datetime.date(2028, 9, 25)
    assert list(settings.notices_on(day - datetime.timedelta(1))) == [
        f"AI service assistant: {kind} retires on 2028-09-25"
    ]
    [refusal] = settings.violations_on(day)
    assert (refusal.path, refusal.what) == (("kind",), f"the service {kind} was retired on 2028-09-25")


def test_a_version_is_not_another():
    assert model_lifecycle("gpt-4o", "2024-05-13", "Standard") is not None
    assert model_lifecycle("gpt-4o", "", "Standard") is None
