import datetime

import pytest

from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.settings import Environment
from azure_mlplatform.testing import example_settings
from support.programs import CPU, GROUP

WORKSPACE = {"network_mode": "managed", "clusters": [CPU]}
WORKS = {"workspace": WORKSPACE, "access": {"data_scientists": [GROUP]}}
ALICE = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}


def said(environment, model=None, **changes):
    settings = example_settings(environment, **changes)
    if model is not None:
        settings = model.model_validate(settings.model_dump(exclude_unset=True))
    notices = settings.notices_on(datetime.date(2026, 1, 15))
    return [each.split(":")[0] for each in notices if each.startswith(("no workspace", "nobody"))]


@pytest.mark.parametrize("environment", ["sandbox", "dev"])
def test_an_environment_for_people_says_that_nobody_works_in_it(environment):
    assert said(environment) == ["no workspace", "nobody has access"]
    assert said(environment, **{**WORKS, "access": {}}) == ["nobody has access"]
    assert said(environment, access=WORKS["access"]) == ["no workspace"]
    assert said(environment, **WORKS) == []


def test_a_person_with_an_instance_has_access():
    assert said("dev", workspace={**WORKSPACE, "instances": [ALICE]}) == []


@pytest.mark.parametrize("environment", [Environment.TEST, Environment.PROD])
def test_where_only_pipelines_work_nothing_is_said(environment):
    assert said(environment) == []


def test_an_environment_that_is_retired_says_nothing():
    assert said("dev", retire={"reason": "The project ended"}) == []


def test_a_platform_teams_environment_is_for_projects():
    assert said("dev", PlatformSettings) == []
