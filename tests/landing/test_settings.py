import datetime

import pytest
from pydantic import ValidationError

from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.landing.settings import LandingSettings
from support.landings import DAY, PROJECT, TRUST, group_id, of_landing

DEVOPS = {
    "name": "azure-devops",
    "issuer": "https://vstoken.dev.azure.com/00000000-0000-0000-0000-00000000dead",
    "subject": "sc://example/credits/deploy",
}


def landing(environment="dev", **changes):
    return LandingSettings.model_validate({"project": PROJECT, **of_landing(environment, **changes)})


def refused(environment="dev", **changes):
    given = {key: value for key, value in of_landing(environment, **changes).items() if value != "(gone)"}
    with pytest.raises(ValidationError) as error:
        LandingSettings.model_validate({"project": PROJECT, **given})
    return sorted(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.value.errors())


@pytest.mark.parametrize("environment", Environment)
def test_the_group_is_the_one_that_an_environment_would_make(environment):
    assert landing(environment).group_id == group_id(environment)


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_what_pipelines_deploy_needs_both_identities(environment):
    found = refused(environment, deploy="(gone)", release="(gone)")
    assert [each.split(":")[0] for each in found] == ["deploy", "release"]
    assert f"a {environment} environment needs deploy. Add deploy: {{github_repository:" in found[0]


def test_a_sandbox_has_neither_identity_nor_rights():
    found = refused("sandbox", deploy=TRUST, release=TRUST, rights="../rights.json")
    assert [each.split(":")[0] for each in found] == ["deploy", "release", "rights"]
    assert "a sandbox has no deploy identity" in found[0]


@pytest.mark.parametrize("field", ["budget", "expires_on"])
def test_a_sandbox_needs_a_budget_and_an_end(field):
    [found] = refused("sandbox", **{field: "(gone)"})
    assert found.startswith(f"{field}: a sandbox environment needs {field}")


def test_a_sandbox_lives_for_90_days():
    today = datetime.date(2026, 11, 1)
    [found] = landing("sandbox", expires_on="2027-02-02").violations_on(today)
    assert "set 2027-01-30 or earlier" in found.fix
    assert not list(landing("sandbox", expires_on="2027-01-30").violations_on(today))
    assert not list(landing("dev", expires_on="2030-01-30").violations_on(today))
    assert not list(landing("sandbox", expires_on="2026-01-30").violations_on(today)), "it ends the environment"


def test_one_token_is_one_identity():
    [found] = refused(
        "prod",
        deploy={"federated_credentials": [DEVOPS]},
        release={"federated_credentials": [{**DEVOPS, "name": "another"}]},
    )
    assert found.startswith("release.federated_credentials.0.subject: 'sc://example/credits/deploy' is trusted by the")


@pytest.mark.parametrize(("field", "own"), [("deploy", "prod"), ("release", "prod-release")])
def test_in_prod_each_identity_trusts_its_own_github_environment_only(field, own):
    issuer = "https://token.actions.githubusercontent.com"
    others = {"deploy": "prod-release", "release": "prod"}
    subject = f"repo:example/credits:environment:{others[field]}"
    other = {"federated_credentials": [{"name": "github", "issuer": issuer, "subject": subject}]}
    found = refused("prod", **{field: other})
    assert any(each.startswith(f"{field}.federated_credentials.0.subject") and own in each for each in found)


def test_somebody_is_trusted_and_the_cost_code_is_there():
    found = refused("dev", deploy={}, project={**PROJECT, "cost_code": None})
    assert [each.split(":")[0] for each in found] == ["deploy", "project.cost_code"]
    assert "nobody may act as the deploy identity" in found[0]


def test_a_tenant_is_no_subscription():
    [found] = refused("dev", tenant_id=of_landing("dev")["subscription_id"])
    assert found.startswith("tenant_id: ")


def test_the_file_of_rights_is_that_of_the_environment():
    assert landing("prod").rights_file == "../rights.prod.json"
    assert landing("dev", rights="reviewed.json").rights_file == "reviewed.json"


def test_no_day_is_judged_once_it_is_retired():
    settings = landing("sandbox", expires_on="2030-01-01", retire={"reason": "The trial is over"})
    assert not list(settings.violations_on(DAY))
