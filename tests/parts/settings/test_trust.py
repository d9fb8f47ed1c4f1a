import datetime
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.parts.settings.trust import (
    DEVOPS_ISSUER,
    GITHUB,
    MOST_CREDENTIALS,
    FederatedCredential,
    TrustSettings,
    encoded_tenant,
    github_environment,
)
from azure_mlplatform.settings import Environment
from support.violations import problems, refused

TENANT = "7f4f3591-5f6c-4f7b-a1bd-0a2dd8831218"
DEVOPS = "https://vstoken.dev.azure.com/00000000-0000-0000-0000-0000000000d0"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
CONNECTION = "/sc/e08e523c-54da-4401-8fb6-e1439b52cc97/5d6e9559-895b-4b42-a5d7-024245c8079c"
APP = "rISbSSETf0KqFyZ8ppdXmA"
REASON = "It was reviewed, SEC-402"


def trust(issuer, subject, **more):
    return {"federated_credentials": [{"name": "one", "issuer": issuer, "subject": subject, **more}]}


def violations(data, environment="prod", *, release=False):
    settings = TrustSettings.model_validate(data)
    allowed = [github_environment(Environment(environment), "churn", release=release)]
    return list(settings.trust_violations(Environment(environment), allowed))


@pytest.mark.parametrize(
    ("issuer", "subject", "said"),
    [
        (GITHUB, "repo:x/y:environment:churn-prod", ""),
        (GITHUB, "repo:x@1/y@2:environment:churn-prod", ""),
        (GITHUB, "repo:x/y:environment:churn-prod:job_workflow_ref:x/y/.github/workflows/d.yml@refs/heads/main", ""),
        (f"{GITHUB}/bank", "repo:x/y:environment:churn-prod", ""),
        (GITHUB, "repo:x/y:environment:dev", "is of the GitHub environment 'dev'"),
        (GITHUB, "repo:x/y:environment:Prod", "is of the GitHub environment 'Prod'"),
        (GITHUB, "repo:x/y:environment:churn-prod-release", "is of the GitHub environment 'churn-prod-release'"),
        (GITHUB, "repo:x/y:ref:refs/heads/main", "trusts each job on a branch or tag"),
        (GITHUB, "repo:x/y:ref:refs/tags/v1", "trusts each job on a branch or tag"),
        (GITHUB, "repository_owner:x", "is not the subject of a job of one repository"),
        (GITHUB, "x/y", "is not the subject of a job of one repository"),
        (DEVOPS, "sc://bank/churn/prod deployment", ""),
        (DEVOPS, "p://bank/churn/deploy", "is not the subject of a service connection"),
        (DEVOPS, "sc://bank/churn", "is not the subject of a service connection"),
        (ENTRA, f"/eid1/c/pub/t/kTVPf2xfe0-hvQot2IMSGA/a/{APP}{CONNECTION}", ""),
        (ENTRA, f"/eid1/c/pub/t/QuxZppa4OUeCSx113vjOOg/a/{APP}{CONNECTION}", "is of another tenant"),
        (ENTRA, "sc://bank/churn/prod", "is not the subject of a service connection"),
        ("https://gitlab.com", "project_path:x/y:ref_type:branch:ref:main", "does not know the subjects of"),
    ],
)
def test_prod_trusts_what_is_approved_for_it(issuer, subject, said):
    found = violations(trust(issuer, subject))
    assert [said in each.what for each in found] == ([True] if said else [])
    assert all(each.fix for each in found)
    assert violations(trust(issuer, subject), "dev") == []


def test_an_unknown_issuer_in_prod_has_a_reason():
    gitlab = trust("https://gitlab.com", "project_path:x/y:ref_type:branch:ref:main", other_issuer_reason=REASON)
    assert violations(gitlab) == []


def test_release_has_a_github_environment_of_its_own():
    released = trust(GITHUB, "repo:x/y:environment:churn-prod-release")
    assert violations(released, release=True) == []
    assert len(violations(trust(GITHUB, "repo:x/y:environment:churn-prod"), release=True)) == 1
    assert list(TrustSettings.model_validate(released).profile_violations(Environment.PROD)) == []


