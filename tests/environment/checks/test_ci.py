import datetime

import pytest

from azure_mlplatform.environment.isolation import isolation_violations
from azure_mlplatform.foundation.environment_names import CIUse, ci_group_name, ci_identity_id, group_name
from azure_mlplatform.settings import Environment, EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.programs import OWN
from support.violations import problems, refused

TODAY = datetime.date(2026, 11, 28)


def identity(environment, use=CIUse.RELEASE):
    settings = example_settings("dev")
    return ci_identity_id(settings.subscription_id, settings.project, Environment(environment), use)


def given(environment="dev", **access):
    return {**example_settings(environment).model_dump(mode="json", exclude_unset=True), "access": access}


def test_the_identity_that_landing_makes_is_taken():
    settings = EnvironmentSettings.model_validate({**given(release_identity_id=identity("dev")), "workspace": OWN})
    assert list(isolation_violations(settings)) == []
    assert not any("release_identity_id" in each for each in settings.notices_on(TODAY))


def test_an_identity_in_the_environments_own_group_is_refused():
    group = group_name(example_settings("dev").project, Environment.DEV)
    [problem] = problems(
        EnvironmentSettings, given(release_identity_id=identity("dev").replace(f"{group}-ci", group.upper()))
    )
    assert problem.path == ("access", "release_identity_id")
    assert f"{group}-ci" in problem.fix


def test_the_identity_of_another_environment_is_refused():
    settings = EnvironmentSettings.model_validate({**given(release_identity_id=identity("prod")), "workspace": OWN})
    [violation] = isolation_violations(settings)
    assert violation.path == ("access", "release_identity_id")
    assert ci_group_name(settings.project, Environment.PROD) in violation.what


def test_nothing_is_released_in_a_sandbox():
    assert refused(EnvironmentSettings, given("sandbox", release_identity_id=identity("dev"))) == [
        "access.release_identity_id"
    ]


def test_without_a_workspace_it_gets_no_role_and_that_is_said():
    settings = EnvironmentSettings.model_validate(given(release_identity_id=identity("dev")))
    assert any("gets no role" in each for each in settings.notices_on(TODAY))


@pytest.mark.parametrize(
    ("access", "paths"),
    [
        ({"admins": ["00000000-0000-0000-0000-0000000000a1"]}, []),
        (
            {
                "admins": ["00000000-0000-0000-0000-0000000000a1"],
                "data_scientists": ["00000000-0000-0000-0000-0000000000A1"],
            },
            ["access.admins[0]"],
        ),
        ({"admins": ["00000000-0000-0000-0000-0000000000a1"] * 2}, ["access.admins[1]"]),
        ({"custom_roles": "mine"}, ["access.custom_roles"]),
        ({"release_identity_id": "id-churn-release-dev"}, ["access.release_identity_id"]),
    ],
)
def test_access_is_checked(access, paths):
    assert refused(EnvironmentSettings, given(**access)) == paths


@pytest.mark.parametrize("environment", ["test", "prod"])
def test_no_admin_works_in_test_or_prod(environment):
    groups = ["00000000-0000-0000-0000-0000000000a1"]
    assert refused(EnvironmentSettings, given(environment, admins=groups)) == ["access.admins"]
