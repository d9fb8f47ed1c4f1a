import pytest

from azure_mlplatform.foundation.environment_names import CIUse, ci_identity_id
from azure_mlplatform.landing.ci_identity import CIIdentity, CIIdentityArgs
from azure_mlplatform.settings import Environment
from azure_mlplatform.testing import children, example_settings, record
from support.violations import problems, refused

GITHUB = "https://token.actions.githubusercontent.com"
TRUST = {"github_repository": "bank/churn", "github_ids": {"owner": 1, "repository": 2, "names_too": True}}
ADO = {
    "name": "ado",
    "issuer": "https://vstoken.dev.azure.com/00000000-0000-0000-0000-0000000000d0",
    "subject": "sc://bank/churn/prod",
}


def given(**changes):
    return {
        "project": "churn",
        "environment": "prod",
        "use": "deploy",
        "location": "westeurope",
        "resource_group_name": "rg-customer-360-churn-prod-ci",
        "settings": TRUST,
        "tags": {"project": "churn"},
        **changes,
    }


def identity(*, preview=False, **changes):
    return record(lambda: CIIdentity("deploy", given(**changes)), preview=preview, stack="prod")


@pytest.mark.parametrize("preview", [False, True])
def test_an_identity_trusts_pipelines_and_has_no_secret(preview):
    plan = identity(preview=preview, settings={**TRUST, "federated_credentials": [ADO]})
    [digest] = [each.name for each in plan.of_type("FederatedIdentityCredential") if "github" not in each.name]
    assert children(plan, "deploy") == [
        ("FederatedIdentityCredential", digest),
        ("FederatedIdentityCredential", "deploy-trust-github"),
        ("FederatedIdentityCredential", "deploy-trust-github-ids"),
        ("UserAssignedIdentity", "deploy-identity"),
    ]
    [made] = plan.of_type("UserAssignedIdentity")
    assert made.inputs == {
        "location": "westeurope",
        "resourceGroupName": "rg-customer-360-churn-prod-ci",
        "resourceName": "id-churn-deploy-prod",
        "tags": {"project": "churn"},
    }
    trusted = {each.input("subject"): each.input("issuer") for each in plan.of_type("FederatedIdentityCredential")}
    assert trusted == {
        "repo:bank@1/churn@2:environment:churn-prod": GITHUB,
        "repo:bank/churn:environment:churn-prod": GITHUB,
        ADO["subject"]: ADO["issuer"],
    }
    assert {each.kind for each in plan.resources if each.custom} == {
        "FederatedIdentityCredential",
        "UserAssignedIdentity",
    }


def test_credentials_are_written_one_after_another():
    made = identity(settings={**TRUST, "federated_credentials": [ADO]}).of_type("FederatedIdentityCredential")
    waits = {each.urn: {one.urn for one in made} & set(each.dependencies) for each in made}
    assert sorted(len(each) for each in waits.values()) == [0, 1, 1]
    assert len(set().union(*waits.values())) == 2


def test_its_id_is_known_before_it_is_made():
    [made] = identity(use="release", environment="dev", resource_group_name="rg-customer-360-churn-dev-ci").of_type(
        "UserAssignedIdentity"
    )
    project = example_settings("dev").project
    subscription = made.id.split("/")[2]
    assert made.id == ci_identity_id(subscription, project, Environment.DEV, CIUse.RELEASE)


def test_release_has_its_own_github_environment():
    subjects = {each.input("subject") for each in identity(use="release").of_type("FederatedIdentityCredential")}
    assert subjects == {
        "repo:bank/churn:environment:churn-prod-release",
        "repo:bank@1/churn@2:environment:churn-prod-release",
    }


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"environment": "sandbox"}, ["environment"]),
        ({"settings": {}}, ["settings"]),
        (
            {"settings": {"federated_credentials": [{**ADO, "subject": "p://bank/churn/deploy"}]}},
            ["settings.federated_credentials[0].subject"],
        ),
        ({"use": "deploi"}, ["use"]),
        ({"project": "Churn"}, ["project"]),
        ({"location": "westeurop", "settings": {}}, ["settings", "location"]),
    ],
)
def test_what_is_refused(changes, paths):
    assert sorted(refused(CIIdentityArgs, given(**changes))) == sorted(paths)


def test_deploys_subject_is_not_releases():
    subject = {"name": "hub", "issuer": GITHUB, "subject": "repo:bank/churn:environment:churn-prod"}
    assert refused(CIIdentityArgs, given(settings={"federated_credentials": [subject]})) == []
    [problem] = problems(CIIdentityArgs, given(use="release", settings={"federated_credentials": [subject]}))
    assert "environment:churn-prod-release" in problem.fix