@pytest.mark.parametrize(
    ("issuer", "subject", "place"),
    [
        (GITHUB, "repo:x/y:pull_request", "subject"),
        (GITHUB, "repo:x/*", "subject"),
        ("https://gitlab.com", "project_path:x/*", "subject"),
        ("https://vstoken.dev.azure.com/bank", "sc://bank/churn/prod", "issuer"),
        (f"{GITHUB}/a/b", "repo:x/y:environment:churn-prod", "issuer"),
        ("http://gitlab.com", "x", "issuer"),
    ],
)
def test_some_trust_is_refused_everywhere(issuer, subject, place):
    assert refused(TrustSettings, trust(issuer, subject)) == [f"federated_credentials[0].{place}"]


def test_what_is_refused_everywhere_is_said_once():
    # The check of prod would have a second word on it.
    for subject in ("repo:x/y:pull_request", "repo:x/*"):
        credential = FederatedCredential.model_construct(name="one", issuer=GITHUB, subject=subject)
        assert list(credential.profile_violations(Environment.PROD, ["churn-prod"])) == []


def test_another_owners_repository_has_a_reason():
    data = {"github_repository": "Bank/churn", **trust(GITHUB, "repo:vendor/tools:environment:churn-prod")}
    [problem] = problems(TrustSettings, data)
    assert "a repository of vendor, the others are bank's" in problem.what
    assert refused(TrustSettings, {**data, "other_owner_reason": REASON}) == []
    assert refused(TrustSettings, {"github_repository": "Bank/churn", "other_owner_reason": REASON}) == [
        "other_owner_reason"
    ]
    same = {"github_repository": "Bank/churn", **trust(GITHUB, "repo:bank/other:environment:churn-prod")}
    assert refused(TrustSettings, same) == []


def test_without_a_repository_the_first_owner_counts():
    two = [
        {"name": f"c-{owner}", "issuer": GITHUB, "subject": f"repo:{owner}/y:environment:churn-prod"} for owner in "xz"
    ]
    assert refused(TrustSettings, {"federated_credentials": two}) == ["federated_credentials[1].subject"]


def test_both_forms_of_a_subject_are_trusted_during_a_migration():
    ids = {"owner": 1, "repository": 2, "names_too": True}
    settings = TrustSettings.model_validate({"github_repository": "x/y", "github_ids": ids})
    assert {label: (each.name, each.subject) for label, each in settings.credentials("dev-release").items()} == {
        "trust-github-ids": ("github-dev-release-ids", "repo:x@1/y@2:environment:dev-release"),
        "trust-github": ("github-dev-release", "repo:x/y:environment:dev-release"),
    }


def test_azure_devops_own_issuer_is_said_to_end():
    settings = TrustSettings.model_validate(trust(DEVOPS, "sc://bank/churn/prod"))
    ends = DEVOPS_ISSUER.retires
    assert list(settings.notices_on(ends - datetime.timedelta(181))) == []
    [notice] = settings.notices_on(ends - datetime.timedelta(180))
    assert str(ends) in notice
    assert list(settings.violations_on(ends - datetime.timedelta(1))) == []
    [violation] = settings.violations_on(ends)
    assert violation.path == ("federated_credentials", 0, "issuer")
    other = TrustSettings.model_validate(trust("https://i.example", "s"))
    assert [*other.notices_on(ends), *other.violations_on(ends)] == []


def test_an_identity_takes_twenty_credentials():
    many = [{"name": f"ado-{i}", "issuer": "https://i.example", "subject": f"s{i}"} for i in range(MOST_CREDENTIALS)]
    assert violations({"federated_credentials": many}, "dev") == []
    [problem] = violations({"federated_credentials": many, "github_repository": "x/y"}, "dev")
    assert problem.value == MOST_CREDENTIALS + 1


@given(st.uuids())
def test_the_tenant_of_a_subject_can_be_read_back(tenant):
    assert len(encoded_tenant(str(tenant))) == 22
    other = uuid.UUID(int=tenant.int ^ 1)
    assert encoded_tenant(str(tenant)) != encoded_tenant(str(other))


@given(st.text(max_size=40), st.sampled_from([GITHUB, DEVOPS, ENTRA, "https://gitlab.com"]))
def test_any_subject_gets_an_answer(subject, issuer):
    data = trust(issuer, subject)
    if not refused(TrustSettings, data):
        assert violations(data, "dev") == []
        # Only one shape each passes in prod.
        shapes = ("repo:", "sc://", "/eid1/")
        assert violations(data) or subject.startswith(shapes)
